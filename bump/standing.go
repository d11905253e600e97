package bump

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/workspace"
)

// standingNotes say that backstage.json is not what the lock is, or that it
// says nothing that can be used.
func standingNotes(p *workspace.Project, s release.Standing) []Note {
	note := func(message string) []Note {
		return []Note{{Kind: noteReleaseDiffers, File: "backstage.json", Message: message}}
	}
	lock := ""
	if s.Release != "" {
		lock = fmt.Sprintf("; yarn.lock is %s (%d of %d @backstage packages)", s.LockIs(), s.Matches, s.Of)
	}
	switch {
	case p.BackstageErr != nil:
		return note(fmt.Sprintf("%v%s", p.BackstageErr, lock))
	case s.Differs:
		return note(s.Difference())
	case !s.Valid && s.Declared != "":
		return note(fmt.Sprintf("backstage.json: version %q is not a Backstage release%s", s.Declared, lock))
	case s.Declared == "" && s.Release != "":
		return note("no backstage.json names the release" + lock)
	}
	return nil
}

// standsIn is the file that tells which release the portal is on.
func standsIn(s release.Standing) string {
	if s.Differs || !s.Valid {
		return "yarn.lock"
	}
	return "backstage.json"
}

// noStanding is the error of who has to know the portal's release.
func noStanding(p *workspace.Project, s release.Standing) error {
	switch {
	case p.BackstageErr != nil:
		return p.BackstageErr
	case s.Declared != "":
		return fault.At(p.Backstage.VersionPos, "version %q is not a Backstage release", s.Declared).
			WithNext("Write the release that the portal is on, for example 1.50.0, or run portalctl versions bump, which does")
	}
	return fault.New("no backstage.json at %s tells the portal's release, and neither does a yarn.lock", p.Root).
		WithNext("Create it with {\"version\": \"<release>\"}, or run portalctl versions bump, which does")
}
