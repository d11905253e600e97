package bump

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

// Real bumps of backstage/demo, made with the official tool and merged: what we
// write must be the same bytes.
func TestRealBumpsAreByteIdentical(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/bump"), "demo-*"))
	if err != nil || len(dirs) != 6 {
		t.Fatalf("found %d recorded bumps, want 6 (%v)", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var meta struct{ To string }
			readJSON(t, filepath.Join(dir, "meta.json"), &meta)
			input := filepath.Join(dir, "input")
			plan := sharedPlan(t, input, Options{Release: meta.To})
			for _, rel := range manifestsOf(t, filepath.Join(dir, "expected")) {
				want := read(t, filepath.Join(dir, "expected", rel))
				if d := cmp.Diff(want, planned(t, plan, input, rel)); d != "" {
					t.Errorf("%s (-want +got)\n%s", rel, d)
				}
			}
		})
	}
}

// The official tool's change of a real portal with exact pins: the same names
// go to the same versions, but the pins stay pins.
func TestHeadOfRHDHSameTargetsOwnStyle(t *testing.T) {
	patch := read(t, testshared.Dir(t, "golden/bump/head-rhdh-to-1.53.0.patch"))
	want := patchTargets(patch)
	if len(want) < 100 {
		t.Fatalf("the patch has %d targets only", len(want))
	}
	dir := testshared.Dir(t, "corpus/rhdh")
	plan := sharedPlan(t, dir, Options{Release: "1.53.0"})
	for _, c := range plan.Changes {
		if c.Section == "version" {
			continue
		}
		if _, ok := want[c.File+" "+c.Name]; !ok {
			t.Errorf("%s: %s: %q became %q, which the official tool left", c.File, c.Name, c.From, c.To)
		}
		if from, to := operator(c.From), operator(c.To); from != to {
			t.Errorf("%s: %s: %q became %q: the style changed", c.File, c.Name, c.From, c.To)
		}
	}
	// The official tool also rewrites what is at the target already, as ^target.
	got := map[string]string{}
	for key := range want {
		file, name, _ := strings.Cut(key, " ")
		m := regexp.MustCompile(regexp.QuoteMeta(`"`+name+`": "`) + `([^"]+)"`).FindStringSubmatch(planned(t, plan, dir, file))
		if m != nil {
			got[key] = strings.TrimLeft(m[1], "^~")
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("targets (-official +ours)\n%s", d)
	}
}

// The patch of demo is a downgrade of a repo with the Yarn plugin: only
// backstage.json moves (and .yarnrc.yml, which names the host that served it).
func TestHeadOfDemoIsADowngrade(t *testing.T) {
	dir := testshared.Dir(t, "corpus/demo")
	plan := sharedPlan(t, dir, Options{Release: "1.53.0", AllowDowngrade: true})
	var files []string
	for _, f := range plan.Files() {
		files = append(files, f.Rel)
	}
	if d := cmp.Diff([]string{"backstage.json"}, files); d != "" {
		t.Errorf("files (-want +got)\n%s", d)
	}
	if got, want := planned(t, plan, dir, "backstage.json"), "{\n  \"version\": \"1.53.0\"\n}\n"; got != want {
		t.Errorf("backstage.json is %q, want %q", got, want)
	}
}

// A bump to the release that a portal is on changes nothing that is on it.
func TestBumpToOwnReleaseMovesOnlyWhatIsOff(t *testing.T) {
	counted := 0
	for _, name := range []string{"demo-1.43", "gitlab-plugin", "janus-plugins", "ortelius-v1", "rhdh", "self-service-v1", "showcase-v6"} {
		dir := testshared.Dir(t, "corpus/"+name)
		current := openInput(t, dir, testshared.Dir(t, "backstage-versions")).standing().Release
		plan := sharedPlan(t, dir, Options{Release: current})
		for _, c := range plan.Changes {
			to := strings.TrimLeft(c.To, "^~>=v")
			if strings.TrimLeft(c.From, "^~>=v") == to {
				t.Errorf("%s: %s %s: %q became %q", name, c.File, c.Name, c.From, c.To)
			}
			if c.Section == "version" && (c.To != current || c.From == current) {
				t.Errorf("%s: %s changed to %s", name, c.File, c.To)
			}
		}
		touched := map[string]bool{}
		for _, c := range plan.Changes {
			touched[c.File] = true
		}
		for _, f := range plan.Files() {
			if !touched[f.Rel] {
				t.Errorf("%s: %s is written, but no change says why", name, f.Rel)
			}
		}
		t.Logf("%s on %s: %d edits in %d files", name, current, len(plan.Changes), len(plan.Files()))
		counted++
	}
	if counted != 7 {
		t.Errorf("looked at %d portals, want 7", counted)
	}
}

func operator(spec string) string {
	return regexp.MustCompile(`^[^0-9]*`).FindString(spec)
}

// patchTargets reads "file name" → version from the + lines of a git patch.
func patchTargets(patch string) map[string]string {
	out := map[string]string{}
	file := ""
	line := regexp.MustCompile(`^\+\s+"(@backstage/[^"]+)": "\^([^"]+)"`)
	for _, l := range strings.Split(patch, "\n") {
		if rest, ok := strings.CutPrefix(l, "+++ b/"); ok {
			file = rest
		} else if m := line.FindStringSubmatch(l); m != nil {
			out[file+" "+m[1]] = m[2]
		}
	}
	return out
}

func manifestsOf(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && (d.Name() == "package.json" || d.Name() == "backstage.json") {
			rel, _ := filepath.Rel(root, path)
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil || len(out) < 3 {
		t.Fatalf("%s: %v, %v", root, out, err)
	}
	sort.Strings(out)
	return out
}

// planned is a file's text after the plan.
func planned(t *testing.T, p *Plan, root, rel string) string {
	t.Helper()
	for _, f := range p.Files() {
		if f.Rel == rel {
			return string(f.New)
		}
	}
	return read(t, filepath.Join(root, rel))
}

func read(t *testing.T, path string) string {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, path)), into); err != nil {
		t.Fatal(err)
	}
}

func sharedPlan(t *testing.T, dir string, opts Options) *Plan {
	t.Helper()
	plan, err := NewPlan(context.Background(), openInput(t, dir, testshared.Dir(t, "backstage-versions")), opts)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}
