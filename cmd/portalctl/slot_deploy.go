package main

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/slot"
)

func slotDeployCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "deploy",
		Usage: "before a release is rolled out: a copy that restores, what its first boot will do, and go or no-go",
		Description: "For the operator, on a machine that reaches the databases. Forecasts the migrations on the real\n" +
			"server, takes a snapshot, restores it elsewhere and compares, looks how long the startup probe waits,\n" +
			"and ends in one line: go, with a window or conditions where it needs them, or no-go, with the reasons.\n" +
			"What is checked out is to come, or the branch of a slot that is not merged yet. It rolls nothing out,\n" +
			"and changes nothing in the portal.\n\n" +
			"Exit codes: 0 go, also with a window or conditions; 1 no-go; 2 could not run or refused; 130 interrupted.",
		Flags: slices.Concat(connectionFlags(), []cli.Flag{
			&cli.StringFlag{Name: "deployed", Usage: "the `REF` (commit, tag, branch) that runs on these databases", DefaultText: "what there was before the release became another"},
			&cli.StringFlag{Name: "to-ref", Usage: "what is to come is the commit `REF`", DefaultText: "what is checked out, or the branch of the slot"},
			&cli.StringFlag{Name: "snapshot", Aliases: []string{"s"}, Usage: "use the snapshot `NAME`, or a folder, instead of taking one"},
			&cli.StringFlag{Name: "image", Usage: "the `DIGEST` of the image that is deployed, for the plan"},
			&cli.StringFlag{Name: "name", Usage: "the snapshot's `NAME`", DefaultText: "the release and the time"},
			&cli.StringSliceFlag{Name: "skip", Usage: "leave the plugin `ID` out, or a database that none is known to use; may be repeated"},
			snapshotDirFlag(),
			jobsFlag(),
			&cli.BoolFlag{Name: "no-rehearse", Usage: "go without the proof that the snapshot restores"},
			&cli.StringFlag{Name: "rehearse-dsn", EnvVars: []string{"PORTALCTL_REHEARSE_DSN"}, Usage: "rehearse on the server of `DSN`, as a role with CREATEDB"},
			&cli.BoolFlag{Name: "rehearse-on-production", Usage: "allow --rehearse-dsn to be the server that the snapshot is of"},
			&cli.StringFlag{Name: "deploy-dir", Usage: "also read the probes of the manifests in `DIR`, such as a checkout of the GitOps repository", TakesFile: true},
			offlineFlag(),
		}, reportFlags("table", "json", "markdown")),
		Action: actionOf(e, deployOptionsOf, runSlotDeploy),
	}
}

// deployOptions are what the command line of slot deploy says.
type deployOptions struct {
	snapshotOptions
	slot.DeployOptions
	// verify is what to do next.
	at, verify string
}

func deployOptionsOf(c *cli.Context, e env) (o deployOptions, err error) {
	if o.snapshotOptions, err = snapshotOptionsOf(c, e); err != nil {
		return o, err
	}
	if _, err = jobsOf(c); err != nil {
		return o, err
	}
	if _, err = dsnOf(c, e, "rehearse-dsn"); err != nil {
		return o, err
	}
	o.Deployed, o.Coming, o.Snapshot, o.NoRehearse = c.String("deployed"), c.String("to-ref"), c.String("snapshot"), c.Bool("no-rehearse")
	if o.NoRehearse && c.IsSet("rehearse-dsn") {
		return o, exclusive("no-rehearse", "rehearse-dsn")
	}
	for _, flag := range []string{"name", "image", "skip"} {
		if c.IsSet(flag) && o.Snapshot != "" {
			return o, exclusive("snapshot", flag)
		}
	}
	o.Forecast = given(c, typed(c, e, "config", "dsn", "offline")...)
	o.Create = given(c, typed(c, e, "config", "dsn", "admin-dsn", "image", "name", "skip", "dir", "jobs")...)
	o.Verify = given(c, typed(c, e, "jobs", "rehearse-dsn", "rehearse-on-production")...)
	o.Show, o.Production = given(c, typed(c, e, "dir")...), given(c, typed(c, e, "deploy-dir")...)
	o.at = commandLine(c, "", "directory")
	o.verify = commandLine(c, "portalctl slot verify", typed(c, e, "config", "dsn", "admin-dsn", "directory")...)
	return o, nil
}

// typed are those of the flags that stand on the command line. What a variable says may
// hold a password, and the other command reads it there.
func typed(c *cli.Context, e env, flags ...string) []string {
	variables := map[string][]string{}
	for _, f := range c.Command.Flags {
		if s, ok := f.(*cli.StringFlag); ok {
			variables[s.Name] = s.EnvVars
		}
	}
	return slices.DeleteFunc(flags, func(name string) bool {
		return !c.IsSet(name) || slices.ContainsFunc(variables[name], func(key string) bool { return e.get(key) != "" && e.get(key) == c.String(name) })
	})
}

func runSlotDeploy(ctx context.Context, o deployOptions, e env) error {
	r, err := takeUpSlot(ctx, o.snapshotOptions, o.at, e)
	if err != nil {
		return err
	}
	defer func() { r.open() }()
	r.run.Look()
	o.Live = func(ctx context.Context) ([]slot.Database, error) {
		list, err := liveDatabases(ctx, o.snapshotOptions, e, r.co, nil)
		if err != nil {
			return nil, err
		}
		return readLive(ctx, list)
	}
	d, err := r.run.Deploy(ctx, o.DeployOptions)
	if err != nil {
		return err
	}
	err = guide(d, d.Go.Next(o.verify+" --health https://YOUR-PORTAL")).write(o.target, e, r.co.project.Root)
	if err == nil && d.Go.Kind == slot.NoGo {
		return errFindings
	}
	return err
}

// takeUpSlot opens the run of a portal that is kept, or one of which nothing is, to look
// at it.
func takeUpSlot(ctx context.Context, o snapshotOptions, at string, e env) (*slotRun, error) {
	co, err := openYarnPortal(ctx, o.target, false, e)
	if err != nil {
		return nil, err
	}
	r := &slotRun{slotOptions: slotOptions{target: o.target, Options: slot.Options{Status: true, Version: version(), At: at}}, e: e, co: co}
	return r, r.begin(ctx)
}
