package history

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

const (
	releaseFile = "backstage.json"
	lockFile    = "yarn.lock"
)

// watched tell, in a portal without backstage.json, that its packages may have moved.
var watched = []string{"package.json", "packages/app/package.json", "packages/backend/package.json"}

// mostLocks is how many locks are read of the time without backstage.json: each takes
// about a tenth of a second.
const mostLocks = 24

// point is the commit from which on the branch had a release.
type point struct {
	Release string
	Commit  string
	When    time.Time
	// File is what says so, by its path from the top of the repository.
	File string

	folder string // the portal's
}

// Path is what Walk found, the newest point first.
type Path struct {
	Points  []point
	Commits int
	Shallow bool
	// From is the oldest commit's time.
	From    time.Time
	Unknown []Unknown
}

// Walk follows the first-parent line of rev back to since, or to its beginning, and
// tells where the release changed. prefix is the portal's folder in the repository,
// "" or with a slash at the end. stop ends it early.
func Walk(repo *gitbase.Repo, rev, prefix string, since time.Time, stop func() error) (Path, error) {
	w := &walker{file: prefix + releaseFile, prefix: prefix}
	var halt error
	line, err := repo.Walk(rev, func(c *gitbase.Commit) bool {
		if w.path.Commits%64 == 0 {
			if halt = stop(); halt != nil {
				return false
			}
		}
		w.path.Commits++
		if w.err = w.visit(c); w.err != nil {
			return false
		}
		// The one before since is the last: it says what there was on that day.
		return c.When().After(since)
	})
	if err = cmp.Or(err, halt); err != nil {
		return Path{}, err
	}
	if err = cmp.Or(w.err, line.Err); err != nil && !line.Cut {
		w.path.Unknown = append(w.path.Unknown, Unknown{"what was before " + day(w.child.When()), err.Error()})
	}
	w.close()
	if err := w.doubt(repo, stop); err != nil {
		return Path{}, err
	}
	w.path.Shallow = line.Cut
	if w.path.From.Before(since) {
		w.path.From = since
	}
	return w.path, nil
}

// walker goes back from commit to commit.
type walker struct {
	path         Path
	file, prefix string // where the release stands at child, and the portal's folder there
	child        *gitbase.Commit
	state        string // names the content of what says the release at child
	contents     gitbase.Contents
	locks        int
	lock         string // names the lock that was read last, and which release it is
	is           string
	err          error
}

// visit compares a commit with the one after it.
func (w *walker) visit(c *gitbase.Commit) error {
	w.path.From = c.When()
	state, err := w.contents.Of(c, w.file)
	if err == nil && state == "" && w.child != nil && !strings.HasPrefix(w.state, "packages ") {
		state, err = w.moved(c)
	}
	if err == nil && state == "" {
		state, err = w.packages(c)
	}
	if err != nil {
		return err
	}
	if w.child != nil && state != w.state {
		w.close()
	}
	w.child, w.state = c, state
	return nil
}

// moved finds the file where the portal had it before child moved it.
func (w *walker) moved(c *gitbase.Commit) (string, error) {
	// What close reads of the child is at the old place.
	was, folder := w.file, w.prefix
	gone, err := w.child.Gone(c, releaseFile)
	if err != nil || len(gone) != 1 {
		return "", err
	}
	w.closeAs(was, folder)
	w.file, w.prefix = gone[0], strings.TrimSuffix(gone[0], releaseFile)
	w.state, err = w.contents.Of(c, w.file)
	return w.state, err
}

// packages names what the portal's packages were, as far as it shows in few files.
func (w *walker) packages(c *gitbase.Commit) (string, error) {
	state := "packages"
	for _, name := range watched {
		id, err := w.contents.Of(c, w.prefix+name)
		if err != nil {
			return "", err
		}
		state += " " + id
	}
	return state, nil
}

// close tells the release of child, which is the first with what it says.
func (w *walker) close() {
	if w.child != nil {
		w.closeAs(w.file, w.prefix)
	}
}

func (w *walker) closeAs(file, folder string) {
	p := point{Commit: w.child.Hash, When: w.child.When(), File: file, folder: folder}
	var err error
	switch {
	case strings.HasPrefix(w.state, "packages "):
		p.File = folder + lockFile
		p.Release, err = w.locked(w.child, p.File, "")
	case w.state == "":
		return
	default:
		p.Release, err = declared(w.child, file)
	}
	if err != nil {
		w.path.Unknown = append(w.path.Unknown, Unknown{fmt.Sprintf("the release at %.10s of %s", p.Commit, day(p.When)), err.Error()})
		return
	}
	if p.Release == "" {
		return
	}
	w.add(p)
}

// add adds a point that is older than those that there are.
func (w *walker) add(p point) {
	if n := len(w.path.Points); n > 0 && w.path.Points[n-1].Release == p.Release {
		w.path.Points = w.path.Points[:n-1] // it was reached here already
	}
	w.path.Points = append(w.path.Points, p)
}

// doubt asks the locks where backstage.json says that the portal went back: one may
// be wrong, as when it was written by hand, or said something else in former times.
func (w *walker) doubt(repo *gitbase.Repo, stop func() error) error {
	points := w.path.Points
	w.path.Points = nil
	back := func(i int) bool { // from the point before i
		return i >= 0 && i+1 < len(points) && semrange.CompareText(points[i].Release, points[i+1].Release) < 0
	}
	for i, p := range points {
		if path.Base(p.File) == releaseFile && (back(i) || back(i-1)) {
			if err := stop(); err != nil {
				return err
			}
			c, err := repo.Commit(p.Commit)
			if err != nil {
				return err
			}
			// What cannot be read leaves backstage.json as the only witness.
			if is, err := w.locked(c, p.folder+lockFile, p.Release); err == nil && is != "" && is != p.Release {
				p.Release, p.File = is, p.folder+lockFile
			}
		}
		w.add(p)
	}
	return nil
}

// declared is the release that backstage.json says in a commit.
func declared(c *gitbase.Commit, file string) (string, error) {
	src, err := c.ReadFile(file)
	if err != nil {
		return "", fault.Wrap(fault.Cause(err), fault.Pos{File: path.Base(file)}, "cannot be read: the clone may lack it")
	}
	var f struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(src, &f) != nil {
		return "", fault.New("%s is no JSON", path.Base(file))
	}
	v, err := semrange.ParseVersion(f.Version)
	if err != nil {
		return "", fault.New("%s says %.40q, which is no version", path.Base(file), f.Version)
	}
	return v.Original(), nil
}

// locked is the release that the lock of a commit is, by its packages, where declared
// is what backstage.json says: "" for a portal that has too few to tell.
func (w *walker) locked(c *gitbase.Commit, file, declared string) (string, error) {
	id, err := w.contents.Of(c, file)
	if err != nil || id == "" {
		return "", err
	}
	if id += " " + declared; id == w.lock {
		return w.is, nil
	}
	if w.locks++; w.locks > mostLocks {
		return "", fault.New("there is no backstage.json, and only the newest %d locks are read in its place", mostLocks)
	}
	src, err := c.ReadFile(file)
	if err != nil {
		return "", fault.Wrap(fault.Cause(err), fault.Pos{File: lockFile}, "cannot be read: the clone may lack it")
	}
	lock, err := yarnlock.Parse(lockFile, src)
	if err != nil {
		return "", err
	}
	w.lock, w.is = id, release.Stand(lock, declared).Release
	return w.is, nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
