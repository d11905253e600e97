package osv

import (
	"cmp"
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// interval is from one version up to, and with last including, another; a nil
// bound is open.
type interval struct {
	from, to *semver.Version
	last     bool
}

func (i interval) holds(v *semver.Version) bool {
	if i.from != nil && semrange.Compare(v, i.from) < 0 {
		return false
	}
	if i.to == nil {
		return true
	}
	c := semrange.Compare(v, i.to)
	return c < 0 || i.last && c == 0
}

// read reads a range as OSV's evaluation algorithm does: the events in
// the order of their versions, each introduced up to the next fixed or
// last_affected. What is not a version is left out; limit is for git only.
func (s span) read() []interval {
	if s.Type != "SEMVER" && s.Type != "ECOSYSTEM" {
		return nil
	}
	type point struct {
		at   *semver.Version // nil is the beginning
		kind int             // fixed before introduced before last_affected
	}
	var points []point
	for _, e := range s.Events {
		text, kind := e.Introduced, 1
		switch {
		case e.Introduced == "0":
			points = append(points, point{kind: 1})
			continue
		case e.Introduced != "":
		case e.Fixed != "":
			text, kind = e.Fixed, 0
		case e.LastAffected != "":
			text, kind = e.LastAffected, 2
		}
		if v := readVersion(text); v != nil {
			points = append(points, point{v, kind})
		}
	}
	sorting.Stable(points, func(a, b point) int {
		if a.at == nil || b.at == nil {
			return sorting.First(a.at == nil, b.at == nil)
		}
		return cmp.Or(semrange.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind))
	})
	var list []interval
	open := false
	for _, p := range points {
		switch {
		case p.kind == 1 && !open:
			list, open = append(list, interval{from: p.at}), true
		case p.kind != 1 && open:
			list[len(list)-1].to, list[len(list)-1].last, open = p.at, p.kind == 2, false
		}
	}
	return list
}

// Affects reports whether the advisory applies to a version, which need not be
// one that was asked for.
func (a *Advisory) Affects(p Package) bool {
	v := readVersion(p.Version)
	for _, f := range a.ranges {
		if f.Package.Name != p.Name {
			continue
		}
		if slices.Contains(f.Versions, p.Version) {
			return true
		}
		if v == nil {
			continue
		}
		for _, s := range f.Ranges {
			if slices.ContainsFunc(s.intervals, func(i interval) bool { return i.holds(v) }) {
				return true
			}
		}
	}
	return false
}

// LastAffected is the version up to which the advisory applies to p, where it
// names no fix but an end: what is above is not affected. It is "" without such
// an end, and where another part of the advisory goes on above it.
func (a *Advisory) LastAffected(p Package) string {
	v, err := semrange.ParseVersion(p.Version)
	if err != nil {
		return ""
	}
	var last *semver.Version
	for _, f := range a.ranges {
		if f.Package.Name != p.Name {
			continue
		}
		for _, s := range f.Ranges {
			for _, i := range s.intervals {
				if i.last && i.to != nil && i.holds(v) && (last == nil || semrange.Compare(i.to, last) > 0) {
					last = i.to
				}
			}
		}
	}
	if last == nil {
		return ""
	}
	if next := last.IncPatch(); a.Affects(Package{p.Name, next.String()}) {
		return ""
	}
	return last.Original()
}

// Fixed lists, lowest first, the versions of a package that end an affected
// range. What is given as the last affected version is not the fix.
func (a *Advisory) Fixed(name string) []string {
	var list []*semver.Version
	for _, f := range a.ranges {
		if f.Package.Name != name {
			continue
		}
		for _, s := range f.Ranges {
			for _, i := range s.intervals {
				if i.to != nil && !i.last {
					list = append(list, i.to)
				}
			}
		}
	}
	slices.SortFunc(list, semrange.Compare)
	var out []string
	for _, v := range list {
		if text := v.Original(); len(out) == 0 || out[len(out)-1] != text {
			out = append(out, text)
		}
	}
	return out
}
