package release

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// lockOf is a lock with the versions of a release, some of them replaced.
func lockOf(t *testing.T, release string, most int, replace map[string]string) *yarnlock.Lock {
	t.Helper()
	packages := Known(release).Packages
	var names []string
	for name := range packages {
		if strings.HasPrefix(name, scope) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString("__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	for i, name := range names[:min(most, len(names))] {
		version := packages[name]
		if v := replace[fmt.Sprint(i)]; v != "" {
			version = v
		}
		fmt.Fprintf(&b, "\n\"%s@npm:^%s\":\n  version: %s\n  resolution: \"%s@npm:%s\"\n  languageName: node\n  linkType: hard\n",
			name, version, version, name, version)
	}
	l, err := yarnlock.Parse("yarn.lock", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// mixed is a lock whose packages are those of several releases in turn.
func mixed(t *testing.T, most int, releases ...string) *yarnlock.Lock {
	t.Helper()
	replace := map[string]string{}
	base := Known(releases[0]).Packages
	var names []string
	for name := range base {
		if strings.HasPrefix(name, scope) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for i, name := range names {
		if v := Known(releases[i%len(releases)]).Packages[name]; v != "" {
			replace[fmt.Sprint(i)] = v
		}
	}
	return lockOf(t, releases[0], most, replace)
}

func TestStand(t *testing.T) {
	all := 1000
	own := &Manifest{ReleaseVersion: "1.99.0", Packages: Known("1.50.0").Packages}
	for _, tc := range []struct {
		name, declared  string
		lock            *yarnlock.Lock
		more            []*Manifest
		release, lockIs string
		differs         bool
	}{
		{name: "as declared", declared: "1.50.0", lock: lockOf(t, "1.50.0", all, nil), release: "1.50.0", lockIs: "1.50.0"},
		{name: "older than the lock", declared: "1.45.0", lock: lockOf(t, "1.50.0", all, nil), release: "1.50.0", lockIs: "1.50.0", differs: true},
		{name: "newer than the lock", declared: "1.53.0", lock: lockOf(t, "1.50.0", all, nil), release: "1.50.0", lockIs: "1.50.0", differs: true},
		{name: "a tie", declared: "1.49.4", lock: lockOf(t, "1.50.3", 40, nil), release: "1.50.4", lockIs: "one of 1.50.1 to 1.50.4", differs: true},
		{name: "a tie with the declared one", declared: "1.50.1", lock: lockOf(t, "1.50.3", 40, nil), release: "1.50.1", lockIs: "one of 1.50.1 to 1.50.4"},
		{name: "in between, declared among them", declared: "1.50.0", lock: mixed(t, all, "1.48.0", "1.53.0"), release: "1.50.0", lockIs: "between 1.48.0 and 1.53.0"},
		{name: "in between, declared below", declared: "1.40.0", lock: mixed(t, all, "1.48.0", "1.53.0"), release: "1.48.1", lockIs: "between 1.48.0 and 1.53.0", differs: true},
		{name: "too few to contradict", declared: "1.20.0", lock: lockOf(t, "1.50.0", 4, nil), release: "1.20.0", lockIs: "one of 1.50.0 to 1.50.4"},
		{name: "nothing declared", lock: lockOf(t, "1.50.0", 3, nil), release: "1.50.4", lockIs: "one of 1.50.0 to 1.50.4"},
		{name: "no release declared", declared: "v1.53", lock: lockOf(t, "1.50.0", all, nil), release: "1.50.0", lockIs: "1.50.0"},
		{name: "with a v", declared: "v1.50.0", lock: lockOf(t, "1.50.0", all, nil), release: "1.50.0", lockIs: "1.50.0"},
		{name: "an unknown release, and the lock is of a known one", declared: "1.98.0", lock: lockOf(t, "1.50.0", all, nil), release: "1.50.0", lockIs: "1.50.0", differs: true},
		{name: "an unknown release, and the lock is of none", declared: "1.98.0", lock: mixed(t, all, "1.48.0", "1.53.0"), release: "1.98.0", lockIs: "between 1.48.0 and 1.53.0"},
		{name: "a newer release than the table has", declared: "1.99.0", lock: lockOf(t, "1.50.0", all, nil), more: []*Manifest{own}, release: "1.99.0", lockIs: "1.50.0 or 1.99.0"},
		{name: "no lock", declared: "1.50.0", release: "1.50.0", lockIs: "of no known release"},
		{name: "nothing at all", lockIs: "of no known release"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := Stand(tc.lock, tc.declared, tc.more...)
			if s.Release != tc.release || s.Differs != tc.differs || s.LockIs() != tc.lockIs {
				t.Errorf("on %q, differs %v, the lock is %q\nwant %q, %v, %q", s.Release, s.Differs, s.LockIs(), tc.release, tc.differs, tc.lockIs)
			}
			if (s.Difference() != "") != tc.differs {
				t.Errorf("it says %q", s.Difference())
			}
		})
	}
}

func TestDifference(t *testing.T) {
	lock := lockOf(t, "1.50.4", 1000, map[string]string{"3": "99.0.0", "4": "99.0.0"})
	got := Stand(lock, "1.49.4").Difference()
	want := "backstage.json says 1.49.4 (7 of 206 locked @backstage packages), yarn.lock is 1.50.4 (204 of 206)"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// What the network or a mirror on disk has beside the table counts as well.
func TestStandingOfASource(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	for name := range Known("1.50.0").Packages {
		fmt.Fprintf(&b, `,{"name": %q, "version": "77.0.0"}`, name)
	}
	path := filepath.Join(dir, "v1", "releases", "1.77.0", "manifest.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"releaseVersion": "1.77.0", "packages": [`+b.String()[1:]+`]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for i := range 200 {
		replace[fmt.Sprint(i)] = "77.0.0"
	}
	lock := lockOf(t, "1.50.0", 1000, replace)
	s := source(t, Config{BaseURL: "file://" + filepath.ToSlash(dir)})
	if got := s.Standing(lock, "1.50.0"); got.Release != "1.77.0" || !got.Differs {
		t.Errorf("mirror: %+v", got)
	}

	host := newFakeHost(t, map[string]string{"v1/releases/1.77.0/manifest.json": `{"releaseVersion": "1.77.0", "packages": [` + b.String()[1:] + `]}`})
	s = source(t, Config{BaseURL: host.URL, CacheDir: t.TempDir()})
	if got := s.Standing(lock, "1.50.0"); got.Release != "1.50.0" {
		t.Errorf("before it is fetched: %+v", got)
	}
	get(t, s, "1.77.0")
	if got := s.Standing(lock, "1.50.0"); got.Release != "1.77.0" {
		t.Errorf("fetched: %+v", got)
	}
	host.asked()
	s.Standing(lock, "1.50.0")
	if got := host.asked(); len(got) > 0 {
		t.Errorf("asked for %q", got)
	}
}

// Real locks: how many of the locked packages the best release has.
func TestDetectRealLocks(t *testing.T) {
	for _, tc := range []struct {
		lock, best  string
		matches, of int
		candidates  string
	}{
		{"corpus/rhdh/yarn.lock", "1.52.0", 101, 101, "1.52.0"},
		{"corpus/rhdh/dynamic-plugins/yarn.lock", "1.52.0", 95, 105, "1.52.0"},
		{"corpus/gitlab-plugin/yarn.lock", "1.49.3", 63, 67, "1.49.3"},
		{"corpus/self-service-v1/yarn.lock", "1.29.2", 99, 105, "1.29.2"},
		{"corpus/ortelius-v1/yarn.lock", "1.14.1", 51, 69, "1.14.1"},
		{"corpus/janus-plugins/yarn.lock", "1.35.1", 107, 110, "1.35.1"},
		{"corpus/showcase-v6/yarn.lock", "1.35.1", 132, 134, "1.35.1"},
		{"corpus/demo-1.43/yarn.lock", "1.50.4", 83, 105, "1.50.3 1.50.4"},
		{"corpus/demo/yarn.lock", "1.54.0-next.0", 62, 116, "1.53.0 1.54.0-next.0"},
	} {
		file := testshared.Dir(t, tc.lock)
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lock, err := yarnlock.Parse("yarn.lock", src)
		if err != nil {
			t.Fatal(err)
		}
		d := count(lock, nil).detected()
		if d.Best != tc.best || d.Matches != tc.matches || d.Of != tc.of {
			t.Errorf("%s: %s, %d of %d; want %s, %d of %d", tc.lock, d.Best, d.Matches, d.Of, tc.best, tc.matches, tc.of)
		}
		if diff := cmp.Diff(tc.candidates, strings.Join(d.Candidates, " ")); diff != "" {
			t.Errorf("%s: %s", tc.lock, diff)
		}
	}
}

func BenchmarkDetect(b *testing.B) {
	src, err := os.ReadFile(testshared.Dir(b, "corpus/rhdh/yarn.lock"))
	if err != nil {
		b.Fatal(err)
	}
	lock, err := yarnlock.Parse("yarn.lock", src)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		count(lock, nil).detected()
	}
}
