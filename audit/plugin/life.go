package plugin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
)

// releases reads the rhythm of publication. A registry that shows a part of the
// versions shows no rhythm.
func (r *reviewer) releases() {
	all := r.doc.Versions()
	v := &r.Review.Releases
	v.Shown, v.Named, v.Latest, v.MedianDays = len(all), r.facts.Changelog, r.doc.DistTags["latest"], -1
	if !r.doc.Has(v.Latest) {
		v.Latest = ""
		if list := sortedVersions(r.doc); len(list) > 0 {
			v.Latest = list[len(list)-1].Original()
		}
	}
	v.At, v.LatestAt = r.doc.Time(r.Version), r.doc.Time(v.Latest)
	var times []time.Time
	for _, version := range all {
		if parsed, err := semrange.ParseVersion(version); err != nil || parsed.Prerelease() != "" {
			continue
		}
		if t := r.doc.Time(version); !t.IsZero() && !t.After(r.Now) {
			times = append(times, t)
			if t.After(r.Now.AddDate(-1, 0, 0)) {
				v.LastYear++
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	if len(times) > 0 {
		v.FirstAt = times[0]
	}
	if n := len(times) - 1; n >= 2 {
		var days []int
		for i := range n {
			days = append(days, int(times[i+1].Sub(times[i]).Hours()/24))
		}
		slices.Sort(days)
		v.MedianDays = days[n/2]
	}
	if v.At.IsZero() {
		r.unknown("when "+r.Version+" was published", "the registry does not say")
	}
	if v.partly() {
		r.unknown("rhythm of its releases", fmt.Sprintf("the registry shows %s, and the changelog names %d", english.Count(v.Shown, "version"), v.Named))
	}
	v.Oldest, v.Newest, v.Behind = r.goesWith()
}

// goesWith are the oldest and the newest Backstage release that all @backstage ranges
// of the plugin admit, among those that portalctl was built with, and how many newer
// ones there are, patches apart; "" for none, or where it has no such range.
func (r *reviewer) goesWith() (oldest, newest string, behind int) {
	asks := r.facts.Manifest.backstage()
	if len(asks) == 0 {
		return "", "", 0
	}
	lines := map[string]bool{} // 1.53: that of its patches
	for _, version := range slices.Backward(release.Mains()) {
		packages := release.Known(version).Packages
		has := 0
		refused := slices.ContainsFunc(asks, func(a backstageAsk) bool {
			if packages[a.Name] == "" { // of another release, or of none: as bump has it
				return false
			}
			has++
			return !admits(a.Range, packages[a.Name], a.Peer)
		})
		refused = refused || has == 0
		switch {
		case !refused && newest == "":
			oldest, newest = version, version
		case !refused:
			oldest = version
		case newest != "":
			return oldest, newest, behind
		default:
			lines[version[:strings.LastIndexByte(version, '.')]] = true
			behind = len(lines)
		}
	}
	if newest == "" {
		behind = 0
	}
	return oldest, newest, behind
}

// admits reports whether a range admits a version; peers follow Yarn's wider rule
// for prereleases.
func admits(rng, version string, peer bool) bool {
	parsed, err := semrange.Parse(rng)
	if err != nil {
		return false
	}
	v, err := semrange.ParseVersion(version)
	return err == nil && (parsed.Satisfies(v) || peer && parsed.SatisfiesPeer(v))
}

// partly reports whether the registry shows a part of the versions: a changelog has
// some that were never published, but not that many.
func (v releases) partly() bool { return v.Named > 2*v.Shown }

// goneBefore is the last release that had a package, where the portal's is later.
func goneBefore(name, on string) string {
	if last := release.Gone(name); last != "" && semrange.Above(on, last) {
		return last
	}
	return ""
}

// migrationsOf sums up what migrations do.
func migrationsOf(p *migrations.Package) shippedMigrations {
	var out shippedMigrations
	if p == nil {
		return out
	}
	made, touched := map[string]string{}, map[string]bool{}
	var order []string
	for _, f := range p.Folders {
		out.Folders = append(out.Folders, english.Short(f.Dir, maxName))
		for _, m := range f.Migrations {
			out.Count++
			file := english.Short(m.Dir+"/"+m.Name, maxName)
			for _, op := range m.Ops {
				switch op.Effect {
				case migrations.CreateTable:
					if made[op.Table] == "" {
						order = append(order, op.Table)
					}
					made[op.Table] = placeIn(file, op.Line)
				case migrations.DropTable:
					delete(made, op.Table)
				case migrations.Rename:
					if where, ok := made[op.Table]; ok && op.To != "" {
						delete(made, op.Table)
						made[op.To], order = where, append(order, op.To)
					}
				}
			}
			for _, t := range m.Tables() {
				touched[t] = true
			}
			switch m.Down {
			case migrations.Empty, migrations.Throws, migrations.Absent:
				out.NoWayBack = append(out.NoWayBack, fmt.Sprintf("%s (%s)", file, m.Down))
			}
			for _, d := range m.Doubts {
				out.Unknown = append(out.Unknown, english.Short(fmt.Sprintf("%s:%d: %s", file, d.Line, d.Why), maxText))
			}
		}
	}
	for _, t := range order {
		if where := made[t]; where != "" && t != "" {
			out.Creates = append(out.Creates, table{english.Short(t, maxName), where})
			delete(made, t)
		}
	}
	for t := range touched {
		out.Touches = append(out.Touches, english.Short(t, maxName))
	}
	slices.Sort(out.Touches)
	return out
}
