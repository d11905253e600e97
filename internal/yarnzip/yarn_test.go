package yarnzip_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/yarnpatch"
)

// patchedVersions has a version for every range of Yarn's patches, some that
// no range holds, and prereleases.
var patchedVersions = map[string][]string{
	"fsevents": {"1.2.13", "2.1.3", "2.2.2", "2.3.2", "2.3.3"},
	"resolve":  {"1.8.1", "1.9.0", "1.10.1", "1.17.0", "1.22.8", "1.22.10", "2.0.0-next.5"},
	"typescript": {"2.9.2", "3.1.6", "3.4.5", "3.6.5", "3.8.3", "3.9.10", "4.0.8", "4.1.6", "4.2.4", "4.3.5", "4.4.4", "4.5.5", "4.6.4",
		"4.7.4", "4.8.3", "4.8.4", "4.9.3", "4.9.5", "5.0.4", "5.1.6", "5.2.2", "5.3.3", "5.4.5", "5.5.4", "5.6.3", "5.7.3", "5.8.3", "5.9.3", "5.9.0-beta"},
}

// TestPatchedAgainstYarn has a real Yarn (a bundle in PORTALCTL_YARN, node and
// npm in the PATH) lock many versions of the packages that it patches, and
// compares hashes and checksums.
func TestPatchedAgainstYarn(t *testing.T) {
	yarn := os.Getenv("PORTALCTL_YARN")
	if yarn == "" {
		t.Skip("set PORTALCTL_YARN to the bundle of a Yarn 4")
	}
	cjs, err := os.ReadFile(yarn)
	if err != nil {
		t.Fatal(err)
	}
	set, err := yarnpatch.Builtins(cjs)
	if err != nil {
		t.Fatal(err)
	}
	reg := newRegistry(t)
	_, patched := lockEntries(t, yarnLock(t, yarn, reg.url))
	compareAll(t, reg, patched, set)
	want := 0
	for _, versions := range patchedVersions {
		want += len(versions)
	}
	if len(patched) != want {
		t.Errorf("Yarn locked %d patched packages of %d", len(patched), want)
	}
}

// yarnLock makes a project with a workspace for every version.
func yarnLock(t *testing.T, yarn, registry string) string {
	dir := t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("package.json", `{"name": "root", "private": true, "workspaces": ["w/*"]}`)
	write("yarn.lock", "")
	write(".yarnrc.yml", "compressionLevel: 0\nenableGlobalCache: false\nenableTelemetry: false\n"+
		"npmRegistryServer: "+strconv.Quote(registry)+"\nglobalFolder: "+strconv.Quote(filepath.Join(dir, "global"))+
		"\nsupportedArchitectures: {os: [current, darwin]}\n")
	for name, versions := range patchedVersions {
		for i, v := range versions {
			manifest, err := json.Marshal(map[string]any{
				"name": name + "-" + strconv.Itoa(i), "version": "0.0.0", "dependencies": map[string]string{name: v},
			})
			if err != nil {
				t.Fatal(err)
			}
			write(filepath.Join("w", name+strconv.Itoa(i), "package.json"), string(manifest))
		}
	}
	cmd := exec.Command("node", yarn, "install", "--mode=update-lockfile")
	cmd.Dir = dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "YARN_") && !strings.HasPrefix(kv, "CI=") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "yarn.lock")
}
