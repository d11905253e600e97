package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

func snapshotRestoreCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "restore",
		Usage: "bring the databases that an upgrade migrated back to the snapshot",
		Description: "Restores beside the live databases, compares with the snapshot, and swaps the names in\n" +
			"one transaction. What was live is kept as NAME__failed_TIME; nothing here drops it.\n" +
			"Stop the portal first. Without a terminal to ask on, give --yes, or --dry-run to look.\n\n" +
			"Exit codes: 0 restored, or nothing to do; 1 there is something to restore (--dry-run --exit-code);\n" +
			"2 could not run or refused; 130 interrupted, or answered with no.",
		Flags: slices.Concat(wayBackFlags(), consentFlags(), []cli.Flag{
			&cli.StringSliceFlag{Name: "only", Usage: "restore the database or plugin `NAME` whatever its migrations say, and no other; \"all\" for every one"},
			&cli.BoolFlag{Name: "terminate", Usage: "end the sessions that still use the databases, instead of refusing"},
		}, reportFlags("table", "json", "markdown")),
		Action: actionOf(e, restoreOptionsOf, runSnapshotRestore),
	}
}

// restoreOptions are what the command line of snapshot restore says.
type restoreOptions struct {
	snapshotOptions
	consent
	only      []string
	terminate bool
}

func restoreOptionsOf(c *cli.Context, e env) (o restoreOptions, err error) {
	if o.snapshotOptions, err = snapshotOptionsOf(c, e); err != nil {
		return o, err
	}
	// A list with commas as well, as rollback.sh takes it.
	for _, names := range c.StringSlice("only") {
		o.only = append(o.only, strings.Split(names, ",")...)
	}
	o.terminate = c.Bool("terminate")
	o.consent, err = consentOf(c)
	return o, err
}

func runSnapshotRestore(ctx context.Context, o restoreOptions, e env) error {
	w, err := openWayBack(ctx, o.snapshotOptions, e, true)
	if err != nil {
		return err
	}
	progress := e.Progress("Looking at the databases", -1)
	err = w.plan.Look(ctx, w.servers, o.only)
	progress.Done()
	if err != nil {
		return err
	}
	show := func() error {
		return writeReport(o.target, e, func(form string, out io.Writer, e env) error { return renderWayBack(out, w.plan, form) })
	}
	switch {
	case o.dryRun, w.plan.Empty():
		if err := show(); err != nil {
			return err
		}
		if o.exitCode && !w.plan.Empty() {
			return errFindings
		}
		return nil
	case o.yes:
	case !e.Interactive():
		if err := show(); err != nil {
			return err
		}
		return usagef("nothing was restored: there is no terminal to ask on").WithNext("Give --yes to restore, or --dry-run to look only")
	default:
		// The report is what happened; what would happen belongs to the question.
		if err := renderWayBack(e.Err, w.plan, "table"); err != nil {
			return err
		}
		if err := e.confirm(ctx, restoreQuestion(w.plan), "nothing was restored"); err != nil {
			return err
		}
	}
	return w.restore(ctx, o, e)
}

// restoreQuestion names what is about to be replaced, and by what.
func restoreQuestion(p *rollback.Plan) string {
	byServer := map[string][]string{}
	var order []string
	for _, t := range p.Targets {
		s := p.ServerOf(t)
		if byServer[s] == nil {
			order = append(order, s)
		}
		byServer[s] = append(byServer[s], t.Name())
	}
	var parts []string
	for _, s := range order {
		parts = append(parts, fmt.Sprintf("%s on %s", strings.Join(byServer[s], ", "), s))
	}
	if len(parts) == 0 {
		return "Remove what an interrupted restore left?"
	}
	ago := strings.TrimSuffix(time.Since(p.Taken).Round(time.Minute).String(), "0s")
	return fmt.Sprintf("Replace %s by the snapshot of %s ago? What was written there since is lost to the portal.",
		strings.Join(parts, "; "), cmp.Or(ago, "less than a minute"))
}

func (w *wayBack) restore(ctx context.Context, o restoreOptions, e env) error {
	lock, err := w.store.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	shown := &restoreProgress{streams: e.Streams}
	result, err := w.plan.Restore(ctx, rollback.Options{
		Dir: w.snap.Dir, Connections: w.servers, Terminate: o.terminate, Began: time.Now(), Progress: shown.event,
	})
	shown.done()
	if result == nil {
		return err
	}
	if rerr := writeReport(o.target, e, func(form string, out io.Writer, e env) error { return renderRestored(out, result, form) }); err == nil {
		err = rerr
	}
	return err
}

func renderRestored(out io.Writer, r *rollback.Result, format string) error {
	if format == "json" {
		return report.JSON(out, r)
	}
	fmt.Fprintf(out, "Restored from %s:\n\n", r.Snapshot)
	var rows [][]string
	for _, t := range r.Restored {
		rows = append(rows, []string{t.Name, strings.Join(t.Plugins, " "), fmt.Sprint(t.Rows), (time.Duration(t.Milliseconds) * time.Millisecond).Round(100 * time.Millisecond).String(), t.Failed})
	}
	if err := tableIn(format)(out, []string{"database", "plugins", "rows", "took", "what was live is now"}, rows); err != nil {
		return err
	}
	for _, name := range r.Removed {
		fmt.Fprintf(out, "\nRemoved, left by an interrupted restore: %s\n", name)
	}
	if len(r.Kept) > 0 {
		fmt.Fprintf(out, "\nLeft alone, with all their rows: %s\n", strings.Join(r.Kept, ", "))
	}
	if r.Unknown != "" {
		fmt.Fprintf(out, "\n%s\n", r.Unknown)
	}
	fmt.Fprintf(out, "\nNext: %s. Start one replica, look at its log, then start the others.\n", r.Deploy)
	if len(r.Drop) > 0 {
		fmt.Fprintln(out, "\nWhen the failed state is no longer needed:")
		for _, d := range r.Drop {
			fmt.Fprintf(out, "    %s\n", d)
		}
	}
	return nil
}

// restoreProgress shows one line for each stage of each database.
type restoreProgress struct {
	streams *ui.Streams
	mu      sync.Mutex
	now     string
	bar     *ui.Progress
}

var stageTexts = map[string]string{"check": "Checking the dump of", "create": "Creating a database beside", "restore": "Restoring",
	"analyze": "Analysing", "compare": "Comparing", "swap": "Swapping the names on"}

func (p *restoreProgress) event(ev rollback.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const unit = 1 << 20 // bars count in MiB
	total := -1
	if ev.Total > unit {
		total = int(ev.Total / unit)
	}
	if label := stageTexts[ev.Stage] + " " + ev.Target; label != p.now {
		p.bar.Done()
		p.now, p.bar = label, p.streams.Progress(label, total)
	}
	if total > 0 {
		p.bar.Set(int(ev.Done/unit), total)
	}
}

func (p *restoreProgress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bar.Done()
}
