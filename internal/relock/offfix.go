package relock

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// fixer knows what somebody can do about a copy off the release. What a portal
// can change are its own files: ranges, resolutions, catalogs, and the versions
// of what its workspaces ask for.
type fixer struct {
	s       *solver
	release map[string]string
	parents map[*pkg][]*pkg
}

func (s *solver) newFixer() *fixer {
	f := &fixer{s: s, release: s.releaseVersions(), parents: make(map[*pkg][]*pkg, len(s.order))}
	for _, p := range s.order {
		for i := range p.edges {
			if to := p.edges[i].to.got; to != nil {
				f.parents[to] = append(f.parents[to], p)
			}
		}
	}
	return f
}

// excluding is what would make the range of p's edge e, which excludes the
// release's version, admit it.
func (f *fixer) excluding(p *pkg, e *edge, o *Off) string {
	above := f.above(e, o)
	if f.s.resolution(p, descriptor{Name: e.name, Range: e.asked}) != nil {
		if above != "" {
			return fmt.Sprintf("move to a release that has %s %s or newer, or take its resolution out of package.json", o.Name, above)
		}
		return fmt.Sprintf("set the resolution of %s in package.json to %s", e.name, o.Release)
	}
	if p.ws != nil {
		return f.inWorkspace(p, e, o, above)
	}
	if f.onRelease(p) {
		return fmt.Sprintf("none in this portal: %s %s is part of the release and asks for it", p.loc.Name, p.version)
	}
	who, plural, self := f.directs(p)
	if above != "" {
		return fmt.Sprintf("move to a release that has %s %s or newer, or to an older version of %s", o.Name, above, who)
	}
	via := ""
	if !self {
		via = fmt.Sprintf(", which brings in %s %s,", p.loc.Name, p.version)
	}
	a := "a version"
	if plural {
		via, a = strings.Replace(via, "brings", "bring", 1), "versions"
	}
	return fmt.Sprintf("update %s%s to %s whose dependencies admit %s %s", who, via, a, o.Name, o.Release)
}

// above is the lowest version that the range admits if that is newer than the
// release's, else "".
func (f *fixer) above(e *edge, o *Off) string {
	ask, ok := f.s.askBehind(e.to.descriptor)
	if !ok {
		if semrange.CompareText(o.Version, o.Release) > 0 {
			return o.Version
		}
		return ""
	}
	low := ask.Range.Min()
	if v := f.s.version(o.Release); v != nil && low != nil && semrange.Compare(low, v) > 0 {
		return low.Original()
	}
	return ""
}

func (f *fixer) inWorkspace(p *pkg, e *edge, o *Off, above string) string {
	file := path.Join(p.ws.rel, pkgjson.FileName)
	asked := spec.Bare(e.asked)
	if catalog, ok := spec.Catalog.Cut(asked); ok {
		where := "the catalog"
		if catalog != "" {
			where = "catalog " + catalog
		}
		return fmt.Sprintf("set %s to ^%s in %s of .yarnrc.yml", e.name, o.Release, where)
	}
	if spec.Patch.In(asked) {
		return fmt.Sprintf("patch %s %s instead, and ask for that in %s", o.Name, o.Release, file)
	}
	next := "^" + o.Release
	if v := f.s.version(o.Release); v != nil {
		moved, out := pkgjson.Retarget(spec.Read(e.asked), v, pkgjson.Options{AllowDowngrade: true})
		switch alias := strings.HasPrefix(asked, o.Name+"@"); {
		case out.Verdict != pkgjson.Changed && alias:
			next = spec.NPM.Of(o.Name) + "@" + next
		case out.Verdict == pkgjson.Changed && alias:
			next = moved
		case out.Verdict == pkgjson.Changed:
			next = spec.Bare(moved)
		}
	}
	if above != "" {
		return fmt.Sprintf("move to a release that has %s %s or newer, or set %s to %s in %s and allow the downgrade", o.Name, above, e.name, next, file)
	}
	return fmt.Sprintf("set %s to %s in %s", e.name, next, file)
}

func (f *fixer) onRelease(p *pkg) bool {
	name, version, ok := packageOf(p.loc)
	return ok && f.release[name] == version
}

// directs names the dependencies of workspaces that lead to p, through
// whatever; self says that p is the only one. The packages of the release are
// no way: what they ask for is theirs.
func (f *fixer) directs(p *pkg) (who string, plural, self bool) {
	seen := map[*pkg]bool{p: true}
	var list []string
	for queue := []*pkg{p}; len(queue) > 0; queue = queue[1:] {
		direct := false
		for _, parent := range f.parents[queue[0]] {
			if parent.ws != nil {
				direct = true
			} else if !seen[parent] && !f.onRelease(parent) {
				seen[parent] = true
				queue = append(queue, parent)
			}
		}
		if name := queue[0].loc.Name + " (now " + queue[0].version + ")"; direct && !slices.Contains(list, name) {
			list = append(list, name)
			self = queue[0] == p
		}
	}
	switch n := len(list); {
	case n == 0: // only the release's own packages lead there
		return p.loc.Name + " (now " + p.version + ")", false, true
	case n <= 3:
		return english.And(list), n > 1, self && n == 1
	}
	return english.Some(list, 2), true, false
}

// admitting is what would put a copy on the release whose range admits it.
func (f *fixer) admitting(o *Off) string {
	switch o.Reason {
	case ReasonMissing:
		if p := f.s.packs[o.Name]; p != nil && p.err == nil && slices.Contains(p.doc.Versions(), o.Release) {
			return fmt.Sprintf("wait until %s %s is as old as npmMinimalAgeGate requires, or list it in npmPreapprovedPackages of .yarnrc.yml", o.Name, o.Release)
		}
		return fmt.Sprintf("make %s %s available in the registry, which lacks it, then run the command again", o.Name, o.Release)
	case reasonLocked:
		if _, pinned := f.s.policy.(*Release); !pinned {
			return "run portalctl versions lock --resolve release" + f.s.in.At
		}
	}
	return ""
}

// askBehind is askOf, through the patches that stand before a range.
func (s *solver) askBehind(d descriptor) (askedRange, bool) {
	for range 4 {
		if ask, ok := s.askOf(d); ok {
			return ask, true
		}
		source, ok := s.sourceOf(d)
		if !ok {
			break
		}
		d = source
	}
	return askedRange{}, false
}
