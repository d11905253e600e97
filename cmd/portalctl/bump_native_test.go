package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// releasePortal turns the portal into one on release 1.0.0, of which 1.1.0 is
// the next.
func (p *lockPortal) releasePortal() {
	p.t.Helper()
	for _, id := range []string{"@backstage/a@1.0.0", "@backstage/a@1.1.0", "@backstage/b@1.0.0", "@backstage/b@1.2.0"} {
		p.reg.Publish(id, map[bool][]string{true: {"@backstage/b@^1.0.0"}}[strings.HasPrefix(id, "@backstage/a@")]...)
	}
	versions := p.t.TempDir()
	for release, packages := range map[string]string{
		"1.0.0": `[{"name":"@backstage/a","version":"1.0.0"},{"name":"@backstage/b","version":"1.0.0"}]`,
		"1.1.0": `[{"name":"@backstage/a","version":"1.1.0"},{"name":"@backstage/b","version":"1.2.0"}]`,
	} {
		dir := filepath.Join(versions, "v1", "releases", release)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			p.t.Fatal(err)
		}
		text := `{"releaseVersion":"` + release + `","packages":` + packages + `}`
		if err := os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(text), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	p.env = append(p.env, "BACKSTAGE_VERSIONS_BASE_URL=file://"+filepath.ToSlash(versions))
	p.write("backstage.json", "{\n  \"version\": \"1.0.0\"\n}\n")
	p.wants("@backstage/a@^1.0.0")
	p.write("packages/lib/package.json", "{\n  \"name\": \"lib\",\n  \"version\": \"0.1.0\",\n  \"dependencies\": {\n    \"@backstage/b\": \"~1.0.0\"\n  }\n}\n")
	if code, out, errOut := p.run("--resolve", "release"); code != 0 {
		p.t.Fatalf("exit %d\n%s%s", code, out, errOut)
	}
	if lock := p.lockText(); !strings.Contains(lock, `"@backstage/a@npm:1.0.0"`) || strings.Contains(lock, "@npm:1.2.0") {
		p.t.Fatalf("the lock is not on release 1.0.0:\n%s", lock)
	}
}

// A bump that cannot get what its lock needs writes nothing at all: neither
// the lock nor a package.json. A registry that fails is no reason to hand over
// to Yarn, which asks the same one.
func TestNativeBumpFaults(t *testing.T) {
	t.Parallel()
	side := testkit.SideBySide(t)
	defer side.Wait()
	const tarball = "/@backstage/b/-/b-1.2.0.tgz"
	evil := string(npmregistry.Pack(map[string]any{"name": "evil", "version": "6.6.6"}))
	for _, tt := range []struct {
		name  string
		set   func(*lockPortal)
		texts []string
	}{
		{"packument 500", func(p *lockPortal) { p.reg.Fail("/@backstage/a", -1, npmregistry.Status(500)) },
			[]string{"@backstage/a@npm:^1.1.0, asked for by app", "500 Internal Server Error"}},
		{"packument 404", func(p *lockPortal) { p.reg.Fail("/@backstage/a", -1, npmregistry.Status(404)) },
			[]string{"@backstage/a@npm:^1.1.0, asked for by app", "the registry does not have it"}},
		{"tarball tampered with", func(p *lockPortal) { p.reg.Fail(tarball, -1, npmregistry.Body("application/octet-stream", evil)) },
			[]string{"@backstage/b@npm:1.2.0, asked for by ", "does not match its checksum"}},
		{"tarball 404", func(p *lockPortal) { p.reg.Fail(tarball, -1, npmregistry.Status(404)) },
			[]string{"@backstage/b@npm:1.2.0, asked for by ", tarball}},
	} {
		for _, mode := range []string{"native", "auto"} {
			side.Run(tt.name+", "+mode, func(t *testing.T) {
				p := newLockPortal(t)
				p.releasePortal()
				p.cache = t.TempDir()
				tt.set(p)
				before := readTree(t, p.dir)
				bump := []string{"versions", "bump", "--release", "1.1.0", "--lockfile", mode, "-C", p.dir}
				for _, how := range []string{"--yes", "--dry-run"} {
					code, out, errOut := run0(t, "", p.environ(), append(bump, how)...)
					if code != 2 || out != "" || !strings.Contains(errOut, "\nnext: ") {
						t.Errorf("%s: exit %d, stdout %q, stderr %q", how, code, out, errOut)
					}
					for _, want := range tt.texts {
						if !strings.Contains(errOut, want) {
							t.Errorf("%s: stderr lacks %q:\n%s", how, want, errOut)
						}
					}
					if d := cmp.Diff(before, readTree(t, p.dir)); d != "" {
						t.Errorf("%s: the tree changed (-before +after):\n%s", how, d)
					}
					p.noLitter()
				}
				p.reg.Heal()
				if code, out, errOut := run0(t, "", p.environ(), append(bump, "--yes")...); code != 0 {
					t.Errorf("after the fault: exit %d\n%s%s", code, out, errOut)
				}
				if code, out, errOut := p.run("--check"); code != 0 {
					t.Errorf("the lock that was written is not in line: exit %d\n%s%s", code, out, errOut)
				}
			})
		}
	}
}

// Offline, a bump names all that it lacks, and a second run works from the cache.
func TestNativeBumpOffline(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.releasePortal()
	cold := p.cache
	p.cache = t.TempDir()
	before := readTree(t, p.dir)
	bump := []string{"versions", "bump", "--release", "1.1.0", "--lockfile", "native", "-C", p.dir}
	code, out, errOut := run0(t, "", p.environ(), append(bump, "--dry-run", "--offline")...)
	if code != 2 || out != "" || !strings.Contains(errOut, "\n  @backstage/a (asked for by app)") {
		t.Errorf("first run: exit %d, stdout %q, stderr %q", code, out, errOut)
	}
	p.cache = cold
	if code, out, errOut = run0(t, "", p.environ(), append(bump, "--dry-run")...); code != 0 {
		t.Fatalf("with a network: exit %d\n%s%s", code, out, errOut)
	}
	p.reg.Heal()
	code, out, errOut = run0(t, "", p.environ(), append(bump, "--yes", "--offline")...)
	if code != 0 || len(p.reg.Asked("/")) > 0 || cmp.Equal(before, readTree(t, p.dir)) {
		t.Errorf("second run: exit %d, %d requests\n%s%s", code, len(p.reg.Asked("/")), out, errOut)
	}
}
