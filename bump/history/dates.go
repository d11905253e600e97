package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
)

// dating are the packages whose versions date a release. Backstage publishes all
// packages of a release at once, and these with nearly each: a few are enough, and
// more than one, as a mirror may lack versions.
var dating = []string{"@backstage/create-app", "@backstage/cli", "@backstage/backend-defaults"}

// Times are when main releases were published as far as the registry tells: for each
// the earliest time of a version that it is the first to have. more are manifests of
// releases that this portalctl was not built with. The error is that ctx is done.
func Times(ctx context.Context, reg *registry.Client, more ...*release.Manifest) (map[string]time.Time, []Unknown, error) {
	out := map[string]time.Time{}
	var unknown []Unknown
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	for _, name := range dating {
		g.Go(func() error {
			p, err := reg.Packument(gctx, name)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, registry.ErrNotFound):
				return nil
			case err != nil:
				unknown = append(unknown, Unknown{"when releases were published, by the versions of " + name, published.Why(err, "")})
				return nil
			}
			for _, v := range p.Versions() {
				at := p.Time(v)
				rel := firstWith(name, v, more)
				if at.IsZero() || rel == "" {
					continue
				}
				if have, ok := out[rel]; !ok || at.Before(have) {
					out[rel] = at
				}
			}
			return nil
		})
	}
	err := g.Wait()
	slices.SortFunc(unknown, func(a, b Unknown) int { return semrange.CompareText(a.What, b.What) })
	return out, unknown, err
}

// firstWith is the first main release that has a version of a package, "" for none.
func firstWith(name, version string, more []*release.Manifest) string {
	list := release.WithPackage(name, version)
	for _, m := range more {
		if m.Packages[name] == version && !slices.Contains(list, m.ReleaseVersion) {
			list = append(list, m.ReleaseVersion)
		}
	}
	for _, rel := range list {
		if v, err := semrange.ParseVersion(rel); err == nil && v.Prerelease() == "" {
			return rel
		}
	}
	return ""
}

// leastMonth is the least time between two minor versions. Backstage publishes one a
// month (four or five weeks, and rarely a few days less). Dates that are nearer to each
// other than that are not those of the publication: a mirror tells when it got a
// version, which may be years later.
const leastMonth = 20 * 24 * time.Hour

// mostPatched is how long after its minor version a patch release may come; security
// fixes go some months back.
const mostPatched = 240 * 24 * time.Hour

// calendar has the days of releases that hold together.
type calendar struct {
	days   map[string]time.Time // by release
	minors []string             // 1.N.0, ascending, all that are known to exist
}

// calendarOf keeps of what the registry says the dates that can be true: a release was
// out when the portal had it, before the next minor version, and about a month before
// that. had is when the portal first had a release.
func calendarOf(mains []string, times map[string]time.Time, had map[string]time.Time) calendar {
	c := calendar{days: map[string]time.Time{}}
	bound := map[uint64]time.Time{} // by minor version
	for rel, at := range had {
		v, err := semrange.ParseVersion(rel)
		if err != nil || v.Major() != 1 {
			continue
		}
		minor := v.Minor()
		if v.Prerelease() != "" && v.Patch() == 0 {
			if minor == 0 {
				continue
			}
			minor-- // 1.54.0-next.0 comes after 1.53.0
		}
		if b, ok := bound[minor]; !ok || at.Before(b) {
			bound[minor] = at
		}
	}
	for _, rel := range mains {
		if v, err := semrange.ParseVersion(rel); err == nil && v.Major() == 1 && v.Patch() == 0 && v.Prerelease() == "" {
			c.minors = append(c.minors, rel)
		}
	}
	var latest time.Time // what an older release must not be later than
	last := uint64(0)
	for _, rel := range slices.Backward(c.minors) {
		minor := minorOf(rel)
		most := latest
		if !latest.IsZero() {
			most = latest.Add(-leastMonth * time.Duration(last-minor))
		}
		for m, b := range bound {
			if m >= minor && (most.IsZero() || endOf(b).Before(most)) {
				most = endOf(b)
			}
		}
		at, ok := times[rel]
		if !ok || !most.IsZero() && at.After(most) {
			continue
		}
		c.days[rel], latest, last = at, at, minor
	}
	for _, rel := range mains {
		v, err := semrange.ParseVersion(rel)
		if err != nil || v.Major() != 1 || v.Patch() == 0 {
			continue
		}
		of, ok := c.days[minorRelease(rel)]
		at, said := times[rel]
		if have, had := had[rel]; !ok || !said || at.Before(of) || at.Sub(of) > mostPatched || had && at.After(endOf(have)) {
			continue
		}
		c.days[rel] = at
	}
	return c
}

// endOf is the end of the day of a time: a clock that is behind is no contradiction.
func endOf(t time.Time) time.Time {
	return t.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
}

// newest is the newest minor version on a day: "" where the day of the one after it is
// not known.
func (c calendar) newest(at time.Time) string {
	for i, rel := range slices.Backward(c.minors) {
		day, ok := c.days[rel]
		if !ok || day.After(endOf(at)) {
			continue
		}
		if i+1 < len(c.minors) {
			if _, ok := c.days[c.minors[i+1]]; !ok {
				return ""
			}
		}
		return rel
	}
	return ""
}

// published is the day of a release, "" where it is not known.
func (c calendar) published(rel string) string {
	if at, ok := c.days[rel]; ok {
		return day(at)
	}
	return ""
}

func minorOf(rel string) uint64 {
	v, err := semrange.ParseVersion(rel)
	if err != nil {
		return 0
	}
	return v.Minor()
}

// minorRelease is 1.49.0 of 1.49.4.
func minorRelease(rel string) string {
	v, err := semrange.ParseVersion(rel)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d.%d.0", v.Major(), v.Minor())
}
