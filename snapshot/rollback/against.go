package rollback

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/snapshot"
)

// Against compares the snapshot with the packages that are installed in a
// checkout of the release to come: which databases its first boot will migrate,
// and so which ones a rollback has to bring back. A migration table whose
// package is not known, or not installed there, counts as changed: that costs a
// restore, the opposite a portal that does not start.
func (p *Plan) Against(checkout string) error {
	if info, err := os.Stat(filepath.Join(checkout, "node_modules")); err != nil || !info.IsDir() {
		return fault.New("%s has no node_modules: the migrations of the release to come are in its packages", checkout).
			WithNext("Run yarn install there, or leave --against out and make the plan after the upgrade")
	}
	there := newInstalled(checkout)
	all := p.all()
	p.Targets, p.Kept, p.Compared = []*Target{}, []*Target{}, "release"
	for _, t := range all {
		t.Changes = []Change{}
		for _, then := range t.was.Migrations {
			table, ran := then.Title(), then.Names()
			names, found := there.migrations(then.Package, ran)
			switch {
			case !found && len(ran) == 0:
				t.Changes = append(t.Changes, Change{Table: table + " (no migration ran, so its package is not known)"})
			case !found:
				t.Changes = append(t.Changes, Change{Table: table + " (no package in " + checkout + " brings its migrations)"})
			default:
				if c := (Change{Table: table, Added: without(names, ran), Removed: without(ran, names)}); len(c.Added)+len(c.Removed) > 0 {
					t.Changes = append(t.Changes, c)
				}
			}
		}
		p.place(t, nil)
	}
	p.Steps = p.steps()
	return nil
}

// installed is the packages of a checkout, by name: the folders of all copies.
// A package may lie in the root's node_modules, in that of a workspace or of
// another package, and be a link to a workspace itself.
type installed struct {
	dirs map[string][]string
	seen map[string]bool // links resolved
}

func newInstalled(checkout string) *installed {
	in := &installed{dirs: map[string][]string{}, seen: map[string]bool{}}
	in.look(checkout)
	return in
}

// look notes the packages below a folder's node_modules.
func (in *installed) look(dir string) {
	modules := filepath.Join(dir, "node_modules")
	for _, name := range subfolders(modules) {
		if !strings.HasPrefix(name, "@") {
			in.add(name, filepath.Join(modules, name))
			continue
		}
		for _, inner := range subfolders(filepath.Join(modules, name)) {
			in.add(name+"/"+inner, filepath.Join(modules, name, inner))
		}
	}
}

// subfolders are the names of a folder's folders, and of links, which may lead
// to some; none of hidden ones, which hold no package that Node.js would find.
func subfolders(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var out []string
	for _, e := range entries {
		if (e.IsDir() || e.Type()&os.ModeSymlink != 0) && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out
}

func (in *installed) add(name, dir string) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || in.seen[real] {
		return
	}
	in.seen[real] = true
	in.dirs[name] = append(in.dirs[name], real)
	in.look(real)
}

// migrations are the names in the folder that has most of those that ran; of
// the package that brought them, or else of whatever package they have moved to.
func (in *installed) migrations(pkg string, ran []string) (names []string, found bool) {
	if names, found = best(in.dirs[pkg], ran); found {
		return names, true
	}
	var all []string
	for _, dirs := range in.dirs {
		all = append(all, dirs...)
	}
	slices.Sort(all)
	names, _ = best(all, ran)
	// A few names that many packages have, 001_init.js say, are no proof.
	if shared := len(ran) - len(without(ran, names)); shared == 0 || 2*shared < len(ran) {
		return nil, false
	}
	return names, true
}

// best finds the folder with most of the names. Of several, copies of a package
// in two versions say, one that differs counts: that costs a restore.
func best(dirs, ran []string) (names []string, found bool) {
	most := 0
	for _, dir := range dirs {
		for _, here := range snapshot.MigrationFolders(dir) {
			shared := len(ran) - len(without(ran, here))
			if shared > most || shared == most && shared > 0 && len(here) != len(ran) {
				most, names, found = shared, here, true
			}
		}
	}
	return names, found
}
