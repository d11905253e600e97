package template

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/portalctl/portalctl/internal/workspace"
)

// places knows where the portal has what the template has, where that differs: the
// packages of the app and the backend may have other folders and names.
type places struct {
	files fs.FS
	dirs  []renamed
	// index are the portal's files by base name, read when one is missed.
	index map[string][]string
}

// renamed is a package of the template whose folder or name is another here.
type renamed struct {
	dir, to, name, toName string
	dirWord, toWord       *regexp.Regexp // find the folders in a text
}

// roles are the packages of the template, and what marks them in a portal.
var roles = []struct{ dir, name, role string }{
	{"packages/app", "app", "frontend"},
	{"packages/backend", "backend", "backend"},
}

func newPlaces(p *workspace.Project, files fs.FS) (*places, []string) {
	pl := &places{files: files}
	var notes []string
	for _, r := range roles {
		ws := p.ByRel(r.dir)
		if ws == nil {
			var list []*workspace.Workspace
			for _, w := range p.Workspaces {
				if w.File.Backstage.Role == r.role {
					list = append(list, w)
				}
			}
			switch len(list) {
			case 0:
				continue
			case 1:
				ws = list[0]
			default:
				var names []string
				for _, w := range list {
					names = append(names, w.Rel)
				}
				notes = append(notes, "several packages have the role "+r.role+" ("+strings.Join(names, ", ")+"), and none is at "+r.dir+
					": the template's changes of that package are not merged")
				continue
			}
		}
		if ws.Rel != r.dir || ws.Name() != r.name {
			pl.dirs = append(pl.dirs, rename(r.dir, ws.Rel, r.name, ws.Name()))
		}
	}
	return pl, notes
}

// of is where the portal has, or would have, a file of the template.
func (pl *places) of(name string) string {
	for _, r := range pl.dirs {
		if rest, ok := strings.CutPrefix(name, r.dir+"/"); ok {
			return r.to + "/" + rest
		}
	}
	return name
}

// adapt writes the names of the packages that are called otherwise here into a text
// of the template, unless ours still has the template's own.
func (pl *places) adapt(name string, text, ours []byte) []byte {
	s := string(text)
	for _, r := range pl.dirs {
		if r.dirWord.Match(ours) && !r.toWord.Match(ours) {
			continue
		}
		if r.dir != r.to {
			s = r.dirWord.ReplaceAllString(s, "${1}"+r.to+"${2}")
			s = strings.ReplaceAll(s, `"link:../`+path.Base(r.dir)+`"`, `"link:../`+path.Base(r.to)+`"`)
		}
		if r.name != r.toName {
			s = strings.ReplaceAll(s, "yarn workspace "+r.name+" ", "yarn workspace "+r.toName+" ")
			if path.Base(name) == "package.json" {
				s = strings.ReplaceAll(s, `"`+r.name+`": "link:`, `"`+r.toName+`": "link:`)
				if strings.HasPrefix(name, r.dir+"/") {
					s = strings.Replace(s, `"name": "`+r.name+`"`, `"name": "`+r.toName+`"`, 1)
				}
			}
		}
	}
	return []byte(s)
}

func rename(dir, to, name, toName string) renamed {
	return renamed{dir, to, name, toName, word(dir), word(to)}
}

func word(text string) *regexp.Regexp {
	return regexp.MustCompile(`(^|[^\w/-])` + regexp.QuoteMeta(text) + `($|[^\w-])`)
}

// moved is where a file that is not at its place went to: the one file of its name in
// its package that is at least half as it was. "" for none, or several.
func (pl *places) moved(at string, was []byte) string {
	dir := ""
	for _, d := range append([]renamed{{to: "packages/app"}, {to: "packages/backend"}}, pl.dirs...) {
		if strings.HasPrefix(at, d.to+"/") {
			dir = d.to
		}
	}
	if dir == "" || len(was) == 0 {
		return ""
	}
	if pl.index == nil {
		pl.index = map[string][]string{}
	}
	if _, read := pl.index[dir+"/"]; !read {
		pl.index[dir+"/"] = nil
		_ = fs.WalkDir(pl.files, dir, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // not readable: nothing is found there
			case d.IsDir() && workspace.MadeFolder(d.Name()):
				return fs.SkipDir
			case d.Type().IsRegular():
				key := dir + "/" + d.Name()
				pl.index[key] = append(pl.index[key], name)
			}
			return nil
		})
	}
	found := ""
	wanted := bagOf(was)
	for _, name := range pl.index[dir+"/"+path.Base(at)] {
		text, err := fs.ReadFile(pl.files, name)
		if err != nil || name == at || alike(bagOf(text), wanted) < 0.5 {
			continue
		}
		if found != "" {
			return ""
		}
		found = name
	}
	return found
}
