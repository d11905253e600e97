package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/htmlreport"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/slot"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/internal/yarncli"
)

func slotCommand(e env) *cli.Command {
	steps := make([]string, 0, 6)
	for _, s := range slot.StepNames() {
		steps = append(steps, string(s))
	}
	return &cli.Command{
		Name:  "slot",
		Usage: "make the monthly upgrade one run, which ends in a branch and the text of its pull request",
		Description: "Steps: where (the release, what is in the way), coming (what breaks, template, migrations,\n" +
			"advisories, and a verdict), bump (a branch with a commit for template, versions and moved packages),\n" +
			"check (lock-only fixes; check and audit against the base), proof (install and the portal's own\n" +
			"scripts), text. What a step found is kept in the user's state folder: a second run repeats what\n" +
			"changed, and one that was interrupted goes on where it stopped. --plan does the steps that write nothing.\n\n" +
			"Exit codes: 0 the run went through, and nothing needs hands; 1 something does, or a step failed; 2 could not\n" +
			"run or refused; 130 interrupted, or answered with no.",
		Flags: append([]cli.Flag{
			choiceOf(&cli.StringFlag{Name: "release", Aliases: []string{"r"}, Usage: "`RELEASE` to move to: main, next or a version such as 1.53.0",
				Value: "main"}, "main", "next"),
			&cli.BoolFlag{Name: "plan", Usage: "only the steps that write nothing: where, coming, text"},
			choiceOf(&cli.StringFlag{Name: "from", Usage: "repeat `STEP` and those after it: " + strings.Join(steps, ", ")}, steps...),
			&cli.StringSliceFlag{Name: "skip", Usage: "leave out `STEP`; may be repeated"},
			&cli.StringFlag{Name: "branch", Usage: "the `NAME` of the branch", DefaultText: "portalctl/backstage-RELEASE"},
			&cli.BoolFlag{Name: "commit", Value: true, Usage: "make a commit of each part; --commit=false leaves what they change in the work tree of the branch"},
			&cli.StringFlag{Name: "db", Usage: "take the advisories from the database in `DIR`", TakesFile: true},
			&cli.StringFlag{Name: "fail-on", Usage: "the audit fails from this `SEVERITY` on: low, medium, high, critical, none", DefaultText: "high"},
			offlineFlag(),
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "make the branch without asking"},
		}, reportFlags(pageForms()...)...),
		Action:      actionOf(e, slotOptionsOf, runSlot),
		Subcommands: []*cli.Command{slotStatusCommand(e), slotDeployCommand(e), slotVerifyCommand(e)},
	}
}

// slotOptions are what the command line of slot says.
type slotOptions struct {
	target
	slot.Options
	yes   bool
	again string
	// status is the command that shows what is kept, as the text.
	status string
}

func slotOptionsOf(c *cli.Context, _ env) (o slotOptions, err error) {
	if o.target, err = targetOf(c, pageForms()...); err != nil {
		return o, err
	}
	step := func(flag, name string) (slot.StepName, error) {
		if name == "" || !slices.Contains(slot.StepNames(), slot.StepName(name)) {
			return "", usagef("--%s %q is no step", flag, name).WithNext("Use one of: where, coming, bump, check, proof, text")
		}
		return slot.StepName(name), nil
	}
	o.Options = slot.Options{Release: c.String("release"), Plan: c.Bool("plan"), Branch: c.String("branch"), Loose: !c.Bool("commit"),
		Offline: c.Bool("offline"), Database: c.String("db"), FailOn: c.String("fail-on"), Version: version()}
	if c.IsSet("from") {
		if o.From, err = step("from", c.String("from")); err != nil {
			return o, err
		}
	}
	for _, name := range c.StringSlice("skip") {
		s, err := step("skip", name)
		if err != nil {
			return o, err
		}
		if s == slot.Where || s == slot.Text {
			return o, usagef("the step %s cannot be left out", s).WithNext("The others need it, and it writes nothing")
		}
		o.Skip = append(o.Skip, s)
	}
	if o.yes = c.Bool("yes"); o.yes && o.Plan {
		return o, exclusive("yes", "plan")
	}
	o.again = commandLine(c, "portalctl slot", "release", "skip", "branch", "db", "fail-on", "offline", "directory")
	if o.Loose {
		o.again += " --commit=false"
	}
	o.At = commandLine(c, "", "directory")
	o.status = commandLine(c, "portalctl slot status", "directory") + " --format markdown"
	return o, nil
}

// slotRun is one run of slot.
type slotRun struct {
	slotOptions
	e    env
	co   *checkout
	run  *slot.Run
	open func() // lets go of the portal
}

func runSlot(ctx context.Context, o slotOptions, e env) error {
	co, err := openYarnPortal(ctx, o.target, !o.Plan, e)
	if err != nil {
		return err
	}
	r := &slotRun{slotOptions: o, e: e, co: co}
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer func() { r.open() }() // of the last begin
	if !o.Plan && !o.yes {
		if done, err := r.ask(ctx); done || err != nil {
			return err
		}
	}
	if err := r.run.Do(ctx); err != nil {
		return err
	}
	if where := r.run.Step(slot.Where); where.State == slot.Failed {
		return fault.New("%s", where.Why).WithNext("%s", where.Next)
	}
	if err := r.report(); err != nil {
		return err
	}
	if r.run.NeedsSomebody() {
		return errFindings
	}
	return nil
}

// ask shows the plan of a run and asks whether to make its branch. done says that the
// run ends here.
func (r *slotRun) ask(ctx context.Context) (done bool, err error) {
	if r.run.Branch != "" { // it was asked when the branch was made
		return false, nil
	}
	plan := *r
	plan.Plan = true
	r.open()
	if err := plan.begin(ctx); err != nil {
		return true, err
	}
	err = plan.run.Do(ctx)
	if err == nil && (!r.e.Interactive() || !r.e.reportsElsewhere(r.target)) {
		err = plan.report()
	} else if err == nil {
		err = plan.run.WriteTable(r.e.Err, r.e.ErrStyle(), nil)
	}
	plan.open()
	if err == nil && !r.e.Interactive() {
		err = fault.New("nothing was written: there is no terminal to ask on").
			WithNext("Add --yes to make the branch, or --plan to only look")
	}
	if err != nil {
		return true, err
	}
	fmt.Fprintln(r.e.Err)
	if err := r.e.confirm(ctx, "Make the branch?", "nothing was written"); err != nil {
		return true, err
	}
	return false, r.begin(ctx)
}

// begin takes up the run that is kept, or begins one.
func (r *slotRun) begin(ctx context.Context) (err error) {
	state := txn.StateHome(r.e.get)
	if state == "" {
		return fault.New("there is no folder for this user's state").WithNext("Set HOME, or XDG_STATE_HOME")
	}
	root := r.co.project.Root
	o := r.Options
	if o.Scripts, err = r.scripts(); err != nil {
		return err
	}
	o.Day = time.Now().UTC().Format(time.DateOnly)
	progress := r.e.Progress("The upgrade", -1)
	in := slot.Input{Root: root, Git: slot.OpenGit(ctx, root, r.e.Environ), Store: slot.NewStore(filepath.Join(state, "portalctl"), root),
		Command: r.command, Script: r.script, Has: func(name string) bool { return r.co.project.RootWorkspace().File.Scripts[name] != "" },
		Known: r.known, Progress: progress.Label}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var release func()
	r.run, release, err = slot.New(ctx, in, o)
	r.open = func() { progress.Done(); release() }
	if err != nil {
		r.open()
	}
	return err
}

// known are the releases that are known; none where the source cannot be had.
func (r *slotRun) known(ctx context.Context) []string {
	releases, err := r.co.releases(r.e, r.Offline)
	if err != nil {
		return nil
	}
	return releases.Known(ctx)
}

// scripts are those that .portalctl.yaml names as the portal's proof, nil for none.
func (r *slotRun) scripts() ([]string, error) {
	text, err := r.co.decisions()
	if text == nil || err != nil {
		return nil, err
	}
	return slot.ParseConfig(finding.ConfigFile, text)
}

// command runs a command of portalctl as a process of its own would, with what it
// prints kept.
func (r *slotRun) command(ctx context.Context, args ...string) (slot.Printed, error) {
	var out, problem bytes.Buffer
	own := r.e
	own.Streams = &ui.Streams{In: strings.NewReader(""), Out: &out, Err: &problem}
	words := append([]string{"portalctl"}, args...)
	if r.directory != "." { // as it was given, as what a command advises names it
		words = slices.Concat([]string{"portalctl", "-C", r.directory}, args)
	}
	code := Main(ctx, words, own)
	if ctx.Err() != nil {
		return slot.Printed{}, ctx.Err()
	}
	p := slot.Printed{Args: args, Exit: code, Out: out.String()}
	if !p.Ran() {
		said, next, _ := strings.Cut(problem.String(), "\nnext: ")
		_, said, _ = strings.Cut("\n"+said, "\nerror: ") // what it said before is progress
		// Who reads it elsewhere has the files at another place.
		said = strings.ReplaceAll(said, r.co.project.Root+string(filepath.Separator), "")
		p.Problem, p.Next = english.Plain(said), english.Plain(next)
	}
	return p, nil
}

// script runs one of the portal's own scripts by its own Yarn.
func (r *slotRun) script(ctx context.Context, name, log string) (slot.Script, error) {
	co, err := readPortal(repofile.Of(r.co.project.Root), r.co.project.Root, "", r.e) // as the branch has it
	if err != nil {
		return slot.Script{}, err
	}
	yarn, err := yarncli.Find(ctx, co.project.Root, yarnOptions(co, r.e))
	if err != nil {
		return slot.Script{}, err
	}
	args, line := []string{"run", name}, "yarn "+name
	if name == slot.Install {
		args, line = []string{"install", "--immutable"}, "yarn install --immutable"
		if yarn.Classic() {
			args, line = []string{"install", "--frozen-lockfile"}, "yarn install --frozen-lockfile"
		}
	}
	environ := append(slices.Clone(r.e.Environ), "CI=true", "NO_COLOR=1", "FORCE_COLOR=0")
	s, err := slot.RunScript(ctx, name, co.project.Root, log, yarn.Line(args...), environ)
	s.Line = line
	return s, err
}

func (r *slotRun) report() error {
	return reportForms{json: r.run,
		markdown: func(w io.Writer) error {
			_, err := io.WriteString(w, r.run.Markdown(r.links()))
			return err
		},
		page:  func() *htmlreport.Page { return r.run.Page(r.next()) },
		table: func(w io.Writer, st ui.Style) error { return r.run.WriteTable(w, st, r.next()) },
	}.write(r.target, r.e, r.co.project.Root)
}

// links is the address of the branch's files, where CI says it.
func (r *slotRun) links() string {
	ref := cmp.Or(r.run.Branch, r.run.Base)
	if ref == "" {
		return ""
	}
	below := r.e.inRepository(r.co.project.Root)
	if below == "." {
		below = ""
	} else if below != "" {
		below += "/"
	}
	if server, repo := r.e.get("GITHUB_SERVER_URL"), r.e.get("GITHUB_REPOSITORY"); server != "" && repo != "" {
		return server + "/" + repo + "/blob/" + ref + "/" + below
	}
	if project := r.e.get("CI_PROJECT_URL"); project != "" {
		return project + "/-/blob/" + ref + "/" + below
	}
	return ""
}

// next is what to type after the run.
func (r *slotRun) next() []string {
	switch {
	case r.run.To == "":
		return nil
	case r.Plan:
		return []string{r.again + " --yes"}
	}
	var next []string
	if r.run.Branch != "" {
		next = append(next, "read the text of the pull request: "+r.status)
	}
	for _, s := range r.run.Steps {
		if s.State == slot.Failed {
			if s.Next != "" {
				next = append(next, s.Next)
			}
			return append(next, "when it is mended, go on: "+r.again+" --yes")
		}
	}
	if r.run.Branch == "" {
		return nil
	}
	if r.Loose {
		next = append(next, "commit what is in the work tree: git add . && git commit")
	}
	return append(next, "git push --set-upstream origin "+ui.ShellWord(r.run.Branch))
}
