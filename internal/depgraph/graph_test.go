package depgraph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// berry is a lock in which each line is an entry: key [= resolution] > dep
// range, dep range. A range that ends in ? is optional.
func berry(t testing.TB, lines ...string) *yarnlock.Lock {
	t.Helper()
	var b strings.Builder
	b.WriteString("__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	for _, line := range lines {
		head, deps, _ := strings.Cut(line, " > ")
		key, at, ok := strings.Cut(head, " = ")
		if !ok {
			at, _, _ = strings.Cut(key, ", ")
			at = strings.Replace(at, "^", "", 1)
		}
		link := "hard"
		if strings.Contains(at, "@workspace:") {
			link = "soft"
		}
		version := at[strings.LastIndexByte(at, ':')+1:]
		fmt.Fprintf(&b, "\n%q:\n  version: %q\n  resolution: %q\n", key, version, at)
		var optional string
		for i, d := range strings.Split(deps, ", ") {
			name, rng, ok := strings.Cut(d, " ")
			if !ok {
				break
			}
			if i == 0 {
				b.WriteString("  dependencies:\n")
			}
			if strings.HasSuffix(rng, "?") {
				rng = rng[:len(rng)-1]
				optional += fmt.Sprintf("    %q:\n      optional: true\n", name)
			}
			fmt.Fprintf(&b, "    %q: %q\n", name, rng)
		}
		if optional != "" {
			b.WriteString("  dependenciesMeta:\n" + optional)
		}
		b.WriteString("  linkType: " + link + "\n")
	}
	lock, err := yarnlock.Parse("yarn.lock", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	return lock
}

// show is a path as text: workspace folder, then name@version (range).
func show(g *Graph, p Path) string {
	s := g.Workspace(p.Workspace).Rel
	for _, e := range p.Steps {
		s += fmt.Sprintf(" > %s@%s (%s)", g.Name(e.To), g.Version(e.To), e.Range)
	}
	return s
}

func one(t *testing.T, g *Graph, name string) Node {
	t.Helper()
	if list := g.Ident(name); len(list) == 1 {
		return list[0]
	}
	t.Fatalf("%d nodes are called %s", len(g.Ident(name)), name)
	return None
}

func names(g *Graph, set Set) (list []string) {
	for n := range g.Len() {
		if set.Has(Node(n)) {
			list = append(list, g.Name(Node(n)))
		}
	}
	slices.Sort(list)
	return list
}

func portalLock(t testing.TB) *yarnlock.Lock {
	return berry(t,
		"a@npm:^1.0.0 = a@npm:1.0.0 > b npm:^1.0.0, opt npm:^1?",
		"alias@npm:real@^2 = real@npm:2.0.0",
		"app@workspace:^, app@workspace:packages/app = app@workspace:packages/app > a npm:^1.0.0, alias npm:real@^2, tool npm:^1",
		"b@npm:^1.0.0 = b@npm:1.0.0 > a npm:^1.0.0, typescript npm:^5",
		"lib@workspace:packages/lib = lib@workspace:packages/lib > b npm:^1.0.0, tool npm:^1",
		"old@npm:^1 = old@npm:1.0.0",
		"opt@npm:^1 = opt@npm:1.0.0",
		"real@npm:^1 = real@npm:1.0.0",
		"root@workspace:. > app workspace:^, real npm:^1",
		"tool@npm:^1 = tool@npm:1.0.0 > b npm:^1.0.0",
		"typescript@npm:^5 = typescript@npm:5.0.0",
		"typescript@patch:typescript@npm%3A^5#optional!builtin<compat/typescript> = typescript@patch:typescript@npm%3A5.0.0#optional!builtin<compat/typescript>::version=5.0.0&hash=ab",
	)
}

func TestNodesAndEdges(t *testing.T) {
	lock := portalLock(t)
	g := newGraph(lock, options{})
	if g.Len() != 12 || len(g.edges) != 13 || len(g.Missing()) != 0 || g.Lock() != lock {
		t.Errorf("%d nodes, %d edges, missing %v", g.Len(), len(g.edges), g.Missing())
	}
	var rels []string
	for _, n := range g.Workspaces() {
		rels = append(rels, g.Workspace(n).Rel)
	}
	if !slices.Equal(rels, []string{".", "packages/app", "packages/lib"}) {
		t.Errorf("workspaces %q", rels)
	}
	a := one(t, g, "a")
	want := []Edge{
		{From: a, To: one(t, g, "b"), Name: "b", Range: "npm:^1.0.0", Key: yarnlock.Descriptor{Name: "b", Range: "npm:^1.0.0"},
			Kind: prod, Pos: fault.Pos{File: "yarn.lock", Line: 9, Col: 5}},
		{From: a, To: one(t, g, "opt"), Name: "opt", Range: "npm:^1", Key: yarnlock.Descriptor{Name: "opt", Range: "npm:^1"},
			Kind: optional, Pos: fault.Pos{File: "yarn.lock", Line: 10, Col: 5}},
	}
	if diff := cmp.Diff(want, g.Out(a)); diff != "" {
		t.Error(diff)
	}
	if e := lock.Entries[0]; g.Node(e) != a || g.Entry(a) != e || g.Node(&yarnlock.Entry{}) != None {
		t.Error("entries and nodes do not agree")
	}

	// An alias and what it stands for are one package in two versions.
	var versions []string
	for _, n := range g.Ident("real") {
		versions = append(versions, g.Version(n))
	}
	if !slices.Equal(versions, []string{"2.0.0", "1.0.0"}) || len(g.Ident("alias")) != 0 {
		t.Errorf("real has versions %q", versions)
	}

	// b asks for typescript, gets the patch, and the patch its source.
	ts := g.Ident("typescript")
	source, patch := ts[0], ts[1]
	if e := slices.Collect(g.In(source)); len(e) != 1 || e[0].From != patch || e[0].Kind != Source || e[0].Pos.Line == 0 {
		t.Errorf("what is patched is asked for by %+v", e)
	}
	if e := slices.Collect(g.In(patch)); len(e) != 1 || g.Name(e[0].From) != "b" || !strings.HasPrefix(e[0].Key.Range, "patch:") {
		t.Errorf("the patch is asked for by %+v", e)
	}
	var askers []Node
	for e := range g.In(one(t, g, "b")) {
		askers = append(askers, e.From)
	}
	if !slices.Equal(askers, []Node{a, one(t, g, "lib"), one(t, g, "tool")}) {
		t.Errorf("b is asked for by %v", askers)
	}
	if got := g.Asking(one(t, g, "b")); !slices.Equal(got, []string{"npm:^1.0.0"}) {
		t.Errorf("asking %q", got)
	}
	if got := names(g, g.Reach([]Node{one(t, g, "tool")}, nil)); !slices.Equal(got, []string{"a", "b", "opt", "tool", "typescript", "typescript"}) {
		t.Errorf("tool reaches %q", got)
	}
	if got := g.orphans(); len(got) != 1 || g.Name(got[0]) != "old" {
		t.Errorf("orphans %v", got)
	}
	for k, want := range map[Kind]string{prod: "prod", optional: "optional", Dev: "dev", Extension: "extension", Source: "source"} {
		if k.String() != want {
			t.Error(k)
		}
	}
}

func TestManifests(t *testing.T) {
	lock := portalLock(t)
	g := newGraph(lock, options{Workspaces: []Workspace{
		{Name: "app", Rel: "packages/app", File: "packages/app/package.json", Deps: []dep{
			{Name: "tool", Range: "^1", Kind: Dev, Line: 9, Col: 5},
			{Name: "a", Range: "^1.0.0", Line: 4, Col: 5},
			{Name: "alias", Range: "npm:real@^2", Kind: Dev},
			{Name: "opt", Range: "^1", Kind: optional},
			{Name: "new", Range: "~3.1", Line: 11, Col: 7},
		}},
		{Name: "", Rel: ".", Deps: []dep{{Name: "app", Range: "workspace:*"}}},
		{Name: "fresh", Rel: "packages/fresh", Deps: []dep{{Name: "old", Range: "^1"}, {Name: "app", Range: "workspace:packages/app"}}},
	}})
	app := one(t, g, "app")
	var got []string
	for _, e := range g.Out(app) {
		got = append(got, fmt.Sprintf("%s %s %s %s", e.Name, e.Key.Range, e.Kind, e.Pos))
	}
	if diff := cmp.Diff([]string{
		"a npm:^1.0.0 prod packages/app/package.json:4:5",
		"alias npm:real@^2 dev ",
		"opt npm:^1 optional ",
		"tool npm:^1 dev packages/app/package.json:9:5",
	}, got); diff != "" {
		t.Error(diff)
	}
	want := []Edge{{From: app, To: None, Name: "new", Range: "~3.1", Key: yarnlock.Descriptor{Name: "new", Range: "npm:~3.1"},
		Pos: fault.Pos{File: "packages/app/package.json", Line: 11, Col: 7}}}
	if diff := cmp.Diff(want, g.Missing()); diff != "" {
		t.Error(diff)
	}
	// workspace:* is not in the lock, but the workspace is known.
	if root := one(t, g, "root"); len(g.Out(root)) != 1 || g.Out(root)[0].To != app {
		t.Errorf("the nameless root asks for %v", g.Out(root))
	}
	fresh := one(t, g, "fresh")
	if g.Entry(fresh) != nil || g.Version(fresh) != "" || len(g.Out(fresh)) != 2 {
		t.Error("the workspace that the lock lacks has not its edges")
	}
	if got := names(g, g.Production(func(string) bool { return false })); !slices.Equal(got, []string{"a", "app", "b", "fresh", "old", "opt", "root", "typescript", "typescript"}) {
		t.Errorf("production %q", got)
	}
	// lib is not a workspace any more.
	var orphans []string
	for _, n := range g.orphans() {
		orphans = append(orphans, g.Entry(n).Resolution.String())
	}
	if !slices.Equal(orphans, []string{"lib@workspace:packages/lib", "real@npm:1.0.0"}) {
		t.Errorf("orphans %q", orphans)
	}
	// Prune reads the workspaces as the lock has them: the root still asks for
	// real there.
	pruned := lock.Prune(g.Roots(), g.Resolver())
	if len(pruned.Entries) != 1 || pruned.Entries[0].Resolution.Name != "lib" || len(pruned.Keys) != 0 {
		t.Errorf("pruned %+v", pruned)
	}
}

// TestTwice has a package that asks for another under two names.
func TestTwice(t *testing.T) {
	g := newGraph(berry(t, "a@npm:1 > x npm:b@^1, b npm:^2", "b@npm:^2, x@npm:b@^1 = b@npm:1.0.0", "r@workspace:. > a npm:1"), options{})
	b := one(t, g, "b")
	if in, a := slices.Collect(g.In(b)), one(t, g, "a"); len(in) != 2 || in[0].From != a || in[1].From != a {
		t.Errorf("edges %v", in)
	}
	if got := g.Asking(b); !slices.Equal(got, []string{"npm:^2", "npm:b@^1"}) {
		t.Errorf("asking %q", got)
	}
}

// TestSections has names in two sections: Yarn takes devDependencies' range,
// and they are in production all the same.
func TestSections(t *testing.T) {
	lock := berry(t, "a@npm:^1 = a@npm:1.0.0", "a@npm:^2 = a@npm:2.0.0", "r@workspace:.")
	for _, deps := range [][]dep{
		{{Name: "a", Range: "^1"}, {Name: "a", Range: "^2", Kind: Dev}},
		{{Name: "a", Range: "^2", Kind: Dev}, {Name: "a", Range: "^1"}},
		{{Name: "a", Range: "^1"}, {Name: "a", Range: "^2", Kind: optional}},
	} {
		g := newGraph(lock, options{Workspaces: []Workspace{{Name: "r", Rel: ".", Deps: deps}}})
		out := g.Out(one(t, g, "r"))
		if len(out) != 1 || g.Version(out[0].To) != "2.0.0" || out[0].Kind != prod {
			t.Errorf("%v: %+v", deps, out)
		}
	}
}

func TestClassic(t *testing.T) {
	const text = `# yarn lockfile v1


a@^1:
  version "1.2.0"
  dependencies:
    b "^2"
    ws "^1"
  optionalDependencies:
    c "*"

b@^2:
  version "2.0.0"

c@*:
  version "3.0.0"

"linked@link:packages/linked":
  version "0.0.0"
  dependencies:
    b "^2"

orphan@1:
  version "1.0.0"
`
	lock, err := yarnlock.Parse("yarn.lock", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	g := newGraph(lock, options{Workspaces: []Workspace{
		{Name: "ws", Rel: "packages/ws", File: "packages/ws/package.json", Deps: []dep{
			{Name: "linked", Range: "link:../linked"}, {Name: "b", Range: "^2", Kind: Dev}}},
		{Name: "root", Rel: ".", File: "package.json", Deps: []dep{{Name: "a", Range: "^1", Line: 3, Col: 5}, {Name: "lost", Range: "^1"}, {Name: "ws", Range: "*"}}},
	}})
	if len(g.Missing()) != 1 || g.Missing()[0].Name != "lost" {
		t.Errorf("missing %v", g.Missing())
	}
	var paths []string
	for _, p := range g.Why(one(t, g, "b")) {
		paths = append(paths, show(g, p))
	}
	if diff := cmp.Diff([]string{". > a@1.2.0 (^1) > b@2.0.0 (^2)", "packages/ws > b@2.0.0 (^2)"}, paths); diff != "" {
		t.Error(diff)
	}
	if got := names(g, g.Reachable()); !slices.Equal(got, []string{"a", "b", "c", "linked", "root", "ws"}) {
		t.Errorf("reachable %q", got)
	}
	a := g.Out(one(t, g, "a"))
	if len(a) != 3 || a[1].Kind != optional || a[2].To != one(t, g, "ws") {
		t.Errorf("a asks for %+v", a)
	}
	var gone []string
	for _, e := range lock.Prune(g.Roots(), g.Resolver()).Entries {
		gone = append(gone, e.Keys[0].Name)
	}
	if !slices.Equal(gone, []string{"orphan"}) {
		t.Errorf("pruned %q", gone)
	}
}

// orphans are the entries that nothing asks for, in lock order.
func (g *Graph) orphans() []Node {
	var list []Node
	for n, in := range g.Reachable() {
		if !in {
			list = append(list, Node(n))
		}
	}
	return list
}
