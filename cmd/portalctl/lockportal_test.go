package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// lockPortal is a portal whose lock has keep alone and whose package.json has
// gained gain, which brings inner.
type lockPortal struct {
	t     *testing.T
	reg   *npmregistry.Registry
	dir   string
	cache string
	tmp   string
	env   []string // more variables
	// before is yarn.lock as it is, after as it must become.
	before, after string
}

func newLockPortal(t *testing.T) *lockPortal {
	t.Helper()
	p := &lockPortal{t: t, reg: npmregistry.New(t), dir: t.TempDir(), cache: t.TempDir(), tmp: t.TempDir()}
	p.reg.Publish("keep@1.0.0")
	p.reg.Publish("gain@1.0.0")
	p.reg.Publish("gain@1.2.0", "inner@^2.0.0")
	p.reg.Publish("inner@2.1.0")
	p.write("package.json", "{\n  \"name\": \"root\",\n  \"private\": true,\n  \"workspaces\": [\"packages/*\"]\n}\n")
	p.wants("keep@^1.0.0")
	p.write("yarn.lock", "")
	p.mustLock()
	p.before = p.lockText()
	p.wants("keep@^1.0.0", "gain@^1.0.0")
	p.mustLock()
	p.after = p.lockText()
	if !strings.Contains(p.after, `"inner@npm:^2.0.0":`) || p.after == p.before {
		t.Fatalf("the portal's lock is not what the tests need:\n%s", p.after)
	}
	p.reset()
	p.reg.Heal()
	return p
}

// wants writes the dependencies of packages/app.
func (p *lockPortal) wants(deps ...string) {
	p.t.Helper()
	src, err := json.MarshalIndent(map[string]any{"name": "app", "version": "0.1.0", "dependencies": npmregistry.Dependencies(deps)}, "", "  ")
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("packages/app/package.json", string(src)+"\n")
}

func (p *lockPortal) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *lockPortal) lockText() string {
	p.t.Helper()
	src, err := os.ReadFile(filepath.Join(p.dir, "yarn.lock"))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(src)
}

// reset puts the lock back and empties the cache.
func (p *lockPortal) reset() {
	p.t.Helper()
	p.write("yarn.lock", p.before)
	if err := os.RemoveAll(p.cache); err != nil {
		p.t.Fatal(err)
	}
}

func (p *lockPortal) environ() []string {
	return append([]string{
		"YARN_NPM_REGISTRY_SERVER=" + p.reg.URL,
		"YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1",
		"PORTALCTL_CACHE_DIR=" + p.cache,
		"HOME=" + p.tmp,
		"TMPDIR=" + p.tmp,
		"NO_PROXY=127.0.0.1,localhost",
	}, p.env...)
}

func (p *lockPortal) run(args ...string) (code int, out, errOut string) {
	p.t.Helper()
	return run0(p.t, "", p.environ(), append([]string{"versions", "lock", "-C", p.dir}, args...)...)
}

func (p *lockPortal) mustLock() {
	p.t.Helper()
	if code, out, errOut := p.run(); code != 0 {
		p.t.Fatalf("versions lock: exit %d\n%s%s", code, out, errOut)
	}
}

// mustFail runs versions lock, which must refuse: exit 2, nothing on stdout,
// a next step, all texts on stderr, no file changed and none left behind.
func (p *lockPortal) mustFail(texts ...string) {
	p.t.Helper()
	before := readTree(p.t, p.dir)
	code, out, errOut := p.run()
	if code != 2 || out != "" || !strings.HasPrefix(errOut, "error: ") || !strings.Contains(errOut, "\nnext: ") {
		p.t.Errorf("exit %d, stdout %q, stderr %q; want exit 2, no stdout, an error and a next step", code, out, errOut)
	}
	for _, want := range texts {
		if !strings.Contains(errOut, want) {
			p.t.Errorf("stderr lacks %q:\n%s", want, errOut)
		}
	}
	if d := cmp.Diff(before, readTree(p.t, p.dir)); d != "" {
		p.t.Errorf("the tree changed (-before +after):\n%s", d)
	}
	p.noLitter()
}

// mustHeal runs versions lock without a fault on what the faulty run left: the
// lock must be right, and so must one that is made of the caches alone.
func (p *lockPortal) mustHeal() {
	p.t.Helper()
	p.reg.Heal()
	p.write("yarn.lock", p.before)
	p.mustBeRight("after the fault")
	p.write("yarn.lock", p.before)
	if code, out, errOut := p.run("--offline"); code != 0 {
		p.t.Errorf("from the cache: exit %d\n%s%s", code, out, errOut)
	} else if d := cmp.Diff(p.after, p.lockText()); d != "" {
		p.t.Errorf("from the cache: wrong lock (-want +got):\n%s", d)
	}
}

func (p *lockPortal) mustBeRight(when string) {
	p.t.Helper()
	if code, out, errOut := p.run(); code != 0 {
		p.t.Errorf("%s: exit %d\n%s%s", when, code, out, errOut)
	} else if d := cmp.Diff(p.after, p.lockText()); d != "" {
		p.t.Errorf("%s: wrong lock (-want +got):\n%s", when, d)
	}
	p.noLitter()
}

// noLitter looks for temporary files.
func (p *lockPortal) noLitter() {
	p.t.Helper()
	for _, dir := range []string{p.tmp, p.cache, p.dir} {
		if _, err := os.Stat(dir); err != nil {
			continue // nothing was kept at all
		}
		for name := range readTree(p.t, dir) {
			if dir == p.tmp || strings.HasSuffix(name, ".tmp") || isOurs(name) {
				p.t.Errorf("left behind: %s", filepath.Join(dir, name))
			}
		}
	}
}
