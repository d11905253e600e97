package relock

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

// stagedSource holds an answer back until others were asked for, and notes
// what is asked and what is still under way.
type stagedSource struct {
	*fakeRegistry
	// after has, for a packument, what must have been asked for before it is
	// answered: packuments by name, tarballs by name@version.
	after map[string][]string

	mu      sync.Mutex
	changed *sync.Cond
	asked   []string
	running int
}

func staged(r *fakeRegistry, after map[string][]string) *stagedSource {
	s := &stagedSource{fakeRegistry: r, after: after}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stagedSource) note(what string, running int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if what != "" {
		s.asked = append(s.asked, what)
	}
	s.running += running
	s.changed.Broadcast()
}

func (s *stagedSource) Packument(ctx context.Context, name string) (Packument, error) {
	s.note(name, 1)
	defer s.note("", -1)
	defer context.AfterFunc(ctx, func() { s.note("", 0) })()
	s.mu.Lock()
	for _, what := range s.after[name] {
		for !slices.Contains(s.asked, what) && ctx.Err() == nil {
			s.changed.Wait()
		}
	}
	s.mu.Unlock()
	return s.fakeRegistry.Packument(ctx, name)
}

func (s *stagedSource) Checksum(ctx context.Context, req ChecksumRequest) (string, error) {
	s.note(req.Name+"@"+req.Version, 1)
	defer s.note("", -1)
	return s.fakeRegistry.Checksum(ctx, req)
}

const aheadProject = `-- package.json --
{"name": "root", "workspaces": ["packages/*"], "dependencies": {"fast": "^1.0.0", "slow": "^1.0.0"}}
`

// A registry that is slow with one packument is asked for everything else
// meanwhile: the dependencies of what is there, theirs, and the tarballs.
func TestAskedAhead(t *testing.T) {
	source := staged(registryOf(t, `
		fast@1.0.0
		fast@1.1.0 dep@^1.0.0
		dep@1.0.0 deeper@*
		dep@2.0.0 never@1.0.0
		deeper@3.0.0 opt:plat@1.0.0
		plat@1.0.0 os=linux
		slow@1.0.0
	`), map[string][]string{"slow": {"dep", "deeper", "plat", "fast@1.1.0", "dep@1.0.0", "deeper@3.0.0"}})
	res, err := Solve(t.Context(), project(t, aheadProject), source, Highest{})
	if err != nil {
		t.Fatal(err)
	}
	want := "deeper@npm:* = npm:3.0.0\ndep@npm:^1.0.0 = npm:1.0.0\nfast@npm:^1.0.0 = npm:1.1.0\nplat@npm:1.0.0 = npm:1.0.0 -\nslow@npm:^1.0.0 = npm:1.0.0\n"
	if got := brief(t, res.Lock); got != want {
		t.Errorf("got\n%s", got)
	}
	slices.Sort(source.asked)
	if n := len(slices.Compact(slices.Clone(source.asked))); n != len(source.asked) || slices.Contains(source.asked, "never") || slices.Contains(source.asked, "plat@1.0.0") {
		t.Errorf("asked twice, or in vain: %v", source.asked)
	}
	if source.running != 0 {
		t.Errorf("%d requests outlive the solver", source.running)
	}
}

// lowest is a policy that no guess foresees.
type lowest struct{ Highest }

func (lowest) Choose(req request, candidates *candidates) ([]choice, error) {
	all, err := candidates.all()
	if err != nil {
		return nil, err
	}
	return []choice{{Version: all[len(all)-1].Version}}, nil
}

// What was asked for on a wrong guess, and failed, does not matter.
func TestWrongGuess(t *testing.T) {
	source := staged(registryOf(t, `
		fast@1.0.0
		fast@1.1.0 missing@^1.0.0
		slow@1.0.0
	`), map[string][]string{"slow": {"missing", "fast@1.1.0"}})
	res, err := Solve(t.Context(), project(t, aheadProject), source, lowest{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := brief(t, res.Lock), "fast@npm:^1.0.0 = npm:1.0.0\nslow@npm:^1.0.0 = npm:1.0.0\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}

// A solver that is stopped leaves no request behind.
func TestAheadStops(t *testing.T) {
	source := staged(registryOf(t, "fast@1.0.0 dep@1.0.0\ndep@1.0.0\nslow@1.0.0"), map[string][]string{"slow": {"what nothing asks for"}})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := Solve(ctx, project(t, aheadProject), source, Highest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	source.mu.Lock()
	defer source.mu.Unlock()
	if source.running != 0 {
		t.Errorf("%d requests outlive the solver", source.running)
	}
}

// hostileSource has a tarball that cannot be read, and others that come until the
// solver gives up.
type hostileSource struct{ *fakeRegistry }

var errHostile = errors.New("not a tarball")

func (s hostileSource) Checksum(ctx context.Context, req ChecksumRequest) (string, error) {
	if req.Name == "slow" {
		return "", errHostile
	}
	<-ctx.Done()
	return "", ctx.Err()
}

// What fails first ends the rest, and is what is told: nobody has interrupted it.
// Which of them the group hears of first is chance, so it is asked often.
func TestFailureIsTold(t *testing.T) {
	for range 300 {
		_, err := Solve(t.Context(), project(t, aheadProject), hostileSource{registryOf(t, "fast@1.0.0\nslow@1.0.0")}, Highest{})
		if !errors.Is(err, errHostile) || errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	}
}
