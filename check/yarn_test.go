package check

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/bench/parity"
	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// The repo's own Yarn has the last word. It needs node, npm and a registry, and
// whole checkouts, with their patches and Yarn plugins, so this runs by hand:
//
//	PORTALCTL_YARN_TREES=DIR,DIR go test -v -timeout 1h -run TestRealYarn ./check
//
// BACKSTAGE_MANIFEST_FILE is for trees with the Backstage Yarn plugin.
func TestRealYarn(t *testing.T) {
	trees := os.Getenv("PORTALCTL_YARN_TREES")
	if trees == "" {
		t.Skip("set PORTALCTL_YARN_TREES to a list of checkouts to compare with their own Yarn (needs node, npm and a registry)")
	}
	for tree := range strings.SplitSeq(trees, ",") {
		t.Run(filepath.Base(tree), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tree")
			if err := copyCheckout(dir, tree); err != nil {
				t.Fatal(err)
			}
			y := newRealYarn(t, dir)
			fixLikeYarn(t, y)
			culpritsLikeYarn(t, y, 50)
		})
	}
}

// copyCheckout copies what Yarn reads of a checkout without installing it.
func copyCheckout(dir, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, path)
		to := filepath.Join(dir, rel)
		switch {
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(to, 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, src, 0o644)
	})
}

// realYarn is the Yarn that a tree pins.
type realYarn struct {
	dir, bundle string
	env         []string
}

func newRealYarn(t *testing.T, dir string) *realYarn {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	version, ok := strings.CutPrefix(open(t, dir).Project.RootWorkspace().File.PackageManager.Raw, "yarn@")
	version, _, _ = strings.Cut(version, "+")
	if !ok {
		t.Fatal("packageManager names no Yarn")
	}
	y, err := parity.GetYarn(context.Background(), filepath.Join(cache, "portalctl-parity"), version)
	if err != nil {
		t.Fatal(err)
	}
	registry, err := parity.Registry(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return &realYarn{dir, y.Bundle, append(os.Environ(), "YARN_IGNORE_PATH=1", "YARN_ENABLE_TELEMETRY=0", "YARN_ENABLE_GLOBAL_CACHE=1",
		"YARN_GLOBAL_FOLDER="+t.TempDir(), "YARN_NPM_REGISTRY_SERVER="+strings.TrimSuffix(registry, "/"),
		"YARN_ENABLE_IMMUTABLE_INSTALLS=0", "YARN_ENABLE_COLORS=0", "YARN_ENABLE_PROGRESS_BARS=0")}
}

func (y *realYarn) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("node", append([]string{y.bundle}, args...)...)
	cmd.Dir, cmd.Env = y.dir, y.env
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if err != nil {
		t.Logf("yarn %v: %v\n%s%s", args, err, tail(out.String()), errOut.String())
	}
	return out.String(), err
}

func tail(s string) string { return s[max(0, len(s)-1500):] }

// fixLikeYarn fixes the tree with Yarn's strategy: Yarn then finds nothing to
// dedupe and changes nothing.
func fixLikeYarn(t *testing.T, y *realYarn) {
	f := mustFix(t, open(t, y.dir), Options{All: true, Strategy: dedupe.Highest}, false)
	apply(t, y.dir, f)
	file := filepath.Join(y.dir, "yarn.lock")
	ours, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := y.run(t, "dedupe", "--check"); err != nil {
		t.Error("yarn dedupe --check is not content")
	}
	if _, err := y.run(t, "install", "--mode=update-lockfile"); err != nil {
		t.Error("yarn install fails")
	}
	theirs, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(ours, theirs) {
		t.Errorf("yarn install changes the lock\n%s", cmp.Diff(string(ours), string(theirs)))
	}
	t.Logf("%d moves, %d descriptors pruned", len(f.Moves), len(f.Pruned))
}

// culpritsLikeYarn compares who asks for each copy of duplicates with what
// "yarn why -R" says.
func culpritsLikeYarn(t *testing.T, y *realYarn, most int) {
	r := mustReport(t, open(t, y.dir), Options{All: true, Strategy: dedupe.Highest})
	compared, asks := 0, 0
	for _, f := range r.Findings {
		d, ok := f.Details.(*duplicateDetails)
		if !ok || compared == most {
			continue
		}
		compared++
		out, err := y.run(t, "why", "-R", "--json", f.Name)
		if err != nil {
			t.Fatal("yarn why fails")
		}
		want := whyEdges(t, d.m.after, f.Name, out)
		var got []string
		for _, in := range d.list {
			for _, e := range in.edges {
				if peerToo(d.m.after.Entry(e.From), f.Name) {
					continue
				}
				got = append(got, label(d.m.after, e.From)+" → "+in.version)
			}
		}
		slices.Sort(got)
		got = slices.Compact(got)
		asks += len(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -yarn +ours\n%s", f.Name, diff)
		}
	}
	t.Logf("%d duplicates, %d who ask", compared, asks)
}

// peerToo tells the packages that ask for another one twice, as a dependency and
// as a peer. Yarn's lock has the first, "yarn why" without --peers hides both.
func peerToo(e *yarnlock.Entry, name string) bool {
	return e != nil && slices.ContainsFunc(e.PeerDependencies, func(d yarnlock.Dep) bool { return d.Name == name })
}

// whyNode is a line, or a part of one, of "yarn why -R --json". The top has a
// locator for its value, the rest an object.
type whyNode struct {
	Value    json.RawMessage
	Children map[string]whyNode
}

func whyEdges(t *testing.T, g *depgraph.Graph, name, out string) []string {
	var list []string
	var visit func(from string, n whyNode)
	visit = func(from string, n whyNode) {
		for to, child := range n.Children {
			if loc, ok := spec.ParseLocator(to); ok && loc.Name == name && !strings.HasPrefix(loc.Reference, "workspace:") {
				list = append(list, whyLabel(t, g, from)+" → "+g.Version(g.Node(g.Lock().Locate(real(loc)))))
			}
			visit(to, child)
		}
	}
	for line := range strings.Lines(out) {
		var top whyNode
		if err := json.Unmarshal([]byte(line), &top); err != nil {
			t.Fatalf("%s: %v", tail(line), err)
		}
		var locator string
		if err := json.Unmarshal(top.Value, &locator); err != nil {
			t.Fatal(err)
		}
		visit(locator, top)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// real is a locator without the hash that Yarn gives it for its peers.
func real(loc yarnlock.Locator) yarnlock.Locator {
	if rest, ok := strings.CutPrefix(loc.Reference, "virtual:"); ok {
		_, loc.Reference, _ = strings.Cut(rest, "#")
	}
	return loc
}

func whyLabel(t *testing.T, g *depgraph.Graph, locator string) string {
	loc, ok := spec.ParseLocator(locator)
	if !ok {
		t.Fatalf("%q is not a valid locator", locator)
	}
	n := g.Node(g.Lock().Locate(real(loc)))
	if n == depgraph.None {
		return locator
	}
	return label(g, n)
}
