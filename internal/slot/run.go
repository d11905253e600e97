package slot

import (
	"context"
	"slices"

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
	// Loose leaves what each part changes in the work tree of the branch, and makes no
	// commit.
	Loose bool
	// Offline, Database and FailOn are what the commands below are told.
	Offline  bool
	Database string
	FailOn   string
	// Scripts are the portal's own to run as its proof; nil is those of ProofOf that
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
	Verdict *verdict `json:"verdict"`
	// Hands are what somebody must do, the gravest first.
	Hands []hand  `json:"needsHands"`
	Steps []*Step `json:"steps"`
	// Deployment is the last look at the day of the roll-out, Verification what followed
	// that; nil before them.
	Deployment   *Deployment   `json:"deploy"`
	Verification *Verification `json:"verify"`

	opts Options
	in   Input
	kept *kept
	// made are the commits that earlier runs made for parts.
	made []marked
	// tree and settings are the work tree's as the run found it.
	tree, settings string
	// known are the releases that are known.
	known []string
	// behind is what main or next is where the portal is ahead of it, and so stays.
	behind string
	// dayProblem is why what is kept of a deployment cannot be read.
	dayProblem string
}

// Step is the step of that name.
func (r *Run) Step(name StepName) *Step { return stepOf(r.Steps, name) }

// stepOf is the step of that name in a list, nil for none.
func stepOf(list []*Step, name StepName) *Step {
	if i := slices.IndexFunc(list, func(s *Step) bool { return s.Name == name }); i >= 0 {
		return list[i]
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
	if !opts.Status { // which looks while another is at work, too
		if release, err = in.Store.lock(); err != nil {
			return nil, func() {}, err
		}
	}
	if in.Git != nil {
		in.Git.scratch = in.Store.dir
	}
	if r.kept, err = in.Store.load(); err != nil {
		return nil, release, err
	}
	if err := r.place(ctx); err != nil {
		return nil, release, err
	}
	for _, name := range StepNames() {
		step := &Step{Name: name, State: statePending}
		if old := stepOf(r.kept.Steps, name); old != nil {
			step = old
		}
		r.Steps = append(r.Steps, step)
	}
	r.kept.Steps = r.Steps
	r.readDay()
	return r, release, nil
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
	k := r.kept
	same := k != nil && k.Root == r.in.Root && (r.opts.Status || k.Release == r.opts.Release) && (r.opts.Branch == "" || k.Branch == "" || k.Branch == r.opts.Branch)
	switch {
	case same && (commit == k.Base || k.Branch != "" && branch == k.Branch):
	default:
		k = &kept{Root: r.in.Root, Release: r.opts.Release, Base: commit}
	}
	if k.Branch != "" {
		if tip, err := r.in.Git.tip(ctx, k.Branch); err != nil {
			return err
		} else if tip == "" {
			k.forget()
		}
	}
	r.kept, r.Base, r.Branch = k, k.Base, k.Branch
	if r.opts.Status {
		return nil
	}
	if r.Branch == "" {
		k.Loose = r.opts.Loose
	} else if k.Loose != r.opts.Loose && !r.opts.Plan {
		return k.otherwise(r.Branch)
	}
	if err := r.interrupted(ctx, branch); err != nil {
		return err
	}
	tree, files, err := r.in.Git.workTree(ctx)
	r.tree, r.settings = tree, settings(files)
	return err
}

// forget takes back what was kept of a branch that somebody has deleted since.
func (k *kept) forget() {
	*k = kept{Root: k.Root, Base: k.Base, Release: k.Release, Steps: k.Steps, Left: k.Left}
	for i, s := range k.Steps {
		if writes(s.Name) {
			k.Steps[i] = &Step{Name: s.Name, State: statePending}
		}
	}
}

// otherwise is the error of a run that is to go on with commits and began without, or
// the other way round.
func (k *kept) otherwise(branch string) error {
	if k.Loose {
		return fault.New("the run of the branch %s was begun with --commit=false, and its changes are not committed", branch).
			WithNext("Go on with --commit=false, and commit them yourself")
	}
	return fault.New("the run of the branch %s makes commits, and is not to go on without", branch).
		WithNext("Leave out --commit=false")
}

// Look judges what is kept, and does nothing. kept is false where there is no run.
func (r *Run) Look() (kept bool) {
	for _, s := range r.Steps {
		if s.State == stateBegun {
			if s.Why = "interrupted: the same command goes on with it"; r.in.Store.busy() {
				s.Why = "at work now"
			}
		}
	}
	r.read()
	r.judge()
	return r.Step(Where).State != statePending
}

// Do goes through the steps. What is kept and still holds is not done again. After a
// step that failed those that need it are left; the error is that the run was
// interrupted or could not keep its state.
func (r *Run) Do(ctx context.Context) error {
	again := false
	for _, step := range r.Steps {
		ofBase := r.Branch != "" && (step.Name == Where || step.Name == stepComing)
		if step.Name == r.opts.From {
			again = true
		}
		switch {
		case slices.Contains(r.opts.Skip, step.Name):
			*step = Step{Name: step.Name, State: stateSkipped, Why: "--skip says so"}
		case r.opts.Plan && writes(step.Name):
			if step.State != stateDone {
				*step = Step{Name: step.Name, State: stateSkipped, Why: "a plan writes nothing"}
			}
		case r.failedBefore(step.Name) != "":
			*step = Step{Name: step.Name, State: statePending, Why: "the step " + string(r.failedBefore(step.Name)) + " comes first"}
		case step.State == stateDone && ofBase:
			// They are about the base, which is not what is checked out any more.
			if again {
				return fault.New("the step %s is about the base, and the branch %s is made", step.Name, r.Branch).
					WithNext("Go back to the base and delete the branch: git switch --detach %s && git branch -D %s", r.Base, r.Branch)
			}
		default:
			if err := r.renew(ctx, step, again); err != nil {
				return err
			}
		}
		if err := r.keep(); err != nil {
			return err
		}
		if step.Name == Where && step.State == stateDone {
			r.read()
		}
	}
	if r.in.Known != nil {
		r.known = r.in.Known(ctx)
	}
	r.judge()
	return nil
}

// renew does a step, unless what is kept of it still holds. Only here is its key asked
// for, which may take a look at the whole work tree.
func (r *Run) renew(ctx context.Context, step *Step, again bool) error {
	key, err := r.key(ctx, step.Name)
	if err != nil || step.State == stateDone && step.Key == key && key != "" && !again {
		return err
	}
	*step = Step{Name: step.Name, State: stateBegun, Key: key, Again: true}
	if err := r.keep(); err != nil {
		return err
	}
	if err := r.do(ctx, step); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		step.State, step.Why, step.Next = Failed, err.Error(), fault.NextOf(err)
		return nil
	}
	step.State, step.Why, step.Next = stateDone, "", ""
	// Of what the step itself has written the next run does nothing again.
	step.Key, err = r.key(ctx, step.Name)
	return err
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

func writes(name StepName) bool { return name == stepBump || name == stepCheck || name == stepProof }

// failedBefore is a step that failed and that a step cannot do without, "" for none.
func (r *Run) failedBefore(name StepName) StepName {
	needs := map[StepName][]StepName{stepComing: {Where}, stepBump: {Where, stepComing}, stepCheck: {stepBump}, stepProof: {stepBump}, Text: {Where}}
	for _, n := range needs[name] {
		if s := r.Step(n); s.State == Failed || s.State == statePending || s.State == stateBegun {
			return n
		}
	}
	return ""
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
	case stepComing:
		return r.coming(ctx, step)
	case stepBump:
		return r.bump(ctx, step)
	case stepCheck:
		return r.check(ctx, step)
	case stepProof:
		return r.proof(ctx, step)
	}
	return nil // the text is made of the other steps when it is asked for
}

func (r *Run) say(name StepName) {
	if r.in.Progress != nil {
		r.in.Progress(map[StepName]string{Where: "Where are we", stepComing: "What is coming", stepBump: "Making the branch",
			stepCheck: "Checking what it brings", stepProof: "The portal's own proof", Text: "The text"}[name])
	}
}
