package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portalctl/portalctl/audit/plugin"
	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/bump/changes"
	"github.com/portalctl/portalctl/bump/history"
	"github.com/portalctl/portalctl/bump/template"
	"github.com/portalctl/portalctl/internal/setup"
	"github.com/portalctl/portalctl/internal/slot"
	"github.com/portalctl/portalctl/internal/testkit/jsonschema"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
	"github.com/portalctl/portalctl/internal/testkit/program"
	"github.com/portalctl/portalctl/snapshot"
	"github.com/portalctl/portalctl/snapshot/forecast"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

// Asked once: a test may change the working folder.
var schemas = sync.OnceValue(func() string {
	dir, err := filepath.Abs(filepath.Join("..", "..", "docs", "schema"))
	if err != nil {
		panic(err)
	}
	return dir
})

// documents are the types of what commands write as JSON, beside those of check
// and audit, which have their own test.
var documents = map[string]reflect.Type{
	bump.Schema:                          reflect.TypeFor[bumpDocument](),
	bump.LockSchema:                      reflect.TypeFor[bump.LockPlan](),
	changes.Schema:                       reflect.TypeFor[changes.Report](),
	forecast.Schema:                      reflect.TypeFor[forecast.Report](),
	template.Schema:                      reflect.TypeFor[template.Plan](),
	history.Schema:                       reflect.TypeFor[history.Report](),
	bump.StatusSchema:                    reflect.TypeFor[bump.Status](),
	plugin.Schema:                        reflect.TypeFor[plugin.Report](),
	databaseSchema:                       reflect.TypeFor[databaseDocument](),
	snapshot.Schema:                      reflect.TypeFor[snapshot.Manifest](),
	snapshot.SurveySchema:                reflect.TypeFor[snapshot.Survey](),
	createdSchema:                        reflect.TypeFor[created](),
	snapshotsSchema:                      reflect.TypeFor[snapshotsDocument](),
	showSchema:                           reflect.TypeFor[showDocument](),
	"portalctl.snapshot-verification/v1": reflect.TypeFor[snapshot.Verification](),
	rollback.Schema:                      reflect.TypeFor[rollback.Plan](),
	rollback.ResultSchema:                reflect.TypeFor[rollback.Result](),
	slot.Schema:                          reflect.TypeFor[slot.Run](),
	setup.Schema:                         reflect.TypeFor[setup.Plan](),
	slot.DeploySchema:                    reflect.TypeFor[slot.Deployment](),
	slot.VerifySchema:                    reflect.TypeFor[slot.Verification](),
}

func TestSchemas(t *testing.T) {
	for name, typ := range documents {
		jsonschema.Golden(t, schemas(), name, typ)
	}
}

// validated: what portalctl prints as JSON when the scripts start it is
// compared with the schema that it names, in every script.
func validated(out []byte) bool {
	dir := os.Getenv(program.SchemasVar)
	if dir == "" {
		return true
	}
	name, wrong := jsonschema.Check(dir, out)
	if len(wrong) > 0 {
		os.Stderr.WriteString("not the JSON of " + name + ":\n" + strings.Join(wrong, "\n") + "\n")
	}
	return len(wrong) == 0
}

// validate is the same for a command that ran in the test's own process.
func validate(t testing.TB, out string) (name string) {
	t.Helper()
	name, wrong := jsonschema.Check(schemas(), []byte(out))
	if len(wrong) > 0 {
		t.Errorf("not the JSON of %s:\n%s", name, strings.Join(wrong, "\n"))
	}
	return name
}

// Every document that docs/json.md has is printed by a command, and is what its
// schema says. (The other tests validate what they print, too.)
func TestDocumentsOfEveryCommand(t *testing.T) {
	seen := map[string]bool{}
	osvDB := t.TempDir()
	record := `{"id": "GHSA-aaaa-bbbb-cccc", "modified": "` + time.Now().UTC().Format(time.RFC3339) + `", "database_specific": {"severity": "HIGH"}, "affected": [{"package": {"ecosystem": "npm", "name": "typescript"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "99.0.0"}]}]}]}`
	if err := os.WriteFile(filepath.Join(osvDB, "GHSA-aaaa-bbbb-cccc.json"), []byte(record), 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(environ []string, codes string, args ...string) {
		t.Helper()
		code, out, errOut := run0(t, "", environ, args...)
		if !strings.Contains(codes, string(rune('0'+code))) {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errOut)
		}
		name := validate(t, out)
		if name == "" {
			t.Errorf("%v prints no document:\n%s%s", args, out, errOut)
		}
		seen[name] = true
	}
	portal, environ := filepath.Join(t.TempDir(), "portal"), append(exampleEnv(t), "XDG_STATE_HOME="+t.TempDir())
	if err := os.CopyFS(portal, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"versions bump --dry-run --lockfile skip", "versions changes --offline", "snapshot forecast --offline", "versions status", "check", "check --fix", "check --fix-manifests --dry-run",
		"versions lock --check --offline", "audit --db " + osvDB} {
		run(environ, "01", append(strings.Fields(args), "--format", "json", "-C", portal)...)
	}
	run(environ, "01", "check", "production", "--format", "json", "-C", portal)
	registry := npmregistry.New(t)
	publishExample(t, registry)
	served := append(slices.Clone(environ), "YARN_NPM_REGISTRY_SERVER="+registry.URL, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "NO_PROXY=127.0.0.1")
	run(served, "01", "audit", "plugin", "--db", osvDB, "--format", "json", "-C", portal, "@backstage/plugin-catalog")
	run(environ, "01", "slot", "--plan", "--offline", "--db", osvDB, "--format", "json", "-C", portal)
	run(environ, "0", "init", "--dry-run", "--offline", "--format", "json", "-C", portal)
	run(environ, "0", "audit", "why", "--format", "json", "-C", portal, "typescript")
	if code, out, errOut := run0(t, "", environ, "check", "--update-baseline", "-C", portal); code > 1 {
		t.Fatal(code, out, errOut)
	}
	baseline, err := os.ReadFile(filepath.Join(portal, ".portalctl-baseline.json"))
	if err != nil {
		t.Fatal(err)
	}
	seen[validate(t, string(baseline))] = true
	commitAll(t, portal)
	run(environ, "0", "versions", "status", "--history", "--offline", "--format", "json", "-C", portal)
	made, templates := templatePortal(t)
	run(templates, "0", "versions", "template", "--release", "1.53.0", "--dry-run", "--format", "json", "-C", made)
	run(environ, "0", "audit", "db", "status", "--format", "json", "--db", osvDB)

	root, environ := sqlitePortal(t)
	t.Chdir(root)
	for _, args := range []string{"create --dry-run", "create --name one", "list", "verify", "show", "plan", "restore --dry-run"} {
		run(environ, "0", append(append([]string{"snapshot"}, strings.Fields(args)...), "--format", "json")...)
	}
	migrate(t, root)
	run(environ, "0", "snapshot", "plan", "--format", "json")
	run(environ, "0", "snapshot", "restore", "--yes", "--format", "json")
	upgradeCommitted(t, root)
	run(environ, "1", "slot", "deploy", "--format", "json")
	run(environ, "1", "slot", "verify", "--format", "json")
	files, err := filepath.Glob(filepath.Join(stateOf(environ), "portalctl", "snapshots", "*", "one", "*.json"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		seen[validate(t, string(src))] = true
	}
	all, err := os.ReadDir(schemas())
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for name := range seen {
		have[jsonschema.File(name)] = true
	}
	for _, f := range all {
		if !have[f.Name()] {
			t.Errorf("no command printed a document of %s", f.Name())
		}
	}
}

func stateOf(environ []string) string { return env{Environ: environ}.get("XDG_STATE_HOME") }

// docs/json.md names every member of every schema, and no member that is in none.
func TestMembersAreDocumented(t *testing.T) {
	var text strings.Builder
	for _, page := range []string{"json.md", "rules/README.md", "changes.md", "forecast.md", "template.md"} {
		src, err := os.ReadFile(filepath.Join("..", "..", "docs", filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		text.Write(src)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([A-Za-z0-9.\\[\\]]+)(: [^`]*)?`").FindAllStringSubmatch(text.String(), -1) {
		for _, word := range strings.Split(strings.ReplaceAll(m[1], "[]", ""), ".") {
			named[word] = true
		}
	}
	inSchema := map[string]bool{}
	files, err := os.ReadDir(schemas())
	if err != nil {
		t.Fatal(err)
	}
	member := regexp.MustCompile(`(?m)^ *"([A-Za-z0-9]+)": \{$`)
	words := map[string]bool{"properties": true, "items": true, "additionalProperties": true}
	for _, f := range files {
		src, err := os.ReadFile(filepath.Join(schemas(), f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range member.FindAllStringSubmatch(string(src), -1) {
			inSchema[m[1]] = true
			if !named[m[1]] && !words[m[1]] {
				t.Errorf("docs/json.md does not say what %q of %s is", m[1], f.Name())
			}
		}
		name := "portalctl." + strings.TrimSuffix(f.Name(), ".v1.json") + "/v1"
		if !strings.Contains(text.String(), name) {
			t.Errorf("docs/json.md does not have %s", name)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^|]*) \\|").FindAllStringSubmatch(text.String(), -1) {
		for _, cell := range regexp.MustCompile(`[A-Za-z]+(\[\])?(\.[A-Za-z]+(\[\])?)*`).FindAllString(m[1], -1) {
			for _, word := range strings.Split(strings.ReplaceAll(cell, "[]", ""), ".") {
				if !inSchema[word] {
					t.Errorf("docs/json.md documents %q, which no schema has", word)
				}
			}
		}
	}
}

// plant makes a file below a folder, with the folders that it lies in.
func plant(root, name, text string) error {
	path := filepath.Join(root, filepath.FromSlash(name))
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600))
}
