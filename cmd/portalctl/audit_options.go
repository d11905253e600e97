package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/ignore"
)

// auditOptions are what the command line of audit says. It is read here alone.
type auditOptions struct {
	directory string
	outs      outputs

	base, baseLockfile string
	full               bool
	exclude            []string
	baseline           string
	updateBaseline     bool

	// These come before policy; "" and nil leave it in force.
	failOn, noScore               string
	failOnUnfixable, prod, strict *bool
	failOnFixable                 bool
	maxDBAge                      *time.Duration

	licenses        string
	made            time.Time // what an inventory has as its time
	db              string
	offline, online bool

	fixOptions
}

func auditOptionsOf(c *cli.Context, e env) (auditOptions, error) {
	o := auditOptions{
		directory: c.String("directory"),
		base:      c.String("base"), baseLockfile: c.String("base-lockfile"), full: c.Bool("full"),
		exclude: c.StringSlice("exclude"), baseline: c.String("baseline"), updateBaseline: c.Bool("update-baseline"),
		db: c.String("db"), offline: c.Bool("offline"), online: c.Bool("online"), failOnFixable: c.Bool("fail-on-fixable"),
		licenses: c.String("licenses"),
	}
	if c.Args().Present() {
		return o, group(c) // a subcommand that is not known
	}
	var err error
	if o.outs, err = outputsOf(c, auditForms()...); err != nil {
		return o, err
	}
	if o.outs.inventories() {
		if o.made, err = madeAt(e, time.Now()); err != nil {
			return o, err
		}
	}
	if o.fixOptions, err = fixOptionsOf(c, e, o.outs); err != nil {
		return o, err
	}
	for _, f := range []struct {
		name  string
		to    *string
		words []string
	}{
		{"fail-on", &o.failOn, failOnWords()},
		{"no-score", &o.noScore, noScoreWords()},
	} {
		if c.IsSet(f.name) {
			if *f.to, err = oneOf(c, f.name, f.words...); err != nil {
				return o, err
			}
		}
	}
	for _, f := range []struct {
		name string
		to   **bool
	}{{"fail-on-unfixable", &o.failOnUnfixable}, {"prod", &o.prod}, {"strict", &o.strict}} {
		if c.IsSet(f.name) {
			said := c.Bool(f.name)
			*f.to = &said
		}
	}
	for _, pair := range [][2]string{{"base", "base-lockfile"}, {"base", "full"}, {"base-lockfile", "full"}, {"offline", "online"}, {"base-lockfile", "online"},
		{"base", "baseline"}, {"base", "update-baseline"}, {"base-lockfile", "baseline"}, {"base-lockfile", "update-baseline"},
		{"fix", "base-lockfile"}, {"fix", "update-baseline"}} {
		if c.IsSet(pair[0]) && c.IsSet(pair[1]) {
			return o, usagef("--%s and --%s exclude each other", pair[0], pair[1]).WithNext("Leave one of them out")
		}
	}
	for _, g := range o.exclude {
		if !doublestar.ValidatePattern(g) || g == "" {
			return o, usagef("--exclude %q is not a valid glob", g).WithNext("Use * for a part of a name and ** for several folders")
		}
	}
	if c.IsSet("base") && o.base == "" {
		return o, usagef("--base is empty").WithNext("Name a branch, or leave it out; --full judges all that the locks install")
	}
	if c.IsSet("base-lockfile") && o.baseLockfile == "" {
		return o, usagef("--base-lockfile is empty").WithNext("Name the lock to compare with, or leave it out")
	}
	if c.IsSet("licenses") && o.licenses == "" {
		return o, usagef("--licenses is empty").WithNext("Name the file with the lists of licences, or leave it out")
	}
	if c.IsSet("max-db-age") {
		limit, err := age(c.String("max-db-age"))
		if err != nil {
			return o, err
		}
		o.maxDBAge = &limit
	}
	return o, nil
}

// options are the defaults, the policy and the flags, the last of which wins.
func (r *auditRun) options(p ignore.Policy) audit.Options {
	o := audit.Defaults().With(p)
	o.Directory = r.o.directory
	if dir, err := workDir(o.Directory); err != nil || dir != r.root {
		o.Directory = r.root // the folder that was named is one below
	}
	o.Now, o.Partial = r.now, len(r.o.exclude) > 0 || r.o.baseLockfile != ""
	o.FailOn, o.NoScore = cmp.Or(r.o.failOn, o.FailOn), cmp.Or(r.o.noScore, o.NoScore)
	for _, f := range []struct{ said, to *bool }{
		{r.o.failOnUnfixable, &o.FailOnUnfixable}, {r.o.prod, &o.Prod}, {r.o.strict, &o.Strict},
	} {
		if f.said != nil {
			*f.to = *f.said
		}
	}
	return o
}

// age reads a duration, in days and weeks too.
func age(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if n, err := strconv.Atoi(strings.TrimSuffix(text, suffix)); err == nil && n >= 0 && strings.HasSuffix(text, suffix) {
			return time.Duration(n) * unit, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, usagef("%q is not a valid age", text).WithNext("Write it as 36h or 7d")
}

func failOnWords() []string { return append(slices.Clone(audit.Ratings), audit.None) }

func noScoreWords() []string { return []string{audit.Block, audit.Warn, audit.Allow} }
