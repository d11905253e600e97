package audit

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

var today = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// berry writes a lock from lines such as
//
//	tar@npm:^6.0.0, tar@npm:^6.1.0 = 6.1.0 > minipass npm:^3.0.0, yallist npm:^4.0.0
//	app@workspace:packages/app > tar npm:^6.0.0
//
// = gives the version, and with a locator after it (tar@npm:6.1.0) another
// resolution.
func berry(lines ...string) string {
	var b strings.Builder
	b.WriteString("__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	slices.Sort(lines)
	for _, l := range lines {
		head, deps, _ := strings.Cut(l, " > ")
		keys, version, _ := strings.Cut(head, " = ")
		first, _, _ := strings.Cut(keys, ", ")
		d, ok := spec.ParseDescriptor(first)
		if !ok {
			panic(first)
		}
		resolution := d.Name + "@npm:" + version
		switch {
		case strings.Contains(version, "@"):
			resolution = version
			version = version[strings.LastIndexByte(version, ':')+1:]
		case version == "":
			version, resolution = "0.0.0-use.local", first
		}
		fmt.Fprintf(&b, "\n%q:\n  version: %s\n  resolution: %q\n", keys, version, resolution)
		if deps != "" {
			b.WriteString("  dependencies:\n")
			for _, dep := range strings.Split(deps, ", ") {
				name, rng, _ := strings.Cut(dep, " ")
				fmt.Fprintf(&b, "    %q: %q\n", name, rng)
			}
		}
		b.WriteString("  languageName: node\n  linkType: hard\n")
	}
	return b.String()
}

// pkg is a package.json; deps are "name range", and "dev name range".
func pkg(name, role string, deps ...string) string {
	sections := map[string]map[string]string{}
	for _, d := range deps {
		section := "dependencies"
		if rest, ok := strings.CutPrefix(d, "dev "); ok {
			section, d = "devDependencies", rest
		}
		if rest, ok := strings.CutPrefix(d, "res "); ok {
			section, d = "resolutions", rest
		}
		if sections[section] == nil {
			sections[section] = map[string]string{}
		}
		n, r, _ := strings.Cut(d, " ")
		sections[section][n] = r
	}
	doc := map[string]any{"name": name, "version": "1.0.0"}
	if role != "" {
		doc["backstage"] = map[string]string{"role": role}
	}
	if name == "root" {
		doc["workspaces"] = []string{"packages/*"}
	}
	for s, m := range sections {
		doc[s] = m
	}
	src, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(src)
}

// load writes files into a folder and reads the locks there.
func load(t *testing.T, files map[string]string) []*Lock {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return read(t, dir)
}

// read reads the locks below dir with the projects around them.
func read(t testing.TB, dir string) []*Lock {
	t.Helper()
	var locks []*Lock
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "yarn.lock" {
			return err
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		l := &Lock{Path: filepath.ToSlash(rel)}
		if l.Lock, err = yarnlock.Parse(l.Path, src); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), "package.json")); err == nil {
			if l.Project, err = workspace.Open(filepath.Dir(file)); err != nil {
				return err
			}
			if l.Settings, err = yarnrc.Load(filepath.Dir(file), []string{"HOME=" + dir}); err != nil {
				return err
			}
		}
		locks = append(locks, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return locks
}

// advisory is an OSV record; ranges are "introduced fixed", the latter "" for
// none.
func advisory(t *testing.T, id, name, cvss string, ranges ...string) *osv.Advisory {
	t.Helper()
	events := []map[string]string{}
	for _, r := range ranges {
		from, to, _ := strings.Cut(r, " ")
		events = append(events, map[string]string{"introduced": from})
		if to != "" {
			events = append(events, map[string]string{"fixed": to})
		}
	}
	doc := map[string]any{
		"schema_version": "1.7.3", "id": id, "modified": "2026-02-01T00:00:00Z", "published": "2026-01-01T00:00:00Z", "summary": "trouble in " + name,
		"affected": []any{map[string]any{"package": map[string]string{"ecosystem": "npm", "name": name},
			"ranges": []any{map[string]any{"type": "SEMVER", "events": events}}}},
	}
	if cvss != "" {
		doc["severity"] = []any{map[string]string{"type": "CVSS_V3", "score": cvss}}
	}
	src, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	a, err := osv.ParseAdvisory(src)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The vectors of a rating each.
const (
	critical = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	high     = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
	medium   = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"
	low      = "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:L"
)

// matched is what an engine would answer.
func matched(list []*osv.Advisory, sides ...[]*Lock) []osv.Hit {
	var out []osv.Hit
	for _, p := range Packages(sides...) {
		for _, a := range list {
			if a.Affects(p) {
				out = append(out, osv.Hit{Package: p, Advisory: a})
			}
		}
	}
	return out
}

// audited is the report of a change, or of head alone where base is nil.
func audited(t *testing.T, head, base []*Lock, opts Options, list ...*osv.Advisory) *Report {
	t.Helper()
	in := Input{Head: head, Hits: matched(list, head, base)}
	if base != nil {
		in.Base = &Base{Name: "main", Commit: strings.Repeat("a", 40), Locks: base}
	}
	return reported(t, in, opts)
}

func reported(t *testing.T, in Input, opts Options) *Report {
	t.Helper()
	opts.Now = today
	r, err := NewReport(in, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lines are the findings in short: id package version status verdict.
func lines(r *Report) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %s %s %s %s", f.Advisory.ID, f.Package, f.Version, f.Status, f.Verdict))
	}
	return out
}
