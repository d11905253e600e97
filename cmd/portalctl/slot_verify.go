package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/slot"
	"github.com/portalctl/portalctl/internal/ui"
)

func slotVerifyCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "after a release is rolled out: what ran against what was foreseen, the portal's health, or the way back",
		Description: "Compares knex's tables with what slot deploy kept: which migrations ran as foreseen, which did not,\n" +
			"and which were not foreseen; looks at knex's locks; and asks the portal whether it is ready. Where that\n" +
			"did not go well it ends with the commands that bring the databases back. It changes nothing.\n\n" +
			"Exit codes: 0 as foreseen, and ready; 1 not so; 2 could not run; 130 interrupted.",
		Flags: slices.Concat(connectionFlags(), []cli.Flag{
			&cli.StringFlag{Name: "health", Usage: "ask the portal at `URL` whether it is ready; without a path at Backstage's own endpoint"},
			&cli.DurationFlag{Name: "timeout", Usage: "ask for at most `TIME`, such as 90s or 5m", Value: time.Minute},
			&cli.StringFlag{Name: "snapshot", Aliases: []string{"s"}, Usage: "go by the snapshot `NAME`, or a folder, and by its forecast", DefaultText: "what slot deploy kept"},
			snapshotDirFlag(),
		}, reportFlags("table", "json", "markdown")),
		Action: actionOf(e, slotVerifyOptionsOf, runSlotVerify),
	}
}

// slotVerifyOptions are what the command line of slot verify says.
type slotVerifyOptions struct {
	snapshotOptions
	health  string // "" for not asked
	timeout time.Duration
	// restore brings the databases back, without the snapshot's name; again is this
	// command.
	at, restore, again string
}

func slotVerifyOptionsOf(c *cli.Context, e env) (o slotVerifyOptions, err error) {
	if o.snapshotOptions, err = snapshotOptionsOf(c, e); err != nil {
		return o, err
	}
	o.timeout = c.Duration("timeout")
	switch {
	case c.IsSet("health"):
		if o.health, err = slot.HealthURL(c.String("health")); err != nil {
			return o, err
		}
	case c.IsSet("timeout"):
		return o, onlyWith("timeout", "health")
	}
	if o.timeout < time.Second || o.timeout > time.Hour {
		return o, usagef("--timeout %s is not between a second and an hour", o.timeout).WithNext("Write it as 90s or 5m")
	}
	o.at = commandLine(c, "", "directory")
	o.restore = commandLine(c, "portalctl snapshot restore", typed(c, e, "config", "dsn", "admin-dsn", "directory")...)
	o.again = commandLine(c, "portalctl slot verify", typed(c, e, "config", "dsn", "admin-dsn", "snapshot", "dir", "directory")...)
	return o, nil
}

func runSlotVerify(ctx context.Context, o slotVerifyOptions, e env) error {
	r, err := takeUpSlot(ctx, o.snapshotOptions, o.at, e)
	if err != nil {
		return err
	}
	defer func() { r.open() }()
	day, dayErr := r.run.Day()
	d, w, err := o.compared(ctx, e, day, dayErr)
	if err != nil {
		return err
	}
	var health *slot.Health
	if o.health != "" {
		progress := e.Progress("Asking the portal", -1)
		health, err = slot.AskHealth(ctx, o.health, o.timeout, healthConfig(e))
		progress.Done()
		if err != nil {
			return err
		}
	}
	progress := e.Progress("Looking at the databases", -1)
	v, err := o.verification(ctx, e, r.co, d, w, health)
	progress.Done()
	if err != nil {
		return err
	}
	if o.snapshot == "" {
		// What was found is said, even where it cannot be kept.
		if err := r.run.KeepVerification(d, v); err != nil {
			fmt.Fprintf(e.Err, "%s the result was not kept: %s\n", e.ErrStyle().Warn("warning:"), harmless(err.Error()))
		}
	}
	var next []string
	if !v.OK && !v.Booted {
		next = []string{"when the new release has booted: " + o.again}
	}
	err = guide(v, next).write(o.target, e, r.co.project.Root)
	if err == nil && !v.OK {
		return errFindings
	}
	return err
}

// compared is what the roll-out is compared with: the deployment that was kept, or the
// snapshot that --snapshot names. w is nil where there is no snapshot.
func (o slotVerifyOptions) compared(ctx context.Context, e env, day *slot.Day, dayErr error) (*slot.Deployment, *wayBack, error) {
	if o.snapshot == "" {
		d := day.RolledOut()
		switch {
		case dayErr != nil:
			return nil, nil, dayErr
		case d == nil && day != nil:
			return nil, nil, fault.New("the last slot deploy of this portal was interrupted, and nothing is kept to compare with").
				WithNext("Before the roll-out run portalctl slot deploy%s again; after it go by a snapshot: portalctl slot verify%s --snapshot NAME", o.at, o.at)
		case d == nil:
			return nil, nil, fault.New("there is no slot deploy of this portal on this machine").
				WithNext("Before the roll-out run portalctl slot deploy%s; after it go by a snapshot: portalctl slot verify%s --snapshot NAME", o.at, o.at)
		case d.Snapshot == nil:
			return d, nil, nil
		}
		o.snapshot, o.dir = d.Snapshot.Path, ""
		w, err := openWayBack(ctx, o.snapshotOptions, e, true)
		return d, w, err
	}
	w, err := openWayBack(ctx, o.snapshotOptions, e, true)
	if err != nil {
		return nil, nil, err
	}
	m := w.snap.Manifest
	d := &slot.Deployment{From: m.Deployed.Release, Deployed: m.Deployed.Commit}
	for i := range m.Databases {
		db := slot.Database{Name: m.Databases[i].Title()}
		for _, t := range m.Databases[i].Migrations {
			db.Tables = append(db.Tables, liveTable(t))
		}
		d.Databases = append(d.Databases, db)
	}
	if f := m.Forecast; f != nil && f.Unknown == 0 {
		d.To, d.Forecast = f.To, &slot.Foreseen{}
		for _, db := range f.Databases {
			name := db.Name
			if !slices.ContainsFunc(d.Databases, func(have slot.Database) bool { return have.Name == name }) {
				name = "" // it says whose it is, and not which
			}
			d.Forecast.Databases = append(d.Forecast.Databases, slot.ForeseenDatabase{Name: name, Migrations: db.Migrations})
			d.Forecast.Migrations += len(db.Migrations)
		}
	}
	return d, w, nil
}

// verification looks at the databases, and where it did not go well at the way back.
func (o slotVerifyOptions) verification(ctx context.Context, e env, co *checkout, d *slot.Deployment, w *wayBack, health *slot.Health) (*slot.Verification, error) {
	list, err := liveDatabases(ctx, o.snapshotOptions, e, co, w)
	if err != nil {
		return nil, err
	}
	now, err := readLive(ctx, list)
	if err != nil {
		return nil, err
	}
	v := slot.Verify(d, now, health)
	if v.OK || w == nil {
		return v, nil
	}
	if err := w.plan.Look(ctx, w.servers, nil); err != nil {
		return nil, err
	}
	v.WayBack = &slot.WayBack{Snapshot: w.snap.Dir, Without: w.plan.Unknown, Deploy: w.plan.Deploy()}
	for _, t := range w.plan.Targets {
		v.WayBack.Restore = append(v.WayBack.Restore, slot.Restored{Database: t.Name(), Takes: t.Duration(), Loss: cmp.Or(t.LossSummary(), "none")})
	}
	if len(w.plan.Targets) > 0 {
		command := o.restore + " --snapshot " + ui.ShellWord(w.snap.Dir)
		v.WayBack.Commands = []string{command + " --dry-run", command}
		v.WayBack.Alone = "sh " + ui.ShellWord(w.snap.Dir+"/rollback.sh")
	}
	return v, nil
}

// healthConfig is how the portal is asked: as any of this machine's programs would.
// What the repository says of its registries counts for nothing here.
func healthConfig(e env) httpfetch.Config {
	cfg := httpfetch.Config{UserAgent: "portalctl/" + version(), Proxy: httpfetch.ProxyFromEnv(e.get)}
	if file := e.get("NODE_EXTRA_CA_CERTS"); file != "" {
		cfg.CAFiles = []string{file}
	}
	return cfg
}
