package slot

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
)

// Options are what a run is asked for.
type Options struct {
	// Release is main, next or a version.
	Release string
	// Plan leaves out the steps that write: Bump, Check and Proof.
	Plan bool
	// From repeats this step and those after it, whatever is kept; "" repeats only
	// what changed.
	From StepName
	// Skip are steps that are left out.
	Skip []StepName
	// Branch is the branch to make; "" is one named after the release.
	Branch string
	// Offline, Database and FailOn are what the commands below are told.
	Offline  bool
	Database string
	FailOn   string
	// Scripts are the portal's own to run as its proof; nil is those of Proofs that
	// its package.json has.
	Scripts []string
	// Day is the day, as 2026-12-01: what main and next mean is asked again each day.
	Day string
	// At is what names the portal on a command line: "" or " -C DIR".
	At string
	// Status takes up the run that is kept, of whatever release it is.
	Status bool
	// Version is portalctl's own: another one does all steps anew.
	Version string
}

// Input is what a run works on.
type Input struct {
	Root    string
	Git     *Git // nil outside of a repository: only a plan can be made
	Store   *Store
	Command Command
	Script  func(ctx context.Context, name, log string) (Script, error)
	// Known are the releases that are known, for the patch release of the one that the
	// portal is on.
	Known func(ctx context.Context) []string
	// Has reports whether the portal's root package.json has a script.
	Has func(script string) bool
	// Progress is told what the run is about to do; nil for nobody.
	Progress func(text string)
}

// A Run is one slot: what was found and done so far.
type Run struct {
	Schema  string   `json:"schema"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Base    string   `json:"base"`   // the commit that the run started from
	Branch  string   `json:"branch"` // "" for a plan
	Verdict *Verdict `json:"verdict"`
	// Hands are what somebody must do, the gravest first.
	Hands []Hand  `json:"needsHands"`
	Steps []*Step `json:"steps"`

	opts Options
	in   Input
	kept *kept
	// tree and settings are the work tree's as the run found it.
	tree, settings string
	// known are the releases that are known.
	known []string
}

// Step is the step of that name.
func (r *Run) Step(name StepName) *Step {
	for _, s := range r.Steps {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// New begins the run of a portal, or takes up the one that is kept. Nothing is
// written yet. release lets go of the portal.
func New(ctx context.Context, in Input, opts Options) (r *Run, release func(), err error) {
	r = &Run{Schema: Schema, opts: opts, in: in}
	release = func() {}
	if in.Git == nil && !opts.Plan {
		return nil, release, fault.New("this portal is in no git repository, or there is no program git: there is no branch to make").
			WithNext("Make one with git init and commit the portal, or look only: portalctl slot --plan")
	}
	if release, err = in.Store.lock(); err != nil {
		return nil, func() {}, err
	}
	if r.kept, err = in.Store.load(); err != nil {
		return nil, release, err
	}
	if err := r.place(ctx); err != nil {
		return nil, release, err
	}
	for _, name := range StepNames() {
		step := &Step{Name: name, State: Pending}
		if old := r.kept.step(name); old != nil {
			step = old
		}
		r.Steps = append(r.Steps, step)
	}
	r.kept.Steps = r.Steps
	return r, release, nil
}

func (k *kept) step(name StepName) *Step {
	for _, s := range k.Steps {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// place finds out where the run stands in the repository: on its branch, or at a
// commit that it will start from. A run of another commit is begun anew.
func (r *Run) place(ctx context.Context) error {
	if r.in.Git == nil {
		r.kept = &kept{Root: r.in.Root, Release: r.opts.Release}
		return nil
	}
	commit, branch, err := r.in.Git.head(ctx)
	if err != nil {
		return err
	}
	tree, files, err := r.in.Git.workTree(ctx)
	if err != nil {
		return err
	}
	r.tree, r.settings = tree, settings(files)
	k := r.kept
	same := k != nil && k.Root == r.in.Root && (r.opts.Status || k.Release == r.opts.Release) && (r.opts.Branch == "" || k.Branch == "" || k.Branch == r.opts.Branch)
	switch {
	case same && (commit == k.Base || k.Branch != "" && branch == k.Branch):
	default:
		k = &kept{Root: r.in.Root, Release: r.opts.Release, Base: commit}
	}
	r.kept, r.Base, r.Branch = k, k.Base, k.Branch
	return nil
}

// Look judges what is kept, and does nothing. kept is false where there is no run.
func (r *Run) Look() (kept bool) {
	r.read()
	r.judge()
	return r.Step(Where).State != Pending
}

// Do goes through the steps. What is kept and still holds is not done again. After a
// step that failed those that need it are left; the error is that the run was
// interrupted or could not keep its state.
func (r *Run) Do(ctx context.Context) error {
	again := false
	for _, step := range r.Steps {
		key, err := r.key(ctx, step.Name)
		if err != nil {
			return err
		}
		ofBase := r.Branch != "" && (step.Name == Where || step.Name == Coming)
		if step.Name == r.opts.From {
			again = true
		}
		switch {
		case slices.Contains(r.opts.Skip, step.Name):
			*step = Step{Name: step.Name, State: Skipped, Why: "left out by --skip"}
		case r.opts.Plan && writes(step.Name):
			if step.State != Done {
				*step = Step{Name: step.Name, State: Skipped, Why: "a plan writes nothing"}
			}
		case r.failedBefore(step.Name) != "":
			*step = Step{Name: step.Name, State: Pending, Why: "the step " + string(r.failedBefore(step.Name)) + " comes first"}
		case step.State == Done && ofBase:
			// They are about the base, which is not what is checked out any more.
			if again {
				return fault.New("the step %s is about the base, and the branch %s is made", step.Name, r.Branch).
					WithNext("Go back to the base and delete the branch: git switch --detach %s && git branch -D %s", r.Base, r.Branch)
			}
		case step.State == Done && step.Key == key && key != "" && !again:
		default:
			// What a step that is interrupted has done so far is kept.
			fresh := &Step{Name: step.Name, State: Failed, Key: key, Again: true}
			*step = *fresh
			if err := r.do(ctx, step); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				step.State, step.Why, step.Next = Failed, err.Error(), fault.NextOf(err)
			} else {
				step.State, step.Why, step.Next = Done, "", ""
				// Of what the step itself has written the next run does nothing again.
				if step.Key, err = r.key(ctx, step.Name); err != nil {
					return err
				}
			}
		}
		if err := r.keep(); err != nil {
			return err
		}
		if step.Name == Where && step.State == Done {
			r.read()
		}
	}
	if r.in.Known != nil {
		r.known = r.in.Known(ctx)
	}
	r.judge()
	return nil
}

// judge says what is to be made of what the steps found.
func (r *Run) judge() {
	r.Hands = r.hands()
	r.Verdict = r.verdict()
}

func (r *Run) keep() error {
	if r.in.Git == nil {
		return nil // nothing tells whether it still holds
	}
	r.kept.Base, r.kept.Branch, r.kept.Steps = r.Base, r.Branch, r.Steps
	return r.in.Store.save(r.kept)
}

func writes(name StepName) bool { return name == Bump || name == Check || name == Proof }

// failedBefore is a step that failed and that a step cannot do without, "" for none.
func (r *Run) failedBefore(name StepName) StepName {
	needs := map[StepName][]StepName{Coming: {Where}, Bump: {Where, Coming}, Check: {Bump}, Proof: {Bump}, Text: {Where}}
	for _, n := range needs[name] {
		if s := r.Step(n); s.State == Failed || s.State == Pending {
			return n
		}
	}
	return ""
}

// key names all that a step depends on; "" is never the same.
func (r *Run) key(ctx context.Context, name StepName) (string, error) {
	if r.in.Git == nil {
		return "", nil
	}
	o := r.opts
	asked := []string{string(name), o.Version, o.Release, fmt.Sprint(o.Offline), o.Database, o.FailOn}
	if o.Release == "main" || o.Release == "next" {
		asked = append(asked, o.Day)
	}
	switch name {
	case Where:
		return hash(append(asked, r.settings)...), nil
	case Coming:
		return hash(append(asked, r.Step(Where).Key, r.tree)...), nil
	case Bump:
		return hash(append(asked, r.Step(Coming).Key, r.Base, r.branchName())...), nil
	case Check:
		tree, err := r.treeNow(ctx)
		return hash(append(asked, r.Step(Bump).Key, tree)...), err
	case Proof:
		tree, err := r.treeNow(ctx)
		return hash(append(asked, append(r.scripts(), tree)...)...), err
	}
	var all []string
	for _, s := range r.Steps {
		all = append(all, s.Key, string(s.State), s.Tree)
	}
	return hash(append(asked, all...)...), nil
}

// settings name the files that decide where the portal is: manifests, locks, settings.
func settings(files map[string]string) string {
	var about []string
	for name, content := range files {
		switch path.Base(name) {
		case "package.json", "yarn.lock", "backstage.json", ".yarnrc.yml", ".npmrc", ".portalctl.yaml":
			about = append(about, name+" "+content)
		}
	}
	slices.Sort(about)
	return hash(about...)
}

// treeNow is the work tree as it is now.
func (r *Run) treeNow(ctx context.Context) (string, error) {
	tree, _, err := r.in.Git.workTree(ctx)
	return tree, err
}

func (r *Run) branchName() string {
	switch {
	case r.Branch != "":
		return r.Branch
	case r.opts.Branch != "":
		return r.opts.Branch
	}
	return "portalctl/backstage-" + r.To
}

func (r *Run) do(ctx context.Context, step *Step) error {
	r.say(step.Name)
	switch step.Name {
	case Where:
		return r.where(ctx, step)
	case Coming:
		return r.coming(ctx, step)
	case Bump:
		return r.bump(ctx, step)
	case Check:
		return r.check(ctx, step)
	case Proof:
		return r.proof(ctx, step)
	}
	return nil // the text is made of the other steps when it is asked for
}

func (r *Run) say(name StepName) {
	if r.in.Progress != nil {
		r.in.Progress(map[StepName]string{Where: "Where are we", Coming: "What is coming", Bump: "Making the branch",
			Check: "Checking what it brings", Proof: "The portal's own proof", Text: "The text"}[name])
	}
}

// command runs one of portalctl's commands and keeps what it printed with the step.
// Whether a command that could not run stops the step is for the step to say.
func (r *Run) command(ctx context.Context, step *Step, args ...string) (Printed, error) {
	p, err := r.in.Command(ctx, args...)
	if err != nil {
		return p, err
	}
	step.Commands = append(step.Commands, p)
	return p, nil
}

// network are the flags of a command that asks servers.
func (r *Run) network(args ...string) []string {
	if r.opts.Offline {
		args = append(args, "--offline")
	}
	return args
}

// judged are the flags of a command that judges by advisories.
func (r *Run) judged(args ...string) []string {
	if r.opts.Database != "" {
		args = append(args, "--db", r.opts.Database)
	}
	if r.opts.FailOn != "" {
		args = append(args, "--fail-on", r.opts.FailOn)
	}
	return args
}

func (r *Run) where(ctx context.Context, step *Step) error {
	p, err := r.command(ctx, step, r.network("versions", "status", "--format", "json")...)
	if err != nil {
		return err
	}
	var status statusDocument
	if err := p.decode("portalctl.status/v1", &status); err != nil {
		return err
	}
	p, err = r.command(ctx, step, r.network("versions", "bump", "--dry-run", "--release", r.opts.Release, "--format", "json")...)
	if err != nil {
		return err
	}
	// Which release next is, only the plan says.
	if !p.Ran() && r.opts.Release == "next" {
		return p.failed()
	}
	return nil
}

// read takes from what Where found which release the run goes to.
func (r *Run) read() {
	var plan bumpDocument
	if p, ok := r.Step(Where).printed("versions bump"); ok && p.decode("portalctl.bump/v1", &plan) == nil {
		r.From, r.To = plan.From, plan.To
		return
	}
	var status statusDocument
	if p, ok := r.Step(Where).printed("versions status"); ok && p.decode("portalctl.status/v1", &status) == nil {
		if r.From, r.To = status.Current, r.kept.Release; r.To == "main" {
			r.To = status.Main
		}
	}
}

// coming asks what the release brings. What cannot be known here is named in the
// text: it stops nothing.
func (r *Run) coming(ctx context.Context, step *Step) error {
	for _, form := range []string{"json", "markdown"} {
		for _, args := range [][]string{
			r.judged(r.network("versions", "bump", "--dry-run", "--audit", "--release", r.To)...),
			r.network("versions", "changes", "--release", r.To),
			r.network("versions", "template", "--dry-run", "--release", r.To),
			r.network("snapshot", "forecast", "--release", r.To),
		} {
			if _, err := r.command(ctx, step, append(args, "--format", form)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// clean refuses a work tree with changes: whoever reviews the branch could not tell
// them from it.
func (r *Run) clean(ctx context.Context) error {
	changed, err := r.in.Git.changed(ctx)
	if err != nil || len(changed) == 0 {
		return err
	}
	return fault.New("the work tree has changes that are not committed: %s", english.Some(changed, 4)).
		WithNext("Commit or stash them (git stash --include-untracked), so that the branch has the upgrade alone; or look only: portalctl slot --plan%s", r.opts.At)
}

// mark is the line of a commit's message that says which part of a run it is.
const mark = "Portalctl-Slot: "

// message is a commit's, with the mark of its part.
func message(subject, body, part string) string {
	text := subject + "\n\n"
	if body != "" {
		text += strings.TrimSpace(body) + "\n\n"
	}
	return text + mark + part + "\n"
}
