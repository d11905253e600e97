package gitbase

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit"
)

// checkout is a repository that a test makes with git itself.
type checkout struct {
	t   *testing.T
	dir string
	// clock is the time of the last commit, in seconds.
	clock int
}

func newCheckout(t *testing.T) *checkout {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: this test makes its repositories with it")
	}
	c := &checkout{t: t, dir: filepath.Join(t.TempDir(), "repo"), clock: 1_700_000_000}
	if err := os.Mkdir(c.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c.git("init", "-q", "-b", "main")
	return c
}

func (c *checkout) git(args ...string) string {
	c.t.Helper()
	out, err := c.try(args...)
	if err != nil {
		c.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(out)
}

func (c *checkout) try(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = c.dir
	date := fmt.Sprintf("%d +0000", c.clock)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com",
		"GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date, "GIT_ALLOW_PROTOCOL=file")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// commit writes a file and commits it.
func (c *checkout) commit(name, text string) string {
	c.t.Helper()
	c.clock++
	write(c.t, c.dir, name, text)
	c.git("add", "-f", name)
	c.git("commit", "-q", "-m", text)
	return c.git("rev-parse", "HEAD")
}

func (c *checkout) merge(rev string) {
	c.t.Helper()
	c.clock++
	c.git("merge", "-q", "-s", "ours", "--no-ff", "-m", "merge "+rev, rev)
}

func (c *checkout) open() *Repo {
	c.t.Helper()
	r, err := Open(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *checkout) wantBase(rev, want string) {
	c.t.Helper()
	got, err := c.open().MergeBase(rev)
	if err != nil || got.Hash != want {
		c.t.Errorf("merge base with %s: got %v, %v, want %s", rev, got, err, want)
	}
}

// clone clones c with options.
func (c *checkout) clone(options ...string) *checkout {
	c.t.Helper()
	other := &checkout{t: c.t, dir: filepath.Join(c.t.TempDir(), "clone"), clock: c.clock}
	args := append([]string{"clone", "-q"}, options...)
	c.git(append(args, "file://"+c.dir, other.dir)...)
	return other
}

func TestMergeBase(t *testing.T) {
	c := newCheckout(t)
	c.commit("a", "1")
	left := c.commit("a", "2")
	c.git("checkout", "-q", "-b", "feature")
	c.commit("b", "1")
	c.git("checkout", "-q", "main")
	ahead := c.commit("a", "3")
	c.git("checkout", "-q", "feature")
	c.wantBase("main", left)
	c.wantBase("refs/heads/main", left)
	c.wantBase(ahead, left)
	c.wantBase(ahead[:9], left)
	c.wantBase("main~1", left)
	c.wantBase("main^", left)
	c.wantBase("HEAD", c.git("rev-parse", "HEAD"))
	c.git("tag", "-a", "-m", "x", "v1", "main")
	c.wantBase("v1", left)

	// The branch takes main in: what main has is not the branch's.
	c.merge("main")
	c.wantBase("main", ahead)
	c.git("pack-refs", "--all")
	c.git("gc", "-q")
	c.wantBase("main", ahead)
}

func TestUnknownRevision(t *testing.T) {
	c := newCheckout(t)
	c.commit("a", "1")
	r := c.open()
	for _, rev := range []string{"nope", "", "-x", "HEAD~7", "HEAD^3", "HEAD^x", "main~99999999999999999999", strings.Repeat("1", 40)} {
		_, err := r.MergeBase(rev)
		if err == nil || fault.NextOf(err) == "" {
			t.Errorf("%q: got %v, want an error with a next step", rev, err)
		}
		// No branch is called "" or like an option: there is nothing to fetch.
		if fetch := rev == "nope"; strings.Contains(fault.NextOf(err), "git fetch origin") != fetch {
			t.Errorf("%q: the next step is %q", rev, fault.NextOf(err))
		}
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNoRepository) || fault.NextOf(err) == "" {
		t.Errorf("no repository: got %v", err)
	}
	c.git("checkout", "-q", "--orphan", "other")
	c.commit("b", "1")
	if _, err := c.open().MergeBase("main"); err == nil || !strings.Contains(err.Error(), "no commit in common") {
		t.Errorf("unrelated histories: got %v", err)
	}
}

// TestMergeBaseLikeGit compares with git on random histories full of merges.
func TestMergeBaseLikeGit(t *testing.T) {
	testkit.SkipRace(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 6 {
		c := newCheckout(t)
		c.commit("a", "0")
		branches := []string{"main", "b1", "b2", "b3"}
		for _, b := range branches[1:] {
			c.git("branch", b)
		}
		for i := range 25 {
			c.git("checkout", "-q", branches[rng.IntN(4)])
			if rng.IntN(3) == 0 {
				c.merge(branches[rng.IntN(4)])
			} else {
				c.commit("a", fmt.Sprint(i, rng.IntN(1000)))
			}
		}
		for _, a := range branches {
			c.git("checkout", "-q", a)
			for _, b := range branches {
				want := strings.Fields(c.git("merge-base", "--all", a, b))
				got, err := c.open().MergeBase(b)
				if err != nil || !slices.Contains(want, got.Hash) {
					t.Errorf("%s and %s: got %v, %v, want one of %v", a, b, got, err, want)
				}
			}
		}
	}
}

// TestShallow runs the very command that the error gives.
func TestShallow(t *testing.T) {
	c := newCheckout(t)
	c.commit("a", "1")
	left := c.commit("a", "2")
	c.git("checkout", "-q", "-b", "feature")
	for i := range 5 {
		c.commit("b", fmt.Sprint(i))
	}
	c.git("checkout", "-q", "main")
	for i := range 5 {
		c.commit("a", fmt.Sprint("m", i))
	}
	command := regexp.MustCompile(`run (git fetch [^,]*),`)
	for name, options := range map[string][]string{
		"one branch":  {"--depth=1", "--single-branch", "--branch=feature"},
		"both":        {"--depth=1", "--no-single-branch", "--branch=feature"},
		"not enough":  {"--depth=3", "--no-single-branch", "--branch=feature"},
		"origin/main": {"--depth=2", "--single-branch", "--branch=feature"},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.clone(options...)
			s.t = t
			rev := "main"
			if name == "origin/main" {
				rev = name
			}
			_, err := s.open().MergeBase(rev)
			if err == nil {
				t.Fatal("found a merge base that the clone does not have")
			}
			m := command.FindStringSubmatch(fault.NextOf(err))
			if m == nil {
				t.Fatalf("%v: no command in %q", err, fault.NextOf(err))
			}
			s.git(strings.Fields(m[1])[1:]...)
			s.wantBase("origin/main", left)
		})
	}
	// Deep enough is enough.
	c.clone("--depth=7", "--no-single-branch", "--branch=feature").wantBase("main", left)
	// A commit's name needs all of the history.
	_, err := c.clone("--depth=1", "--branch=feature").open().MergeBase(left)
	if err == nil || !strings.Contains(fault.NextOf(err), "--unshallow") {
		t.Errorf("a commit that was cut: %v, next %q", err, fault.NextOf(err))
	}
}

// TestKindsOfClone covers clones that go-git's PlainOpen does not open or reads
// wrongly.
func TestKindsOfClone(t *testing.T) {
	c := newCheckout(t)
	left := c.commit("portal/yarn.lock", "old")
	c.git("checkout", "-q", "-b", "feature")
	c.commit("portal/yarn.lock", "new")
	read := func(t *testing.T, r *Repo) {
		t.Helper()
		base, err := r.MergeBase("origin/main")
		if err != nil {
			t.Fatal(err)
		}
		files, err := filesOf(base)
		if err != nil || base.Hash != left || string(files["portal/yarn.lock"]) != "old" {
			t.Errorf("got %s %q, %v", base.Hash, files, err)
		}
	}
	t.Run("linked worktree", func(t *testing.T) {
		s := c.clone("--branch=feature")
		s.git("worktree", "add", "-q", "../linked")
		r, err := Open(filepath.Join(s.dir, "..", "linked", "portal"))
		if err != nil {
			t.Fatal(err)
		}
		read(t, r)
		if r.Prefix != "portal/" {
			t.Errorf("prefix %q", r.Prefix)
		}
	})
	t.Run("sparse", func(t *testing.T) {
		s := c.clone("--branch=feature")
		s.git("sparse-checkout", "set", "portal") // sets extensions.worktreeConfig
		read(t, s.open())
	})
	t.Run("shared objects", func(t *testing.T) {
		s := c.clone("--branch=feature")
		shared := &checkout{t: t, dir: filepath.Join(t.TempDir(), "shared"), clock: c.clock}
		s.git("clone", "-q", "--shared", "--branch=feature", s.dir, shared.dir)
		shared.git("fetch", "-q", s.dir, "refs/remotes/origin/main:refs/remotes/origin/main")
		read(t, shared.open())
	})
	t.Run("partial", func(t *testing.T) {
		c.git("config", "uploadpack.allowFilter", "true")
		s := c.clone("--filter=blob:none", "--no-checkout", "--branch=feature")
		r := s.open()
		base, err := r.MergeBase("origin/main")
		if err != nil {
			t.Fatal(err)
		}
		_, err = filesOf(base)
		if err == nil || err != base.Err() || !strings.Contains(fault.NextOf(err), "--refetch") {
			t.Errorf("a blob that is not there: %v, next %q", err, fault.NextOf(err))
		}
	})
}

// filesOf are the files of a commit.
func filesOf(c *Commit) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := fs.WalkDir(c, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		out[name], err = fs.ReadFile(c, name)
		return err
	})
	return out, err
}

func TestFiles(t *testing.T) {
	c := newCheckout(t)
	for _, name := range []string{"yarn.lock", "package.json", "packages/app/package.json", "node_modules/x/package.json", "README.md"} {
		write(t, c.dir, name, name)
		c.git("add", "-f", name)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(c.dir, "plugins.json")); err != nil {
		t.Fatal(err)
	}
	c.git("add", "plugins.json")
	c.git("commit", "-q", "-m", "x")
	head, err := c.open().Commit("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"README.md", "node_modules/x/package.json", "package.json", "packages/app/package.json", "yarn.lock"}
	if err := fstest.TestFS(head, want...); err != nil {
		t.Error(err)
	}
	files, err := filesOf(head)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, src := range files {
		if string(src) != name {
			t.Errorf("%s: %q", name, src)
		}
		got = append(got, name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
