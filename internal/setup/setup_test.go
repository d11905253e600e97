package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/workspace"
)

// portalFiles are a portal as create-app makes it, as far as init looks at it.
func portalFiles() map[string]string {
	return map[string]string{
		"package.json":                  `{"name": "root", "private": true, "packageManager": "yarn@4.4.1", "workspaces": ["packages/*", "plugins/*"], "engines": {"node": "20 || 22"}, "scripts": {"tsc": "tsc", "test:all": "jest"}}`,
		"backstage.json":                `{"version": "1.50.0"}`,
		"packages/backend/package.json": `{"name": "backend", "backstage": {"role": "backend"}}`,
		"packages/backend/Dockerfile":   "FROM node:22-slim\n",
		"plugins/one/package.json":      `{"name": "@internal/plugin-one", "backstage": {"role": "frontend-plugin", "pluginId": "one"}}`,
		".gitignore":                    "node_modules\n",
	}
}

// factsOf are the facts of a repository with such files on disk.
func factsOf(t *testing.T, files map[string]string) *Facts {
	t.Helper()
	root := t.TempDir()
	writeAll(t, root, files)
	return factsAt(t, root, ".")
}

func factsAt(t *testing.T, top, portal string) *Facts {
	t.Helper()
	p, err := workspace.Open(filepath.Join(top, filepath.FromSlash(portal)))
	if err != nil {
		t.Fatal(err)
	}
	f := &Facts{Files: repofile.Of(top).FS(top), Portal: portal, Project: p, Branch: "main", Platforms: []Platform{GitHub},
		Base: "1.48.0", Baseline: []byte("{}\n"), Version: "v1.2.3"}
	f.Complete()
	return f
}

func writeAll(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		at := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func planOf(t *testing.T, f *Facts, o Options) *Plan {
	t.Helper()
	p, err := New(f, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// applied is the repository once a plan is applied.
func applied(t *testing.T, f *Facts, p *Plan) *Facts {
	t.Helper()
	top := strings.TrimSuffix(f.Project.Root, string(filepath.Separator))
	for range strings.Split(f.Portal, "/") {
		if f.Portal != "." {
			top = filepath.Dir(top)
		}
	}
	for _, c := range p.Writes() {
		writeAll(t, top, map[string]string{c.Rel: string(c.New)})
	}
	return factsAt(t, top, f.Portal)
}

// states are the states by path.
func states(p *Plan) map[string]State {
	out := map[string]State{}
	for _, it := range p.Items {
		out[it.Path] = it.State
	}
	return out
}

// A second run has nothing to do, and all that was there begins what is there now.
func TestAppliedPlanIsComplete(t *testing.T) {
	for _, portal := range []string{".", "portals/dev"} {
		files := map[string]string{}
		for name, text := range portalFiles() {
			files[strings.TrimPrefix(portal+"/"+name, "./")] = text
		}
		root := t.TempDir()
		writeAll(t, root, files)
		f := factsAt(t, root, portal)
		p := planOf(t, f, Options{})
		if p.Empty() || p.Complete() {
			t.Fatalf("%s: nothing is planned", portal)
		}
		for _, c := range p.Writes() {
			if old := files[c.Rel]; string(c.Old) != old || !strings.HasPrefix(string(c.New), old) {
				t.Errorf("%s: not the file with something added:\n%s", c.Rel, c.New)
			}
			if portal != "." && !strings.HasPrefix(c.Rel, portal+"/") && !strings.HasPrefix(c.Rel, ".git") {
				t.Errorf("%s is not in the portal", c.Rel)
			}
		}
		again := planOf(t, applied(t, f, p), Options{})
		if !again.Empty() || !again.Complete() {
			t.Errorf("%s: a second run: %v", portal, states(again))
		}
	}
}

// Each file of init's own says in its first line which command it serves, and is known
// by that.
func TestFirstComment(t *testing.T) {
	f := factsOf(t, portalFiles())
	own := 0
	for _, provide := range providers {
		for _, p := range provide(f) {
			if p.none || p.merge != nil || p.bare {
				continue
			}
			own++
			text := p.whole()
			if s := p.stateOf(text); s != stateSame || p.serves == "" || strings.HasPrefix(p.serves, "portalctl") || p.why == "" {
				t.Errorf("%s: %s, serves %q: %q", p.path, s, p.serves, p.why)
			}
			if s := p.stateOf([]byte(strings.ReplaceAll(string(text), "\n", "\r\n"))); s != stateSame {
				t.Errorf("%s with Windows' line ends: %s", p.path, s)
			}
		}
	}
	if own < 2 {
		t.Errorf("%d files of its own", own)
	}
}

func TestMarks(t *testing.T) {
	p := part{kind: kindDocs, path: "a.yml", serves: "slot", why: "what it is for", text: "one: 1\n"}
	written := string(p.whole())
	if !strings.HasPrefix(written, "# portalctl slot: what it is for. Written by portalctl init, mark ") || strings.Count(written, "\n") != 2 {
		t.Fatalf("%q", written)
	}
	later := p
	later.text = "one: 2\n"
	script := part{path: "a.sh", serves: "slot", why: "x", text: "#!/bin/sh\ntrue\n"}
	first, _, _ := strings.Cut(string(script.whole()), "\n")
	for _, tt := range []struct {
		name string
		p    part
		old  string
		want State
	}{
		{"as written", p, written, stateSame},
		{"edited", p, written + "two: 2\n", stateEdited},
		{"a line taken out", p, strings.ReplaceAll(written, "one: 1\n", ""), stateEdited},
		{"of an earlier portalctl", later, written, Outdated},
		{"of an earlier portalctl, and edited", later, written + "two: 2\n", stateDrifted},
		{"without the comment", p, "one: 1\n", stateYours},
		{"the comment elsewhere", p, "\n" + written, stateYours},
		{"empty", p, "", stateYours},
		{"a script", script, string(script.whole()), stateSame},
		{"a script with another shell", script, strings.Replace(string(script.whole()), "/bin/sh", "/bin/bash", 1), stateEdited},
	} {
		if got := tt.p.stateOf([]byte(tt.old)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if first != "#!/bin/sh" {
		t.Errorf("a script begins with %q", first)
	}
}

// An untouched file is written anew with Update alone; an edited one never.
func TestUpdate(t *testing.T) {
	f := factsOf(t, portalFiles())
	f = applied(t, f, planOf(t, f, Options{}))
	const page = "docs/upgrade-slot.md"
	only := []Kind{kindDocs}
	f.Branch = "trunk"
	if p := planOf(t, f, Options{Only: only}); states(p)[page] != Outdated || !p.Empty() || p.Complete() {
		t.Errorf("without update: %v", states(p))
	}
	p := planOf(t, f, Options{Update: true, Only: only})
	if w := p.Writes(); states(p)[page] != stateUpdate || len(w) != 1 || !strings.Contains(string(w[0].New), "`trunk`") {
		t.Errorf("with update: %v", states(p))
	}
	old, err := f.read(page)
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, f.Project.Root, map[string]string{page: string(old) + "\nOurs.\n"})
	if p := planOf(t, f, Options{Update: true, Only: only}); states(p)[page] != stateDrifted || !p.Empty() || p.Complete() {
		t.Errorf("edited: %v", states(p))
	}
	f.Branch = "main"
	if p := planOf(t, f, Options{Update: true, Only: only}); states(p)[page] != stateEdited || !p.Complete() {
		t.Errorf("edited, and current: %v", states(p))
	}
}

func TestOnlyAndSkip(t *testing.T) {
	f := factsOf(t, portalFiles())
	for _, it := range planOf(t, f, Options{Only: []Kind{kindDocs}}).Items {
		if it.Kind != kindDocs {
			t.Errorf("only docs: %s", it.Path)
		}
	}
	p := planOf(t, f, Options{Skip: []Kind{kindDocs}})
	for _, it := range p.Items {
		if it.Kind == kindDocs {
			t.Errorf("without docs: %s", it.Path)
		}
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "leaves out docs") {
		t.Errorf("notes: %q", p.Notes)
	}
}

func TestConfig(t *testing.T) {
	f := factsOf(t, portalFiles())
	config := func(old []byte) (merged, error) { return configParts(f)[0].merge(old) }
	for _, tt := range []struct{ name, old, want string }{
		{"other sections", "# ours\ncheck:\n  rules:\n    duplicate: info # for now\n", "# ours\ncheck:\n  rules:\n    duplicate: info # for now\ntemplate:\n  base: 1.48.0\n"},
		{"the section without it", "template:\n    noise: [a]\naudit: {}\n", "template:\n    noise: [a]\n    base: 1.48.0\naudit: {}\n"},
		{"it is there", "template: {base: 1.30.0}\n", "template: {base: 1.30.0}\n"},
		{"no end of line", "check: {}", "check: {}\ntemplate:\n  base: 1.48.0\n"},
	} {
		m, err := config([]byte(tt.old))
		if err != nil || string(m.text) != tt.want {
			t.Errorf("%s: %v\n%s", tt.name, err, m.text)
		}
	}
	if _, err := config([]byte("a: [\n")); err == nil {
		t.Error("what is not YAML is accepted")
	}
}

func TestIgnoreLines(t *testing.T) {
	add := lines("# c", "/x/", "*.y")
	for _, tt := range []struct{ old, want string }{
		{"", "# c\n/x/\n*.y\n"},
		{"a", "a\n\n# c\n/x/\n*.y\n"},
		{"a\r\nb\r\n", "a\r\nb\r\n\r\n# c\r\n/x/\r\n*.y\r\n"},
		{"*.y\n", "*.y\n\n# c\n/x/\n"},
		{"*.y\r\n /x/ \r\n", "*.y\r\n /x/ \r\n"},
	} {
		m, err := add([]byte(tt.old))
		if err != nil || string(m.text) != tt.want {
			t.Errorf("%q: %q, want %q", tt.old, m.text, tt.want)
		}
	}
}

func TestPlatforms(t *testing.T) {
	for _, tt := range []struct {
		files  []string
		remote string
		want   string
	}{
		{[]string{".github/CODEOWNERS"}, "", "[github]"},
		{[]string{".github/CODEOWNERS"}, "git@gitlab.example.com:a/b.git", "[github]"},
		{[]string{".gitlab-ci.yml"}, "https://github.com/a/b", "[gitlab]"},
		{[]string{".github/x", ".gitlab-ci.yml"}, "ssh://git@gitlab.example.com:22/a/b", "[gitlab]"},
		{[]string{".github/x", ".gitlab-ci.yml"}, "", "[github gitlab]"},
		{nil, "https://user:secret@github.example.com/a/b", "[github]"},
		{nil, "git@gitlab.com:github/x.git", "[gitlab]"},
		{nil, "/srv/github/x.git", "[]"},
		{nil, "", "[]"},
	} {
		root := t.TempDir()
		for _, name := range tt.files {
			writeAll(t, root, map[string]string{name: ""})
		}
		got := []string{}
		for _, p := range PlatformsOf(os.DirFS(root), tt.remote) {
			got = append(got, string(p))
		}
		if s := "[" + strings.Join(got, " ") + "]"; s != tt.want {
			t.Errorf("%v, %q: %s, want %s", tt.files, tt.remote, s, tt.want)
		}
	}
}

func TestNode(t *testing.T) {
	for _, tt := range []struct{ name, text, version, file string }{
		{".nvmrc", "v20.11.1\n", "v20.11.1", ".nvmrc"},
		{"package.json", `{"name": "root", "workspaces": ["packages/*"], "engines": {"node": ">=18 || 24"}}`, "24", "package.json"},
		{"package.json", `{"name": "root", "workspaces": ["packages/*"]}`, "22", ""},
		{"package.json", "", "22", ""}, // which Yarn takes for one that says nothing
	} {
		files := portalFiles()
		files[tt.name] = tt.text
		if f := factsOf(t, files); f.Node != tt.version || f.NodeFile != tt.file {
			t.Errorf("%s %s: %s of %q", tt.name, tt.text, f.Node, f.NodeFile)
		}
	}
}

func TestDecisionsAreElsewhere(t *testing.T) {
	files := portalFiles()
	files["docs/ADRs/0001-a.md"] = "# A\n"
	if s := states(planOf(t, factsOf(t, files), Options{}))["docs/rfc/0000-template.md"]; s != stateNotNeeded {
		t.Errorf("%s", s)
	}
}
