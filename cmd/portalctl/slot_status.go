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
		Flags:       reportFlags(pageForms()...),
		Action:      actionOf(e, slotStatusOptionsOf, runSlotStatus),
	}
}

func slotStatusOptionsOf(c *cli.Context, _ env) (o slotOptions, err error) {
	o.Options = slot.Options{Plan: true, Status: true, Version: version(), At: commandLine(c, "", "directory")}
	o.again = commandLine(c, "portalctl slot", "directory")
	o.target, err = targetOf(c, pageForms()...)
	return o, err
}

func runSlotStatus(ctx context.Context, o slotOptions, e env) error {
	co, err := openPortal(ctx, o.target, e)
	if err != nil {
		return err
	}
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
