package main

import (
	"context"
	"fmt"
	"io"
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
			"Exit codes: 0 restored, or nothing to do; 2 could not run or refused; 130 interrupted.",
		Flags: append(wayBackFlags(),
			&cli.StringSliceFlag{Name: "only", Usage: "restore the database or plugin `NAME` whatever its migrations say, and no other; \"all\" for every one"},
			&cli.BoolFlag{Name: "terminate", Usage: "end the sessions that still use the databases, instead of refusing"},
			dryRunFlag(),
			yesFlag(),
			formatFlag("table", "json", "markdown"),
			outputFlag(),
			directoryFlag(),
		),
		Action: func(c *cli.Context) error { return runSnapshotRestore(c.Context, c, e) },
	}
}

func runSnapshotRestore(ctx context.Context, c *cli.Context, e env) error {
	format, err := oneOf(c, "format", "table", "json", "markdown")
	if err != nil {
		return err
	}
	if c.Bool("dry-run") && c.Bool("yes") {
		return usagef("--dry-run and --yes exclude each other").WithNext("Leave one of them out")
	}
	w, err := openWayBack(ctx, c, e, true)
	if err != nil {
		return err
	}
	progress := e.Progress("Looking at the databases", -1)
	// A list with commas as well, as rollback.sh takes it.
	var only []string
	for _, names := range c.StringSlice("only") {
		only = append(only, strings.Split(names, ",")...)
	}
	err = w.plan.Look(ctx, w.servers, only)
	progress.Done()
	if err != nil {
		return err
	}
	show := func() error {
		return writeReport(c, e, func(out io.Writer) error { return renderWayBack(out, w.plan, format) })
	}
	switch {
	case c.Bool("dry-run"), w.plan.Empty():
		return show()
	case c.Bool("yes"):
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
		yes, err := e.Confirm(ctx, restoreQuestion(w.plan))
		if err != nil {
			return err
		}
		if !yes {
			return usagef("nothing was restored: you did not say yes")
		}
	}
	return w.restore(ctx, c, e, format)
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
	ago := time.Since(p.Taken).Round(time.Minute)
	return fmt.Sprintf("Replace %s by the snapshot of %s ago? What was written there since is lost to the portal.",
		strings.Join(parts, "; "), strings.TrimSuffix(ago.String(), "0s"))
}

func (w *wayBack) restore(ctx context.Context, c *cli.Context, e env, format string) error {
	lock, err := w.store.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	shown := &restoreProgress{streams: e.Streams}
	result, err := w.plan.Restore(ctx, rollback.Options{
		Dir: w.snap.Dir, Connections: w.servers, Terminate: c.Bool("terminate"), Began: time.Now(), Progress: shown.event,
	})
	shown.done()
	if result == nil {
		return err
	}
	if rerr := writeReport(c, e, func(out io.Writer) error { return renderRestored(out, result, format) }); err == nil {
		err = rerr
	}
	return err
}

func renderRestored(out io.Writer, r *rollback.Result, format string) error {
	if format == "json" {
		return report.JSON(out, r)
	}
	table := report.Table
	if format == "markdown" {
		table = report.Markdown
	}
	fmt.Fprintf(out, "Restored from %s:\n\n", r.Snapshot)
	var rows [][]string
	for _, t := range r.Restored {
		rows = append(rows, []string{t.Name, strings.Join(t.Plugins, " "), fmt.Sprint(t.Rows), (time.Duration(t.Milliseconds) * time.Millisecond).Round(100 * time.Millisecond).String(), t.Failed})
	}
	if err := table(out, []string{"database", "plugins", "rows", "took", "what was live is now"}, rows); err != nil {
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
		fmt.Fprintln(out, "\nWhen nobody needs the failed state any more:")
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
