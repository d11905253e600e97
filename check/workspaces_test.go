package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// lockedPortal is a portal whose lock has the workspaces as their package.json
// files are.
func lockedPortal(t *testing.T, files map[string]string, entries ...string) string {
	t.Helper()
	dir := berryPortal(t, files, entries...)
	in := open(t, dir)
	asked := map[string][]yarnlock.Descriptor{}
	for _, ws := range in.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			if strings.HasPrefix(d.Spec, "workspace:") {
				asked[d.Name] = append(asked[d.Name], yarnlock.Descriptor{Name: d.Name, Range: d.Spec})
			}
		}
	}
	for _, ws := range in.Project.Workspaces {
		e := relock.WorkspaceFields(ws.File)
		e.Resolution = yarnlock.Locator{Name: ws.File.Name, Reference: "workspace:" + ws.Rel}
		e.Keys = append([]yarnlock.Descriptor{{Name: ws.File.Name, Range: "workspace:" + ws.Rel}}, asked[ws.File.Name]...)
		e.Version, e.LanguageName, e.LinkType = "0.0.0-use.local", "unknown", "soft"
		if err := in.Lock.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "yarn.lock"), in.Lock.Format(), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What "yarn install --immutable" refuses with YN0028: the lock's own entries of
// the workspaces. Each edit is one finding, and --fix leaves the lock to what knows
// all of it.
func TestWorkspaceEntries(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"packages/app/package.json": `{"name": "app", "version": "1.0.0", "private": true, "backstage": {"role": "frontend"}, "dependencies": {` + "\n" +
			`"@acme/backstage-plugin-x": "workspace:^",` + "\n" + `"ms": "^2.0.0"}}`,
		"plugins/x/package.json": `{` + "\n" + `"name": "@acme/backstage-plugin-x", "version": "1.0.0", "private": true, "backstage": {"role": "frontend-plugin"},` + "\n" +
			`"dependencies": {"ms": "^2.1.0"},` + "\n" + `"peerDependencies": {"react": "^18.0.0"}}`,
		"plugins/lonely/package.json": `{"name": "lonely", "version": "1.0.0", "private": true}`,
	}
	entries := []string{"ms@^2.0.0, ^2.1.0 2.1.3"}
	const app, plugin, next = "packages/app/package.json", "plugins/x/package.json", " | Run portalctl versions lock, or yarn install, and commit yarn.lock"
	replace := func(file, old, text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			rewrite(t, filepath.Join(dir, file), func(s string) string {
				if !strings.Contains(s, old) {
					t.Fatalf("%s has no %s", file, old)
				}
				return strings.ReplaceAll(s, old, text)
			})
		}
	}
	write := func(file, text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	move := func(from, to string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(t *testing.T, dir string) {
		if err := os.RemoveAll(filepath.Join(dir, "plugins", "x")); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name  string
		edits []func(t *testing.T, dir string)
		want  []string
	}{
		{name: "in line"},
		{"another range that the lock has", []func(*testing.T, string){replace(plugin, "^2.1.0", "^2.0.0")},
			[]string{"plugins/x/package.json:3 error yarn.lock does not have the workspace @acme/backstage-plugin-x (plugins/x) as its package.json is: it has ms ^2.1.0 instead of ^2.0.0" + next}},
		{"another range that the lock lacks", []func(*testing.T, string){replace(plugin, "^2.1.0", "^2.2.0")},
			[]string{"plugins/x/package.json:3 error yarn.lock has no entry for ms@^2.2.0, which @acme/backstage-plugin-x asks for" + next}},
		{"a dependency that went", []func(*testing.T, string){replace(plugin, `"ms": "^2.1.0"`, "")},
			[]string{"plugins/x/package.json:2 error yarn.lock does not have the workspace @acme/backstage-plugin-x (plugins/x) as its package.json is: it still has ms" + next}},
		{"a peer and bin", []func(*testing.T, string){replace(plugin, `"react": "^18.0.0"}`, `"react": "^19.0.0", "react-dom": "*"}, "bin": "x.js"`)},
			[]string{"plugins/x/package.json:4 error yarn.lock does not have the workspace @acme/backstage-plugin-x (plugins/x) as its package.json is: " +
				"it has the peer react ^18.0.0 instead of ^19.0.0, it lacks the peer react-dom *, another bin" + next}},
		{"settings of peers", []func(*testing.T, string){replace(plugin, `"react": "^18.0.0"}`, `"react": "^18.0.0"}, "peerDependenciesMeta": {"react": {"optional": true}}`)},
			[]string{"plugins/x/package.json:4 error yarn.lock does not have the workspace @acme/backstage-plugin-x (plugins/x) as its package.json is: another peerDependenciesMeta" + next}},
		{"renamed with all who ask", []func(*testing.T, string){replace(plugin, `"@acme/backstage-plugin-x"`, `"@acme/backstage-plugin-y"`), replace(app, "plugin-x", "plugin-y")},
			[]string{"plugins/x/package.json:2 error yarn.lock has the workspace @acme/backstage-plugin-y (plugins/x) under its old name, @acme/backstage-plugin-x" + next}},
		{"renamed, and nobody else knows", []func(*testing.T, string){replace(plugin, `"@acme/backstage-plugin-x"`, `"@acme/backstage-plugin-y"`)},
			[]string{"packages/app/package.json:2 error app asks for @acme/backstage-plugin-x@workspace:^, and plugins/x is called @acme/backstage-plugin-y now" +
				" | Ask for a workspace that is there, or bring the folder back; then run portalctl versions lock"}},
		{"in another folder", []func(*testing.T, string){move("plugins/x", "packages/x")},
			[]string{"packages/x/package.json:2 error yarn.lock has the workspace @acme/backstage-plugin-x (packages/x) in its old folder, plugins/x" + next}},
		{"new", []func(*testing.T, string){write("plugins/n/package.json", `{"name": "n", "dependencies": {"ms": "^2.0.0", "left-pad": "^1.0.0"}}`)},
			[]string{"plugins/n/package.json:1 error yarn.lock does not have the workspace n (plugins/n)" + next}},
		{"new, and asked for", []func(*testing.T, string){write("plugins/n/package.json", `{"name": "n"}`), replace(app, `"ms"`, `"n": "workspace:^", "ms"`)},
			[]string{"plugins/n/package.json:1 error yarn.lock does not have the workspace n (plugins/n)" + next}},
		{"gone with all who asked", []func(*testing.T, string){remove, replace(app, `"@acme/backstage-plugin-x": "workspace:^",`, "")},
			[]string{"yarn.lock:5 warning yarn.lock still has the workspace @acme/backstage-plugin-x (plugins/x), which the project does not have; nothing else asks for 1 other descriptor" + next}},
		{"gone, and nobody ever asked", []func(*testing.T, string){func(t *testing.T, dir string) { _ = os.RemoveAll(filepath.Join(dir, "plugins", "lonely")) }},
			[]string{"yarn.lock:24 warning yarn.lock still has the workspace lonely (plugins/lonely), which the project does not have | Run portalctl check --fix"}},
		{"gone, and asked for", []func(*testing.T, string){remove},
			[]string{"packages/app/package.json:2 error app asks for @acme/backstage-plugin-x@workspace:^, and plugins/x is not there any more" +
				" | Ask for a workspace that is there, or bring the folder back; then run portalctl versions lock"}},
		{"asked for by a wrong name", []func(*testing.T, string){replace(app, `"ms"`, `"nowhere": "workspace:^", "ms"`)},
			[]string{"packages/app/package.json:3 error app asks for nowhere@workspace:^, and no workspace of the project has that name" +
				" | Ask for a workspace that is there, or bring the folder back; then run portalctl versions lock"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := lockedPortal(t, files, entries...)
			for _, edit := range tt.edits {
				edit(t, dir)
			}
			in := open(t, dir)
			var got []string
			for _, f := range ofRule(mustReport(t, in, Options{}), ruleStale) {
				got = append(got, fmt.Sprintf("%s:%d %s %s | %s", f.Pos.File, f.Pos.Line, f.Severity, f.Message, f.Next))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			fixed := mustFix(t, in, Options{}, false)
			if pruned := len(fixed.Pruned) > 0; pruned != (tt.name == "gone, and nobody ever asked") {
				t.Errorf("--fix takes out %v", fixed.Pruned)
			}
		})
	}
}

// Many at once are one forgotten install.
func TestWorkspaceEntriesAtOnce(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 7 {
		files[fmt.Sprintf("plugins/p%d/package.json", i)] = fmt.Sprintf(`{"name": "p%d", "dependencies": {"ms": "^2.0.0"}}`, i)
	}
	dir := lockedPortal(t, files, "ms@^2.0.0 2.1.3")
	for file := range files {
		rewrite(t, filepath.Join(dir, file), func(s string) string { return strings.Replace(s, "}}", `}, "peerDependencies": {"react": "*"}}`, 1) })
	}
	list := ofRule(mustReport(t, open(t, dir), Options{}), ruleStale)
	if len(list) != 1 || list[0].Message != "yarn.lock does not have 7 workspaces as their package.json files are" || len(list[0].Lines) != 7 {
		t.Errorf("%+v", list)
	}
}
