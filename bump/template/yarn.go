package template

import (
	"io/fs"
	"path"

	"github.com/portalctl/portalctl/internal/keymerge"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/scaffold"
	"github.com/portalctl/portalctl/internal/semrange"
)

// yarnMove is what happens to Yarn's own release. It goes with yarnPath and
// packageManager, and the settings of .yarnrc.yml that a newer Yarn needs: none of
// them may change without the others.
type yarnMove struct {
	// stays is why Yarn stays as it is, "" where it does not.
	stays string
	// ahead: the portal's is as new as the template's.
	ahead bool
	files []changedFile
}

var yarnPathLine = pattern.New(`(?m)^yarnPath:[ \t]*["']?([^"'\s#]+)`)
var yarnFile = pattern.New(`yarn-([0-9][0-9A-Za-z.+-]*)\.cjs$`)

func (pl *planner) yarnMove(base, to *scaffold.Tree) yarnMove {
	if to.Yarn == "" || base.Yarn == to.Yarn {
		return yarnMove{}
	}
	if pl.in.Config.noisy(to.Yarn) {
		return yarnMove{stays: "Yarn's release is left alone (noise in .portalctl.yaml); to move it: yarn set version " + versionOf(to.Yarn)}
	}
	rc := pl.file(".yarnrc.yml")
	m := yarnPathLine().FindSubmatch(rc.text)
	if m == nil { // Corepack, or a Yarn that somebody installs
		return yarnMove{}
	}
	at := path.Clean(string(m[1]))
	mine, err := semrange.ParseVersion(versionOf(at))
	new, nerr := semrange.ParseVersion(versionOf(to.Yarn))
	if at != base.Yarn && (err != nil || nerr != nil) {
		return yarnMove{stays: "yarnPath is not the template's: " + at}
	}
	if at == to.Yarn || err == nil && nerr == nil && semrange.Compare(mine, new) >= 0 {
		return yarnMove{ahead: true}
	}
	if was, err := semrange.ParseVersion(versionOf(base.Yarn)); err == nil && mine != nil && semrange.Compare(mine, was) < 0 {
		return yarnMove{stays: "your Yarn (" + mine.Original() + ") is older than the template's was; to move it: yarn set version " + versionOf(to.Yarn)}
	}
	program, err := to.ReadYarn()
	if err != nil {
		return yarnMove{stays: "the template's Yarn cannot be read: " + err.Error()}
	}
	var move yarnMove
	file := changedFile{Path: to.Yarn, State: stateTaken, Hunks: []hunk{}, Keys: []keymerge.Key{}}
	if have := pl.read(to.Yarn); have.text == nil && have.err == nil {
		file.edits = []write{{to.Yarn, nil, program}}
	} else {
		file.State = stateSame
	}
	move.files = append(move.files, file)
	if old, err := fs.ReadFile(pl.files, base.Yarn); err == nil && at == base.Yarn && base.YarnIs(old) && !pl.read(base.Yarn).link {
		move.files = append(move.files, changedFile{Path: base.Yarn, State: stateDeleted, Hunks: []hunk{}, Keys: []keymerge.Key{},
			edits: []write{{base.Yarn, old, nil}}})
	}
	return move
}

// versionOf is the version in the name of a release of Yarn, "" for another name.
func versionOf(file string) string {
	m := yarnFile().FindStringSubmatch(file)
	if m == nil {
		return ""
	}
	return m[1]
}
