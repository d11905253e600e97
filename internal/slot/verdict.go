package slot

import (
	"fmt"
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/english"
)

// Kind is how much an upgrade asks of a team.
type Kind string

// The kinds of an upgrade.
const (
	quiet       Kind = "quiet"        // nothing to do by hand, nothing that stops the portal
	needsHands  Kind = "needs-hands"  // somebody must change code, or decide
	needsWindow Kind = "needs-window" // the old and the new release cannot run side by side
	notKnown    Kind = "unknown"      // what decides could not be read
)

// A verdict says how much an upgrade asks for, and why.
type verdict struct {
	Kind    Kind     `json:"kind"`
	Title   string   `json:"title"`
	Reasons []reason `json:"reasons"`
	// Rather is another release that is better taken first, with why; "" for none.
	Rather string `json:"rather"`
}

// A reason is one reason of a verdict.
type reason struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
	// Source is the command whose report has more.
	Source string `json:"source"`
}

// verdict judges by what the steps have found. A part that could not be read makes
// no verdict better.
func (r *Run) verdict() *verdict {
	v := &verdict{Kind: quiet, Reasons: []reason{}}
	coming := r.Step(stepComing)
	if coming.State != stateDone {
		v.Kind, v.Title = notKnown, "not known"
		for _, s := range r.Steps {
			if s.State == Failed {
				v.add(notKnown, s.Why, r.portalctl("slot --plan"))
			}
		}
		return v
	}
	r.judgeBump(v)
	r.judgeChanges(v)
	r.judgeTemplate(v)
	r.judgeForecast(v)
	r.judgeBranch(v)
	v.Title = map[Kind]string{quiet: "quiet: nothing is left to do by hand", needsHands: "needs hands",
		needsWindow: "needs a window", notKnown: "not known"}[v.Kind]
	if patch := r.patch(); patch != "" && v.Kind != quiet {
		v.Rather = fmt.Sprintf("%s is the patch release of the one that this portal is on, and can be taken first: %s", patch, r.portalctl("slot --release "+patch))
	}
	if v.Kind == needsWindow && v.has(needsHands) {
		v.Title = "needs hands, and a window"
	}
	return v
}

// add adds a reason; the gravest decides.
func (v *verdict) add(kind Kind, text, source string) {
	v.Reasons = append(v.Reasons, reason{kind, text, source})
	v.Kind = graver(v.Kind, kind, quiet, notKnown, needsHands, needsWindow)
}

// graver is the one of two kinds that comes later in the order.
func graver(a, b Kind, order ...Kind) Kind {
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

// portalctl is a command that has more, on this portal.
func (r *Run) portalctl(command string) string { return "portalctl " + command + r.opts.At }

// isOlder reports whether one release is older than another; a name that is no release is
// not.
func isOlder(release, than string) bool {
	a, err := semver.StrictNewVersion(release)
	b, berr := semver.StrictNewVersion(than)
	return err == nil && berr == nil && a.LessThan(b)
}

// patch is the newest patch release of the one that the portal is on, "" for none.
func (r *Run) patch() string {
	from, err := semver.StrictNewVersion(r.From)
	if err != nil || r.in.Known == nil {
		return ""
	}
	best := from
	for _, text := range r.known {
		v, err := semver.StrictNewVersion(text)
		if err == nil && v.Prerelease() == "" && v.Major() == from.Major() && v.Minor() == from.Minor() && v.GreaterThan(best) {
			best = v
		}
	}
	if best == from || best.String() == r.To {
		return ""
	}
	return best.String()
}

func (v *verdict) has(kind Kind) bool { return countOf(v.Reasons, kind) > 0 }

// countOf is how many reasons are of a kind.
func countOf(list []reason, kind Kind) int {
	n := 0
	for _, r := range list {
		if r.Kind == kind {
			n++
		}
	}
	return n
}

// reported is what a command of Coming printed, nil for none; where it could not run, that
// is a reason of its own.
func (f form[T]) reported(r *Run, v *verdict, what string) *T {
	p := r.Step(stepComing).printed(f.words)
	if p == nil {
		return nil
	}
	doc, err := f.read(p)
	switch {
	case !p.Ran():
		v.add(notKnown, what+" not known: "+english.Short(p.Problem, 160), p.line()+r.opts.At)
	case err != nil:
		v.add(notKnown, what+" not known: "+err.Error(), p.line()+r.opts.At)
	}
	return doc
}

// plan is what moves: with the lock that it leads to, or, where no lock can be made,
// without; nil where that is not known either.
func (r *Run) plan() *bumpDocument {
	if plan := bumpForm.found(r.Step(stepComing)); plan != nil {
		return plan
	}
	return bumpForm.found(r.Step(Where))
}

func (r *Run) judgeBump(v *verdict) {
	if r.behind != "" {
		v.add(quiet, "the portal is on "+r.From+", ahead of "+r.behind+", and stays", r.portalctl("versions status"))
	}
	if plan := r.plan(); plan != nil {
		blocked := 0
		for _, n := range plan.Notes {
			if n.Kind == "blocker" {
				blocked++
			}
		}
		if blocked > 0 {
			v.add(needsHands, english.CountOf(blocked, "other package has", "other packages have")+" no version that fits the release", r.portalctl("versions bump --dry-run"))
		}
	}
	plan := bumpForm.reported(r, v, "which advisories the lock will have is")
	if plan == nil {
		return
	}
	asked, lacks := 0, map[string]bool{}
	for _, o := range plan.Lockfile.OffRelease {
		if asked++; o.Reason == "unavailable" {
			lacks[o.Name] = true
		}
	}
	if n := len(lacks); n > 0 {
		v.add(needsHands, fmt.Sprintf("the registry lacks the release's version of %s: other versions are locked in their place", english.Count(n, "package")), r.portalctl("versions bump --dry-run"))
	} else if asked > 0 {
		v.add(quiet, english.CountOf(asked, "version", "versions")+" of @backstage packages stay off the release: other packages ask for them", r.portalctl("versions bump --dry-run"))
	}
	a := plan.Audit
	if a == nil {
		return
	}
	if a.Unknown != "" {
		v.add(notKnown, "advisories of the future lock: "+a.Unknown, r.portalctl("versions bump --dry-run --audit"))
	}
	// Once the branch is there, its own audit counts.
	if len(a.New) > 0 && r.Step(stepCheck).State != stateDone {
		kind := quiet
		if a.Failed {
			kind = needsHands
		}
		v.add(kind, english.CountOf(len(a.New), "advisory", "advisories")+" new in the lock", r.portalctl("versions bump --dry-run --audit"))
	}
	if len(a.Gone) > 0 {
		v.add(quiet, english.CountOf(len(a.Gone), "advisory", "advisories")+" gone with it", r.portalctl("versions bump --dry-run --audit"))
	}
}

func (r *Run) judgeChanges(v *verdict) {
	c := changesForm.reported(r, v, "what the release breaks is")
	if c == nil {
		return
	}
	source := r.portalctl("versions changes")
	if n := c.Counts.Gone; n > 0 {
		v.add(needsHands, english.CountOf(n, "name that this portal imports is", "names that this portal imports are")+" gone", source)
	}
	if n := c.Counts.Touching; n > 0 {
		v.add(needsHands, english.CountOf(n, "breaking change names", "breaking changes name")+" what this portal uses", source)
	}
	if n := c.Counts.ThirdParty; n > 0 {
		v.add(needsHands, english.Count(n, "major step")+" of other packages whose names are imported here", source)
	}
}

func (r *Run) judgeTemplate(v *verdict) {
	t := templateForm.reported(r, v, "what the app template changes is")
	if t == nil {
		return
	}
	if n := t.Counts.Hunks + t.Counts.KeyConflicts; n > 0 {
		v.add(needsHands, english.Count(n, "conflict")+" with the app template: both sides changed the same lines", r.portalctl("versions template --dry-run"))
	}
}

func (r *Run) judgeForecast(v *verdict) {
	f := forecastForm.reported(r, v, "which migrations will run is")
	if f == nil {
		return
	}
	source := r.portalctl("snapshot forecast")
	n := f.migrations()
	if n == 0 {
		if len(f.Plugins) == 0 && len(f.Unknown) > 0 {
			v.add(quiet, "no migration is known to run; "+english.CountOf(len(f.Unknown), "package is", "packages are")+" not known", source)
		}
		return
	}
	for _, p := range f.Plugins {
		for _, m := range p.Migrations {
			if m.PointOfNoReturn {
				v.add(needsWindow, fmt.Sprintf("%s will run, and the running release fails from %s of %s on", english.Count(n, "migration"), m.Name, p.Plugin), source)
				return
			}
		}
	}
	v.add(quiet, english.Count(n, "migration")+" will run; the running release goes on", source)
}

// judgeBranch judges by what was found once the branch was there.
func (r *Run) judgeBranch(v *verdict) {
	for _, s := range r.Step(stepProof).Scripts {
		switch {
		case s.OnlyBuilds:
			v.add(needsHands, s.Line+" could not build native packages here", s.Line)
		case s.Exit != 0:
			v.add(needsHands, s.Line+" fails on the branch", s.Line)
		}
	}
	r.judgeCheck(v)
	if p := r.Step(stepCheck).printed("audit --base"); p != nil && p.Exit == 1 {
		v.add(needsHands, "the audit gate fails on the branch", p.line()+r.opts.At)
	}
	for _, name := range []StepName{stepBump, stepCheck, stepProof} {
		if s := r.Step(name); s.State == Failed {
			v.add(needsHands, "the step "+string(name)+" failed: "+s.Why, r.portalctl("slot status"))
		}
	}
}

// judgeCheck tells the errors that the upgrade brings from those that the base has, too:
// these are named, and no reason against the upgrade.
func (r *Run) judgeCheck(v *verdict) {
	found, ok := r.Step(stepCheck).errors()
	if !ok || len(found) == 0 {
		return
	}
	source := r.portalctl("check")
	before, ok := r.Step(stepComing).errors()
	if !ok {
		v.add(needsHands, "check finds "+english.Count(len(found), "error")+" on the branch; which of them the base has is not known, as it could not be checked", source)
		return
	}
	old := map[string]bool{}
	for _, f := range before {
		old[f.Fingerprint] = true
	}
	var rules [2][]string // of new errors, of old ones
	counts := [2]int{}
	for _, f := range found {
		i := 0
		if old[f.Fingerprint] {
			i = 1
		}
		if counts[i]++; !slices.Contains(rules[i], f.Rule) {
			rules[i] = append(rules[i], f.Rule)
		}
	}
	if n := counts[0]; n > 0 {
		v.add(needsHands, fmt.Sprintf("check finds %s that the upgrade brings (%s)", english.Count(n, "error"), english.Some(rules[0], 4)), source)
	}
	if n := counts[1]; n > 0 {
		v.add(quiet, fmt.Sprintf("check finds %s that the base has, too (%s)", english.Count(n, "error"), english.Some(rules[1], 4)), source)
	}
}

// errors are those that check found in a step; ok is false where it could not run.
func (s *Step) errors() (list []checkFinding, ok bool) {
	doc := checkForm.found(s)
	if doc == nil {
		return nil, false
	}
	for _, f := range doc.Findings {
		if f.Severity == "error" {
			list = append(list, f)
		}
	}
	return list, true
}

// NeedsSomebody reports whether something is left to do by hand, or a step failed.
func (r *Run) NeedsSomebody() bool {
	for _, s := range r.Steps {
		if s.State == Failed {
			return true
		}
	}
	return r.Verdict.has(needsHands)
}
