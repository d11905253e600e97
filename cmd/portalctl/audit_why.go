package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

func auditWhyCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "why",
		Usage:     "show who asks for a package: the shortest path from each workspace",
		ArgsUsage: "PACKAGE[@VERSION]",
		Description: "Reads the locks and package.json files alone. VERSION may be a range: 'tar@<7'.\n\n" +
			"Exit codes: 0 somebody does; 1 no lock has the package; 2 could not run.",
		Flags:  reportFlags("table", "json"),
		Action: actionOf(e, whyOptionsOf, runAuditWhy),
	}
}

// whyOptions are what the command line of audit why says.
type whyOptions struct {
	target
	name, version string
}

func whyOptionsOf(c *cli.Context, _ env) (o whyOptions, err error) {
	if c.NArg() != 1 {
		return o, usagef("audit why takes one package").WithNext("Options come first: portalctl audit why -C DIR PACKAGE[@VERSION]")
	}
	if o.target, err = placeOf(c, "table", "json"); err != nil {
		return o, err
	}
	o.name = c.Args().First()
	if i := strings.LastIndexByte(o.name, '@'); i > 0 {
		o.name, o.version = o.name[:i], o.name[i+1:]
	}
	return o, nil
}

func runAuditWhy(_ context.Context, o whyOptions, e env) error {
	if err := checkOutputFile(o.output); err != nil {
		return err
	}
	dir, err := workDir(o.directory)
	if err != nil {
		return err
	}
	root, err := audit.FindRoot(dir)
	if err != nil {
		return err
	}
	files := audit.FilesAt(root, e.Environ, nil)
	paths, err := files.Find(func(name string) bool { return name == audit.LockName })
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fault.At(fault.Pos{File: root}, "there is no yarn.lock here or in a folder below").WithNext("Name the folder of your portal with -C")
	}
	got, err := files.ReadLocks(paths, yarnlock.ParseIndented)
	if err != nil {
		return err
	}
	locks := got.Locks
	for _, n := range got.Notes {
		fmt.Fprintf(e.Err, "portalctl: %s\n", harmless(n))
	}
	reasons := audit.Why(locks, o.name, o.version)
	if len(reasons) == 0 && o.version != "" {
		// No lock has a version of that name, and a tag is nothing in a lock.
		if _, err := semrange.Parse(o.version); err != nil {
			return usagef("%q is neither a version nor a range", o.version).WithNext("Leave it out, or write it as in %s", ui.ShellWord(o.name+"@<7"))
		}
	}
	report := reportForms{json: audit.WhyDocument(o.name, o.version, reasons),
		table: func(w io.Writer, st ui.Style) error { return writeWhy(w, st, o.name, o.version, reasons) }}
	if err := report.write(o.target, e, ""); err != nil {
		return err
	}
	if len(reasons) == 0 {
		return errFindings
	}
	return nil
}

func writeWhy(w io.Writer, st ui.Style, name, version string, reasons []audit.Reason) error {
	if len(reasons) == 0 {
		if version != "" {
			name += "@" + version
		}
		_, err := fmt.Fprintf(w, "%s is not in any lock\n", harmless(name))
		return err
	}
	for i, r := range reasons {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s\n", st.Bold(r.Package+" "+r.Version)+st.Dim("  "+r.Lockfile+", asked for as "+strings.Join(r.Ranges, ", ")))
		if len(r.Where.Paths) == 0 {
			fmt.Fprintln(w, "  nothing is known to ask for it")
		}
		paths, left := audit.Shown(r.Where.Paths, len(reasons))
		for _, p := range paths {
			dev := ""
			if p.Dev {
				dev = " (devDependencies)"
			}
			if _, err := fmt.Fprintf(w, "  %s%s  %s\n", p.String(), dev, st.Dim(p.Pos.String())); err != nil {
				return err
			}
		}
		if left > 0 {
			fmt.Fprintf(w, "  and from %s\n", english.Count(left, "more workspace"))
		}
	}
	return nil
}
