package snapshots

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
	"github.com/portalctl/portalctl/snapshot"
)

func TestSnapshotCreateVerifyRehearse(t *testing.T) {
	t.Parallel()
	p := newWatchedPortal(t)
	pgtest.Exec(t, p.Cluster, "postgres", `ALTER DATABASE backstage_plugin_auth SET work_mem = '7MB'`, `COMMENT ON DATABASE backstage_plugin_auth IS 'the auth plugin'`,
		"CREATE ROLE reader", "GRANT CONNECT ON DATABASE backstage_plugin_auth TO reader", "CREATE DATABASE backstage_plugin_gone")
	pgtest.Exec(t, p.Cluster, "backstage_plugin_catalog", "CREATE EXTENSION pg_trgm")

	out := p.Must("create", "--dry-run")
	for _, want := range []string{"backstage_plugin_catalog", "3, as deployed", "backstage_plugin_gone", "unknown", "Nothing is in the way"} {
		if !strings.Contains(out, want) {
			t.Errorf("the dry run does not say %q:\n%s", want, out)
		}
	}
	if _, err := os.Stat(p.Dir); err == nil {
		t.Error("the dry run made a folder")
	}
	out = p.Must("create", "--name", "one", "--format", "json")
	var made struct{ Path string }
	snapportal.DecodeJSON(t, out, &made)
	s := p.Newest()
	m := s.Manifest
	if made.Path != filepath.Clean(s.Dir) || m.Schema != snapshot.Schema || m.Deployed.How != snapshot.Matched || len(m.Deployed.Commit) != 40 || m.Deployed.Release != "1.41.0" || len(m.Deployed.Files) != 3 {
		t.Errorf("%s %+v", made.Path, m.Deployed)
	}
	if len(m.Servers) != 1 || m.Servers[0].SystemIdentifier == "" || m.Servers[0].PasswordVariable != "DB_PASSWORD" || m.Servers[0].Globals == nil {
		t.Errorf("the server is %+v", m.Servers)
	}
	byName := map[string]snapshot.Database{}
	for _, d := range m.Databases {
		byName[d.Name] = d
	}
	catalog, auth := byName["backstage_plugin_catalog"], byName["backstage_plugin_auth"]
	if m.Databases[0].Name != catalog.Name || len(byName) != 3 {
		t.Errorf("the databases are %v", m.Databases)
	}
	if catalog.Rows != 2000+2+1+1+1 || len(catalog.Migrations) != 2 || catalog.Migrations[1].Package != "@backstage/plugin-catalog-backend" || catalog.Migrations[1].Version != "3.0.0" {
		t.Errorf("catalog: %d rows, %+v", catalog.Rows, catalog.Migrations)
	}
	if diff := cmp.Diff([]snapshot.Setting{{Name: "work_mem", Value: "7MB"}}, auth.Properties.Settings); diff != "" {
		t.Error(diff)
	}
	if auth.Properties.Owner != "backstage" || auth.Properties.Comment != "the auth plugin" || !strings.Contains(strings.Join(auth.Properties.ACL, " "), "reader=c/") {
		t.Errorf("auth: %+v", auth.Properties)
	}
	if byName["backstage_plugin_badges"].Migrations[0].Package != "@internal/plugin-badges-backend" {
		t.Errorf("badges: %+v", byName["backstage_plugin_badges"].Migrations)
	}
	for name, mode := range map[string]os.FileMode{".": 0o700, snapshot.ManifestFile: 0o600, snapshot.SumsFile: 0o600, catalog.Dump.Name: 0o600, m.Servers[0].Globals.Name: 0o600} {
		info, err := os.Stat(filepath.Join(s.Dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}

	out = p.Must("verify")
	if !strings.Contains(out, "every file is whole") {
		t.Error(out)
	}
	out = p.Must("verify", "--rehearse", "--format", "json")
	var v snapshot.Verification
	snapportal.DecodeJSON(t, out, &v)
	if v.Rehearsal == nil || len(v.Rehearsal.Databases) != 3 || !v.Rehearsal.Databases[0].Same || v.Rehearsal.Databases[0].Restore <= 0 {
		t.Errorf("%+v", v.Rehearsal)
	}
	if out := p.Must("list"); !strings.Contains(out, "one") || !strings.Contains(out, "rehearsed") {
		t.Error(out)
	}
	if out := p.Must("show"); !strings.Contains(out, "backstage_plugin_catalog") || !strings.Contains(out, "restored in") {
		t.Error(out)
	}
	for _, args := range [][]string{{"list"}, {"show"}} {
		var any map[string]any
		snapportal.DecodeJSON(t, p.Must(append(args, "--format", "json")...), &any)
		p.Must(append(args, "--format", "markdown")...)
	}

	// A rehearsal on a server that is the portal's own needs its own flag.
	p.Environ = append(p.Environ, "PORTALCTL_REHEARSE_DSN="+p.Cluster.Target().DSN())
	p.Refused([]string{"verify", "--rehearse"}, "this is the server that the snapshot was taken from", "--rehearse-on-production")
	out = p.Must("verify", "--rehearse", "--rehearse-on-production")
	if !strings.Contains(out, "same") {
		t.Error(out)
	}
	if left := pgtest.Value(t, p.Cluster, "postgres", `SELECT count(*) FROM pg_database WHERE datname LIKE 'portalctl%'`); left != "0" {
		t.Errorf("%s databases of the rehearsal are left", left)
	}
	// The result of a rehearsal is found out, not assumed.
	src, err := os.ReadFile(filepath.Join(s.Dir, snapshot.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	changed := *m
	changed.Databases = append([]snapshot.Database{}, m.Databases...)
	changed.Databases[0].Tables = append([]snapshot.Table{}, changed.Databases[0].Tables...)
	changed.Databases[0].Tables[0].Rows++
	changed.Databases[1].SchemaHash = strings.Repeat("0", 64)
	forge(t, s.Dir, &changed)
	if code, out, errOut := p.Run("verify", "--rehearse", "--rehearse-on-production"); code != 1 || !strings.Contains(out, "rows instead of") || !strings.Contains(out, "its schema is not the one") {
		t.Errorf("a manifest of other rows and another schema: %d\n%s%s", code, out, errOut)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, snapshot.ManifestFile), src, 0o600); err != nil {
		t.Fatal(err)
	}
}

// forge gives a snapshot another manifest, with sums that fit.
func forge(t *testing.T, dir string, m *snapshot.Manifest) {
	t.Helper()
	src, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, snapshot.ManifestFile)
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(dir, snapshot.SumsFile))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(sums), snapshot.SHA256(old), snapshot.SHA256(src), 1)
	for file, content := range map[string][]byte{name: src, filepath.Join(dir, snapshot.SumsFile): []byte(text)} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
