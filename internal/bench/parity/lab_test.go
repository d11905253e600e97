package parity

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// lab is what all trees of a test run share.
type lab struct {
	dir   string
	proxy *Proxy
	now   time.Time
	want  int
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if os.Getenv("PORTALCTL_PARITY") == "" {
		t.Skip("set PORTALCTL_PARITY=1 to compare with the real Yarn (needs node, npm and a registry)")
	}
	registry, err := Registry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := os.Getenv("PORTALCTL_PARITY_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(cache, "portalctl-parity")
	}
	proxy := StartProxy(registry, filepath.Join(dir, "recorded"))
	t.Cleanup(proxy.Close)
	l := &lab{dir: dir, proxy: proxy, now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), want: 24}
	if n, err := strconv.Atoi(os.Getenv("PORTALCTL_PARITY_RUNS")); err == nil {
		l.want = n
	}
	return l
}

// yarn is a release of Yarn; what it caches goes with the test.
func (l *lab) yarn(t *testing.T, version string) *Yarn {
	t.Helper()
	y, err := GetYarn(t.Context(), l.dir, version)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { y.forget(l.proxy.URL) })
	return y
}

// source asks the proxy.
func (l *lab) source(t *testing.T, bundle string) relock.Source {
	t.Helper()
	s, err := NewSource(l.proxy.URL, bundle)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wanted(t *testing.T, tree string) {
	if list := os.Getenv("PORTALCTL_PARITY_TREES"); list != "" && !slices.Contains(strings.Split(list, ","), tree) {
		t.Skip("not among PORTALCTL_PARITY_TREES")
	}
}

// tally is the outcome of the runs on one tree.
type tally struct {
	identical, yarnFailed, different, unservable, handedOver int
	edits                                                    int
}

// runs edits base by seeds 1, 2, … until Yarn got through l.want runs.
func (l *lab) runs(t *testing.T, base, version string) {
	yarn := l.yarn(t, version)
	source := l.source(t, yarn.Bundle)
	var n tally
	for seed := uint64(1); n.identical+n.different < l.want && seed < uint64(3*l.want+10); seed++ {
		l.run(t, base, yarn, source, seed, &n)
	}
	t.Logf("RESULT %s, Yarn %s: %d runs (%d edits) identical, %d different, %d where Yarn failed; %d edits the registry cannot serve, %d handed over to Yarn (each tried with Yarn)",
		t.Name(), version, n.identical, n.edits, n.different, n.yarnFailed, n.unservable, n.handedOver)
	if n.different > 0 || n.identical < l.want {
		t.Errorf("%d of %d runs are identical", n.identical, l.want)
	}
}

func (l *lab) run(t *testing.T, base string, yarn *Yarn, source relock.Source, seed uint64, n *tally) {
	ctx := t.Context()
	theirs, ours := t.TempDir(), t.TempDir()
	edits := l.choose(t, base, yarn, source, seed, n)
	for _, dir := range []string{theirs, ours} {
		if err := CopyTree(base, dir); err != nil {
			t.Fatal(err)
		}
		for _, e := range edits {
			if err := e.Apply(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, e := range edits {
		t.Logf("seed %d: %s", seed, e)
	}
	start := time.Now()
	res, err := Solve(ctx, ours, l.proxy.URL, yarn.Version, l.now, source, relock.Highest{})
	took := time.Since(start)
	run := yarn.Install(ctx, theirs, l.proxy.URL, l.now)
	switch {
	case run.Err != nil:
		n.yarnFailed++
		t.Logf("seed %d: YARN FAILED: %s (ours: %v)", seed, run.Reason(), err)
		return
	case err != nil:
		n.different++
		t.Errorf("seed %d: ours failed, Yarn did not: %v", seed, err)
		return
	}
	want, err := os.ReadFile(filepath.Join(theirs, "yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == string(res.Lock) {
		n.identical++
		n.edits += len(edits)
		t.Logf("seed %d: identical, %d edits, +%d -%d ~%d packages; Yarn %v, ours %v",
			seed, len(edits), len(res.Added), len(res.Removed), len(res.Updated), run.Elapsed.Round(time.Millisecond), took.Round(time.Millisecond))
		return
	}
	n.different++
	diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(res.Lock), "\n"))
	t.Errorf("seed %d: the locks differ (-yarn +ours):\n%s", seed, diff[:min(len(diff), 4000)])
	if os.Getenv("PORTALCTL_PARITY_KEEP") != "" {
		keep := filepath.Join(l.dir, "different", fmt.Sprintf("%s-%d", filepath.Base(t.Name()), seed))
		_ = CopyTree(theirs, keep)
		_ = os.WriteFile(filepath.Join(keep, "ours.lock"), res.Lock, 0o644)
	}
}

// choose picks 12 to 18 edits that the registry can serve, each tried by
// itself.
func (l *lab) choose(t *testing.T, base string, yarn *Yarn, source relock.Source, seed uint64, n *tally) []Edit {
	in, err := Open(base, l.proxy.URL, yarn.Version, l.now)
	if err != nil {
		t.Fatal(err)
	}
	ed := &Editor{Project: in.Project, Names: names(in.Lock), Source: source, Rand: rand.New(rand.NewPCG(seed, 42))}
	if len(in.Settings.Plugins) > 0 {
		ed.Bound = in.Release
	}
	count := 12 + ed.Rand.IntN(7)
	var edits []Edit
	for len(edits) < count {
		e, err := ed.Next(t.Context())
		if err != nil {
			break
		}
		if err := l.try(t.Context(), t.TempDir(), base, yarn, source, e); err != nil {
			if relock.AsUnsupported(err) != nil {
				n.handedOver++
			} else {
				n.unservable++
			}
			t.Logf("seed %d: cannot be served: %s: %v", seed, e, err)
			l.yarnFailsToo(t, base, yarn, e)
			continue
		}
		edits = append(edits, e)
	}
	return edits
}

// yarnFailsToo makes sure that an edit that we refuse is no loss.
func (l *lab) yarnFailsToo(t *testing.T, base string, yarn *Yarn, e Edit) {
	dir := t.TempDir()
	if err := CopyTree(base, dir); err != nil {
		t.Fatal(err)
	}
	if err := e.Apply(dir); err != nil {
		t.Fatal(err)
	}
	if run := yarn.Install(t.Context(), dir, l.proxy.URL, l.now); run.Err == nil {
		t.Errorf("Yarn manages what we refuse: %s", e)
	}
}

func (l *lab) try(ctx context.Context, dir, base string, yarn *Yarn, source relock.Source, e Edit) error {
	if err := CopyTree(base, dir); err != nil {
		return err
	}
	if err := e.Apply(dir); err != nil {
		return err
	}
	_, err := Solve(ctx, dir, l.proxy.URL, yarn.Version, l.now, source, relock.Highest{})
	return err
}

// names are the registry packages of a lock.
func names(lock *yarnlock.Lock) []string {
	var list []string
	for _, e := range lock.Entries {
		if name, _, ok := e.Package(); ok {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// forget removes what Yarn cached while it asked registry.
func (y *Yarn) forget(registry string) {
	_ = os.RemoveAll(filepath.Join(y.home, "global-"+registry[strings.LastIndexByte(registry, ':')+1:]))
}
