package main

import (
	"context"
	"fmt"

	"github.com/portalctl/portalctl/internal/fault"
)

// proposal is a plan that is shown, asked about and then applied as it was shown.
type proposal interface {
	// shown is the report, with what to do next.
	shown(next []string) reportForms
	question() string
	// applying is the command line that does what was shown; after is what to do
	// once that is done, and applied what is to be said of it.
	applying() []string
	apply(context.Context) error
	applied() []string
	after() []string
}

// carryOut applies the plan: at once with yes, else when it was shown and a person says
// so. An answer of no is an error, as is the lack of a terminal to ask on.
func (e env) carryOut(ctx context.Context, t target, yes bool, p proposal) error {
	report := func(next []string) error { return p.shown(next).write(t, e, "") }
	switch {
	case yes:
		if err := p.apply(ctx); err != nil {
			return err
		}
		return report(p.after())
	case !e.Interactive():
		if err := report(p.applying()); err != nil {
			return err
		}
		return fault.New("nothing was written: there is no terminal to ask on").
			WithNext("Add --yes to apply the plan, or --dry-run to only look at it")
	}
	// Who is asked must have seen the plan. Where the report goes elsewhere it is
	// about what was done, as with --yes.
	elsewhere := e.reportsElsewhere(t)
	var err error
	if elsewhere {
		err = p.shown(nil).table(e.Err, e.ErrStyle())
	} else {
		err = report(nil)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(e.Err)
	if err := e.confirm(ctx, p.question(), "nothing was written"); err != nil {
		return err
	}
	if err := p.apply(ctx); err != nil {
		return err
	}
	if elsewhere {
		return report(p.after())
	}
	fmt.Fprintf(e.Err, "\n%s\n", e.ErrStyle().Good("Applied."))
	for _, line := range p.applied() {
		fmt.Fprintln(e.Err, line)
	}
	for _, line := range p.after() {
		fmt.Fprintln(e.Err, "  "+line)
	}
	return nil
}
