package relock

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// errNeedPackument says that a decision has to wait until the registry's
// answer for the package is there.
var errNeedPackument = errors.New("the registry has not been asked yet")

// pack is the registry's answer for one package.
type pack struct {
	name string
	doc  Packument
	err  error

	once     sync.Once
	versions []candidate // newest first, made on first use
}

// candidate is a version that a descriptor may resolve to.
type candidate struct {
	Version string
	Parsed  *semver.Version
	// InLock: the lock has the version; choosing it needs no download.
	InLock bool
	// Quarantined: the age gate (npmMinimalAgeGate) keeps the version out.
	Quarantined bool

	pack *pack
}

// deprecated reports whether the registry calls the version deprecated. It is
// false for versions that only the lock told of.
func (c candidate) deprecated() bool {
	return c.pack != nil && c.pack.doc.Deprecated(c.Version)
}

// all are the versions that the registry knows, newest first. It may be called
// from several goroutines.
func (s *solver) all(p *pack) []candidate {
	p.once.Do(func() { s.sortVersions(p) })
	return p.versions
}

func (s *solver) sortVersions(p *pack) {
	for _, text := range p.doc.Versions() {
		v, err := semrange.ParseVersion(text)
		if err != nil {
			continue // Yarn skips what semver cannot read
		}
		version := v.Original()
		p.versions = append(p.versions, candidate{Version: version, Parsed: v, pack: p})
	}
	sorting.Stable(p.versions, func(a, b candidate) int { return semrange.Compare(b.Parsed, a.Parsed) })
	for i := range p.versions {
		c := &p.versions[i]
		c.Quarantined = s.quarantined(p, c.Version, c.Parsed)
		_, c.InLock = s.lockedVersion(p.name, c.Version)
	}
}

// candidates are the versions that a policy may choose from for one package.
type candidates struct {
	s    *solver
	name string
}

func (s *solver) candidatesOf(name string) *candidates { return &candidates{s, name} }

// locked are the versions that the lock had at the start, newest first.
func (c *candidates) locked() []candidate {
	var list []candidate
	for _, e := range c.s.npmByName()[c.name] {
		if v := c.s.versionOf(e); v != nil {
			text, _ := e.Resolution.Version()
			list = append(list, candidate{Version: text, Parsed: v, InLock: true})
		}
	}
	sorting.Stable(list, func(a, b candidate) int { return semrange.Compare(b.Parsed, a.Parsed) })
	return slices.CompactFunc(list, func(a, b candidate) bool { return a.Version == b.Version })
}

// all are the versions that the registry has, newest first.
func (c *candidates) all() ([]candidate, error) {
	p, err := c.pack()
	if err != nil {
		return nil, err
	}
	return c.s.all(p), nil
}

func (c *candidates) pack() (*pack, error) {
	p, ok := c.s.packument(c.name)
	if !ok {
		return nil, errNeedPackument
	}
	return p, p.err
}

// best is what Yarn takes for a range that the lock does not have: the highest
// version that the age gate lets through, one that is not deprecated if there
// is one (NpmSemverResolver.getCandidates).
func (c *candidates) best(r semrange.Range) (candidate, error) {
	p, err := c.pack()
	if err != nil {
		return candidate{}, err
	}
	best, quarantined, err := c.s.best(p, r)
	switch {
	case err == nil:
		return best, nil
	case quarantined:
		return candidate{}, fault.New("every version of %s that satisfies %s is too new for npmMinimalAgeGate", c.name, r).
			WithNext("Wait until the versions are old enough, or list %s in npmPreapprovedPackages (.yarnrc.yml).", c.name)
	}
	f := fault.New("the registry has no version of %s that satisfies %s", c.name, r)
	if c.s.policy.Covers(c.name) {
		return candidate{}, f.WithNext("A mirror may lag behind the release: wait, name a registry that has it (npmRegistryServer), or bump with --lockfile skip and write the lock later.")
	}
	return candidate{}, f.WithNext("Ask for a version that the registry has, then run the command again.")
}

var errNoVersion = errors.New("no version satisfies the range")

// best is what candidates.best says of one packument; quarantined tells of versions that
// only the age gate keeps out. It may be called from several goroutines.
func (s *solver) best(p *pack, r semrange.Range) (best candidate, quarantined bool, err error) {
	list := s.all(p)
	var first *candidate
	for i := range list {
		v := &list[i]
		if !r.Satisfies(v.Parsed) {
			continue
		}
		if v.Quarantined {
			quarantined = true
			continue
		}
		if !v.deprecated() {
			return *v, quarantined, nil
		}
		if first == nil {
			first = v
		}
	}
	if first != nil {
		return *first, quarantined, nil
	}
	return candidate{}, quarantined, errNoVersion
}

// quarantined is npmConfigUtils' isPackageApproved, negated: the version is
// younger than the gate, or of unknown age, and not preapproved.
func (s *solver) quarantined(p *pack, version string, v *semver.Version) bool {
	gate := s.in.Settings.MinimalAge(p.name, s.in.YarnVersion)
	if gate == 0 {
		return false
	}
	if at, ok := p.doc.Published(version); ok && s.in.Now.Sub(at) >= gate {
		return false
	}
	return !s.in.Settings.Preapproved(p.name, v)
}

// tagged is NpmTagResolver: the version of a dist-tag. If latest is too new
// for the age gate, the next lower version that is not counts; a stable latest
// never gives way to a prerelease.
func (s *solver) tagged(p *pack, tag string) (string, error) {
	version, ok := p.doc.Tag(tag)
	if !ok {
		return "", fault.New("the registry has no tag %s for %s", tag, p.name)
	}
	if tag != "latest" {
		return version, nil
	}
	latest, err := semrange.ParseVersion(version)
	if err != nil || !s.quarantined(p, version, latest) {
		return version, nil
	}
	for _, c := range s.all(p) {
		if semrange.Compare(c.Parsed, latest) < 0 && !c.Quarantined &&
			(strings.Contains(version, "-") || !strings.Contains(c.Version, "-")) {
			return c.Version, nil
		}
	}
	return "", fault.New("%s@%s is too new for npmMinimalAgeGate, and no lower version is old enough", p.name, version)
}

// npmLocator is the locator of a registry version. It names the tarball's
// address when that is not where registries usually have it.
func (s *solver) npmLocator(p *pack, version string) (locator, error) {
	loc := locator{Name: p.name, Reference: spec.NPM.Of(version)}
	m, err := p.doc.Manifest(version)
	if err != nil {
		return locator{}, err
	}
	if !conventionalTarball(p.name, version, m.Tarball, s.cfg.registryURL(p.name)) {
		loc.Reference += "::__archiveUrl=" + spec.EscapeQuery(m.Tarball)
	}
	return loc, nil
}

// conventionalTarball is NpmSemverFetcher.isConventionalTarballUrl. Yarn takes
// its default server and the registry behind it for the same; the default
// server never names a tarball of a third one, so any host will do there.
func conventionalTarball(name, version, tarball, registry string) bool {
	scope, base := spec.SplitScope(name)
	file := spec.EscapeQuery(base) + "/-/" + spec.EscapeQuery(base) + "-" + spec.EscapeQuery(version) + ".tgz"
	paths := []string{"/" + file}
	if scope != "" {
		paths = []string{"/@" + spec.EscapeQuery(scope) + "%2f" + file, "/@" + spec.EscapeQuery(scope) + "/" + file}
	}
	registry = strings.TrimSuffix(registry, "/")
	anyHost := registry == yarnrc.DefaultRegistry
	for _, path := range paths {
		if tarball == registry+path {
			return true
		}
		if host, ok := strings.CutSuffix(tarball, path); ok && anyHost {
			_, host, ok := strings.Cut(host, "://")
			return ok && !strings.Contains(host, "/")
		}
	}
	return false
}
