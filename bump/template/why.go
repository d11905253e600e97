package template

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/semrange"
)

// explain finds, for each conflict, the entry of create-app's changelog that brought
// the template's side: of the version in which that side appeared, the entry whose
// words are most like the change.
func (pl *planner) explain(f *changedFile, name string) {
	for i := range f.Hunks {
		h := &f.Hunks[i]
		h.Why = pl.entry(name, h.Base, h.Theirs)
	}
	for i := range f.Keys {
		if k := &f.Keys[i]; k.State == stateConflict {
			why := pl.entry(name, k.Base, k.Theirs+" "+strings.Join(k.Path, " "))
			if k.Why != "" && why != "" {
				why = k.Why + "; " + why
			}
			if why != "" {
				k.Why = why
			}
		}
	}
}

func (pl *planner) entry(name, base, theirs string) string {
	at := slices.Index(pl.steps, pl.base)
	if s := pl.pending[name]; s != nil {
		at = slices.Index(pl.steps, s)
	}
	added, removed := minus(trimmed([]byte(theirs)), trimmed([]byte(base))), minus(trimmed([]byte(base)), trimmed([]byte(theirs)))
	for i := at + 1; i < len(pl.steps); i++ {
		if !pl.appears(i, name, added, removed) {
			continue
		}
		what := words(strings.Join(added, " ") + " " + strings.Join(removed, " ") + " " + path.Base(name))
		best, most := "", 2
		for _, s := range pl.changes() {
			if !semrange.Above(s.Version, pl.steps[i-1].version) || semrange.Above(s.Version, pl.steps[i].version) {
				continue
			}
			for _, e := range s.Entries {
				if n := overlap(what, e); n > most {
					best, most = s.Version+": "+oneLine(e.Text), n
				}
			}
		}
		if best == "" {
			best = pl.steps[i].version
		}
		return "create-app " + best
	}
	return ""
}

// appears reports whether a change came with step i: the file has a line that the change
// added more often than in the step before, or one that it removed less often.
func (pl *planner) appears(i int, name string, added, removed []string) bool {
	now, err := pl.tree(pl.steps[i])
	if err != nil {
		return false
	}
	before, err := pl.tree(pl.steps[i-1])
	if err != nil {
		return false
	}
	more := func(line string) int {
		return bytes.Count(now.Files[name], []byte(line)) - bytes.Count(before.Files[name], []byte(line))
	}
	if len(added) > 0 {
		return more(added[0]) > 0
	}
	return len(removed) > 0 && more(removed[0]) < 0
}

var aWord = pattern.New(`[A-Za-z][A-Za-z0-9]{3,}`)

// common words say nothing about which entry a change is of.
var plainWords = []string{"import", "from", "backstage", "create", "version", "bumped", "updated", "added", "plugin", "this", "that", "with", "your", "template", "const", "packages", "latest", "apps", "when", "type"}

func words(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range aWord().FindAllString(text, -1) {
		if w = strings.ToLower(w); !slices.Contains(plainWords, w) {
			out[w] = true
		}
	}
	return out
}

func overlap(what map[string]bool, e changelog.Entry) int {
	if strings.HasPrefix(e.Text, "Bumped create-app version") {
		return 0
	}
	n := 0
	for w := range words(e.Text) {
		if what[w] {
			n++
		}
	}
	return n
}

// oneLine is the first paragraph of an entry on one line.
func oneLine(text string) string {
	para, _, _ := strings.Cut(text, "\n\n")
	return strings.Join(strings.Fields(para), " ")
}
