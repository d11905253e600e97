package pinning

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/bench/parity"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

// tree is a real portal and the release that it is bumped to: one whose
// versions the registry mostly has.
type tree struct{ name, folder, yarn, release string }

var trees = []tree{
	{"demo-1.43", "corpus/demo-1.43", "4.4.1", "1.52.0"},
	{"demo-1.43-ahead", "corpus/demo-1.43", "4.4.1", "1.46.0"}, // most of the lock is ahead of that
	{"rhdh", "corpus/rhdh", "4.17.1", "1.53.0"},
}

// bench is what the bump of one portal needs.
type bench struct {
	tree
	binary, base, cache, mirror string
	registry                    *standIn
	versions                    map[string]string // the release's
}

func TestPortals(t *testing.T) {
	if os.Getenv("PORTALCTL_PINNING") == "" {
		t.Skip("set PORTALCTL_PINNING=1 to bump real portals and show the result to the real Yarn (needs node, npm and a registry)")
	}
	dir := os.Getenv("PORTALCTL_PINNING_DIR")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	records := filepath.Join(cache, "portalctl-parity", "recorded")
	if dir == "" {
		dir = filepath.Join(cache, "portalctl-pinning")
	} else {
		records = filepath.Join(dir, "recorded")
	}
	upstream, err := parity.Registry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	proxy := parity.StartProxy(upstream, records)
	t.Cleanup(proxy.Close)
	binary := filepath.Join(t.TempDir(), "portalctl")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/portalctl/portalctl/cmd/portalctl")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, x := range trees {
		t.Run(x.name, func(t *testing.T) {
			if list := os.Getenv("PORTALCTL_PINNING_TREES"); list != "" && !slices.Contains(strings.Split(list, ","), x.name) {
				t.Skip("not among PORTALCTL_PINNING_TREES")
			}
			corpus := testshared.Dir(t, x.folder)
			mirror := testshared.Dir(t, "backstage-versions")
			versions, err := parity.Versions(filepath.Join(mirror, "v1", "releases", x.release, "manifest.json"))
			if err != nil {
				t.Fatal(err)
			}
			yarn, err := parity.GetYarn(t.Context(), dir, x.yarn)
			if err != nil {
				t.Fatal(err)
			}
			b := &bench{tree: x, binary: binary, cache: t.TempDir(), mirror: mirror, registry: newStandIn(t, proxy.URL, versions), versions: versions}
			b.base = t.TempDir()
			copyTree(t, corpus, b.base)
			put(t, filepath.Join(b.base, ".yarn", "releases", "yarn-"+x.yarn+".cjs"), read(t, yarn.Bundle))
			dropLostPatches(t, b.base)
			b.run(t, yarn)
		})
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := parity.CopyTree(from, to); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// lostPatch is a dependency that is patched with a file of the project.
var lostPatch = regexp.MustCompile(`"patch:[^"]*@npm%3A([^"#]+)#~/([^"]+)"`)

// dropLostPatches takes the source of patches whose files are not there: the
// shared portals have no files but package.json, and Yarn would stop.
func dropLostPatches(t *testing.T, dir string) {
	t.Helper()
	for folder := range manifests(t, dir) {
		path := filepath.Join(folder, "package.json")
		text := read(t, path)
		plain := lostPatch.ReplaceAllStringFunc(text, func(spec string) string {
			m := lostPatch.FindStringSubmatch(spec)
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(m[2]))); err == nil {
				return spec
			}
			t.Logf("%s: the patch file is not there, %s instead", spec, m[1])
			return `"` + m[1] + `"`
		})
		if plain != text {
			put(t, path, plain)
		}
	}
}

// keep stores a file where a person can look at it.
func keep(t *testing.T, name, text string) {
	if dir := os.Getenv("PORTALCTL_PINNING_KEEP"); dir != "" {
		put(t, filepath.Join(dir, name), text)
	}
}

// run bumps a copy of the portal, proves the result, and shows it to Yarn.
func (b *bench) run(t *testing.T, yarn *parity.Yarn) {
	b.complete(t)
	ours := t.TempDir()
	copyTree(t, b.base, ours)
	old := read(t, filepath.Join(b.base, "yarn.lock"))
	table, err := b.portalctl(t, ours, "versions", "bump", "--release", b.release, "--dry-run", "--lockfile", "native")
	if err != nil {
		t.Fatal(err)
	}
	keep(t, b.name+"-dry-run.txt", table)
	start := time.Now()
	text, err := b.portalctl(t, ours, "versions", "bump", "--release", b.release, "--yes", "--lockfile", "native", "--format", "json")
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	keep(t, b.name+"-bump.json", text)
	pinned := read(t, filepath.Join(ours, "yarn.lock"))
	keep(t, b.name+"-pinned.lock", pinned)
	c := claim{old: old, new: pinned, dir: ours, release: b.versions, registry: b.registry.versions}
	v := prove(t, c)
	for _, f := range v.faults {
		t.Errorf("FAULT %s", f)
	}
	b.compareReport(t, text, v)
	t.Logf("RESULT %s to %s: %d of %d on the release, %d copies off, %d faults; covered names with several versions %d, before %d; all names %d, before %d; %d versions made up; bump %v",
		b.name, b.release, v.on, v.of, len(v.off), len(v.faults), len(v.doubles), len(v.oldTwice), repeated(pinned), repeated(old), b.registry.made(), took.Round(time.Millisecond))
	for _, o := range v.off {
		t.Logf("  off: %s %s, not %s: %s", o.name, o.version, b.versions[o.name], o.reason)
	}
	b.yarnAgrees(t, yarn, ours, pinned)
	b.drift(t, yarn, c)
}

// yarnAgrees runs the portal's own Yarn on the result.
func (b *bench) yarnAgrees(t *testing.T, yarn *parity.Yarn, dir, pinned string) {
	t.Helper()
	run := yarn.Install(t.Context(), dir, b.registry.URL, time.Now())
	if run.Err != nil {
		t.Errorf("Yarn %s fails on the result: %s\n%s", yarn.Version, run.Reason(), run.Output)
		return
	}
	after := read(t, filepath.Join(dir, "yarn.lock"))
	if after != pinned {
		keep(t, b.name+"-yarn.lock", after)
		t.Errorf("Yarn %s changes the lock", yarn.Version)
		return
	}
	t.Logf("RESULT %s: Yarn %s install --mode=update-lockfile changes nothing (%d bytes, %v)", b.name, yarn.Version, len(after), run.Elapsed.Round(time.Millisecond))
}

// drift is what Yarn alone makes of the same package.json files.
func (b *bench) drift(t *testing.T, yarn *parity.Yarn, c claim) {
	t.Helper()
	dir := t.TempDir()
	copyTree(t, b.base, dir)
	if _, err := b.portalctl(t, dir, "versions", "bump", "--release", b.release, "--yes", "--lockfile", "skip"); err != nil {
		t.Fatal(err)
	}
	run := yarn.Install(t.Context(), dir, b.registry.URL, time.Now())
	if run.Err != nil {
		t.Errorf("Yarn %s alone fails: %s", yarn.Version, run.Reason())
		return
	}
	c.new, c.dir = read(t, filepath.Join(dir, "yarn.lock")), dir
	keep(t, b.name+"-drift.lock", c.new)
	v := prove(t, c)
	t.Logf("RESULT %s: Yarn alone: %d of %d on the release, %d faults; covered names with several versions %d; all names %d; %v",
		b.name, v.on, v.of, len(v.faults), len(v.doubles), repeated(c.new), run.Elapsed.Round(time.Millisecond))
	if len(v.faults) == 0 {
		t.Error("Yarn alone does not drift: the release is a poor choice for this test")
	}
}

// repeated counts the names that a lock has in several versions.
func repeated(text string) (n int) {
	versions := map[string][]string{}
	for _, e := range scan(text).entries {
		if name := e.pkg(); name != "" && !slices.Contains(versions[name], e.version) {
			versions[name] = append(versions[name], e.version)
		}
	}
	for _, list := range versions {
		if len(list) > 1 {
			n++
		}
	}
	return n
}

var (
	noVersion = regexp.MustCompile(`the registry has no version of (\S+) that satisfies ([^\n]+)`)
	noPackage = regexp.MustCompile(`(\S+)@npm:([^,\n]+), asked for by`)
)

// complete has the registry make up what both policies need, until nothing is
// missing.
func (b *bench) complete(t *testing.T) {
	t.Helper()
	var added []string
	for _, resolve := range []string{"release", "highest"} {
		for {
			_, err := b.portalctl(t, b.base, "versions", "bump", "--release", b.release, "--dry-run", "--lockfile", "native", "--resolve", resolve)
			if err == nil {
				break
			}
			m := noVersion.FindStringSubmatch(err.Error())
			if m == nil {
				m = noPackage.FindStringSubmatch(err.Error())
			}
			if m == nil || len(added) > 200 {
				t.Fatal(err)
			}
			rng, rerr := semrange.Parse(strings.TrimSpace(m[2]))
			if rerr != nil || rng.Min() == nil {
				t.Fatal(err)
			}
			v := rng.Min().String()
			if slices.Contains(added, m[1]+"@"+v) {
				t.Fatal(err)
			}
			added = append(added, m[1]+"@"+v)
			b.registry.add(m[1], v)
			if err := os.RemoveAll(filepath.Join(b.cache, "registry")); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("made up beside the release: %d %s", len(added), strings.Join(added, " "))
}

// failure is the text of a portalctl that failed.
type failure string

func (f failure) Error() string { return string(f) }

func (b *bench) portalctl(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.binary, args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(b.cache, "home"), "TMPDIR=" + os.TempDir(), "PORTALCTL_CACHE_DIR=" + b.cache,
		"BACKSTAGE_VERSIONS_BASE_URL=file://" + filepath.ToSlash(b.mirror), "YARN_NPM_REGISTRY_SERVER=" + b.registry.URL,
		"YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1",
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", failure(err.Error() + ": " + errs.String() + out.String())
	}
	return out.String(), nil
}

// compareReport checks that the report of the bump says what the proof found.
func (b *bench) compareReport(t *testing.T, text string, v *verdict) {
	t.Helper()
	type copyOf struct{ Name, Version, Reason string }
	var doc struct {
		Lockfile struct {
			OnRelease, OfRelease int
			OffRelease, Ahead    []struct {
				copyOf
				Asks []struct {
					Excludes   bool
					Range, Fix string
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	l := doc.Lockfile
	if l.OnRelease != v.on || l.OfRelease != v.of {
		t.Errorf("the report counts %d of %d on the release, the proof %d of %d", l.OnRelease, l.OfRelease, v.on, v.of)
	}
	listed := map[copyOf]bool{}
	for _, o := range slices.Concat(l.OffRelease, l.Ahead) {
		listed[o.copyOf] = true
		if len(o.Asks) == 0 {
			t.Errorf("%s %s: nobody asks, says the report", o.Name, o.Version)
		} else if o.Reason != byAhead && o.Asks[0].Fix == "" {
			t.Errorf("%s %s (%s): the report has no fix", o.Name, o.Version, o.Reason)
		}
	}
	for _, o := range v.off {
		if !listed[copyOf{o.name, o.version, o.reason}] {
			t.Errorf("%s %s (%s) is not in the report: %v", o.name, o.version, o.reason, l)
		}
		delete(listed, copyOf{o.name, o.version, o.reason})
	}
	for o := range listed {
		t.Errorf("%s %s (%s) is in the report, but not off the release for that reason", o.Name, o.Version, o.Reason)
	}
}
