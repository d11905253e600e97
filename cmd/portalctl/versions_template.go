package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump/template"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/scaffold"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/txn"
)

func templateCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "template",
		Usage: "merge what changed in Backstage's app template into this portal",
		Description: "Finds the template that the portal's files are nearest to, and merges what changed from there to\n" +
			"that of the release: package.json and YAML by key, other files line by line. Shows the plan, then\n" +
			"asks, then writes exactly that. What both sides changed stays as it is and is listed.\n\n" +
			"Exit codes: 0 applied, or nothing to do; 1 conflicts are left, or changes are pending\n" +
			"(--dry-run --exit-code); 2 could not run or refused; 130 interrupted, or answered with no.",
		Flags: slices.Concat([]cli.Flag{
			choiceOf(&cli.StringFlag{Name: "release", Aliases: []string{"r"}, Usage: "merge the template of `RELEASE`: main, next or a version such as 1.53.0",
				DefaultText: "main"}, "main", "next"),
			&cli.StringFlag{Name: "base", Usage: "start from the template of the release `X.Y.Z` instead of the one that is found"},
			choiceOf(&cli.StringFlag{Name: "frontend", Usage: "take the template of the `SYSTEM` legacy or new", DefaultText: "what the app imports"},
				string(scaffold.Legacy), string(scaffold.New)),
			choiceFlag("conflicts", "a file with conflicts by line: stop leaves it as it is, markers writes them into it", conflictsStop, conflictsMarkers),
			&cli.StringSliceFlag{Name: "only", Usage: "change the files that match `GLOB`; may be repeated"},
			&cli.BoolFlag{Name: "diff", Usage: "with --dry-run: print a unified diff of every file instead of the report"},
			&cli.BoolFlag{Name: "allow-dirty", Usage: "merge into a work tree with changes that are not committed"},
			offlineFlag(),
		}, reportsFlags("table", "json", "markdown"), consentFlags()),
		Action: actionOf(e, templateOptionsOf, runTemplate),
	}
}

// The modes of --conflicts.
const (
	conflictsStop    = "stop"
	conflictsMarkers = "markers"
)

// templateOptions are what the command line of versions template says.
type templateOptions struct {
	target
	consent
	template.Options
	diff, allowDirty, offline bool
	// again is this command with what decides the plan.
	again string
}

func templateOptionsOf(c *cli.Context, _ env) (o templateOptions, err error) {
	if o.target, err = targetsOf(c, "table", "json", "markdown"); err != nil {
		return o, err
	}
	if o.consent, err = consentOf(c); err != nil {
		return o, err
	}
	conflicts, err := oneOf(c, "conflicts", conflictsStop, conflictsMarkers)
	if err != nil {
		return o, err
	}
	if c.IsSet("frontend") {
		if _, err := oneOf(c, "frontend", string(scaffold.Legacy), string(scaffold.New)); err != nil {
			return o, err
		}
	}
	if o.diff, err = diffOf(c, o.consent); err != nil {
		return o, err
	}
	if o.diff {
		o.form = "diff"
	}
	o.Options = template.Options{Release: c.String("release"), Base: c.String("base"), Frontend: scaffold.Frontend(c.String("frontend")),
		Markers: conflicts == conflictsMarkers, Only: c.StringSlice("only")}
	o.allowDirty, o.offline = c.Bool("allow-dirty"), c.Bool("offline")
	o.again = commandLine(c, "portalctl versions template", "release", "base", "frontend", "conflicts", "only", "allow-dirty", "offline", "directory")
	return o, nil
}

// diffOf reads --diff of a command that has --dry-run and --format.
func diffOf(c *cli.Context, o consent) (bool, error) {
	switch diff := c.Bool("diff"); {
	case diff && !o.dryRun:
		return false, onlyWith("diff", "dry-run")
	case diff && c.IsSet("format"):
		return false, exclusive("diff", "format")
	default:
		return diff, nil
	}
}

// templateRun is one run of versions template.
type templateRun struct {
	templateOptions
	e    env
	co   *checkout
	plan *template.Plan
}

func runTemplate(ctx context.Context, o templateOptions, e env) error {
	r := &templateRun{templateOptions: o, e: e}
	var err error
	if r.co, err = openYarnPortal(ctx, o.target, !o.dryRun, e); err != nil {
		return err
	}
	if !o.dryRun && !o.allowDirty {
		if err := clean(r.co.project.Root, r.again); err != nil {
			return err
		}
	}
	if r.plan, err = r.co.templatePlan(ctx, o.Options, o.offline, e); err != nil {
		return err
	}
	switch {
	case o.dryRun:
		if err := r.shown(r.applying()).write(o.target, e, ""); err != nil {
			return err
		}
		if o.exitCode && (!r.plan.Empty() || r.plan.Conflicts() > 0) {
			return errFindings
		}
		return nil
	case r.plan.Empty():
		err = r.shown(nil).write(o.target, e, "")
	default:
		err = e.carryOut(ctx, o.target, o.yes, r)
	}
	if err != nil {
		return err
	}
	if r.plan.Conflicts() > 0 {
		return errFindings
	}
	return nil
}

// clean refuses a work tree with changes: whoever reviews the merge could not tell
// them from it.
func clean(root, again string) error {
	head, err := gitbase.At(root, "HEAD")
	if errors.Is(err, gitbase.ErrNoRepository) {
		return nil
	}
	if err != nil {
		return err
	}
	changed, err := head.Changed()
	if err != nil || len(changed) == 0 {
		return err
	}
	return fault.New("the work tree has changes that are not committed: %s", english.Some(changed, 4)).
		WithNext("Commit or stash them, so that the merge can be reviewed and taken back by itself; or add --allow-dirty: %s --allow-dirty", again)
}

// template reads what a merge of the app template is computed from.
func (co *checkout) template(offline bool, e env) (*template.Portal, error) {
	releases, reg, err := co.sources(e, offline)
	if err != nil {
		return nil, err
	}
	cache, err := co.registryCache(e, "templates")
	if err != nil {
		return nil, err
	}
	in := template.Input{Project: co.project, YarnPlugin: usesYarnPlugin(co), On: releases.Standing(co.lock, co.project.Declared()).Release,
		Templates: &scaffold.Reader{Registry: reg, CacheDir: cache}, Releases: releases}
	if in.ConfigText, err = co.decisions(); err == nil && in.ConfigText != nil {
		in.Config, err = template.ParseConfig(finding.ConfigFile, in.ConfigText)
	}
	if err != nil {
		return nil, err
	}
	return template.Of(in), nil
}

// templatePlan is the merge of one release's template.
func (co *checkout) templatePlan(ctx context.Context, opts template.Options, offline bool, e env) (*template.Plan, error) {
	portal, err := co.template(offline, e)
	if err != nil {
		return nil, err
	}
	return planTemplate(ctx, portal, opts, e)
}

func planTemplate(ctx context.Context, portal *template.Portal, opts template.Options, e env) (*template.Plan, error) {
	progress := e.Progress("Reading templates", -1)
	defer progress.Done()
	opts.Progress = progress.Set
	return portal.Plan(ctx, opts)
}

// usesYarnPlugin reports whether the repo asks for @backstage packages as
// "backstage:^".
func usesYarnPlugin(co *checkout) bool {
	for _, ws := range co.project.Workspaces {
		for _, s := range pkgjson.Sections() {
			for _, d := range ws.File.Deps(s) {
				if spec.Backstage.In(d.Spec) {
					return true
				}
			}
		}
	}
	return false
}

func (r *templateRun) question() string {
	return fmt.Sprintf("Write %s?", english.Count(len(r.plan.Writes()), "file"))
}

func (r *templateRun) applied() []string { return nil }

func (r *templateRun) apply(ctx context.Context) error {
	return txn.Commit(r.e.withState(ctx), r.co.project.Root, r.plan.Edits())
}

func (r *templateRun) shown(next []string) reportForms {
	return propose(r.plan, r.plan, r.plan.Writes(), next)
}

// applying is the command line that does what this one showed.
func (r *templateRun) applying() []string {
	if r.plan.Empty() {
		return nil
	}
	return []string{r.again + " --yes"}
}

// after is what to do once the plan is applied.
func (r *templateRun) after() []string {
	var next []string
	if r.plan.Conflicts() > 0 {
		switch {
		case r.Markers && r.plan.Counts.Hunks > 0:
			next = append(next, "resolve the conflicts between the markers: git grep -n '^<<<<<<< yours'")
		case r.plan.Counts.Hunks > 0:
			next = append(next, "merge what needs you by hand, then remove it from pending in .portalctl.yaml; or write the conflicts into the files: "+r.again+" --conflicts markers --yes --allow-dirty")
		}
		if r.plan.Counts.KeyConflicts > 0 {
			next = append(next, "decide the keys that need you, then remove their files from pending in .portalctl.yaml")
		}
	}
	return append(next, "yarn install", "yarn tsc", "git diff")
}
