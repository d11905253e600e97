package yarncli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Real Yarns, for a run by hand: PORTALCTL_REAL_YARN names a folder with files
// called yarn-X.Y.Z.cjs (or .js for Yarn 1). Needs Node.js and a registry, which
// the environment may name (YARN_NPM_REGISTRY_SERVER).
func TestRealYarn(t *testing.T) {
	dir := os.Getenv("PORTALCTL_REAL_YARN")
	if dir == "" {
		t.Skip("no real Yarn here: set PORTALCTL_REAL_YARN to a folder of yarn-X.Y.Z.cjs files to run this test")
	}
	files, err := filepath.Glob(filepath.Join(dir, "yarn-*js"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(versionInName(file), func(t *testing.T) { realYarn(t, file) })
	}
}

func realYarn(t *testing.T, file string) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip(err)
	}
	y := &Yarn{Version: versionInName(file), Source: fromYarnPath, Path: file, argv: []string{node, file}, environ: os.Environ()}
	native := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.Command(node, append([]string{file}, args...)...)
		cmd.Dir, cmd.Env = dir, y.env(envFor{})
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	base := resolved(t.TempDir())
	root := filepath.Join(base, "here", "repo")
	ws, install := "workspace:*", []string{"install", "--mode=update-lockfile"}
	switch {
	case y.Classic():
		ws, install = "1.0.0", []string{"install", "--ignore-scripts"}
	case y.major() < 3:
		install = []string{"install", "--skip-builds"}
	}
	write(t, filepath.Join(root, "package.json"), `{"name":"root","private":true,"workspaces":["packages/*"],"resolutions":{"is-odd/is-number":"6.0.0"}}`)
	app := `{"name":"app","version":"1.0.0","dependencies":{"is-number":"^6.0.0","lib":"` + ws + `","local":"file:../../local","packed":"file:../../../packed","ms":"VERSION","is-odd":"^3.0.0"}}`
	write(t, filepath.Join(root, "packages/app/package.json"), strings.ReplaceAll(app, "VERSION", "2.0.0"))
	write(t, filepath.Join(root, "packages/lib/package.json"), `{"name":"lib","version":"1.0.0","dependencies":{"ms":"2.0.0"}}`)
	write(t, filepath.Join(root, "packages/lib/src/deep/index.js"), "code")
	write(t, filepath.Join(root, "local/package.json"), `{"name":"local","version":"1.0.0"}`)
	write(t, filepath.Join(root, "local/bin/deep/x.js"), "#!/usr/bin/env node\n")
	if err := os.Chmod(filepath.Join(root, "local/bin/deep/x.js"), 0o755); err != nil {
		t.Fatal(err)
	}
	symlink(t, "bin/deep/x.js", filepath.Join(root, "local/link.js"))
	write(t, filepath.Join(base, "here/packed/package.json"), `{"name":"packed","version":"1.0.0"}`)
	write(t, filepath.Join(base, "here/packed/lib/x.js"), "x")
	write(t, filepath.Join(root, "yarn.lock"), "")
	if !y.Classic() {
		write(t, filepath.Join(root, ".yarnrc.yml"), "nodeLinker: node-modules\nenableGlobalCache: false\n")
	}
	native(root, install...)

	// The same edit by real Yarn in a copy of the place, and by us.
	edited := []byte(strings.ReplaceAll(app, "VERSION", "^2.1.0"))
	copied := filepath.Join(base, "copy")
	if err := copyTree(t.Context(), filepath.Join(base, "here"), copied); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(copied, "repo/packages/app/package.json"), edited, 0o644); err != nil {
		t.Fatal(err)
	}
	native(filepath.Join(copied, "repo"), install...)
	want, err := os.ReadFile(filepath.Join(copied, "repo/yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	untouched(t, filepath.Join(base, "here"), temp)
	t.Setenv("CI", "true")
	req := Request{Root: root, TempDir: temp, Files: map[string][]byte{"packages/app/package.json": edited}}
	got, err := y.UpdateLock(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("not what Yarn writes by itself:\n%s\nwant\n%s", got, want)
	}
	old, _ := os.ReadFile(filepath.Join(root, "yarn.lock"))
	if bytes.Equal(got, old) {
		t.Error("the lockfile did not change")
	}

	// And a failure, as Yarn words it.
	req.Files["packages/app/package.json"] = []byte(strings.ReplaceAll(app, "VERSION", "^99.0.0"))
	_, err = y.UpdateLock(t.Context(), req)
	if err == nil || !strings.Contains(err.Error(), "99.0.0") || strings.Contains(err.Error(), temp) {
		t.Errorf("failure: %v", err)
	}
	t.Logf("%v", err)

	// Yarn takes the new lockfile as complete.
	if err := os.WriteFile(filepath.Join(copied, "repo/yarn.lock"), got, 0o644); err != nil {
		t.Fatal(err)
	}
	if y.Classic() {
		native(filepath.Join(copied, "repo"), "install", "--ignore-scripts", "--frozen-lockfile")
	} else {
		native(filepath.Join(copied, "repo"), "install", "--immutable")
	}
}
