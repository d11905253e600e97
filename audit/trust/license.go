package trust

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/spec"
)

// PackageVersion is a published version of a package.
type PackageVersion struct{ Name, Version string }

// licenses is the rule license: over what a change adds, and over all that the locks
// install where there is no base. A lock does not say which licence a package has,
// the registry's manifest of the version does. What it does not have is unknown.
func (c *checker) licenses(ctx context.Context) error {
	judged := c.in.Licenses != nil && !c.off(ruleLicense)
	if c.in.Manifests == nil || !judged && !c.in.AllLicenses {
		return nil
	}
	byName, elsewhere := c.toLicense()
	c.known = map[PackageVersion]license.Declared{}
	var mu sync.Mutex
	missing := elsewhere
	err := each(ctx, byName, c.in.Manifests.Packument, c.in.Progress, func(_ context.Context, name string, list []asked, doc *registry.Packument) error {
		for _, l := range list {
			d, ok := license.Declared{}, false
			if doc != nil {
				d, ok = licenseOf(doc, l.version)
			}
			mu.Lock()
			if !ok {
				missing = append(missing, name+"@"+l.version)
			} else {
				c.known[PackageVersion{name, l.version}] = d
				if judged && (l.fresh || c.in.Base == nil) {
					c.license(doc, name, l, d)
				}
			}
			mu.Unlock()
		}
		return nil
	}, registry.ErrNotFound, registry.ErrAuth, registry.ErrOffline)
	if err != nil {
		return unanswered(ctx, err, "the registry cannot be asked for licences", "Try again")
	}
	c.unlicensed(missing)
	return nil
}

func licenseOf(doc *registry.Packument, version string) (license.Declared, bool) {
	m, err := doc.Version(version)
	if err != nil {
		return license.Declared{}, false
	}
	return license.Read(m.License), true
}

// unlicensed says once which licences are not known.
func (c *checker) unlicensed(list []string) {
	if len(list) == 0 {
		return
	}
	slices.Sort(list)
	list = slices.Compact(list)
	c.unknown = append(c.unknown, finding.Unknown{Rule: ruleLicense,
		Reason: fmt.Sprintf("the licences of %s are not known: the registry does not show them, or was not asked (%s)", english.Count(len(list), "package"), english.Some(list, 3)),
		Next:   "Run it with the registry that they come from, without --offline; look at what is from git or a URL yourself"})
}

// toLicense are the packages of the head's locks by their real names, those that the
// base has left out unless all are asked for; elsewhere are packages that no registry
// has. What lies in the repository is the team's own.
func (c *checker) toLicense() (byName map[string][]asked, elsewhere []string) {
	byName = map[string][]asked{}
	type place struct{ file, name, version string }
	seen := map[place]bool{}
	for _, l := range c.in.Head.Locks {
		for _, e := range l.Entries {
			if e.Resolution.Is(spec.Patch) {
				continue // the package behind a patch has an entry of its own
			}
			name, version, ok := e.Package()
			if !ok {
				if src := sourceOf(l, e); (src.kind == fromGit || src.kind == fromURL) && (c.in.Base == nil || !c.was.repos[src.repo()]) {
					elsewhere = append(elsewhere, e.Resolution.Name)
				}
				continue
			}
			fresh := !c.was.exact[[2]string{name, version}]
			if list := e.Versions(); len(list) > 0 {
				version = list[0]
			}
			if at := (place{l.File, name, version}); !seen[at] && (fresh || c.in.Base == nil || c.in.AllLicenses) {
				seen[at] = true
				byName[name] = append(byName[name], asked{l, e, version, fresh})
			}
		}
	}
	return byName, elsewhere
}

// license judges a package. A version that says what one of the base's versions says
// adds nothing.
func (c *checker) license(doc *registry.Packument, name string, l asked, d license.Declared) {
	verdict, why := c.in.Licenses.Judge(name, d)
	if verdict == license.Allowed {
		return
	}
	added := true
	for had := range c.was.exact {
		if had[0] != name {
			continue
		}
		if before, ok := licenseOf(doc, had[1]); ok && before == d {
			added = false
		}
	}
	i := issue{rule: ruleLicense, pos: l.lock.Pos(l.entry), name: name, kind: d.String(), added: added, standing: finding.Error, whole: true,
		message: fmt.Sprintf("%s@%s %s", name, l.version, why),
		next:    "Leave it out, or except it in the file of licences, below packages, with a reason"}
	if verdict == license.Unclear {
		i.weak = true
		i.next = "Read its licence; if you accept it, except the package in the file of licences, below packages, with a reason"
	}
	c.add(i)
}
