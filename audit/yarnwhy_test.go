package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/bench/parity"
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// TestYarnWhy compares the shortest paths of real findings with what Yarn's own
// why -R shows, workspace by workspace. Yarn comes from npm, and each question
// takes it seconds: the test runs where PORTALCTL_YARN_DIR names a folder to
// keep Yarn in.
func TestYarnWhy(t *testing.T) {
	dir := os.Getenv("PORTALCTL_YARN_DIR")
	if dir == "" {
		t.Skip("set PORTALCTL_YARN_DIR to a folder that releases of Yarn may be kept in to run this test")
	}
	db, err := osv.OpenDatabase(t.Context(), testshared.Dir(t, "osv"), osv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	findings, paths := 0, 0
	for portal, version := range map[string]string{
		"rhdh": "4.17.1", "rhdh/dynamic-plugins": "4.17.1", "rhdh/e2e-tests": "4.17.1",
		"demo-1.43": "4.4.1", "gitlab-plugin": "4.3.1", "showcase-v6": "3.8.7", "janus-plugins": "3.8.6",
	} {
		t.Run(portal, func(t *testing.T) {
			yarn, err := parity.GetYarn(t.Context(), dir, version)
			if err != nil {
				t.Fatal(err)
			}
			work := copyPortal(t, testshared.Dir(t, "corpus/"+portal))
			l := read(t, work)[0]
			m := newModel(l)
			hits, err := db.Match(t.Context(), Packages([]*Lock{l}))
			if err != nil {
				t.Fatal(err)
			}
			asked := map[string]int{}
			for _, h := range hits {
				asked[h.Package.Name]++
			}
			names := make([]string, 0, len(asked))
			for name := range asked {
				names = append(names, name)
			}
			// The packages with the most findings, so that a few runs of Yarn
			// cover many.
			slices.SortFunc(names, func(a, b string) int { return cmp.Or(asked[b]-asked[a], strings.Compare(a, b)) })
			for _, name := range names[:min(len(names), 8)] {
				shown := yarnWhy(t, yarn.Bundle, work, name)
				for _, p := range Packages([]*Lock{l}) {
					if p.Name == name {
						paths += compareWhy(t, m, p, shown)
					}
				}
				findings += asked[name]
			}
		})
	}
	t.Logf("%d findings, %d paths", findings, paths)
	if findings < 50 {
		t.Errorf("only %d findings", findings)
	}
}

// copyPortal copies what why needs, and none of what the repo would have Yarn
// run.
func copyPortal(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	own := regexp.MustCompile(`(?m)^(yarnPath|plugins):.*(\n[ -].*)*\n?`)
	err := filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(file, "yarn.lock")); err == nil && rel != "." {
				return filepath.SkipDir // a project of its own
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if d.Name() == ".yarnrc.yml" {
			src = own.ReplaceAll(src, nil)
		}
		return os.WriteFile(filepath.Join(to, rel), src, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// why is the part of the graph that why -R shows: by the locator that asks, the
// locators asked for.
type why map[string][]string

type whyNode struct {
	Value    json.RawMessage
	Children map[string]whyNode
}

func yarnWhy(t *testing.T, bundle, dir, name string) why {
	t.Helper()
	cmd := exec.Command("node", bundle, "why", "-R", name, "--json")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "YARN_ENABLE_NETWORK=0", "YARN_ENABLE_TELEMETRY=0", "YARN_IGNORE_PATH=1", "HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("yarn why %s: %v\n%s", name, err, out)
	}
	shown := why{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 256<<20)
	for lines.Scan() {
		var n whyNode
		if err := json.Unmarshal(lines.Bytes(), &n); err != nil {
			t.Fatal(err)
		}
		var root string
		if err := json.Unmarshal(n.Value, &root); err != nil {
			t.Fatal(err)
		}
		shown.add(root, n)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return shown
}

func (w why) add(at string, n whyNode) {
	for child, below := range n.Children {
		child = devirtualized(child)
		if !slices.Contains(w[at], child) {
			w[at] = append(w[at], child)
		}
		w.add(child, below)
	}
}

var virtual = regexp.MustCompile(`@virtual:[^#]*#`)

func devirtualized(locator string) string { return virtual.ReplaceAllString(locator, "@") }

// shortest is how many steps lead from a workspace to a package, -1 if none do.
// Only the first may be a workspace: another one has paths of its own.
func (w why) shortest(from string, p osv.Package) int {
	dist := map[string]int{from: 0}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != from && strings.Contains(at, "@workspace:") {
			continue
		}
		for _, next := range w[at] {
			if _, ok := dist[next]; ok {
				continue
			}
			dist[next] = dist[at] + 1
			queue = append(queue, next)
			if isPackage(next, p) {
				return dist[next]
			}
		}
	}
	return -1
}

func isPackage(locator string, p osv.Package) bool {
	loc, ok := spec.ParseLocator(locator)
	if !ok {
		return false
	}
	name, version, ok := (&yarnlock.Entry{Resolution: loc}).Package()
	return ok && name == p.Name && version == p.Version
}

// compareWhy compares the paths from each workspace, and returns how many.
func compareWhy(t *testing.T, m *model, p osv.Package, shown why) int {
	t.Helper()
	ours := map[string]depgraph.Path{}
	for _, n := range m.nodes[p] {
		for _, way := range m.graph.Why(n) {
			ws := m.graph.Workspace(way.Workspace)
			key := ws.Name + "@workspace:" + ws.Rel
			have, ok := ours[key]
			if !ok || steps(way) < steps(have) {
				ours[key] = way
			}
		}
	}
	for _, n := range m.graph.Workspaces() {
		ws := m.graph.Workspace(n)
		key := ws.Name + "@workspace:" + ws.Rel
		want := shown.shortest(key, p)
		way, ok := ours[key]
		switch {
		case !ok && want < 0:
		case !ok:
			t.Errorf("%s: %v: yarn why has a path of %d steps, we have none", key, p, want)
		case steps(way) != want:
			t.Errorf("%s: %v: %d steps, yarn why has %d", key, p, steps(way), want)
		default:
			at := key
			for _, e := range way.Steps {
				if e.Kind == depgraph.Source {
					continue
				}
				next := m.graph.Entry(e.To).Resolution.String()
				if !slices.Contains(shown[at], next) {
					t.Errorf("%s: %v: yarn why does not show %s → %s", key, p, at, next)
				}
				at = next
			}
		}
	}
	return len(ours)
}

func steps(p depgraph.Path) int {
	n := 0
	for _, e := range p.Steps {
		if e.Kind != depgraph.Source {
			n++
		}
	}
	return n
}
