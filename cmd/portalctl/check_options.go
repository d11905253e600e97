package main

import (
	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/dedupe"
)

// checkOptions are what the command line of check says.
type checkOptions struct {
	directory string
	outs      outputs
	consent

	// fixes: --fix, or manifests, which is --fix-manifests.
	fixes, manifests   bool
	diff, failOnChange bool
	lockfile           string
	online             bool
	baselineFile       string
	update             bool
	// rules are the options of the rules, as far as they are flags.
	rules check.Options
}

func strategies() []string {
	var names []string
	for _, s := range dedupe.Strategies() {
		names = append(names, string(s))
	}
	return names
}

func checkOptionsOf(c *cli.Context, _ env) (o checkOptions, err error) {
	if err := noArgs(c); err != nil {
		return o, err
	}
	o = checkOptions{
		directory: c.String("directory"),
		fixes:     c.Bool("fix") || c.Bool("fix-manifests"), manifests: c.Bool("fix-manifests"),
		diff: c.Bool("diff"), failOnChange: c.Bool("fail-on-change"),
		lockfile: c.String("lockfile"), online: c.Bool("online"),
		baselineFile: c.String("baseline"), update: c.Bool("update-baseline"),
	}
	if o.outs, err = outputsOf(c, sharedForms()...); err != nil {
		return o, err
	}
	strategy, err := oneOf(c, "strategy", strategies()...)
	if err != nil {
		return o, err
	}
	o.rules.Strategy = dedupe.Strategy(strategy)
	o.rules.Scope, o.rules.All, o.rules.Prune = c.StringSlice("scope"), c.Bool("all"), c.Bool("prune")
	same := []string{"lockfile", "all", "scope", "directory"}
	if o.rules.Strategy == dedupe.Highest {
		same = append(same, "strategy")
	}
	o.rules.Command, o.rules.At = commandLine(c, "portalctl check", same...), commandLine(c, "", "directory")
	if err := o.consistent(c); err != nil {
		return o, err
	}
	if o.diff {
		o.outs[0].form = "diff"
	}
	return o, validGlobs(o.rules.Scope)
}

// consistent refuses flags that mean nothing, or contradict each other.
func (o *checkOptions) consistent(c *cli.Context) (err error) {
	for _, flag := range []string{"dry-run", "yes", "fail-on-change", "prune"} {
		writes := o.fixes || o.update && (flag == "dry-run" || flag == "yes")
		if c.Bool(flag) && !writes {
			return onlyWith(flag, "fix")
		}
	}
	if o.consent, err = consentOf(c); err != nil {
		return err
	}
	if o.diff && !o.dryRun {
		return onlyWith("diff", "dry-run")
	}
	for _, pair := range [][2]string{
		{"diff", "format"}, {"all", "scope"}, {"fix", "update-baseline"}, {"fix-manifests", "update-baseline"},
		{"lockfile", "directory"}, {"lockfile", "online"}, {"lockfile", "fix-manifests"}, {"lockfile", "prune"},
	} {
		if c.IsSet(pair[0]) && c.IsSet(pair[1]) {
			return exclusive(pair[0], pair[1])
		}
	}
	if o.diff && (len(o.outs) > 1 || o.outs[0].form != "table") {
		return usagef("--diff has no form: it goes to stdout, or to the one file that --output names").WithNext("Write --output FILE, or leave out --diff")
	}
	return nil
}
