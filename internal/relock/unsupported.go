package relock

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
)

// Unsupported says that the lock needs something that only Yarn itself can
// write. Nothing is guessed: the caller runs the repo's Yarn instead, or tells
// the user.
type Unsupported struct {
	// Construct is what it is, in a few words: "git dependency".
	Construct string
	// Pos is where it stands, as far as known.
	Pos fault.Pos
	// Why says why it cannot be written, as a sentence without capital and
	// full stop.
	Why string
	// Checksum says that a checksum is all that is missing: a lock without it
	// (Input.LeaveChecksums) can be written.
	Checksum bool
}

// Error is the construct, its place and the reason.
func (u *Unsupported) Error() string {
	text := fmt.Sprintf("the lockfile cannot be written without Yarn: %s: %s", u.Construct, u.Why)
	if pos := u.Pos.String(); pos != "" {
		return pos + ": " + text
	}
	return text
}

// AsUnsupported is the Unsupported on err's chain, or nil.
func AsUnsupported(err error) *Unsupported {
	var u *Unsupported
	if errors.As(err, &u) {
		return u
	}
	return nil
}

func (s *solver) unsupportedWhy(d descriptor, construct, why string) error {
	asked, _, _ := strings.Cut(d.String(), "::locator=") // who asks is said by the place
	u := &Unsupported{Construct: printable(construct + " " + asked), Pos: s.descriptorPos(d), Why: why}
	if w := s.wanted[d]; w != nil && w.by != nil && w.by.ws == nil {
		u.Construct += ", asked for by " + s.askerName(d)
	}
	return u
}

// unsupported names the construct of a range that no resolver here answers.
func (s *solver) unsupported(d descriptor) error {
	construct, why := "range", "its form is not known"
	switch protocol := d.Protocol(); {
	case strings.HasPrefix(d.Range, "git"), strings.Contains(d.Range, ".git"), protocol == "ssh:", isGitHubShort(d.Range):
		construct, why = "git dependency", "the commit and the contents of a repository are not looked up here"
	case protocol.Is(spec.HTTP, spec.HTTPS):
		construct, why = "tarball URL", "a tarball outside a registry is not read here"
	case protocol == spec.Exec:
		construct, why = "exec: dependency", "its script would have to run"
	case protocol == spec.File:
		construct, why = "file: dependency", "packing a folder or reading a local tarball is left to Yarn"
	case protocol == spec.Portal:
		construct, why = "portal: dependency", "what it points to cannot be read here"
	case protocol == spec.Backstage:
		construct, why = "backstage: range", "only backstage:^ is known, and it needs the Backstage Yarn plugin"
	case protocol == spec.JSR:
		construct, why = "jsr: dependency", "the JSR registry is not asked here"
	case protocol != "":
		construct, why = "protocol "+string(protocol), "it belongs to a Yarn plugin that is not known here"
	}
	return s.unsupportedWhy(d, construct, why)
}

// isGitHubShort is the form user/repo.
func isGitHubShort(rng string) bool {
	return strings.Count(strings.SplitN(rng, "#", 2)[0], "/") == 1 && !strings.ContainsAny(rng, ": ") && !spec.IsPath(rng)
}

// registryError adds who asked to an answer that the registry did not give.
func (s *solver) registryError(d descriptor, err error) error {
	if AsUnsupported(err) != nil {
		return err
	}
	return fault.Wrap(err, s.descriptorPos(d), "%s, asked for by %s", printable(d.String()), s.askerName(d))
}

// printable shows control characters, which a strange package.json may hold,
// instead of sending them to a terminal.
func printable(text string) string {
	if strings.IndexFunc(text, unicode.IsControl) < 0 {
		return text
	}
	return strconv.QuoteToGraphic(text)
}

// askerName is who asked for d first.
func (s *solver) askerName(d descriptor) string {
	w := s.wanted[d]
	switch {
	case w == nil || w.by == nil:
		return "the project"
	case w.by.ws != nil:
		return w.by.ws.ident
	}
	return w.by.loc.Name + " " + w.by.version
}
