package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/snapshot"
)

func snapshotCreateCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "create",
		Usage: "copy every database of the portal, with all that the way back needs",
		Description: "Finds the databases from app-config, the installed plugins and the server, looks at each,\n" +
			"and refuses with reasons when a copy or the way back would not work. Nothing of the portal\n" +
			"is changed. Run it before the first boot of the new release; a checkout that is the upgrade\n" +
			"already needs --deployed.\n\n" +
			"Exit codes: 0 taken, or with --dry-run nothing in the way; 1 with --dry-run --exit-code,\n" +
			"there is something to copy; 2 could not run or refused; 130 interrupted.",
		Flags: slices.Concat(connectionFlags(), consentFlags(), []cli.Flag{
			&cli.StringFlag{Name: "deployed", Usage: "the `REF` (commit, tag, branch) that runs on these databases", DefaultText: "HEAD, if the databases' migrations are its"},
			&cli.StringFlag{Name: "image", Usage: "the `DIGEST` of the image that is deployed, for the plan"},
			&cli.StringFlag{Name: "name", Usage: "the snapshot's `NAME`", DefaultText: "the release and the time"},
			&cli.StringSliceFlag{Name: "skip", Usage: "leave the plugin `ID` out, or a database that none is known to use; may be repeated"},
			snapshotDirFlag(),
			jobsFlag(),
		}, reportFlags("table", "json", "markdown")),
		Action: actionOf(e, createOptionsOf, runSnapshotCreate),
	}
}

const createdSchema = "portalctl.snapshot-created/v1"

// created is what create prints as JSON.
type created struct {
	Schema   string             `json:"schema"`
	Path     string             `json:"path"`
	Survey   *snapshot.Survey   `json:"survey"`
	Manifest *snapshot.Manifest `json:"manifest"`
}

// createOptions are what the command line of snapshot create says.
type createOptions struct {
	snapshotOptions
	consent
	deployed, image string
	name            string
	skip            []string
	jobs            int
	// verify is what to do next.
	verify string
}

func createOptionsOf(c *cli.Context, e env) (o createOptions, err error) {
	if o.snapshotOptions, err = snapshotOptionsOf(c, e); err != nil {
		return o, err
	}
	if o.consent, err = consentOf(c); err != nil {
		return o, err
	}
	if o.jobs, err = jobsOf(c); err != nil {
		return o, err
	}
	o.deployed, o.image, o.name, o.skip = c.String("deployed"), c.String("image"), c.String("name"), c.StringSlice("skip")
	if c.IsSet("name") {
		if err := snapshot.CheckName(o.name); err != nil {
			return o, err
		}
	}
	o.verify = commandLine(c, "portalctl snapshot verify --rehearse", "dir", "directory")
	return o, nil
}

func runSnapshotCreate(ctx context.Context, o createOptions, e env) error {
	co, err := openPortal(ctx, o.target, e)
	if err != nil {
		return err
	}
	store, err := snapshotStore(o.snapshotOptions, e, co)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(store.Dir, o.name)); err == nil && o.name != "" {
		return fault.New("there is a snapshot %s already", o.name).WithNext("Give this one another --name")
	}
	if unignored, err := gitbase.Unignored(store.Dir); err != nil {
		return err
	} else if unignored {
		return fault.New("%s is in a work tree and not ignored: git add or COPY would ship sessions and tokens with the code", store.Dir).
			WithNext("Leave --dir out, name a folder outside, or add it to .gitignore and .dockerignore")
	}
	survey, err := newSurvey(ctx, o, e, co, store)
	if err != nil {
		return err
	}
	show := func(s *snapshot.Snapshot) error {
		return writeReport(o.target, e, func(form string, w io.Writer, e env) error { return renderCreated(w, e, form, survey, s) })
	}
	if refused := survey.Refused(); refused != nil || o.dryRun {
		if err := show(nil); err != nil {
			return err
		}
		present := func(l snapshot.Line) bool { return l.State == "present" }
		if refused == nil && o.exitCode && slices.ContainsFunc(survey.Plugins, present) {
			return errFindings
		}
		return refused
	}
	lock, err := store.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := cleanStore(store, e); err != nil {
		return err
	}
	coming, err := forecastOf(ctx, o, e, co, survey)
	if err = cmp.Or(ctx.Err(), err); err != nil && ctx.Err() != nil {
		return err
	} else if err != nil && o.deployed != "" {
		fmt.Fprintf(e.Err, "%s which migrations come is not kept: %s\n", e.ErrStyle().Warn("warning:"), harmless(err.Error()))
	}
	bar := newByteProgress(e.Streams, "Copying")
	snap, err := snapshot.Create(ctx, survey, store, snapshot.CreateOptions{Name: o.name, Jobs: o.jobs, Tool: "portalctl " + version(), Forecast: coming, Progress: bar.tell})
	bar.done()
	if err != nil {
		return err
	}
	// The plan is written while there is time: at night nobody has portalctl.
	if err := writeRollbackPlan(snap); err != nil {
		fmt.Fprintf(e.Err, "%s the rollback plan was not written: %s\n", e.ErrStyle().Warn("warning:"), harmless(err.Error()))
	}
	if err := show(snap); err != nil {
		return err
	}
	fmt.Fprintf(e.Err, "%s %s\n", e.ErrStyle().Bold("next:"), o.verify)
	return nil
}

func newSurvey(ctx context.Context, o createOptions, e env, co *checkout, store snapshot.Store) (*snapshot.Survey, error) {
	packages, err := co.registry(e, false)
	if err != nil {
		return nil, err
	}
	code, err := deployedCode(o, co, packages)
	if err != nil {
		return nil, err
	}
	layout, err := snapshotLayout(ctx, o.snapshotOptions, e, co, code, packages)
	if err != nil {
		return nil, err
	}
	progress := e.Progress("Looking at the databases", -1)
	defer progress.Done()
	return snapshot.NewSurvey(ctx, snapshot.Input{Portal: co.project.RootWorkspace().Name(), Layout: layout, Code: code, Admin: o.adminDSN,
		PGBin: e.get("PORTALCTL_PG_BIN"), Skip: o.skip, Dir: store.Dir})
}

func renderCreated(w io.Writer, e env, format string, survey *snapshot.Survey, s *snapshot.Snapshot) error {
	if format == "json" {
		if s == nil {
			return report.JSON(w, survey)
		}
		return report.JSON(w, created{Schema: createdSchema, Path: s.Dir, Survey: survey, Manifest: s.Manifest})
	}
	header := []string{"plugin", "database", "size", "owner", "migrations", "state"}
	var rows [][]string
	for _, l := range survey.Plugins {
		size := ""
		if l.State == "present" {
			size = snapshot.Bytes(l.Size)
		}
		rows = append(rows, []string{l.Plugin, l.Database, size, l.Owner, l.Migrations, l.State})
	}
	style := e.OutStyle()
	if format == "markdown" {
		style = ui.Style{}
	}
	if err := tableIn(format)(w, header, rows); err != nil {
		return err
	}
	for _, list := range []struct {
		word     string
		problems []snapshot.Problem
	}{{style.Bad("refused:"), survey.Refusals}, {style.Warn("note:"), survey.Warnings}} {
		problems := sameSaidOnce(list.problems)
		for i, p := range problems {
			if i == 0 {
				fmt.Fprintln(w)
			}
			text := p.Message
			if p.Subject != "" {
				text = p.Subject + ": " + text
			}
			item, say := "", harmless
			if format == "markdown" {
				item, say = "- ", func(text string) string { return report.Escape(harmless(text)) }
			}
			fmt.Fprintf(w, "%s%s %s\n", item, list.word, say(text))
			// What the next problem asks for as well is said once, below it.
			if p.Next != "" && (i+1 == len(problems) || problems[i+1].Next != p.Next) {
				fmt.Fprintf(w, "  %s\n", say(p.Next))
			}
		}
	}
	switch {
	case s == nil && len(survey.Refusals) == 0:
		_, err := fmt.Fprintf(w, "\nNothing is in the way of a snapshot of %s.\n", snapshot.Bytes(survey.Size))
		return err
	case s == nil:
		return nil
	}
	var stored, raw int64
	for _, f := range s.Manifest.Files() {
		stored, raw = stored+f.Size, raw+f.RawSize
	}
	took := s.Manifest.Finished.Sub(s.Manifest.Created).Round(100 * time.Millisecond)
	_, err := fmt.Fprintf(w, "\n%s %s: %s, %s on disk, in %s\n%s\n", style.Good("Snapshot"), s.Name(), english.Count(len(s.Manifest.Databases), "database"), snapshot.Bytes(stored), took, s.Dir)
	return err
}

// sameSaidOnce joins the subjects of which the same is said: a server with
// databases of five plugins that are gone needs one line, not five. Where each is
// to be left out by its own --skip, one line says so for all.
func sameSaidOnce(problems []snapshot.Problem) []snapshot.Problem {
	forAny := func(p snapshot.Problem) string {
		return strings.ReplaceAll(p.Next, "--skip "+p.Subject, "--skip ID")
	}
	var out []snapshot.Problem
	var next []string
	for _, p := range problems {
		i := slices.IndexFunc(out, func(q snapshot.Problem) bool { return q.Message == p.Message && q.Subject != "" && p.Subject != "" })
		if i >= 0 && next[i] != forAny(p) {
			i = -1
		}
		if i < 0 {
			out, next = append(out, p), append(next, forAny(p))
			continue
		}
		if out[i].Next != p.Next {
			out[i].Next = next[i]
		}
		out[i].Subject += ", " + p.Subject
	}
	return out
}

// byteProgress is a bar of bytes with names and the time that is left.
type byteProgress struct {
	bar   *ui.Progress
	label string
}

func newByteProgress(s *ui.Streams, label string) *byteProgress {
	return &byteProgress{bar: s.Progress(label, 1), label: label}
}

func (p *byteProgress) tell(now snapshot.Progress) {
	if p.bar == nil {
		return
	}
	const unit = 1 << 10 // a bar counts in int, which may have 32 bits
	label := p.label
	if len(now.Now) > 0 {
		names := make([]string, len(now.Now))
		for i, n := range now.Now {
			names[i] = strings.TrimPrefix(filepath.Base(n), "backstage_plugin_")
		}
		label += " " + strings.Join(names, ", ")
	}
	label += fmt.Sprintf(": %s of about %s", snapshot.Bytes(now.Done), snapshot.Bytes(now.Total))
	if now.Left > 0 {
		label += fmt.Sprintf(", %s left", now.Left.Round(time.Second))
	}
	p.bar.Label(label)
	p.bar.Set(int(now.Done/unit), max(int(now.Total/unit), 1))
}

func (p *byteProgress) done() { p.bar.Done() }
