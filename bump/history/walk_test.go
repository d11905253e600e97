package history

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/release"
)

// repository is one that a test makes with git itself, a commit a day.
type repository struct {
	t   *testing.T
	dir string
	day int
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: this test makes its repositories with it")
	}
	r := &repository{t: t, dir: t.TempDir()}
	r.git("init", "-q", "-b", "main")
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	date := time.Date(2026, 1, 1+r.day, 12, 0, 0, 0, time.UTC).Format(time.RFC3339)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com",
		"GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com", "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date, "GIT_ALLOW_PROTOCOL=file")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes files, "" for one that goes, and commits them a day later.
func (r *repository) commit(files ...string) {
	r.t.Helper()
	r.day++
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(r.dir, files[i])
		if files[i+1] == "" {
			if err := os.Remove(name); err != nil {
				r.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", fmt.Sprintf("day %d", r.day))
}

// walk is what Walk finds, the oldest first: "2026-01-02 1.40.0 backstage.json".
func walk(t *testing.T, dir, prefix string, since time.Time) ([]string, Path) {
	t.Helper()
	repo, err := gitbase.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Walk(repo, "HEAD", prefix, since, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range slices.Backward(p.Points) {
		out = append(out, day(p.When)+" "+p.Release+" "+p.File)
	}
	return out, p
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func version(v string) string { return `{"version": "` + v + `"}` }

// The branch's own commits count, a merge as one: what lay on the side is not what the
// branch had. A commit that changes nothing of it, a text that says the same, and a
// broken one are no steps.
func TestWalk(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit("backstage.json", version("1.40.0"))
	r.commit("README.md", "x")
	r.commit("backstage.json", version("1.40.0")+"\n\n")
	r.git("switch", "-q", "-c", "side")
	r.commit("backstage.json", version("1.41.0"))
	r.commit("backstage.json", version("1.42.1"))
	r.git("switch", "-q", "main")
	r.commit("other", "y")
	r.git("merge", "-q", "--no-ff", "-m", "merge", "side")
	r.commit("backstage.json", "{")
	r.commit("backstage.json", version("1.43.0"))
	r.commit("backstage.json", version("1.42.1"))
	got, p := walk(t, r.dir, "", time.Time{})
	same(t, got, "2026-01-02 1.40.0 backstage.json", "2026-01-07 1.42.1 backstage.json", "2026-01-09 1.43.0 backstage.json", "2026-01-10 1.42.1 backstage.json")
	if p.Commits != 8 || p.Shallow || len(p.Unknown) != 1 || !strings.Contains(p.Unknown[0].Why, "is no JSON") {
		t.Errorf("%d commits, shallow %v, unknown %v", p.Commits, p.Shallow, p.Unknown)
	}
	got, p = walk(t, r.dir, "", time.Date(2026, 1, 8, 0, 0, 0, 0, time.UTC))
	same(t, got, "2026-01-07 1.42.1 backstage.json", "2026-01-09 1.43.0 backstage.json", "2026-01-10 1.42.1 backstage.json")
	if day(p.From) != "2026-01-08" {
		t.Errorf("since %s", day(p.From))
	}
}

// A portal that was moved is followed to where it was; that of another folder is not
// taken for it.
func TestWalkMoved(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit("old/backstage.json", version("1.40.0"), "else/backstage.json", version("1.1.0"))
	r.commit("old/backstage.json", version("1.41.0"))
	r.commit("old/backstage.json", "", "portals/own/backstage.json", version("1.41.0"))
	r.commit("portals/own/backstage.json", version("1.42.0"), "else/backstage.json", version("1.2.0"))
	got, _ := walk(t, r.dir, "portals/own/", time.Time{})
	same(t, got, "2026-01-02 1.40.0 old/backstage.json", "2026-01-03 1.41.0 old/backstage.json", "2026-01-05 1.42.0 portals/own/backstage.json")
}

// A shallow clone says where it ends.
func TestWalkShallow(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	for _, v := range []string{"1.40.0", "1.41.0", "1.42.0"} {
		r.commit("backstage.json", version(v))
	}
	dir := filepath.Join(t.TempDir(), "clone")
	r.git("clone", "-q", "--depth", "2", "file://"+filepath.ToSlash(r.dir), dir)
	got, p := walk(t, dir, "", time.Time{})
	same(t, got, "2026-01-03 1.41.0 backstage.json", "2026-01-04 1.42.0 backstage.json")
	if !p.Shallow || len(p.Unknown) > 0 {
		t.Errorf("shallow %v, unknown %v", p.Shallow, p.Unknown)
	}
}

// lock is a yarn.lock with some packages of a release.
func lock(t *testing.T, rel string) string {
	t.Helper()
	m := release.Known(rel)
	if m == nil {
		t.Fatalf("%s is not known", rel)
	}
	var b strings.Builder
	b.WriteString("__metadata:\n  version: 8\n")
	n := 0
	for _, name := range release.Names() {
		if v := m.Packages[name]; v != "" && n < 400 {
			n++
			fmt.Fprintf(&b, "\n\"%s@npm:^%s\":\n  version: %s\n  resolution: \"%s@npm:%s\"\n  languageName: node\n  linkType: hard\n", name, v, v, name, v)
		}
	}
	return b.String()
}

// Without backstage.json the packages tell the release, at commits that change a
// package.json; and they are asked where backstage.json claims that the portal went back.
func TestWalkPackages(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit("package.json", `{"version": "1"}`, "yarn.lock", lock(t, "1.40.0"))
	r.commit("yarn.lock", lock(t, "1.40.0")+"\n")
	r.commit("package.json", `{"version": "2"}`, "yarn.lock", lock(t, "1.42.0"))
	r.commit("backstage.json", version("1.42.0"))
	r.commit("backstage.json", version("0.4.22"), "yarn.lock", lock(t, "1.43.0"))
	r.commit("backstage.json", version("1.44.0"), "yarn.lock", lock(t, "1.44.0"))
	got, p := walk(t, r.dir, "", time.Time{})
	same(t, got, "2026-01-02 1.40.0 yarn.lock", "2026-01-04 1.42.0 yarn.lock", "2026-01-06 1.43.0 yarn.lock", "2026-01-07 1.44.0 backstage.json")
	if len(p.Unknown) > 0 {
		t.Error(p.Unknown)
	}
}
