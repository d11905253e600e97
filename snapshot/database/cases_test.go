package database

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/portal/plugins"
)

var update = flag.Bool("update", false, "with the oracle: write what Backstage answers into testdata/cases")

// versions of @backstage/backend-defaults that cases are compared with. The
// answers of the first are in want.json; where another one's differ, they are in
// a file of their own.
var versions = []string{"0.18.0", "0.16.0", "0.11.1"}

func wantFile(version string) string {
	if version == versions[0] {
		return "want.json"
	}
	return "want-" + version + ".json"
}

// oneCase is a txtar of testdata/cases: app-config files, how they are read,
// and in want.json what Backstage itself made of them (see oracle_test.go).
type oneCase struct {
	name    string
	path    string
	archive *txtar.Archive
	root    string // the folder with the files
	Config  []string
	Env     []string
	Plugins []string
	Cwd     string            // below root
	want    map[string]answer // by version
}

// answer is what oracle.js answers. Error is set when no configuration can be
// read, Refused when the DatabaseManager does not start.
type answer struct {
	Config  any                       `json:"config"`
	Error   string                    `json:"error,omitempty"`
	Refused string                    `json:"refused,omitempty"`
	Plugins map[string]map[string]any `json:"plugins,omitempty"`
}

func readCases(t *testing.T) []*oneCase {
	t.Helper()
	paths, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d cases found (%v): there should be many more", len(paths), err)
	}
	var out []*oneCase
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := &oneCase{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), path: path, archive: a, root: t.TempDir(), want: map[string]answer{}}
		if real, err := filepath.EvalSymlinks(c.root); err == nil {
			c.root = real
		}
		for _, f := range a.Files {
			switch f.Name {
			case "case.json":
				err = json.Unmarshal(f.Data, c)
			default:
				if v, ok := strings.CutPrefix(f.Name, "want"); ok && strings.HasSuffix(v, ".json") {
					var a answer
					err = json.Unmarshal(f.Data, &a)
					c.want[f.Name] = a
					break
				}
				to := filepath.Join(c.root, filepath.FromSlash(f.Name))
				if err = os.MkdirAll(filepath.Dir(to), 0o755); err == nil {
					err = os.WriteFile(to, f.Data, 0o644)
				}
			}
			if err != nil {
				t.Fatalf("%s: %s: %v", path, f.Name, err)
			}
		}
		if err := os.MkdirAll(c.cwd(), 0o755); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func (c *oneCase) cwd() string { return filepath.Join(c.root, filepath.FromSlash(c.Cwd)) }

// TestCases compares with what Backstage's own loader and connectors answered.
func TestCases(t *testing.T) {
	for _, c := range readCases(t) {
		for _, v := range versions {
			t.Run(c.name+"/"+v, func(t *testing.T) { c.check(t, v, c.recorded(v)) })
		}
	}
}

func (c *oneCase) recorded(version string) answer {
	if a, ok := c.want[wantFile(version)]; ok {
		return a
	}
	return c.want[wantFile(versions[0])]
}

func (c *oneCase) check(t *testing.T, version string, want answer) {
	t.Helper()
	if want.Config == nil && want.Error == "" {
		t.Fatalf("%s has no answer: run the oracle with -update", c.path)
	}
	tree, err := appconfig.Load(appconfig.Options{Root: c.root, Cwd: c.cwd(), Files: c.Config, Env: c.Env})
	if (err != nil) != (want.Error != "") {
		t.Fatalf("loading: %v, Backstage: %q", err, want.Error)
	}
	if err != nil {
		return
	}
	whole, ok, err := tree.Get("")
	if err != nil {
		t.Fatal(err)
	}
	var got any = map[string]any{}
	if ok {
		got = plain(whole)
	}
	if diff := cmp.Diff(want.Config, got); diff != "" {
		t.Errorf("the merged configuration differs (-Backstage +ours):\n%s", diff)
	}
	o := options{Cwd: c.cwd(), Env: c.Env, BackendDefaults: version}
	for _, id := range c.Plugins {
		o.Plugins = append(o.Plugins, plugins.Package{Name: "@x/plugin-" + id + "-backend", Role: "backend-plugin", PluginID: id})
	}
	layout, err := layoutOf(tree, o)
	if (err != nil) != (want.Refused != "") {
		if err == nil || !allFailed(want) {
			t.Fatalf("resolving: %v, Backstage: %q", err, want.Refused)
		}
		return
	}
	if err != nil {
		return
	}
	for _, p := range layout.Plugins {
		if w, asked := want.Plugins[p.ID]; asked {
			c.checkPlugin(t, p, w)
		}
	}
}

// allFailed: what the connectors say for each plugin, we may say once.
func allFailed(a answer) bool {
	for _, p := range a.Plugins {
		if p["error"] == nil {
			return false
		}
	}
	return len(a.Plugins) > 0
}

func (c *oneCase) checkPlugin(t *testing.T, p Plugin, want map[string]any) {
	t.Helper()
	client, _ := want["client"].(string)
	// node-pg looks for a host "base" when a connection string is no URI: that
	// is a mistake to be told, not a server to ask.
	if want["error"] != nil || want["host"] == "base" || strings.HasPrefix(client, "mysql") || want["path"] == inMemory {
		if p.Problem == nil {
			t.Errorf("%s: no problem, Backstage: %v", p.ID, want)
		}
		if want["path"] == inMemory && (p.Kind != sqlite || p.Path != "") {
			t.Errorf("%s is kept in memory, got %s %q", p.ID, p.Kind, p.Path)
		}
		return
	}
	if p.Problem != nil {
		t.Errorf("%s: %v, Backstage: %v", p.ID, p.Problem, want)
		return
	}
	if got := ours(p, c); !cmp.Equal(want, got) {
		t.Errorf("%s differs (-Backstage +ours):\n%s", p.ID, cmp.Diff(want, got))
	}
}

// ours puts a plugin in the oracle's words.
func ours(p Plugin, c *oneCase) map[string]any {
	out := map[string]any{"client": p.Client, "skipMigrations": p.SkipMigrations}
	if p.Kind == sqlite {
		out["path"] = strings.Replace(p.Path, c.root, "$ROOT", 1)
		return out
	}
	s := p.Server
	for k, v := range map[string]any{
		"host": s.Host, "port": float64(s.Port), "user": s.User, "password": s.Password.Reveal(), "role": s.Role,
		"database": p.Database, "schema": p.Schema, "ensures": p.EnsureExists, "ensuresSchema": p.EnsureSchema, "sslmode": s.SSLMode,
	} {
		out[k] = v
	}
	if _, own := p.From["ssl"]; own && s.RootCert != "" && s.RootCert != systemRoots(nil) {
		out["ca"] = strings.TrimSpace(s.RootCert)
	}
	if s.Cert != "" {
		out["cert"] = s.Cert
	}
	if !s.Key.IsZero() {
		out["key"] = s.Key.Reveal()
	}
	return out
}

// plain is a value as encoding/json would decode it. JSON has no NaN and no
// infinity: JSON.stringify writes null.
func plain(v appconfig.Value) any {
	switch v.Kind() {
	case appconfig.Null:
		return nil
	case appconfig.Bool:
		return v.Reveal() == "true"
	case appconfig.Number:
		f, err := strconv.ParseFloat(v.Reveal(), 64)
		if err != nil || strings.Contains(v.Reveal(), "N") || strings.Contains(v.Reveal(), "I") {
			return nil
		}
		return f
	case appconfig.Object:
		out := map[string]any{}
		for _, k := range v.Fields() {
			f, _ := v.Field(k)
			out[k] = plain(f)
		}
		return out
	case appconfig.Array:
		out := []any{}
		for _, item := range v.Items() {
			out = append(out, plain(item))
		}
		return out
	}
	return v.Reveal()
}
