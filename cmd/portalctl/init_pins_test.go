package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/setup"
)

// --update names actions by the commits that git tells; where it cannot, they stay, and the
// reason is said once. Nobody is asked without --update, or with --offline.
func TestInitPins(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	hosts := t.TempDir()
	sh := func(script string, args ...string) string {
		cmd := exec.Command("sh", append([]string{"-euc", script, "sh"}, args...)...)
		cmd.Dir = hosts
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Skipf("git cannot make a repository here: %v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	head := sh(`git init -q one && git -C one -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one
for tag in v1.4.0 v3.99.0 v6.99.0 v7.99.0 v8.99.0; do git -C one tag $tag; done
for name in "$@"; do mkdir -p "$(dirname "$name")"; cp -R one "$name"; done; git -C one rev-parse HEAD`, setup.Actions()...)
	environ := append(os.Environ(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+filepath.ToSlash(hosts)+"/.insteadOf", "GIT_CONFIG_VALUE_0="+actionHost)

	files := func() *setup.Facts {
		return &setup.Facts{Files: os.DirFS(t.TempDir()), Portal: ".", Platforms: []setup.Platform{setup.GitHub}, Version: "devel"}
	}
	run := func(o initOptions) *setup.Facts {
		t.Helper()
		f := files()
		r := &initRun{initOptions: o, e: env{Environ: environ}, top: t.TempDir()}
		if err := r.pins(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := run(initOptions{Options: setup.Options{Update: true}})
	for _, repo := range setup.Actions() {
		if p := f.Pins[repo]; p.Ref != head || !strings.HasSuffix(p.Tag, ".99.0") {
			t.Errorf("%s: %+v", repo, p)
		}
	}
	if len(f.Notes) > 0 {
		t.Errorf("notes %q", f.Notes)
	}
	for _, o := range []initOptions{{}, {offline: true, Options: setup.Options{Update: true}}} {
		if f := run(o); len(f.Pins) > 0 || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "portalctl/portalctl@main by what may move") {
			t.Errorf("%+v: %v %q", o, f.Pins, f.Notes)
		}
	}
	if err := os.RemoveAll(filepath.Join(hosts, "actions", "checkout")); err != nil {
		t.Fatal(err)
	}
	f = run(initOptions{Options: setup.Options{Update: true}})
	if f.Pins["actions/checkout"].Ref != "" || f.Pins["actions/cache"].Ref != head ||
		slices.IndexFunc(f.Notes, func(n string) bool {
			return strings.Contains(n, "git cannot read the tags of "+actionHost+"actions/checkout")
		}) < 0 {
		t.Errorf("%v %q", f.Pins, f.Notes)
	}
}
