package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/slot"
)

func slotStatusCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "status",
		Usage:       "show where the run of this portal stands",
		Description: "Exit codes: 0 shown; 2 there is no run, or it could not be read.",
		Flags: []cli.Flag{
			formatFlag(pageForms()...),
			outputFlag(),
			directoryFlag(),
		},
		Action: func(c *cli.Context) error {
			o := slotOptions{Options: slot.Options{Plan: true, Version: version(), At: commandLine(c, "", "directory")}, again: commandLine(c, "portalctl slot", "directory")}
			var err error
			if o.target, err = targetOf(c, pageForms()...); err != nil {
				return err
			}
			return runSlotStatus(c.Context, o, e)
		},
	}
}

func runSlotStatus(ctx context.Context, o slotOptions, e env) error {
	co, err := openPortal(ctx, o.target, e)
	if err != nil {
		return err
	}
	o.Status = true
	r := &slotRun{slotOptions: o, e: e, co: co}
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer r.open()
	if !r.run.Look() && r.run.Deployment == nil {
		return fault.New("there is no run of this portal").WithNext("Begin one: %s --plan", o.again)
	}
	return r.report()
}
