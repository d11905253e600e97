package slot

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/proc"
)

// Git is the repository that the branch is made in, through the program git: its
// hooks, its signatures and its identity are the user's.
type Git struct {
	dir     string
	environ []string

	top, index, objects string // absolute
	prefix              string // of dir within top, "" or with a slash at the end
	// scratch is the folder for an index of our own, "" for the system's.
	scratch string
	// wrote is called when git has written; nil outside of tests.
	wrote func()
}

// OpenGit is the repository that dir is in; nil where it is in none, or where there
// is no program git.
func OpenGit(ctx context.Context, dir string, environ []string) *Git {
	g := &Git{dir: dir, environ: append(slices.Clone(environ), "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "GIT_EDITOR=true", "GIT_OPTIONAL_LOCKS=0")}
	out, err := g.output(ctx, nil, "rev-parse", "--show-toplevel", "--path-format=absolute", "--git-path", "index", "--git-path", "objects", "--show-prefix")
	if err != nil {
		return nil
	}
	places := strings.Split(out, "\n") // a path with a line break in it is none that a portal has
	if len(places) < 4 {
		return nil
	}
	g.top, g.index, g.objects, g.prefix = places[0], places[1], places[2], places[3]
	return g
}

// run is what git prints, without the space around it.
func (g *Git) run(ctx context.Context, args ...string) (string, error) {
	out, err := g.output(ctx, nil, args...)
	return strings.TrimSpace(out), err
}

func (g *Git) output(ctx context.Context, environ []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = g.dir, append(g.environ[:len(g.environ):len(g.environ)], environ...)
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	// SIGTERM has git remove its own locks before it ends, with the context or with us.
	group, err := proc.Start(cmd, syscall.SIGTERM)
	if err == nil {
		err = group.Wait()
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return "", fault.New("there is no program git").WithNext("Install git, or use --plan, which needs none")
	case err != nil:
		return "", fault.New("git %s failed: %s", args[0], lastLines(problem.String()+out.String(), 6)).
			WithNext("See what git says; then run the same command again, which goes on from here")
	}
	return out.String(), nil
}

// lastLines are the last n lines of a text that are not empty, as one.
func lastLines(text string, n int) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}

// head is the commit that is checked out, and its branch, "" for none.
func (g *Git) head(ctx context.Context) (commit, branch string, err error) {
	if commit, err = g.run(ctx, "rev-parse", "--verify", "HEAD^{commit}"); err != nil {
		return "", "", fault.New("this repository has no commit yet").WithNext("Commit the portal first: git add . && git commit")
	}
	branch, _ = g.run(ctx, "symbolic-ref", "--quiet", "--short", "HEAD") // none: detached
	return commit, branch, ctx.Err()
}

const scratchName = "tree-"

// workTree is the name that the files would have if all that git does not ignore
// were committed, and each file's mode and content's name. Nothing of it is kept: index
// and objects are in a folder of their own.
func (g *Git) workTree(ctx context.Context) (tree string, files map[string]string, err error) {
	scratch, err := os.MkdirTemp(g.scratch, scratchName+"*")
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Pos{}, "a temporary folder")
	}
	defer os.RemoveAll(scratch)
	own := []string{"GIT_INDEX_FILE=" + filepath.Join(scratch, "index"),
		"GIT_OBJECT_DIRECTORY=" + scratch, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + g.objects}
	if text, err := os.ReadFile(g.index); err == nil {
		if err := os.WriteFile(filepath.Join(scratch, "index"), text, 0o600); err != nil {
			return "", nil, fault.Wrap(err, fault.Pos{}, "a temporary folder")
		}
	}
	if _, err := g.output(ctx, own, "-C", g.top, "add", "--all", "."); err != nil {
		return "", nil, err
	}
	list, err := g.output(ctx, own, "-C", g.top, "ls-files", "--stage", "-z")
	if err != nil {
		return "", nil, err
	}
	tree, err = g.output(ctx, own, "write-tree", "--missing-ok")
	return strings.TrimSpace(tree), listed(list), err
}

// listed are the files of a listing, whose entries are what git knows of a file, a tab
// and its path.
func listed(list string) map[string]string {
	files := map[string]string{}
	for _, entry := range strings.Split(list, "\x00") {
		if about, name, ok := strings.Cut(entry, "\t"); ok {
			files[name] = about
		}
	}
	return files
}

// committed are the files of the commit that is checked out, as workTree has them.
func (g *Git) committed(ctx context.Context) (map[string]string, error) {
	list, err := g.output(ctx, nil, "-C", g.top, "ls-tree", "-r", "-z", "HEAD")
	if err != nil {
		return nil, err
	}
	files := listed(list)
	for name, about := range files {
		if f := strings.Fields(about); len(f) == 3 { // mode, type, name of the content
			files[name] = f[0] + " " + f[2] + " 0"
		}
	}
	return files, nil
}

// changed are the files that differ from the commit that is checked out, those that
// git does not know yet among them, from the repository's top.
func (g *Git) changed(ctx context.Context) ([]string, error) {
	out, err := g.output(ctx, nil, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range strings.Split(out, "\x00") {
		if len(entry) > 3 {
			files = append(files, entry[3:])
		}
	}
	return files, nil
}

// tip is the commit of the branch of that name, "" where there is none.
func (g *Git) tip(ctx context.Context, name string) (string, error) {
	commit, _ := g.run(ctx, "rev-parse", "--verify", "--quiet", "refs/heads/"+name)
	return commit, ctx.Err()
}

// goTo checks out a branch, which is made at the present commit if it is new.
func (g *Git) goTo(ctx context.Context, branch string, isNew bool) error {
	args := []string{"switch", "--quiet", branch}
	if isNew {
		args = []string{"switch", "--quiet", "--create", branch, "--no-track"}
	}
	return g.write(ctx, args...)
}

// write runs git for what it writes.
func (g *Git) write(ctx context.Context, args ...string) error {
	_, err := g.run(ctx, args...)
	if g.wrote != nil {
		g.wrote()
	}
	return err
}

// commit commits the files, from the top, and gives the new commit.
func (g *Git) commit(ctx context.Context, message string, files []string) (string, error) {
	if err := g.write(ctx, append([]string{"-C", g.top, "add", "--all", "--"}, files...)...); err != nil {
		return "", err
	}
	if err := g.write(ctx, "commit", "--quiet", "--message", message); err != nil {
		return "", err
	}
	commit, _, err := g.head(ctx)
	return commit, err
}

// A marked commit has a line in its message that begins with mark.
type marked struct{ hash, rest string }

// marked are such commits after base, the oldest first, with the rest of that line.
func (g *Git) marked(ctx context.Context, base, mark string) ([]marked, error) {
	out, err := g.output(ctx, nil, "log", "--reverse", "--format=%H%x00%B%x00", base+"..HEAD")
	if err != nil {
		return nil, err
	}
	var found []marked
	parts := strings.Split(out, "\x00")
	for i := 0; i+1 < len(parts); i += 2 {
		for line := range strings.Lines(parts[i+1]) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), mark); ok {
				found = append(found, marked{strings.TrimSpace(parts[i]), strings.TrimSpace(rest)})
			}
		}
	}
	return found, nil
}
