package main

import (
	"context"
	"fmt"
	"io"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/ui"
)

// proposal is a plan that is shown, asked about and then applied as it was shown.
type proposal interface {
	// report writes the report where the command line wants it, with what to do next.
	report(next []string) error
	// writeTable writes the report for people.
	writeTable(w io.Writer, st ui.Style, next []string) error
	question() string
	// applying is the command line that does what was shown; after is what to do
	// once that is done, and applied what is to be said of it.
	applying() []string
	apply(context.Context) error
	applied() []string
	after() []string
}

// ask shows the plan and applies it if a person says so. An answer of no is an
// error, as is the lack of a terminal to ask on.
func (e env) ask(ctx context.Context, t target, p proposal) error {
	if !e.Interactive() {
		if err := p.report(p.applying()); err != nil {
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
		err = p.writeTable(e.Err, e.ErrStyle(), nil)
	} else {
		err = p.report(nil)
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
		return p.report(p.after())
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
