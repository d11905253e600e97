package main

import "github.com/urfave/cli/v2"

// bumpOptions are what the command line of versions bump says.
type bumpOptions struct {
	target
	consent
	resolveOptions
	release          string
	patterns         []string
	lockfile         string
	dropStalePatches bool
	diff             bool
	future           futureOptions
	migrate          bool
	// template also merges the app template; templated is the command that does.
	template, allowDirty bool
	templated            string
	// again is this command with what decides the plan; status lists what is off
	// the release.
	again, status string
	// changes says what the step breaks in the portal's own code.
	changes string
	// forecast is how to see which database migrations it brings.
	forecast string
}

func bumpOptionsOf(c *cli.Context, e env) (o bumpOptions, err error) {
	if o.target, err = targetsOf(c, "table", "json", "markdown"); err != nil {
		return o, err
	}
	if o.lockfile, err = oneOf(c, "lockfile", lockAuto, lockNative, lockYarn, lockSkip); err != nil {
		return o, err
	}
	if o.consent, err = consentOf(c); err != nil {
		return o, err
	}
	if o.diff, err = diffOf(c, o.consent); err != nil {
		return o, err
	}
	if o.diff {
		o.form = "diff"
	}
	o.migrate = c.Bool("migrate")
	o.future = futureOptions{audit: c.Bool("audit"), db: c.String("db")}
	for _, flag := range []string{"fail-on", "db"} {
		if c.IsSet(flag) && !o.future.audit {
			return o, onlyWith(flag, "audit")
		}
	}
	if c.IsSet("fail-on") {
		if o.future.failOn, err = oneOf(c, "fail-on", failOnWords()...); err != nil {
			return o, err
		}
	}
	if o.template, o.allowDirty = c.Bool("template"), c.Bool("allow-dirty"); o.template && c.IsSet("pattern") {
		return o, exclusive("template", "pattern")
	}
	if o.allowDirty && !o.template {
		return o, onlyWith("allow-dirty", "template")
	}
	o.release, o.patterns, o.dropStalePatches = c.String("release"), c.StringSlice("pattern"), c.Bool("drop-stale-patches")
	o.again = commandLine(c, "portalctl versions bump", "release", "pattern", "lockfile", "resolve",
		"allow-downgrade", "audit", "fail-on", "db", "drop-stale-patches", "migrate", "template", "allow-dirty", "offline", "now", "directory")
	o.templated = commandLine(c, "portalctl versions template --dry-run", "release", "directory")
	o.changes = commandLine(c, "portalctl versions changes", "release", "pattern", "directory")
	o.forecast = commandLine(c, "portalctl snapshot forecast", "release", "directory")
	o.status = commandLine(c, "portalctl versions status", "directory", "offline")
	o.resolveOptions, err = resolveOptionsOf(c, e)
	return o, err
}
