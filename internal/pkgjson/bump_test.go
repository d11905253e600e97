package pkgjson

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

// Six real bumps by the official versions:bump, over files that are in the
// style that it writes: Retarget and Set must give the same bytes.
func TestOfficialBumps(t *testing.T) {
	golden := testshared.Dir(t, "golden/bump")
	manifests := testshared.Dir(t, "backstage-versions/v1/releases")
	bumps, err := filepath.Glob(filepath.Join(golden, "demo-*-to-*"))
	if err != nil || len(bumps) != 6 {
		t.Fatalf("%d bumps, %v", len(bumps), err)
	}
	for _, bump := range bumps {
		t.Run(filepath.Base(bump), func(t *testing.T) {
			_, release, _ := strings.Cut(filepath.Base(bump), "-to-")
			versions := releaseVersions(t, filepath.Join(manifests, release, "manifest.json"))
			input := filepath.Join(bump, "input")
			err := filepath.WalkDir(input, func(path string, e fs.DirEntry, err error) error {
				if err != nil || e.Name() != FileName {
					return err
				}
				rel, _ := filepath.Rel(input, path)
				want, err := os.ReadFile(filepath.Join(bump, "expected", rel))
				if err != nil {
					return err
				}
				if diff := cmp.Diff(string(want), retargetAll(t, path, versions)); diff != "" {
					t.Errorf("%s: %s", rel, diff)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func releaseVersions(t *testing.T, path string) map[string]string {
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Packages []struct{ Name, Version string }
	}
	if err := json.Unmarshal(src, &manifest); err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, p := range manifest.Packages {
		versions[p.Name] = p.Version
	}
	return versions
}

func retargetAll(t *testing.T, path string, versions map[string]string) string {
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(path, src)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.AllDeps() {
		if versions[d.Name] == "" {
			continue
		}
		to, err := semrange.ParseVersion(versions[d.Name])
		if err != nil {
			t.Fatal(err)
		}
		moved, _ := Retarget(d.Parsed, to, Options{Peer: d.Section == PeerDependencies})
		if err := f.Set(d.Section, d.Name, moved); err != nil {
			t.Fatal(err)
		}
	}
	return string(f.Bytes())
}
