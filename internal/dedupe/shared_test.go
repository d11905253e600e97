package dedupe

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

func backstage(name string) bool { return strings.HasPrefix(name, "@backstage/") }

func parseFile(t testing.TB, path string) *yarnlock.Lock {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := yarnlock.Parse("yarn.lock", src)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

// Classic: byte for byte what "versions:check --fix" of the official tool
// wrote (scope @backstage) and what yarn-deduplicate wrote (everything).
func TestSharedClassic(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/dedupe"), "v1-*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%d cases, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		for file, scope := range map[string]func(string) bool{"expected-scope-backstage.lock": backstage, "expected-all.lock": nil} {
			t.Run(filepath.Base(dir)+"/"+file, func(t *testing.T) {
				lock := parseFile(t, filepath.Join(dir, "yarn.lock"))
				moves := Plan(lock, Options{Strategy: Highest, Scope: scope})
				if len(moves) == 0 {
					t.Fatal("no moves")
				}
				Apply(lock, moves)
				want, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				got := lock.Format()
				if !bytes.Equal(got, want) {
					t.Errorf("the lock differs:\n%.2000s", cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
				}
				again, err := yarnlock.Parse("yarn.lock", got)
				if err != nil {
					t.Fatal(err)
				}
				if moves := Plan(again, Options{Strategy: Highest, Scope: scope}); len(moves) > 0 {
					t.Errorf("a second run has %d moves", len(moves))
				}
			})
		}
	}
}

// Berry: the descriptors that "yarn dedupe --check --json" lists.
func TestSharedBerry(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/dedupe"), "berry-*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%d cases, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			lock := parseFile(t, filepath.Join(dir, "yarn.lock"))
			src, err := os.ReadFile(filepath.Join(dir, "yarn-dedupe-check.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			for scope, in := range map[string]func(string) bool{"all": nil, "@backstage": backstage} {
				want, got := map[string]string{}, map[string]string{}
				for line := range bytes.Lines(src) {
					var row struct{ Descriptor, CurrentResolution, UpdatedResolution string }
					if err := json.Unmarshal(line, &row); err != nil {
						t.Fatal(err)
					}
					if in == nil || in(row.Descriptor) {
						want[row.Descriptor] = row.CurrentResolution + " → " + row.UpdatedResolution
					}
				}
				for _, m := range Plan(lock, Options{Strategy: Highest, Scope: in}) {
					got[m.Descriptor.String()] = m.From.Resolution.String() + " → " + m.To.Resolution.String()
				}
				if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
					t.Errorf("%s: %d wanted\n%s", scope, len(want), diff)
				}
			}
		})
	}
}
