package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// release moves the portal to the first release that ends all of its findings.
func (p *plans) release(pkg osv.Package, to string, list []*Finding) {
	rel := p.releaseWith(pkg.Name, to)
	first := p.made[string(bumpRelease)+"\x00"] == nil
	a := p.action(bumpRelease, "", list)
	switch {
	case first:
	case rel == "" || p.releases[a] == "":
		rel = "" // no known release will do: the newest is what there is to try
	case semrange.CompareText(p.releases[a], rel) > 0:
		rel = p.releases[a]
	}
	p.releases[a] = rel
	a.Title, a.Steps = "Move to a newer Backstage release", []string{"portalctl versions bump" + p.inDir()}
	if rel != "" {
		a.Title = "Move to Backstage " + rel + " or newer"
		a.Steps = []string{"portalctl versions bump --release " + rel + p.inDir()}
	}
}

// plugins has those moved that ask for a @backstage package of an old release:
// to overrule what they were built for would break them. Nothing is done for
// other packages.
func (p *plans) plugins(pkg osv.Package, list []*Finding) bool {
	if !strings.HasPrefix(pkg.Name, "@backstage/") {
		return false
	}
	var direct []string
	release := false
	for _, w := range list[0].Where.Paths {
		switch first := w.Steps[0].Name; {
		case strings.HasPrefix(first, "@backstage/"):
			release = true
		default:
			direct = append(direct, first)
		}
	}
	direct = sorted(direct)
	if len(direct) == 0 && !release {
		return false
	}
	a := p.action(bumpRelease, fmt.Sprint(direct, release), list)
	a.Title = "Move what asks for @backstage packages of an old release"
	patterns := ""
	for _, name := range direct {
		patterns += " --pattern '" + name + "'"
	}
	a.Steps = []string{"portalctl versions bump" + patterns + p.inDir()}
	return true
}

// releaseWith is the first known release that has at least a version of a
// package.
func (p *plans) releaseWith(name, version string) string {
	v, err := semrange.ParseVersion(version)
	if err != nil {
		return ""
	}
	releases := slices.Clone(p.b.in.Releases)
	sorting.By(releases, func(a, b newerRelease) int { return semrange.CompareText(a.Version, b.Version) })
	for _, r := range releases {
		have, err := semrange.ParseVersion(r.Packages[name])
		if err == nil && semrange.Compare(have, v) >= 0 && !strings.Contains(r.Version, "-") {
			return r.Version
		}
	}
	return ""
}

// bump looks for released versions of the packages that ask which admit the
// fix. It needs the registry.
func (p *plans) bump(pkg osv.Package, to string, asks []ask, list []*Finding) bool {
	if p.b.in.Published == nil {
		return false
	}
	c := parentUpgrade{p: p, seen: map[depgraph.Node]bool{}}
	for _, a := range asks {
		if a.hold != free && !c.raise(a, pkg.Name, to) {
			return false
		}
	}
	return c.apply(list)
}
