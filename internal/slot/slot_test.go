package slot

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// made are the subjects of the branch's commits.
func (p *portal) made() []string {
	return strings.Split(p.git("log", "--reverse", "--format=%s", "main..HEAD"), "\n")
}

var wantCommits = []string{"Merge the app template of Backstage 1.53.0", "Backstage 1.52.0 → 1.53.0", "Move to versions without known vulnerabilities", "What yarn install writes"}

func TestRunMakesABranch(t *testing.T) {
	p := newPortal(t)
	r, err := p.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.made(); !slices.Equal(got, wantCommits) {
		t.Errorf("commits: %q", got)
	}
	if got := p.git("branch", "--show-current"); got != "portalctl/backstage-1.53.0" || r.Branch != got {
		t.Errorf("the branch is %q, and said to be %q", got, r.Branch)
	}
	if got := p.git("status", "--porcelain"); got != "?? build.info" || !slices.Equal(r.Step(stepProof).Left, []string{"build.info"}) {
		t.Errorf("left uncommitted: %q, said: %q", got, r.Step(stepProof).Left)
	}
	if r.Verdict.Kind != needsWindow || !r.Verdict.has(needsHands) || !r.NeedsSomebody() {
		t.Errorf("verdict: %+v", r.Verdict)
	}
	// What holds is not done again.
	first := len(p.ran)
	if _, err := p.run(nil); err != nil || len(p.ran) != first {
		t.Errorf("a second run did %q, %v", p.ran[first:], err)
	}
}

// A changed input repeats the steps that depend on it, and no other.
func TestChangedInputs(t *testing.T) {
	steps := func(r *Run) string {
		var list []string
		for _, s := range r.Steps {
			if s.Again && s.Name != Text {
				list = append(list, string(s.Name))
			}
		}
		return strings.Join(list, " ")
	}
	plan := func(o *Options) { o.Plan = true }
	p := newPortal(t)
	for _, tt := range []struct {
		what   string
		change func()
		opts   func(*Options)
		want   string
	}{
		{"the first plan", func() {}, plan, "where coming"},
		{"nothing", func() {}, plan, ""},
		{"a source file", func() { p.write("src/App.tsx", "other\n") }, plan, "coming"},
		{"a manifest", func() { p.write("package.json", `{"scripts":{"tsc":"tsc","test":"x","lint":"x"}}`) }, plan, "where coming"},
		{"committed, and the whole run", func() { p.git("commit", "-q", "-a", "-m", "more") }, nil, "where coming bump check proof"},
		{"a commit on the branch", func() { p.write("src/App.tsx", "mended\n"); p.git("commit", "-q", "-a", "-m", "mend") }, nil, "check proof"},
		{"other scripts", func() {}, func(o *Options) { o.Scripts = []string{"tsc"} }, "proof"},
	} {
		tt.change()
		r, err := p.run(tt.opts)
		if err != nil {
			t.Fatalf("%s: %v", tt.what, err)
		}
		if got := steps(r); got != tt.want {
			t.Errorf("%s: repeated %q, want %q", tt.what, got, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	p := newPortal(t)
	p.write("stray.txt", "mine\n")
	r, err := p.run(nil)
	if err != nil || r.Step(stepBump).State != Failed || !strings.Contains(r.Step(stepBump).Why, "stray.txt") {
		t.Errorf("with a stray file: %v, %+v", err, r.Step(stepBump))
	}
	if p.git("branch", "--list", "portalctl/*") != "" || p.read("stray.txt") != "mine\n" {
		t.Error("something was written")
	}
	if r.Step(stepProof).State != statePending || r.Step(Text).State != stateDone {
		t.Errorf("after a failed step: %+v", r.Steps)
	}
	// A branch of somebody else's.
	if err := os.Remove(filepath.Join(p.root, "stray.txt")); err != nil {
		t.Fatal(err)
	}
	p.git("switch", "-q", "-c", "portalctl/backstage-1.53.0")
	p.git("commit", "-q", "--allow-empty", "-m", "theirs")
	p.git("switch", "-q", "main")
	if r, err = p.run(nil); err != nil || !strings.Contains(r.Step(stepBump).Why, "there is a branch portalctl/backstage-1.53.0 already") {
		t.Errorf("with their branch: %v, %+v", err, r.Step(stepBump))
	}
	if r, err = p.run(func(o *Options) { o.Branch = "mine" }); err != nil || r.Branch != "mine" || r.Step(stepBump).State != stateDone {
		t.Errorf("with a branch of its own: %v, %+v", err, r.Step(stepBump))
	}
	// A branch that somebody has deleted is made again, whole.
	p.git("switch", "-q", "main")
	p.git("branch", "-q", "-D", "mine")
	if r, err = p.run(func(o *Options) { o.Branch = "mine" }); err != nil || r.Step(stepBump).State != stateDone || !slices.Equal(p.made(), wantCommits) {
		t.Errorf("with a branch that was deleted: %v, %q", err, p.made())
	}
	// Outside of a repository only a plan can be made.
	in := Input{Root: t.TempDir(), Store: NewStore(p.state, "elsewhere"), Command: p.command}
	if _, _, err := New(context.Background(), in, Options{}); err == nil || !strings.Contains(err.Error(), "no git repository") {
		t.Errorf("without git: %v", err)
	}
	plan, release, err := New(context.Background(), in, Options{Plan: true, Release: "1.53.0"})
	if err != nil || plan.Do(context.Background()) != nil || plan.Verdict.Kind != needsWindow {
		t.Errorf("a plan without git: %v", err)
	}
	release()
}

// What could not be found out is said, and is never taken for good news.
func TestUnknownIsNoGoodNews(t *testing.T) {
	p := newPortal(t)
	p.fails = "versions changes"
	r, err := p.run(func(o *Options) { o.Plan = true })
	if err != nil {
		t.Fatal(err)
	}
	if !r.Verdict.has(notKnown) || !strings.Contains(r.Markdown(""), "there is no network") {
		t.Errorf("verdict: %+v", r.Verdict)
	}
	p.fails = "versions status"
	if r, err = p.run(func(o *Options) { o.Plan, o.From = true, Where }); err != nil || r.Step(Where).State != Failed || r.Verdict.Kind != notKnown {
		t.Errorf("without a status: %v, %+v", err, r.Verdict)
	}
}

// The scripts' errors are matched with what the changes report says of their names.
func TestProof(t *testing.T) {
	p := newPortal(t)
	p.exits["tsc"] = "src/App.tsx(1,10): error TS2305: Module '\"x\"' has no exported member 'Gone'.\n" +
		"\x1b[96msrc/App.tsx\x1b[0m:\x1b[93m7\x1b[0m:\x1b[93m3\x1b[0m - \x1b[91merror\x1b[0m\x1b[90m TS2339: \x1b[0mProperty 'old' does not exist on type 'Prop'.\n" +
		"src/b.ts(2,1): error TS1: other\nFound 3 errors.\n"
	r, err := p.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Step(stepProof).Scripts
	if len(s) != 3 || s[1].Name != "tsc" || len(s[1].Errors) != 3 {
		t.Fatalf("scripts: %+v", s)
	}
	want := []scriptError{
		{"src/App.tsx", 1, "TS2305", "Module '\"x\"' has no exported member 'Gone'.", "`Gone` is gone from x, now in y: Moved."},
		{"src/App.tsx", 7, "TS2339", "Property 'old' does not exist on type 'Prop'.", "x 2.0.0: **BREAKING**: Removed old. (changeset abc1234)"},
		{"src/b.ts", 2, "TS1", "other", ""},
	}
	if !slices.Equal(s[1].Errors, want) {
		t.Errorf("errors: %+v", s[1].Errors)
	}
	// Without an install the others would only fail, too; with one that lacks what
	// some packages build of it they may pass.
	for out, want := range map[string]int{
		"➤ YN0082: │ x: No candidates found\n➤ YN0000: · Failed with errors\n":                                                          1,
		"➤ YN0009: │ x@npm:1.0.0 couldn't be built successfully (exit code 1)\n➤ YN0000: · Failed with errors\n":                        3,
		"➤ YN0035: │ @x/y@npm:1.0.0: Package not found\n➤ YN0035: │   Response Code: 404 (Not Found)\n➤ YN0000: · Failed with errors\n": 1,
		"": 1,
	} {
		p.exits = map[string]string{Install: out}
		if r, err = p.run(func(o *Options) { o.From = stepProof }); err != nil || len(r.Step(stepProof).Scripts) != want {
			t.Errorf("install prints %q: %v, %d scripts", out, err, len(r.Step(stepProof).Scripts))
		}
		if strings.Contains(out, "YN0035") && !strings.Contains(r.Markdown(""), "yarn install fails: `@x/y@npm:1.0.0`: Package not found\n") {
			t.Errorf("what is not found is not said: %+v", r.Hands)
		}
	}
}

// What a command printed is read once for all who ask, and that of another version never.
func TestPrintedIsReadOnce(t *testing.T) {
	p := newPortal(t)
	r, err := p.run(func(o *Options) { o.Plan = true })
	if err != nil {
		t.Fatal(err)
	}
	judged := changesForm.found(r.Step(stepComing)) // as hands did
	again := changesForm.reported(r, &verdict{}, "what the release breaks is")
	if judged == nil || judged != again {
		t.Errorf("read again: %p, %p", judged, again)
	}
	other := &Printed{Args: []string{"versions", "changes", "--format", "json"}, Out: `{"schema": "portalctl.changes/v2"}`}
	for _, out := range []string{other.Out, `{"schema": "portalctl.changes/v1", "gone": 1}`, "{}", ""} {
		other.Out = out
		if doc, err := changesForm.read(other); doc != nil || err == nil || err.Error() != "versions changes did not print portalctl.changes/v1" {
			t.Errorf("%s is %+v, %v", out, doc, err)
		}
	}
}

// The text is never longer than a platform takes, and its JSON reads back.
func TestTextHasABound(t *testing.T) {
	p := newPortal(t)
	r, err := p.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	short := r.Markdown("https://example.com/o/r/blob/b/")
	for _, want := range []string{"## Backstage 1.52.0 → 1.53.0: needs hands, and a window\n", "[`src/App.tsx:1`](https://example.com/o/r/blob/b/src/App.tsx#L1)",
		"- [ ] ", "<details><summary>Migrations</summary>", "`portalctl slot deploy`", "`portalctl slot verify --health URL`", "GHSA-1",
		"- [ ] GHSA-2 (high) of tar 6.2.1 is new [`yarn.lock:1`](https://example.com/o/r/blob/b/yarn.lock#L1): A hole.; fixed in 7.5.19", "check finds 1 error that the base has, too (duplicate)"} {
		if !strings.Contains(short, want) {
			t.Errorf("no %q in:\n%s", want, short)
		}
	}
	coming := r.Step(stepComing)
	for i, c := range coming.Commands {
		coming.Commands[i].Markdown = strings.Repeat("a line of it\n", 2500)
		if strings.HasPrefix(c.line(), "portalctl versions changes") {
			many := changesDocument{head: head{"portalctl.changes/v1"}}
			for n := range 3000 {
				many.Gone = append(many.Gone, goneName{Package: "x", Name: fmt.Sprintf("Name%d", n), Places: []place{{"src/" + strings.Repeat("long/", 20) + "a.ts", n}}})
			}
			text, _ := json.Marshal(many)
			coming.Commands[i] = Printed{Args: c.Args, Out: string(text), Markdown: coming.Commands[i].Markdown}
		}
	}
	r.judge()
	long := r.Markdown("https://example.com/")
	if len(long) > maxText || !strings.Contains(long, "more: `portalctl slot status --format json`") || !strings.Contains(long, "too long for here") {
		t.Errorf("%d bytes:\n%s", len(long), long[len(long)-2000:])
	}
	if open, closed := strings.Count(long, "<details>"), strings.Count(long, "</details>"); open != closed {
		t.Errorf("%d details, %d closed", open, closed)
	}
}
