package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/snapshot"
	"github.com/portalctl/portalctl/snapshot/database"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

func snapshotPlanCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "plan",
		Usage: "write the rollback plan into the snapshot: ROLLBACK.md and rollback.sh",
		Description: "Compares the snapshot with the databases as they are now, or with --against and a\n" +
			"checkout of the release to come, and writes the plan that anyone can follow, with or\n" +
			"without portalctl.\n\n" +
			"Exit codes: 0 written; 1 with --dry-run --exit-code, the snapshot has another plan, or none; 2 could not run or refused; 130 interrupted.",
		Flags: slices.Concat(wayBackFlags(), consentFlags(), []cli.Flag{
			&cli.StringFlag{Name: "against", TakesFile: true,
				Usage: "compare with the migrations of the packages installed in the checkout `DIR`, instead of the live databases"},
			&cli.BoolFlag{Name: "no-look", Usage: "connect to no server: the plan is for all databases, and rollback.sh finds out which were migrated"},
		}, reportFlags("table", "json", "markdown")),
		Action: actionOf(e, planOptionsOf, runSnapshotPlan),
	}
}

// wayBackFlags say which snapshot and which server; plan and restore share them.
func wayBackFlags() []cli.Flag {
	return append([]cli.Flag{snapshotNameFlag(), snapshotDirFlag()}, connectionFlags()...)
}

// wayBack is a snapshot, the plan back to it and how to reach its servers.
type wayBack struct {
	snap  *snapshot.Snapshot
	store snapshot.Store
	plan  *rollback.Plan
	// servers are how to log in to plan.Servers, in that order.
	servers []pg.Target
}

// openWayBack finds the snapshot and makes its plan. With connect it also works
// out how to log in to its servers.
func openWayBack(ctx context.Context, o snapshotOptions, e env, connect bool) (*wayBack, error) {
	// On the machine of an administrator there may be the folder of snapshots
	// and a way to the server, and no portal.
	alone := (o.dir != "" || o.byFolder()) && (!connect || o.dsn != nil || o.adminDSN != nil)
	var co *checkout
	var err error
	if !alone {
		co, err = openPortal(ctx, o.target, e)
	} else {
		err = checkOutputFile(o.output)
	}
	if err != nil {
		return nil, err
	}
	w := &wayBack{}
	if w.store, err = snapshotStore(o, e, co); err != nil {
		return nil, err
	}
	if w.snap, err = w.store.Find(o.snapshot); err != nil {
		return nil, err
	}
	if w.plan, err = rollback.New(w.snap.Manifest, w.snap.Verification); err != nil {
		return nil, err
	}
	if connect {
		if w.servers, err = wayBackServers(o, e, co, w.plan); err == nil {
			err = w.plan.Trust(w.snap.Dir, w.servers)
		}
	}
	return w, err
}

// wayBackServers are the logins to the plan's servers: that of --admin-dsn,
// else of --dsn, else of app-config.
func wayBackServers(o snapshotOptions, e env, co *checkout, plan *rollback.Plan) ([]pg.Target, error) {
	if len(plan.Servers) == 0 {
		return nil, nil
	}
	for _, given := range []struct {
		flag   string
		server *pg.Target
	}{{"admin-dsn", o.adminDSN}, {"dsn", o.dsn}} {
		switch {
		case given.server == nil:
			continue
		case len(plan.Servers) > 1:
			return nil, usagef("the snapshot has databases on %d servers, --%s names one", len(plan.Servers), given.flag).
				WithNext("Leave --%s out: app-config has them all", given.flag)
		}
		return []pg.Target{*given.server}, nil
	}
	dir, err := workDir(o.directory)
	if err != nil {
		return nil, err
	}
	layout, _, err := database.Open(co.project, database.Source{Cwd: dir, Files: o.config, Env: e.Environ, Lock: co.lock})
	if err != nil {
		return nil, err
	}
	known := layout.Servers()
	var out []pg.Target
	for _, s := range plan.Servers {
		at := slices.IndexFunc(known, func(k database.Server) bool {
			return k.Target.Address() == s.ID && k.Target.User == s.User
		})
		if at < 0 {
			at = slices.IndexFunc(known, func(k database.Server) bool { return k.Target.Address() == s.ID })
		}
		// One server under another address: whether it is the same one is found
		// out by asking it.
		if at < 0 && len(known) == 1 && len(plan.Servers) == 1 {
			at = 0
		}
		if at < 0 {
			return nil, noLogin(s.ID, layout)
		}
		out = append(out, known[at].Target)
	}
	return out, nil
}

// noLogin says that app-config has no way to a server of the snapshot. With a
// host that a variable should give, that is why.
func noLogin(server string, layout *database.Layout) error {
	f := fault.New("app-config has no login to %s, the snapshot's server", server)
	if set := layout.Lacks(); set != "" {
		return f.WithNext("%s, then run again; or give the app-config that was in use with --config, or --dsn", set)
	}
	return f.WithNext("Give the app-config that was in use with --config, or --dsn")
}

// planOptions are what the command line of snapshot plan says.
type planOptions struct {
	snapshotOptions
	consent
	against string
	noLook  bool
}

func planOptionsOf(c *cli.Context, e env) (o planOptions, err error) {
	if o.snapshotOptions, err = snapshotOptionsOf(c, e); err != nil {
		return o, err
	}
	o.against, o.noLook = c.String("against"), c.Bool("no-look")
	o.consent, err = consentOf(c)
	return o, err
}

func runSnapshotPlan(ctx context.Context, o planOptions, e env) error {
	live := o.against == "" && !o.noLook
	w, err := openWayBack(ctx, o.snapshotOptions, e, live)
	if err != nil {
		return err
	}
	switch {
	case live:
		progress := e.Progress("Looking at the databases", -1)
		err = w.plan.Look(ctx, w.servers, nil)
		progress.Done()
	case o.against != "":
		err = w.plan.Against(o.against)
	}
	if err != nil {
		return err
	}
	written := w.plan
	if live && len(w.plan.Targets) == 0 {
		// A plan without steps would be read after the upgrade that it was not
		// made for. The one for every database holds before it, too.
		if written, err = rollback.New(w.snap.Manifest, w.snap.Verification); err != nil {
			return err
		}
	}
	if !o.dryRun {
		if err := written.Write(w.snap.Dir); err != nil {
			return err
		}
	}
	err = writeReport(o.target, e, func(form string, out io.Writer, e env) error {
		if err := renderWayBack(out, w.plan, form); err != nil || form != "table" {
			return err
		}
		if !o.dryRun {
			whole := ""
			if written != w.plan {
				whole = ", for every database, as nothing is migrated yet"
			}
			_, err = fmt.Fprintf(out, "\nWritten: %s and %s in %s%s\n", rollback.MarkdownFile, rollback.ScriptFile, w.snap.Dir, whole)
		}
		return err
	})
	if err != nil || !o.exitCode {
		return err
	}
	if same, err := written.Written(w.snap.Dir); err != nil || same {
		return err
	}
	return errFindings
}

// writeRollbackPlan puts the plan into a snapshot that was just taken.
func writeRollbackPlan(s *snapshot.Snapshot) error {
	plan, err := rollback.New(s.Manifest, s.Verification)
	if err != nil {
		return err
	}
	return plan.Write(s.Dir)
}

func renderWayBack(out io.Writer, p *rollback.Plan, format string) error {
	switch format {
	case "json":
		return report.JSON(out, p)
	case "markdown":
		_, err := io.WriteString(out, p.Markdown())
		return err
	}
	fmt.Fprintf(out, "Back to %s, taken %s", p.Snapshot, p.Taken.UTC().Format(time.RFC3339))
	if p.Release != "" {
		fmt.Fprintf(out, " (Backstage %s)", p.Release)
	}
	fmt.Fprintln(out)
	var rows [][]string
	for _, t := range p.Targets {
		rows = append(rows, []string{t.Name(), strings.Join(t.Plugins, " "), p.ServerOf(t), t.Size(), t.Duration(), p.Migrated(t), t.LossSummary()})
	}
	switch {
	case len(rows) == 0 && p.Compared == "release":
		fmt.Fprintln(out, "\nNothing to restore after that upgrade: it brings no migration that the snapshot lacks.")
	case len(rows) == 0:
		fmt.Fprintln(out, "\nNothing to restore: every database of the snapshot has its migrations.")
	default:
		fmt.Fprintln(out)
		if err := report.Table(out, []string{"database", "plugins", "server", "size", "restore", "migrations", "rows lost"}, rows); err != nil {
			return err
		}
		fmt.Fprintln(out, "\nWhat that means:")
		for _, t := range p.Targets {
			for _, m := range t.Loss.Meaning {
				fmt.Fprintf(out, "  %s\n", m)
			}
		}
	}
	if len(p.Kept) > 0 {
		var names []string
		for _, t := range p.Kept {
			names = append(names, t.Name())
		}
		fmt.Fprintf(out, "\nLeft alone, with all their rows: %s\n", strings.Join(names, ", "))
	}
	if text := p.UnknownText(); text != "" {
		fmt.Fprintf(out, "\n%s\n", text)
	}
	for _, l := range p.Leftovers {
		fmt.Fprintf(out, "%s.\n", l)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(out, "%s\n", n)
	}
	return nil
}
