package snapshots

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
)

// storyEnv switches TestSnapshotStory on. It takes the real packages of two
// Backstage releases from the npm registry, and some minutes. A folder as its
// value keeps what was downloaded for the next run.
const storyEnv = "PORTALCTL_STORY"

// storyReleases are the packages of a release that migrate a database.
var storyReleases = map[string][]string{
	"1.41.0": {"plugin-catalog-backend@3.0.0", "plugin-scaffolder-backend@2.1.1", "plugin-auth-backend@0.25.2", "plugin-app-backend@0.5.4",
		"plugin-search-backend-module-pg@0.5.46", "plugin-events-backend@0.5.4", "plugin-notifications-backend@0.5.9", "plugin-user-settings-backend@0.4.6",
		"backend-defaults@0.11.1"},
	"1.55.0": {"plugin-catalog-backend@4.0.0", "plugin-scaffolder-backend@4.2.0", "plugin-auth-backend@0.30.1", "plugin-app-backend@0.5.18",
		"plugin-search-backend-module-pg@0.5.59", "plugin-events-backend@0.6.6", "plugin-notifications-backend@0.6.9", "plugin-user-settings-backend@0.4.7",
		"backend-defaults@0.18.0"},
}

var storyPlugins = []string{"app", "auth", "catalog", "events", "notifications", "scaffolder", "search", "user-settings"}

const storyPassword, storyAdminPassword = "planted:App-Secret", "planted-Admin-Secret"

// story is a portal at 1.41.0 on a real server, with real migrations.
type story struct {
	t       *testing.T
	cache   string
	root    string // the portal
	store   string // its snapshots
	cluster *pg.Cluster
	mode    string
	secrets *snapportal.SecretWatch
}

// The failure that snapshot exists for, from end to end: a portal at 1.41.0,
// a snapshot that was rehearsed, the upgrade to 1.55.0 with the migrations of
// the real packages, the old code that no longer starts, and the way back, by
// portalctl and by rollback.sh without it.
func TestSnapshotStory(t *testing.T) {
	cache := os.Getenv(storyEnv)
	if cache == "" {
		t.Skipf("set %s=1 to run the story with the packages of the npm registry", storyEnv)
	}
	if !filepath.IsAbs(cache) {
		cache = t.TempDir()
	}
	for _, tool := range []string{"node", "npm", "tar", "git", "zstd"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the story needs %s", tool)
		}
	}
	for _, mode := range []string{"database", "schema"} {
		for _, way := range []string{"restore", "script"} {
			t.Run(mode+"/"+way, func(t *testing.T) { tellStory(t, cache, mode, way) })
		}
	}
}

func tellStory(t *testing.T, cache, mode, way string) {
	s := newStory(t, cache, mode)
	s.migrate("1.41.0", "")
	s.seed()
	s.must("snapshot", "create", "--name", "before")
	s.must("snapshot", "verify", "--snapshot", "before", "--rehearse")
	before := s.states()

	out := s.migrate("1.55.0", "")
	if !strings.Contains(out, "catalog knex_migrations +10") || !strings.Contains(out, "auth knex_migrations +5") {
		t.Fatalf("the upgrade migrated something else than catalog +10 and auth +5:\n%s", out)
	}
	s.writeRows("after-the-upgrade")
	upgraded := s.states()

	// The old code, on the databases of the new.
	out = s.migrate("1.41.0", "catalog auth")
	t.Logf("1.41.0 on the databases of 1.55.0:\n%s", out)

	dry := s.must("snapshot", "restore", "--snapshot", "before", "--dry-run")
	for _, want := range []string{s.name("catalog"), s.name("auth"), "+10", "+5", "revoked"} {
		if !strings.Contains(dry, want) {
			t.Errorf("the plan does not say %q:\n%s", want, dry)
		}
	}
	if d := cmp.Diff(upgraded, s.states()); d != "" {
		t.Fatalf("--dry-run changed something:\n%s", d)
	}
	s.secrets.Watch(t)
	switch way {
	case "restore":
		t.Log(s.must("snapshot", "restore", "--snapshot", "before", "--yes"))
	case "script":
		t.Log(s.script())
	}

	after := s.states()
	for _, id := range storyPlugins {
		want := upgraded[id]
		if id == "catalog" || id == "auth" {
			want = before[id]
		}
		if d := cmp.Diff(want, after[id]); d != "" {
			t.Errorf("%s (-want +got)\n%s", id, d)
		}
	}
	if out := s.migrate("1.41.0", ""); out != "" {
		t.Errorf("1.41.0 still had something to do after the rollback:\n%s", out)
	}
	s.secrets.InFiles(t, s.store)
}

func newStory(t *testing.T, cache, mode string) *story {
	s := &story{t: t, cache: cache, root: filepath.Join(t.TempDir(), "portal"), store: filepath.Join(t.TempDir(), "snapshots"), mode: mode}
	s.secrets = &snapportal.SecretWatch{Texts: []string{storyPassword, storyAdminPassword}}
	s.cluster = pgtest.Start(t, nil)
	for release := range storyReleases {
		s.fetch(release)
	}
	s.npm("tools", "knex@3.1.0", "pg@8.16.3", "uuid@9.0.1", "luxon@3.5.0")
	pgtest.Exec(t, s.cluster, "postgres", "CREATE ROLE backstage LOGIN CREATEDB PASSWORD '"+storyPassword+"'",
		"CREATE ROLE admin LOGIN SUPERUSER PASSWORD '"+storyAdminPassword+"'", "CREATE ROLE auth_owner", "GRANT auth_owner TO backstage", "CREATE ROLE reporting")
	if mode == "schema" {
		pgtest.Exec(t, s.cluster, "postgres", "CREATE DATABASE backstage OWNER backstage")
	} else {
		for _, id := range storyPlugins {
			owner := "backstage"
			if id == "auth" {
				owner = "auth_owner"
			}
			pgtest.Exec(t, s.cluster, "postgres", fmt.Sprintf(`CREATE DATABASE "backstage_plugin_%s" OWNER %s`, id, owner))
		}
	}
	s.portal()
	return s
}

// place is where a plugin's data is; name is what portalctl calls it.
func (s *story) place(id string) (database, schema string) {
	if s.mode == "schema" {
		return "backstage", id
	}
	return "backstage_plugin_" + id, "public"
}

func (s *story) name(id string) string {
	db, schema := s.place(id)
	if s.mode == "schema" {
		return db + "." + schema
	}
	return db
}

// fetch unpacks the packages of a release below <cache>/<release>/node_modules.
func (s *story) fetch(release string) {
	s.t.Helper()
	for _, spec := range storyReleases[release] {
		name, _, _ := strings.Cut(spec, "@")
		dir := filepath.Join(s.cache, release, "node_modules", "@backstage", name)
		if _, err := os.Stat(filepath.Join(dir, "package.json")); err == nil {
			continue
		}
		tmp := s.t.TempDir()
		tarball := strings.TrimSpace(s.run(tmp, nil, "npm", "pack", "--silent", "@backstage/"+spec))
		s.run(tmp, nil, "tar", "xzf", tarball)
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			s.t.Fatal(err)
		}
		s.run(tmp, nil, "cp", "-r", "package", dir)
	}
}

func (s *story) npm(folder string, specs ...string) {
	s.t.Helper()
	dir := filepath.Join(s.cache, folder)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "knex", "package.json")); err == nil {
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.write(filepath.Join(dir, "package.json"), `{"name": "tools", "private": true}`)
	s.run(dir, nil, "npm", append([]string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"}, specs...)...)
}

func (s *story) write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) run(dir string, environ []string, program string, args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), environ...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out, errOut.String())
	}
	return string(out)
}

// portal is a monorepo whose backend has the plugins of 1.41.0 installed.
func (s *story) portal() {
	deps := map[string]string{}
	var lock strings.Builder
	lock.WriteString("# This file is generated by running \"yarn install\" inside your project.\n# Manual changes might be lost - proceed with caution!\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	for _, spec := range storyReleases["1.41.0"] {
		name, version, _ := strings.Cut(spec, "@")
		deps["@backstage/"+name] = "^" + version
		fmt.Fprintf(&lock, "\n\"@backstage/%s@npm:^%s\":\n  version: %s\n  resolution: \"@backstage/%s@npm:%s\"\n  languageName: node\n  linkType: hard\n", name, version, version, name, version)
	}
	list, _ := json.Marshal(deps)
	s.write(filepath.Join(s.root, "package.json"), `{"name": "example-portal", "version": "1.0.0", "private": true, "workspaces": ["packages/*"], "packageManager": "yarn@4.9.2"}`)
	s.write(filepath.Join(s.root, "packages/backend/package.json"), `{"name": "backend", "version": "0.0.0", "private": true, "backstage": {"role": "backend"}, "dependencies": `+string(list)+`}`)
	s.write(filepath.Join(s.root, "backstage.json"), `{"version": "1.41.0"}`)
	s.write(filepath.Join(s.root, "yarn.lock"), lock.String())
	s.write(filepath.Join(s.root, ".gitignore"), "node_modules\n")
	division := ""
	if s.mode == "schema" {
		division = "    pluginDivisionMode: schema\n"
	}
	database := ""
	if s.mode == "schema" {
		database = "      database: backstage\n"
	}
	s.write(filepath.Join(s.root, "app-config.yaml"), "backend:\n  database:\n    client: pg\n"+division+"    connection:\n      host: 127.0.0.1\n      port: "+
		fmt.Sprint(s.cluster.Port)+"\n      user: backstage\n      password: ${POSTGRES_PASSWORD}\n"+database)
	if err := os.Symlink(filepath.Join(s.cache, "1.41.0", "node_modules"), filepath.Join(s.root, "node_modules")); err != nil {
		s.t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "1.41.0"}} {
		s.run(s.root, nil, "git", args...)
	}
}

// migrate boots a release: what knex did, one line a table. fails are the
// plugins that must fail, and no other, with knex's complaint.
func (s *story) migrate(release, fails string) string {
	s.t.Helper()
	script, err := filepath.Abs("testdata/story/migrate.js")
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), "node", script, filepath.Join(s.cache, release), s.mode)
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(s.cache, "tools", "node_modules"), "DB_HOST=127.0.0.1", "DB_PORT="+fmt.Sprint(s.cluster.Port),
		"DB_USER=backstage", "DB_PASSWORD="+storyPassword)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	failed := map[string]bool{}
	for _, line := range strings.Split(string(out), "\n") {
		if strings.Contains(line, "FAILED: The migration directory is corrupt") {
			failed[strings.Fields(line)[0]] = true
		}
	}
	if len(failed) != len(strings.Fields(fails)) || (err != nil) != (fails != "") {
		s.t.Fatalf("%s: %q should fail and nothing else:\n%s", release, fails, out)
	}
	for _, id := range strings.Fields(fails) {
		if !failed[id] {
			s.t.Fatalf("%s: %s should fail:\n%s", release, id, out)
		}
	}
	return string(out)
}

func (s *story) portalctl(args ...string) (code int, out, errOut string) {
	s.t.Helper()
	code, out, errOut = program.Run(s.t, program.AsIs, "", []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir(),
		"POSTGRES_PASSWORD=" + storyPassword, "PORTALCTL_CACHE_DIR=" + s.t.TempDir()}, append(args, "-C", s.root, "--dir", s.store)...)
	s.secrets.In(s.t, "stdout", out)
	s.secrets.In(s.t, "stderr", errOut)
	return code, out, errOut
}

func (s *story) must(args ...string) string {
	s.t.Helper()
	code, out, errOut := s.portalctl(args...)
	if code != 0 {
		s.t.Fatalf("portalctl %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errOut)
	}
	return out
}

// script runs rollback.sh with a PATH in which portalctl is not.
func (s *story) script() string {
	s.t.Helper()
	path := s.t.TempDir()
	for _, tool := range []string{"psql", "pg_restore", "zstd", "cat", "cut", "date", "dirname", "mkdir", "mktemp", "mv", "rm", "sed", "sh", "sleep"} {
		from := s.cluster.Tools.Path(tool)
		if _, err := os.Stat(from); err != nil {
			if from, err = exec.LookPath(tool); err != nil {
				s.t.Fatal(err)
			}
		}
		if err := os.Symlink(from, filepath.Join(path, tool)); err != nil {
			s.t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(s.t.Context(), filepath.Join(path, "sh"), filepath.Join(s.store, "before", "rollback.sh"), "--yes")
	cmd.Env = []string{"PATH=" + path, "POSTGRES_PASSWORD=" + storyPassword, "TMPDIR=" + s.t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("rollback.sh: %v\n%s", err, out)
	}
	s.secrets.In(s.t, "rollback.sh", string(out))
	return string(out)
}
