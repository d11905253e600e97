package slot

import (
	"context"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
)

// proofs are the scripts of package.json that prove a portal, in their order, as
// create-app names them; of each line the first that a portal has.
var proofs = [][]string{
	{"tsc:full", "tsc"},
	{"lint:all", "lint"},
	{"test:all", "test"},
	{"build:all", "build"},
}

// Install is the name of the script that is none: the install, which comes first.
const Install = "install"

// A Script is a run of one of the portal's own scripts.
type Script struct {
	Name string `json:"name"`
	// Line is what was run.
	Line string `json:"line"`
	Exit int    `json:"exit"`
	// Log is the file with all that it printed.
	Log string `json:"log"`
	// OnlyBuilds says of an install that failed that all is there, but for what some
	// packages build of it: the other scripts may do without.
	OnlyBuilds bool `json:"onlyBuilds"`
	// Errors are the first that it named.
	Errors []scriptError `json:"errors"`
}

// A scriptError is an error that a script named.
type scriptError struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Code    string `json:"code"` // as TS2305; "" for others
	Message string `json:"message"`
	// Because is what the changes report says of the name, "" for nothing.
	Because string `json:"because"`
}

// ProofOf are those of a portal that has the scripts that has says.
func ProofOf(has func(script string) bool) []string {
	var list []string
	for _, names := range proofs {
		if i := slices.IndexFunc(names, has); i >= 0 {
			list = append(list, names[i])
		}
	}
	return list
}

// scripts are those that the proof runs.
func (r *Run) scripts() []string {
	if r.opts.Scripts != nil {
		return r.opts.Scripts
	}
	return ProofOf(r.in.Has)
}

// proof installs, and runs the portal's own scripts. What fails is a finding: the
// others run all the same, but for an install, without which none can.
func (r *Run) proof(ctx context.Context, step *Step) error {
	if err := r.onBranch(ctx); err != nil {
		return err
	}
	installs := part{name: "install", id: step.Key[:12], subject: "What yarn install writes", body: "Yarn sorts package.json when it installs."}
	if err := r.before(ctx, step, []part{installs}); err != nil {
		return err
	}
	r.kept.Proving = true
	if err := r.keep(); err != nil {
		return err
	}
	for _, name := range append([]string{Install}, r.scripts()...) {
		s, err := r.in.Script(ctx, name, r.in.Store.log(name))
		if err != nil {
			return err
		}
		r.explain(&s)
		step.Scripts = append(step.Scripts, s)
		if name != Install {
			continue
		}
		if err := r.installed(ctx, step, installs); err != nil {
			return err
		}
		if s.Exit != 0 && !s.OnlyBuilds {
			break
		}
	}
	if err := r.leave(ctx); err != nil {
		return err
	}
	step.Left, r.kept.Proving = slices.Sorted(maps.Keys(r.kept.Left)), false
	return nil
}

// installed makes a commit of what Yarn's install has written of its own: manifests in
// its order, and the files of a repository that keeps its packages.
func (r *Run) installed(ctx context.Context, step *Step, p part) error {
	changed, err := r.in.Git.changed(ctx)
	if err != nil {
		return err
	}
	changed = slices.DeleteFunc(changed, func(name string) bool { return !isYarns(name) || r.kept.applied(name) })
	switch {
	case r.kept.Loose:
		if len(changed) > 0 {
			r.apply(step, p, changed)
		}
	case len(changed) == 0:
		return nil
	default:
		if err := r.record(ctx, step, p, changed); err != nil {
			return err
		}
	}
	// What Check judged is the same in another order.
	if check := r.Step(stepCheck); check.State == stateDone {
		if check.Key, err = r.key(ctx, stepCheck); err != nil {
			return err
		}
	}
	return r.keep()
}

// isYarns reports whether a file is one that Yarn's install writes.
func isYarns(name string) bool {
	switch path.Base(name) {
	case "package.json", ".pnp.cjs", ".pnp.loader.mjs":
		return true
	}
	return strings.HasPrefix(name, ".yarn/") || strings.Contains(name, "/.yarn/")
}

// mostErrors is how many errors of a script are kept.
const mostErrors = 30

var (
	// tsc: packages/app/src/App.tsx(12,3): error TS2305: Module '"x"' has no exported member 'Y'.
	// and with --pretty: packages/app/src/App.tsx:12:3 - error TS2305: …
	typescript = pattern.New(`^(.+?)[(:](\d+)[,:]\d+\)?(?::| -) error (TS\d+): (.*)$`)
	// Yarn: ➤ YN0035: │ @x/y@npm:1.0.0: Package not found; what is indented is about it.
	installs = pattern.New(`^➤ (YN0001|YN0016|YN0018|YN0028|YN0035|YN0081|YN0082): │ ([^ +-].*)$`)
	escapes  = pattern.New("\x1b\\[[0-9;]*[A-Za-z]")
)

// scriptErrors are the first errors that a script's output names.
func scriptErrors(output string) []scriptError {
	var list []scriptError
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(escapes().ReplaceAllString(line, ""))
		if len(list) == mostErrors {
			break
		}
		if m := installs().FindStringSubmatch(line); m != nil {
			list = append(list, scriptError{Code: m[1], Message: m[2]})
			continue
		}
		m := typescript().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[2]) // digits
		list = append(list, scriptError{File: m[1], Line: n, Code: m[3], Message: m[4]})
	}
	return list
}

// A code of Yarn 2 and later that stands for a failure: YN0009 for a build, YN0000
// for the summary, which fails with it.
var failure = pattern.New(`^➤ (YN\d+): .*(?:couldn't|failed|No candidates|error|would have been)`)

// onlyBuilds reports whether all that an install's output says of failures is that
// packages could not be built (Yarn's BUILD_FAILED).
func onlyBuilds(output string) bool {
	builds := false
	for line := range strings.Lines(output) {
		m := failure().FindStringSubmatch(escapes().ReplaceAllString(line, ""))
		switch {
		case m == nil, m[1] == "YN0000", m[1] == "YN0007":
		case m[1] == "YN0009":
			builds = true
		default:
			return false
		}
	}
	return builds
}

var quoted = pattern.New(`'([^']+)'`)

// explain matches the errors of a script with what the changes report says of the
// names in them.
func (r *Run) explain(s *Script) {
	changes := changesForm.found(r.Step(stepComing))
	if changes == nil {
		return
	}
	for i := range s.Errors {
		e := &s.Errors[i]
		for _, m := range quoted().FindAllStringSubmatch(e.Message, -1) {
			if e.Because == "" {
				e.Because = changes.about(strings.Trim(m[1], `"`))
			}
		}
	}
}

// about is what the report says of a name that code uses, "" for nothing.
func (c *changesDocument) about(name string) string {
	for _, g := range c.Gone {
		if g.Name == name {
			text := "`" + name + "` is gone from " + g.Package
			if g.NowIn != "" {
				text += ", now in " + g.NowIn
			}
			if g.Reason != "" {
				text += ": " + firstLine(g.Reason)
			}
			return text
		}
	}
	for _, b := range c.Breaking {
		for _, n := range b.Names {
			if n == name || strings.HasSuffix(n, "."+name) {
				return b.title() + ": " + firstLine(b.Text) + " (changeset " + b.Changeset + ")"
			}
		}
	}
	return ""
}

// title is the package that a changeset is of, with its version.
func (b breakingEntry) title() string {
	if len(b.Packages) == 0 {
		return "a changeset"
	}
	return b.Packages[0].Name + " " + b.Packages[0].Version
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}
