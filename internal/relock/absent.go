package relock

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

// maxAbsent is how many missing things an error names; the rest are counted.
const maxAbsent = 20

// absent is what a run without a network lacks. The solver goes on without it
// as far as it can, so that one error names everything, and then fails.
type absent struct {
	next string            // of the first error
	what map[string]string // a package, or a package's tarball, to who asks
}

// lacks notes what err is about if it says that there is no network.
func (s *solver) lacks(what, by string, err error) bool {
	if !errors.Is(err, httpfetch.ErrOffline) {
		return false
	}
	if s.absent.what == nil {
		s.absent = absent{next: fault.NextOf(err), what: map[string]string{}}
	}
	if _, ok := s.absent.what[what]; !ok {
		s.absent.what[what] = by
	}
	return true
}

// lacksPackument is lacks for the packument that d needs.
func (s *solver) lacksPackument(d descriptor, err error) bool {
	if err == nil {
		return false // as for nearly all of some thousands
	}
	name := d.Name
	if ask, ok := s.askOf(d); ok {
		name = ask.Name // behind an alias, the real one
	}
	return s.lacks(name, s.askerName(d), err)
}

// err is the error that names all that is missing, or nil.
func (a absent) err() error {
	if len(a.what) == 0 {
		return nil
	}
	list := make([]string, 0, len(a.what))
	for what, by := range a.what {
		list = append(list, fmt.Sprintf("%s (asked for by %s)", what, by))
	}
	slices.Sort(list)
	count := fmt.Sprintf("%d things are", len(list))
	if len(list) == 1 {
		count = "one thing is"
	}
	if more := len(list) - maxAbsent; more > 0 {
		list = append(list[:maxAbsent], fmt.Sprintf("… and %d more", more))
	}
	return fault.New("the network is switched off, and %s not in the cache:\n  %s", count, strings.Join(list, "\n  ")).
		WithNext("%s", a.next)
}

// askedFor is the descriptor that p is the answer to; the first of several.
func (s *solver) askedFor(p *pkg) (d descriptor, ok bool) {
	for have, w := range s.wanted {
		if w.got == p && (!ok || cmp.Less(have.String(), d.String())) {
			d, ok = have, true
		}
	}
	return d, ok
}

// whoAsks is the name of who asks for p.
func (s *solver) whoAsks(p *pkg) string {
	d, _ := s.askedFor(p)
	return s.askerName(d)
}

// checksumError says who asks for the package whose checksum cannot be had.
func (s *solver) checksumError(p *pkg, err error) error {
	d, ok := s.askedFor(p)
	if !ok || AsUnsupported(err) != nil {
		return err
	}
	return fault.Wrap(err, s.descriptorPos(d), "%s, asked for by %s", withoutBindings(p.loc), s.askerName(d))
}

// withoutBindings is a locator as a message may name it: the address that a
// registry gave for the tarball may hold a login or a token.
func withoutBindings(loc locator) string {
	text, _, _ := strings.Cut(loc.String(), "::")
	return text
}
