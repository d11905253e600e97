package check

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// TestAdvice does to each planted mistake what the finding's next step says, word
// by word: the finding has to go, and no other to come.
func TestAdvice(t *testing.T) {
	files, err := filepath.Glob("testdata/mutations/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	followed, rules := 0, map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := copyPortal(t)
		for _, f := range ar.Files {
			if err := mutate(dir, f); err != nil {
				t.Fatal(err)
			}
		}
		before := mustReport(t, openFixture(t, dir), Options{}).Findings
		if len(before) == 0 || !follow(t, dir, before[0]) {
			continue
		}
		followed++
		rules[before[0].Rule] = true
		relockPortal(t, dir)
		for _, f := range mustReport(t, openFixture(t, dir), Options{}).Findings {
			t.Errorf("%s: after %q there is %s %s: %s", name, before[0].Next, f.Pos, f.Rule, f.Message)
		}
	}
	if followed < 45 {
		t.Errorf("only %d next steps were understood", followed)
	}
	for _, row := range adviceRows {
		rules[row.rule] = true
	}
	for _, r := range table() {
		if !rules[r.ID] {
			t.Errorf("nobody followed the advice of %s: see follow, and adviceRows", r.ID)
		}
	}
}

// repair writes pluginPackages as "backstage-cli repo fix --publish" does.
func repair(t *testing.T, dir string) {
	t.Helper()
	ids := map[string][]string{}
	in := openFixture(t, dir)
	for _, ws := range in.Project.Workspaces {
		if b := ws.File.Backstage; b.PluginID != "" && !strings.HasSuffix(b.Role, "-module") {
			ids[b.PluginID] = append(ids[b.PluginID], ws.File.Name)
		}
	}
	for _, ws := range in.Project.Workspaces {
		if list := ids[ws.File.Backstage.PluginID]; list != nil && !strings.HasSuffix(ws.File.Backstage.Role, "-module") {
			slices.Sort(list)
			editPackage(t, dir, ws.File.Path(), func(pkg map[string]any) { member(pkg, "backstage")["pluginPackages"] = list })
		}
	}
}

func editPackage(t *testing.T, dir, file string, change func(pkg map[string]any)) {
	t.Helper()
	path := file
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, file)
	}
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pkg := map[string]any{}
	if err := json.Unmarshal(src, &pkg); err != nil {
		t.Fatal(err)
	}
	change(pkg)
	out, err := json.MarshalIndent(pkg, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out, 0o644); err != nil {
		t.Fatal(err)
	}
}

// member is an object of a package.json, made if need be.
func member(pkg map[string]any, name string) map[string]any {
	if m, ok := pkg[name].(map[string]any); ok {
		return m
	}
	m := map[string]any{}
	pkg[name] = m
	return m
}

// follow does what a next step says. It reports whether it understood it.
func follow(t *testing.T, dir string, f finding.Finding) bool {
	t.Helper()
	says := func(pattern string) []string { return regexp.MustCompile(pattern).FindStringSubmatch(f.Next) }
	edit := func(change func(pkg map[string]any)) { editPackage(t, dir, f.Pos.File, change) }
	_, dep, _ := strings.Cut(f.Key, " ")
	if f.FixedBy != "" {
		apply(t, dir, mustFix(t, openFixture(t, dir), Options{}, f.FixedBy == finding.ByManifests))
		return true
	}
	switch m := []string(nil); f.Rule {
	case ruleStructure:
		switch {
		case slices.Contains([]string{"role", "pluginId", "pluginPackage"}, f.Key):
			if m = says(`Write (?:"\w+": )?"([^"]+)"`); m == nil {
				m = says(`^Add "\w+": "([^"]+)"`)
			}
			if m == nil {
				return false
			}
			edit(func(pkg map[string]any) { member(pkg, "backstage")[f.Key] = m[1] })
			if says(`let backstage-cli repo fix --publish add pluginId`) != nil {
				edit(func(pkg map[string]any) { member(pkg, "backstage")["pluginId"] = portal.ParseName(f.Name).ID })
				repair(t, dir)
			}
			if f.Key != "pluginPackage" && strings.Contains(f.Next, "free") {
				repair(t, dir) // an id of its own has a list of its own
			}
		case says(`backstage-cli repo fix --publish does$`) != nil:
			repair(t, dir)
		case says(`^Add "files": \["dist"\]$|^List what is built, such as "dist"`) != nil:
			edit(func(pkg map[string]any) { pkg["files"] = []string{"dist"} })
		case says(`^Write the built file`) != nil:
			edit(func(pkg map[string]any) { member(pkg, "publishConfig")["main"] = "dist/index.cjs.js" })
		case says(`^Add "main" to publishConfig`) != nil:
			edit(func(pkg map[string]any) {
				member(pkg, "publishConfig")["main"] = "dist/index.cjs.js"
				member(pkg, "scripts")["prepack"] = "backstage-cli package prepack"
			})
		case strings.HasPrefix(f.Key, "depends ") && says(`^(Remove it|Move )`) != nil:
			edit(func(pkg map[string]any) {
				delete(member(pkg, "dependencies"), dep)
				delete(member(pkg, "peerDependencies"), dep)
			})
		default:
			return false
		}
	case ruleHost:
		_, key, _ := strings.Cut(f.Key, " ")
		section := strings.TrimPrefix(key, "range ")
		if m = says(`^Move (\S+) to peerDependencies \(as "([^"]+)"`); m != nil {
			edit(func(pkg map[string]any) {
				deps := member(pkg, "dependencies")
				member(pkg, "devDependencies")[m[1]] = deps[m[1]]
				member(pkg, "peerDependencies")[m[1]] = m[2]
				delete(deps, m[1])
			})
		} else if m = says(`^Add "(\S+)": "([^"]+)" to peerDependencies`); m != nil {
			edit(func(pkg map[string]any) { member(pkg, "peerDependencies")[m[1]] = m[2] })
		} else if m = says(`^Write "([^"]+)", `); m != nil {
			edit(func(pkg map[string]any) { member(pkg, section)[f.Name] = m[1] })
		} else if m = says(`rite a range that admits (\S+)$`); m != nil {
			edit(func(pkg map[string]any) { member(pkg, section)[f.Name] = "^" + m[1] })
		} else {
			return false
		}
	case ruleRegistered:
		if m = says(`^Add (backend\.add\(import\('\S+'\)\);) to (\S+),`); m == nil {
			return false
		}
		rewrite(t, filepath.Join(dir, m[2]), func(s string) string { return strings.Replace(s, "backend.start()", m[1]+"\nbackend.start()", 1) })
	default:
		return false
	}
	return true
}

// relock does what "versions lock" would where the lock has all versions that are
// needed: what asks gets the highest that it admits, what nothing asks for goes.
func relockPortal(t *testing.T, dir string) {
	t.Helper()
	in := openFixture(t, dir)
	for _, e := range newGraph(in, in.Lock).Missing() {
		r, err := semrange.Parse(e.Range)
		if err != nil {
			continue
		}
		for _, entry := range in.Lock.Named(e.Name) {
			if v, err := semrange.ParseVersion(entry.Version); err == nil && r.Satisfies(v) {
				in.Lock.RebindTo(yarnlock.Descriptor{Name: e.Name, Range: "npm:" + e.Range}, entry)
				break
			}
		}
	}
	for _, ws := range in.Project.Workspaces { // their own entries follow package.json
		for _, entry := range in.Lock.Entries {
			if entry.Resolution.Reference == "workspace:"+ws.Rel {
				e := relock.WorkspaceFields(ws.File)
				entry.Dependencies, entry.PeerDependencies, entry.DependenciesMeta = e.Dependencies, e.PeerDependencies, e.DependenciesMeta
				entry.PeerDependenciesMeta, entry.Bin = e.PeerDependenciesMeta, e.Bin
				entry.Touch()
			}
		}
	}
	lock, err := yarnlock.Parse("yarn.lock", in.Lock.Format())
	if err != nil {
		t.Fatal(err)
	}
	if g := newGraph(in, lock); len(g.Missing()) == 0 {
		lock.Prune(g.Roots(), g.Resolver())
	}
	if err := os.WriteFile(filepath.Join(dir, "yarn.lock"), lock.Format(), 0o644); err != nil {
		t.Fatal(err)
	}
}
