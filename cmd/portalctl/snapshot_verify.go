package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/snapshot"
)

func snapshotVerifyCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "prove that a snapshot is whole, and with --rehearse that it restores",
		Description: "Reads every file to its end: checksum, compression, structure of the dump. --rehearse also\n" +
			"restores every database into a temporary server of this machine (or the one of --rehearse-dsn),\n" +
			"compares schema and row counts with what was copied, and drops it. The result and the\n" +
			"measured durations are kept with the snapshot, and the rollback plan uses them.\n\n" +
			"Exit codes: 0 whole; 1 damaged, or the rehearsal differs; 2 could not run or refused; 130 interrupted.",
		Flags: slices.Concat(connectionFlags(), []cli.Flag{
			snapshotNameFlag(),
			snapshotDirFlag(),
			&cli.BoolFlag{Name: "rehearse", Usage: "restore, compare and drop"},
			&cli.StringFlag{Name: "rehearse-dsn", EnvVars: []string{"PORTALCTL_REHEARSE_DSN"}, Usage: "rehearse on the server of `DSN`, as a role with CREATEDB"},
			&cli.BoolFlag{Name: "rehearse-on-production", Usage: "allow --rehearse-dsn to be the server that the snapshot is of"},
			jobsFlag(),
		}, reportFlags("table", "json", "markdown")),
		Action: actionOf(e, verifyOptionsOf, runSnapshotVerify),
	}
}

// verifyOptions are what the command line of snapshot verify says.
type verifyOptions struct {
	snapshotOptions
	jobs int
	// rehearsal is nil without --rehearse.
	rehearsal *snapshot.RehearseOptions
}

func verifyOptionsOf(c *cli.Context, e env) (o verifyOptions, err error) {
	if o.snapshotOptions, err = snapshotOptionsOf(c, e); err != nil {
		return o, err
	}
	if o.jobs, err = jobsOf(c); err != nil {
		return o, err
	}
	server, err := dsnOf(c, e, "rehearse-dsn")
	if err != nil {
		return o, err
	}
	if c.Bool("rehearse") || server != nil {
		o.rehearsal = &snapshot.RehearseOptions{Target: server, Production: c.Bool("rehearse-on-production")}
	}
	return o, nil
}

func runSnapshotVerify(ctx context.Context, o verifyOptions, e env) error {
	opts := snapshot.VerifyOptions{PGBin: e.get("PORTALCTL_PG_BIN"), Jobs: o.jobs, Rehearse: o.rehearsal}
	store, err := openStore(ctx, o.snapshotOptions, e)
	if err != nil {
		return err
	}
	s, err := store.Find(o.snapshot)
	if err != nil {
		return err
	}
	if o.rehearsal != nil && o.rehearsal.Target != nil && o.rehearsal.Production {
		var size int64
		for _, d := range s.Manifest.Databases {
			size = max(size, d.Size)
		}
		fmt.Fprintf(e.Err, "%s the rehearsal restores up to %s at a time on %s\n", e.ErrStyle().Warn("warning:"), snapshot.Bytes(size), o.rehearsal.Target.Address())
	}
	bar := newByteProgress(e.Streams, "Verifying")
	opts.Progress = bar.tell
	v, err := s.Verify(ctx, opts)
	bar.done()
	if v == nil {
		return err
	}
	// The verdict is said even where it could not be kept: the disk is full, say.
	if err := writeReport(o.target, e, func(form string, w io.Writer, e env) error {
		return renderVerification(w, e, form, s, v, opts.Rehearse != nil)
	}); err != nil {
		return err
	}
	if len(v.Problems) > 0 {
		if err != nil {
			fmt.Fprintf(e.Err, "%s the result was not kept: %s\n", e.ErrStyle().Warn("warning:"), harmless(err.Error()))
		}
		return errFindings
	}
	if err != nil {
		return err
	}
	if opts.Rehearse != nil {
		// The plan's durations are measured ones from now on.
		if err := writeRollbackPlan(s); err != nil {
			fmt.Fprintf(e.Err, "%s the rollback plan was not written: %s\n", e.ErrStyle().Warn("warning:"), harmless(err.Error()))
		}
	}
	return nil
}

func renderVerification(w io.Writer, e env, format string, s *snapshot.Snapshot, v *snapshot.Verification, rehearsed bool) error {
	if format == "json" {
		return report.JSON(w, v)
	}
	style := e.OutStyle()
	for _, p := range v.Problems {
		fmt.Fprintf(w, "%s %s\n", style.Bad("damaged:"), harmless(strings.Replace(p, ": damaged: ", ": ", 1)))
	}
	if v.Rehearsal != nil && rehearsed {
		var rows [][]string
		for _, d := range v.Rehearsal.Databases {
			same := "same"
			if !d.Same {
				same = "differs"
			}
			rows = append(rows, []string{d.Name, seconds(d.Restore), seconds(d.Analyze), seconds(d.Compare), same})
		}
		if err := tableIn(format)(w, []string{"database", "restore", "analyze", "compare", "result"}, rows); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	if len(v.Problems) > 0 {
		_, err := fmt.Fprintf(w, "%s cannot be restored from.\n", s.Name())
		return err
	}
	what := "every file is whole and was read to its end"
	if v.Rehearsal != nil && !rehearsed {
		what += "; an earlier run"
		if t := v.Rehearsal.Started; !t.IsZero() {
			what += " (" + when(t) + ")"
		}
		what += " restored these files and found the same schema and row counts"
	} else if v.Rehearsal != nil {
		where := "a temporary server"
		if v.Rehearsal.Where != "local" {
			where = v.Rehearsal.Where
		}
		what += fmt.Sprintf("; restored on %s (PostgreSQL %s), schema and row counts are the same", where, v.Rehearsal.Version)
	}
	_, err := fmt.Fprintf(w, "%s: %s (%s)\n", s.Name(), what, seconds(v.Seconds))
	return err
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Millisecond).String()
}
