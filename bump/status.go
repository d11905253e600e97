package bump

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/portalctl/portalctl/internal/release"
)

// StatusSchema is the version of the JSON form of a Status.
const StatusSchema = "portalctl.status/v1"

// Status is where a portal stands among the releases.
type Status struct {
	Schema string `json:"schema"`
	// Current and Release are the release that the portal is on: its lock's. The
	// first name is the older one.
	Current string `json:"current"`
	Release string `json:"release"`
	// Declared is what backstage.json says, "" when there is none. Matches is how
	// many of the lock's @backstage packages, which are Of, have Release's
	// version. Candidates are the releases that the lock may be as well.
	Declared   string   `json:"declared"`
	Matches    int      `json:"matches"`
	Of         int      `json:"of"`
	Candidates []string `json:"candidates"`
	// Main and Next are the newest releases of the two lines.
	Main string `json:"main"`
	Next string `json:"next"`
	// Behind is how many main releases (1.N.0) lie between Current and Main.
	Behind int `json:"behind"`
	// Packages is how many @backstage packages of the release the lock holds;
	// OnRelease is how many of them are at the release's version only. Both are nil
	// where nothing was compared: 0 of 0 would look like an answer.
	Packages  *int `json:"packages"`
	OnRelease *int `json:"onRelease"`
	also      int  // have the release's version beside others
	// OffRelease are the others, what migrates databases first.
	OffRelease []offRelease `json:"offRelease"`
	Notes      []Note       `json:"notes"`
}

// offRelease is a package that is not, or not only, at its release's version.
type offRelease struct {
	Name    string   `json:"name"`
	Locked  []string `json:"locked"`
	Release string   `json:"release"`
}

// NewStatus compares the portal with the releases. A current release that has
// no manifest leaves the packages uncounted, with a note.
func NewStatus(ctx context.Context, in Input) (*Status, error) {
	stand := in.standing()
	current := stand.Release
	if current == "" {
		return nil, noStanding(in.Project, stand)
	}
	s := &Status{Schema: StatusSchema, Current: current, Release: current, Declared: stand.Declared,
		Matches: stand.Matches, Of: stand.Of, Candidates: stand.Candidates,
		OffRelease: []offRelease{}, Notes: standingNotes(in.Project, stand)}
	if s.Notes == nil {
		s.Notes = []Note{}
	}
	main, err := in.Releases.Get(ctx, "main")
	if err != nil {
		return nil, err
	}
	next, err := in.Releases.Get(ctx, "next")
	if err != nil {
		return nil, err
	}
	s.Main, s.Next = main.ReleaseVersion, next.ReleaseVersion
	for _, m := range []*release.Manifest{main, next} {
		s.Notes = append(s.Notes, staleNotes(m)...)
	}
	if s.Behind, err = release.Behind(current, main.ReleaseVersion); err != nil {
		return nil, err
	}
	own, err := in.Releases.Get(ctx, current)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.Notes = append(s.Notes, Note{Kind: noteNotInRelease, File: "backstage.json",
			Message: fmt.Sprintf("packages were not compared: %v", err)})
		return s, nil
	}
	if in.Lock == nil {
		s.Notes = append(s.Notes, Note{Kind: noteGeneral, File: "yarn.lock",
			Message: "packages were not compared: there is no yarn.lock"})
		return s, nil
	}
	s.compare(in, own)
	return s, nil
}

// compare counts the locked @backstage packages against the release's own.
func (s *Status) compare(in Input, own *release.Manifest) {
	s.Packages, s.OnRelease = new(int), new(int)
	for name, versions := range lockedVersions(in.Lock) {
		want, ok := own.Packages[name]
		if !ok || !strings.HasPrefix(name, backstageScope) {
			continue
		}
		*s.Packages++
		if len(versions) == 1 && versions[0] == want {
			*s.OnRelease++
			continue
		}
		if slices.Contains(versions, want) {
			s.also++
		}
		s.OffRelease = append(s.OffRelease, offRelease{Name: name, Locked: versions, Release: want})
	}
	sort.Slice(s.OffRelease, func(i, j int) bool { return byData(s.OffRelease[i].Name, s.OffRelease[j].Name) })
}
