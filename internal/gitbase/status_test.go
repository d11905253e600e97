package gitbase

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
)

// gitChanged is what git itself says.
func (c *checkout) gitChanged(t *testing.T) []string {
	t.Helper()
	// The index is left as it is: git would write down what it found unchanged.
	out, err := c.try("--no-optional-locks", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=untracked")
	if err != nil {
		t.Fatalf("git status: %v\n%s", err, out)
	}
	var names []string
	for line := range strings.SplitSeq(strings.TrimRight(out, "\x00"), "\x00") {
		if len(line) > 3 {
			names = append(names, line[3:])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *checkout) compareStatus(t *testing.T, what string) int {
	t.Helper()
	h, err := At(c.dir, "HEAD")
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	got, err := h.Changed()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	want := c.gitChanged(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-git +ours):\n%s", what, diff)
	}
	return len(want)
}

// step is one change of a file, of the work tree or the index.
type step struct {
	name string
	do   func(c *checkout, file string) error
}

func steps() []step {
	list := []step{
		{"rewrite", func(c *checkout, f string) error { return os.WriteFile(f, []byte(fmt.Sprint(rand.Int())), 0o644) }},
		{"same text again", func(c *checkout, f string) error {
			src, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			return os.WriteFile(f, src, 0o644)
		}},
		{"same size", func(c *checkout, f string) error {
			src, err := os.ReadFile(f)
			if err != nil || len(src) == 0 {
				return err
			}
			src[0] ^= 1
			return os.WriteFile(f, src, 0o644)
		}},
		{"touch", func(c *checkout, f string) error { return os.Chtimes(f, time.Now(), time.Now().Add(-time.Hour)) }},
		{"remove", func(c *checkout, f string) error { return os.Remove(f) }},
		{"a folder in its place", func(c *checkout, f string) error {
			if err := os.Remove(f); err != nil {
				return err
			}
			return os.MkdirAll(filepath.Join(f, "x"), 0o755)
		}},
		{"add", func(c *checkout, f string) error { _, err := c.try("add", "-A", f); return err }},
		{"new and added", func(c *checkout, f string) error {
			if err := os.WriteFile(f+".new", nil, 0o644); err != nil {
				return err
			}
			_, err := c.try("add", f+".new")
			return err
		}},
		{"intended", func(c *checkout, f string) error {
			if err := os.WriteFile(f+".later", []byte("x"), 0o644); err != nil {
				return err
			}
			_, err := c.try("add", "-N", f+".later")
			return err
		}},
		{"untracked", func(c *checkout, f string) error { return os.WriteFile(f+".untracked", nil, 0o644) }},
		{"rm --cached", func(c *checkout, f string) error { _, err := c.try("rm", "-q", "--cached", f); return err }},
		{"mv", func(c *checkout, f string) error { _, err := c.try("mv", f, f+".moved"); return err }},
		{"checkout", func(c *checkout, f string) error { _, err := c.try("checkout", "HEAD", "--", f); return err }},
		{"skip-worktree", func(c *checkout, f string) error {
			if _, err := c.try("update-index", "--skip-worktree", f); err != nil {
				return err
			}
			return os.Remove(f)
		}},
		{"index v4", func(c *checkout, f string) error { _, err := c.try("update-index", "--index-version", "4"); return err }},
		{"refresh", func(c *checkout, f string) error { _, err := c.try("status"); return err }},
	}
	if runtime.GOOS != "windows" {
		list = append(list,
			step{"chmod", func(c *checkout, f string) error { return os.Chmod(f, 0o755) }},
			step{"chmod of others", func(c *checkout, f string) error { return os.Chmod(f, 0o655) }},
			step{"a link in its place", func(c *checkout, f string) error {
				if err := os.Remove(f); err != nil {
					return err
				}
				return os.Symlink("elsewhere", f)
			}},
			step{"another target", func(c *checkout, f string) error {
				link := filepath.Join(c.dir, "link")
				if err := os.Remove(link); err != nil {
					return err
				}
				return os.Symlink(filepath.Base(f), link)
			}},
			step{"fileMode false", func(c *checkout, f string) error { _, err := c.try("config", "core.fileMode", "false"); return err }},
		)
	}
	return list
}

// TestChangedLikeGit makes random changes and asks git, too.
func TestChangedLikeGit(t *testing.T) {
	testkit.SkipRace(t)
	list := steps()
	dirty := 0
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 11))
		c := newCheckout(t)
		names := []string{"a.txt", "b/c.txt", "b/d/e.txt", "b/d/f g.txt", "b.txt", "z/ü.txt"}
		for _, name := range names {
			write(t, c.dir, name, name)
		}
		if runtime.GOOS != "windows" {
			if err := os.Symlink("a.txt", filepath.Join(c.dir, "link")); err != nil {
				t.Fatal(err)
			}
		}
		c.git("add", ".")
		c.git("commit", "-qm", "one")
		if n := c.compareStatus(t, "clean"); n != 0 {
			t.Fatalf("%d files of a new checkout", n)
		}
		var log []string
		for range 10 {
			s := list[r.IntN(len(list))]
			name := names[r.IntN(len(names))]
			// A step that does not fit, such as the removal of what is gone, is
			// none; what it left is compared all the same.
			err := s.do(c, filepath.Join(c.dir, filepath.FromSlash(name)))
			log = append(log, fmt.Sprintf("%s %s (%v)", s.name, name, err))
			dirty += c.compareStatus(t, fmt.Sprintf("seed %d: %s", seed, strings.Join(log, "; ")))
		}
	}
	if dirty < 50 {
		t.Errorf("only %d changes were made: the test compares nothing", dirty)
	}
}

// touched gives a file another date, so that only its text can tell.
func touched(t *testing.T, c *checkout, name string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(c.dir, name), old, old); err != nil {
		t.Fatal(err)
	}
}

// TestChangedByKind: what random steps do not come to.
func TestChangedByKind(t *testing.T) {
	t.Run("conflict", func(t *testing.T) {
		c := newCheckout(t)
		c.commit("a", "one")
		c.git("checkout", "-q", "-b", "side")
		c.commit("a", "two")
		c.git("checkout", "-q", "main")
		c.commit("a", "three")
		if out, err := c.try("merge", "side"); err == nil {
			t.Fatalf("no conflict: %s", out)
		}
		c.compareStatus(t, "conflict")
	})
	t.Run("line ends", func(t *testing.T) {
		c := newCheckout(t)
		c.git("config", "core.autocrlf", "true")
		c.commit("a", "one\ntwo\n")
		c.compareStatus(t, "committed")
		for _, text := range []string{"one\r\ntwo\r\n", "one\r\nthree\r\n"} {
			write(t, c.dir, "a", text)
			c.compareStatus(t, text)
		}
		c.git("checkout", "-f", "HEAD")
		touched(t, c, "a")
		if n := c.compareStatus(t, "checked out, then touched"); n != 0 {
			t.Errorf("%d files", n)
		}
		write(t, c.dir, "a", "oNe\r\ntwo\r\n")
		c.compareStatus(t, "as long")
	})
	t.Run("line ends by attribute", func(t *testing.T) {
		c := newCheckout(t)
		c.commit(".gitattributes", "* text=auto eol=crlf\n")
		c.commit("a", "one\ntwo\n")
		if err := os.Remove(filepath.Join(c.dir, "a")); err != nil {
			t.Fatal(err)
		}
		c.git("checkout", "-f", "HEAD")
		touched(t, c, "a")
		if n := c.compareStatus(t, "checked out, then touched"); n != 0 {
			t.Errorf("%d files", n)
		}
	})
	t.Run("line ends as they are", func(t *testing.T) {
		c := newCheckout(t)
		c.git("config", "core.autocrlf", "false")
		c.commit("a", "one\ntwo\n")
		write(t, c.dir, "a", "one\r\ntwo\r\n")
		if n := c.compareStatus(t, "turned"); n != 1 && runtime.GOOS != "windows" {
			t.Errorf("%d files", n)
		}
	})
	t.Run("no commit of the index", func(t *testing.T) {
		c := newCheckout(t)
		c.commit("a", "one")
		if err := os.Remove(filepath.Join(c.dir, ".git", "index")); err != nil {
			t.Fatal(err)
		}
		c.compareStatus(t, "no index")
	})
	t.Run("another commit", func(t *testing.T) {
		c := newCheckout(t)
		first := c.commit("a", "one")
		c.commit("a", "two")
		c.commit("b", "two")
		h, err := At(c.dir, first)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.Changed()
		if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
	t.Run("linked worktree", func(t *testing.T) {
		c := newCheckout(t)
		c.commit("a", "one")
		other := &checkout{t: t, dir: filepath.Join(t.TempDir(), "linked"), clock: c.clock}
		c.git("worktree", "add", "-q", other.dir, "HEAD")
		other.compareStatus(t, "clean")
		write(t, other.dir, "a", "two")
		if n := other.compareStatus(t, "dirty"); n != 1 {
			t.Errorf("%d files", n)
		}
		c.compareStatus(t, "the first one")
	})
	t.Run("submodule", func(t *testing.T) {
		inner := newCheckout(t)
		first := inner.commit("x", "one")
		inner.commit("x", "two")
		c := newCheckout(t)
		c.commit("a", "one")
		c.git("submodule", "add", "-q", inner.dir, "sub")
		c.git("commit", "-qm", "sub")
		c.compareStatus(t, "clean")
		sub := &checkout{t: t, dir: filepath.Join(c.dir, "sub"), clock: c.clock}
		write(t, sub.dir, "untracked", "x")
		c.compareStatus(t, "untracked in it")
		write(t, sub.dir, "x", "three")
		c.compareStatus(t, "dirty")
		sub.git("checkout", "-q", "-f", first)
		c.compareStatus(t, "another commit")
		clone := &checkout{t: t, dir: filepath.Join(t.TempDir(), "clone")}
		if out, err := exec.Command("git", "clone", "-q", c.dir, clone.dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		clone.compareStatus(t, "not checked out")
	})
	t.Run("extensions", func(t *testing.T) {
		c := newCheckout(t)
		c.commit("a/b", "one")
		c.commit("c/d", "one")
		c.git("config", "extensions.worktreeConfig", "true")
		c.git("config", "core.repositoryFormatVersion", "1")
		c.git("sparse-checkout", "set", "--no-cone", "a")
		c.compareStatus(t, "sparse")
		write(t, c.dir, "a/b", "two")
		if n := c.compareStatus(t, "sparse and dirty"); n != 1 {
			t.Errorf("%d files", n)
		}
	})
}

// TestChangedBelow: the portal is a folder of the repository.
func TestChangedBelow(t *testing.T) {
	c := newCheckout(t)
	c.commit("portals/one/package.json", "{}")
	write(t, c.dir, "portals/one/package.json", "[]")
	h, err := At(filepath.Join(c.dir, "portals", "one"), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Changed()
	if diff := cmp.Diff([]string{"portals/one/package.json"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	write(t, c.dir, ".git/index", "DIRC")
	if got, err := h.Changed(); err == nil {
		t.Errorf("a damaged index: %v", got)
	}
}
