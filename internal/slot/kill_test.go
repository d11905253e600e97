package slot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// copied is a portal like another one that was made and not run yet.
func (p *portal) copied(t *testing.T) *portal {
	t.Helper()
	q := &portal{t: t, root: t.TempDir(), state: t.TempDir(), exits: p.exits}
	if err := os.CopyFS(q.root, os.DirFS(p.root)); err != nil {
		t.Fatal(err)
	}
	return q
}

// ended checks that a run which was interrupted has come to the end of one that was
// not, and that there is nothing more to do.
func (p *portal) ended(t *testing.T, at, tree string, r *Run, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("at %s: resumed: %v", at, err)
	}
	if got := p.made(); !slices.Equal(got, wantCommits) {
		t.Errorf("at %s: commits %q", at, got)
	}
	if got := p.git("rev-parse", "HEAD^{tree}"); got != tree {
		t.Errorf("at %s: another tree", at)
	}
	if got := p.git("status", "--porcelain"); got != "?? build.info" {
		t.Errorf("at %s: left %q", at, got)
	}
	var said []string
	for _, s := range r.Steps {
		if s.State != stateDone {
			t.Errorf("at %s: step %s is %s: %s", at, s.Name, s.State, s.Why)
		}
		for _, c := range s.Commits {
			said = append(said, c.Subject)
		}
	}
	if !slices.Equal(said, wantCommits) {
		t.Errorf("at %s: said to have made %q", at, said)
	}
	if before := len(p.ran); before%4 != 0 {
		return // a part of them is enough
	} else if _, err := p.run(nil); err != nil || len(p.ran) != before {
		t.Errorf("at %s: a run more did %q, %v", at, p.ran[before:], err)
	}
}

// Killed after whatever it has written, by git, by a command, by a script or as its
// state, a run is finished by the next one: with the same branch, and no commit twice.
func TestKilledAnywhere(t *testing.T) {
	fresh := newPortal(t)
	whole := fresh.copied(t)
	if _, err := whole.run(nil); err != nil {
		t.Fatal(err)
	}
	want := whole.git("rev-parse", "HEAD^{tree}")
	for n := 1; n <= whole.writes; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			p := fresh.copied(t)
			p.kill = n
			if _, err := p.run(nil); !errors.Is(err, errKilled) {
				t.Fatalf("not killed: %v", err)
			}
			at := fmt.Sprintf("write %d, after %q", n, p.ran[max(0, len(p.ran)-1):])
			r, err := p.run(nil)
			p.ended(t, at, want, r, err)
		})
	}
}

// Ctrl-C before whatever command or script: the same end.
func TestInterruptedAnywhere(t *testing.T) {
	fresh := newPortal(t)
	whole := fresh.copied(t)
	if _, err := whole.run(nil); err != nil {
		t.Fatal(err)
	}
	want := whole.git("rev-parse", "HEAD^{tree}")
	for n, line := range whole.ran {
		if !strings.Contains(line, "--yes") && !strings.HasPrefix(line, "script ") {
			continue // what only looks leaves nothing behind
		}
		t.Run(fmt.Sprint(n+1), func(t *testing.T) {
			t.Parallel()
			p := fresh.copied(t)
			p.stop = n + 1
			if _, err := p.run(nil); !errors.Is(err, context.Canceled) {
				t.Fatalf("interrupted at %q: %v", line, err)
			}
			p.stop = 0
			r, err := p.run(nil)
			p.ended(t, line, want, r, err)
		})
	}
}

// Without commits the same changes are in the work tree, also of a run that was killed.
func TestWithoutCommits(t *testing.T) {
	fresh := newPortal(t)
	loose := func(o *Options) { o.Loose = true }
	whole := fresh.copied(t)
	if _, err := whole.run(nil); err != nil {
		t.Fatal(err)
	}
	once := fresh.copied(t)
	r, err := once.run(loose)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Markdown(""), "- not committed: Backstage 1.52.0 → 1.53.0 (2 files)") {
		t.Errorf("the text says: %s", r.Markdown(""))
	}
	for n := 0; n <= once.writes; n += 8 {
		p := fresh.copied(t)
		p.kill = n
		if _, err := p.run(loose); n > 0 && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		if r, err := p.run(loose); err != nil || r.Step(stepProof).State != stateDone {
			t.Fatalf("resumed at %d: %v, %+v", n, err, r)
		}
		if got := p.git("log", "--oneline", "main..HEAD"); got != "" || p.git("branch", "--show-current") != "portalctl/backstage-1.53.0" {
			t.Errorf("at %d: commits: %s", n, got)
		}
		for _, name := range []string{"package.json", "yarn.lock", "src/App.tsx", "src/new.ts", "build.info"} {
			if p.read(name) != whole.read(name) {
				t.Errorf("at %d: %s is %q", n, name, p.read(name))
			}
		}
		before := len(p.ran)
		if _, err := p.run(loose); err != nil || len(p.ran) != before {
			t.Errorf("at %d: a run more did %q, %v", n, p.ran[before:], err)
		}
		if _, err := p.run(nil); err == nil || !strings.Contains(err.Error(), "begun with --commit=false") {
			t.Errorf("at %d: gone on with commits: %v", n, err)
		}
	}
}
