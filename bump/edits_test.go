package bump

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
)

// Every edit of the files is one of the plan's changes, and every change is a
// row of the report that says what happens to it: over real portals, the
// recorded bumps, and a portal with each kind of edit.
func TestReportJSONAndDiffNameTheSameEdits(t *testing.T) {
	t.Run("own", func(t *testing.T) {
		dir := unpackTree(t, everyEdit)
		plan, err := NewPlan(context.Background(), openInput(t, dir, filepath.Join(dir, "versions")), Options{DropStalePatches: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := sameEdits(t, plan); n != 11 {
			t.Errorf("%d edits, want 11", n)
		}
		jumps := map[string]Jump{}
		for _, c := range plan.Changes {
			jumps[c.File+" "+c.Section+" "+c.Name] = c.Jump
		}
		for key, want := range map[string]Jump{
			"package.json dependencies @backstage/config":        jumpRaised,
			".yarnrc.yml catalog @backstage/theme":               jumpRaised,
			"package.json resolutions @backstage/types":          jumpRaised,
			"package.json dependencies @backstage/errors":        jumpPatch,
			"package.json dependencies @backstage/catalog-model": jumpNone,
		} {
			if jumps[key] != want {
				t.Errorf("%s is %q, want %q", key, jumps[key], want)
			}
		}
	})
	for _, tc := range []struct{ dir, to string }{
		{"corpus/rhdh", "1.53.0"}, {"corpus/gitlab-plugin", "1.53.0"}, {"corpus/janus-plugins", "1.53.0"}, {"corpus/showcase-v6", "1.53.0"},
		{"corpus/self-service-v1", "1.53.0"}, {"corpus/ortelius-v1", "1.20.0"}, {"corpus/demo-1.43", "1.53.0"},
		{"golden/bump/demo-1.32.0-next.2-to-1.32.0/input", "1.32.0"}, {"golden/bump/demo-1.30.0-next.4-to-1.30.1/input", "1.30.1"},
		{"golden/bump/demo-1.28.0-next.3-to-1.28.2/input", "1.28.2"}, {"golden/bump/demo-1.24.0-to-1.25.0/input", "1.25.0"},
		{"golden/bump/demo-1.22.0-next.1-to-1.22.0-next.2/input", "1.22.0-next.2"}, {"golden/bump/demo-1.9.1-to-1.10.0-next.1/input", "1.10.0-next.1"},
	} {
		t.Run(tc.dir, func(t *testing.T) {
			plan := sharedPlan(t, testshared.Dir(t, tc.dir), Options{Release: tc.to, DropStalePatches: true})
			if sameEdits(t, plan) == 0 {
				t.Error("it has no edits: nothing was looked at")
			}
		})
	}
}

// sameEdits compares what the files' texts, the JSON form and the reports say.
func sameEdits(t *testing.T, p *Plan) int {
	t.Helper()
	var inFiles []string
	for _, f := range p.Files() {
		inFiles = append(inFiles, literals(t, f)...)
	}
	src, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var said Plan
	if err := json.Unmarshal(src, &said); err != nil {
		t.Fatal(err)
	}
	var inJSON []string
	for _, c := range said.Changes {
		inJSON = append(inJSON, edit(c.File, c.Section, c.Name, c.From, c.To))
	}
	sort.Strings(inFiles)
	sort.Strings(inJSON)
	if d := cmp.Diff(inFiles, inJSON); d != "" {
		t.Errorf("edits (-files +JSON)\n%s", d)
	}
	var table, markdown bytes.Buffer
	if err := p.WriteTable(&table, ui.Style{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.WriteMarkdown(&markdown, nil); err != nil {
		t.Fatal(err)
	}
	// A row names its package and what becomes of it.
	for _, c := range p.Changes {
		name := c.Name
		if s := spec.Read(c.To); s.Kind == spec.KindAlias {
			name = s.Name
		}
		if c.Section == "resolutions" {
			name = spec.ParsePattern(name).Name
		}
		want := strings.TrimLeft(c.To[strings.LastIndex(c.To, "@")+1:], "^~=v<> ")
		switch {
		case c.To == "", c.Section == "version":
			name, want = c.File, c.From
			if c.To == "" {
				name, want = c.Name, "removed"
			}
		case c.Jump == jumpRaised:
			want = c.From + " → " + c.To
		}
		for form, text := range map[string]string{"table": table.String(), "Markdown": strings.NewReplacer("\\", "", "`", "").Replace(markdown.String())} {
			if !hasLine(text, name, want) {
				t.Errorf("%s: no row has %s and %s (%s of %s)", form, name, want, c.Section, c.File)
			}
		}
	}
	return len(p.Changes)
}

func hasLine(text string, words ...string) bool {
	for _, line := range strings.Split(text, "\n") {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return true
		}
	}
	return false
}

func edit(file, section, name, from, to string) string {
	return fmt.Sprintf("%s %s %s: %s → %s", file, section, name, from, to)
}

// literals are the edits that a file's two texts differ by.
func literals(t *testing.T, f txn.Change) []string {
	t.Helper()
	var out []string
	switch filepath.Base(f.Rel) {
	case "package.json":
		old, now := specs(t, f.Rel, f.Old), specs(t, f.Rel, f.New)
		for key, from := range old {
			if to := now[key]; to != from {
				out = append(out, edit(f.Rel, key[0], key[1], from, to))
			}
		}
		for key, to := range now {
			if _, ok := old[key]; !ok {
				out = append(out, edit(f.Rel, key[0], key[1], "", to))
			}
		}
		return out
	case "backstage.json":
		var old, now struct{ Version string }
		if f.Old != nil {
			if err := json.Unmarshal(f.Old, &old); err != nil {
				t.Fatal(err)
			}
		}
		if err := json.Unmarshal(f.New, &now); err != nil {
			t.Fatal(err)
		}
		return []string{edit(f.Rel, "version", "backstage.json", old.Version, now.Version)}
	}
	// The lines of a catalog, or of lerna.json: name and range.
	section := map[string]string{".yarnrc.yml": "catalog", "lerna.json": "pins"}[f.Rel]
	old, now := strings.Split(string(f.Old), "\n"), strings.Split(string(f.New), "\n")
	if section == "" || len(old) != len(now) {
		t.Errorf("%s: an edit that this test does not know", f.Rel)
		return nil
	}
	for i := range old {
		if old[i] != now[i] {
			name, from, _ := strings.Cut(strings.TrimSpace(old[i]), ": ")
			_, to, _ := strings.Cut(strings.TrimSpace(now[i]), ": ")
			out = append(out, edit(f.Rel, section, strings.Trim(name, `"`), strings.Trim(from, `",`), strings.Trim(to, `",`)))
		}
	}
	return out
}

// specs are the dependencies and resolutions of a package.json, by section and
// name.
func specs(t *testing.T, rel string, src []byte) map[[2]string]string {
	t.Helper()
	file, err := pkgjson.Parse(rel, src)
	if err != nil {
		t.Fatal(err)
	}
	out := map[[2]string]string{}
	for _, d := range file.AllDeps() {
		out[[2]string{string(d.Section), d.Name}] = d.Spec
	}
	for _, r := range file.Resolutions() {
		out[[2]string{"resolutions", r.Key}] = r.Value
	}
	return out
}

func unpackTree(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(text)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// everyEdit is a portal with each kind of edit: a step, a range below a locked
// version that is ahead (in dependencies, a catalog and resolutions), a range
// below a locked version that is the release's, an alias, a peer, a resolution
// that loses its effect, lerna.json and backstage.json.
const everyEdit = `
-- versions/v1/tags/main/manifest.json --
{"releaseVersion": "1.53.0", "packages": [
  {"name": "@backstage/config", "version": "1.3.8"},
  {"name": "@backstage/theme", "version": "0.7.3"},
  {"name": "@backstage/types", "version": "1.2.3"},
  {"name": "@backstage/errors", "version": "1.2.9"},
  {"name": "@backstage/catalog-model", "version": "1.9.0"},
  {"name": "@backstage/cli", "version": "0.36.4"},
  {"name": "@backstage/core-plugin-api", "version": "1.12.8"}
]}
-- backstage.json --
{"version": "1.50.0"}
-- lerna.json --
{
  "pins": {
    "@backstage/cli": "^0.36.0"
  }
}
-- .yarnrc.yml --
catalog:
  "@backstage/theme": ^0.7.0
-- package.json --
{
  "name": "root",
  "workspaces": ["packages/*"],
  "dependencies": {
    "@backstage/config": "^1.3.7",
    "@backstage/theme": "catalog:",
    "@backstage/errors": "^1.2.7",
    "@backstage/catalog-model": "^1.8.0",
    "cli": "npm:@backstage/cli@^0.36.0"
  },
  "resolutions": {
    "@backstage/types": "^1.2.0",
    "@backstage/errors@^1.2.7": "1.2.8"
  }
}
-- packages/app/package.json --
{
  "name": "app",
  "dependencies": {
    "@backstage/config": "^1.3.0"
  },
  "peerDependencies": {
    "@backstage/core-plugin-api": "^1.10.0"
  }
}
-- yarn.lock --
__metadata:
  version: 8

"@backstage/catalog-model@npm:^1.8.0":
  version: 1.9.0
  resolution: "@backstage/catalog-model@npm:1.9.0"
  languageName: node
  linkType: hard

"@backstage/cli@npm:^0.36.0":
  version: 0.36.1
  resolution: "@backstage/cli@npm:0.36.1"
  languageName: node
  linkType: hard

"@backstage/config@npm:^1.3.0, @backstage/config@npm:^1.3.7":
  version: 1.3.11
  resolution: "@backstage/config@npm:1.3.11"
  languageName: node
  linkType: hard

"@backstage/errors@npm:1.2.8":
  version: 1.2.8
  resolution: "@backstage/errors@npm:1.2.8"
  languageName: node
  linkType: hard

"@backstage/theme@npm:^0.7.0":
  version: 0.7.9
  resolution: "@backstage/theme@npm:0.7.9"
  languageName: node
  linkType: hard

"@backstage/types@npm:^1.2.0":
  version: 1.4.0
  resolution: "@backstage/types@npm:1.4.0"
  languageName: node
  linkType: hard
`
