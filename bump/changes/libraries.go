package changes

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// libraries finds the third-party packages that the source imports, and that
// Backstage's packages ask for in other major versions than before. Only a range
// that is there on both sides says something: a dependency that comes or goes does
// not change what the portal's own code gets.
func (b *builder) libraries(context.Context) error {
	type step struct{ from, to string }
	steps := map[string]map[step]int{}
	for _, name := range b.names {
		p := b.packages[name]
		if p.becoming == nil || portal.IsTooling(name) {
			continue // tools share nothing with the code that they build
		}
		for lib, to := range p.becoming {
			from, ok := p.ranges[lib]
			if !ok || strings.HasPrefix(lib, "@backstage/") || b.packages[lib] != nil || len(b.ofAnyMajor(lib)) == 0 || b.in.From.Project.ByName(lib) != nil {
				continue
			}
			if slices.Equal(majors(from), majors(to)) {
				continue
			}
			if steps[lib] == nil {
				steps[lib] = map[step]int{}
			}
			steps[lib][step{from, to}]++
		}
	}
	for lib, found := range steps {
		var best step
		for s, n := range found { // what most of them say
			if n > found[best] || n == found[best] && (s.from+s.to < best.from+best.to) {
				best = s
			}
		}
		b.r.ThirdParty = append(b.r.ThirdParty, library{Name: lib, From: best.from, To: best.to, Places: places(b.ofAnyMajor(lib), "")})
	}
	sorting.By(b.r.ThirdParty, func(x, y library) int {
		return cmp.Or(cmp.Compare(len(y.Places), len(x.Places)), strings.Compare(x.Name, y.Name))
	})
	return nil
}

// ofAnyMajor are the imports of a library that do not say which major they mean:
// zod/v3 is version 3 of zod in version 4 as well.
func (b *builder) ofAnyMajor(lib string) []use {
	return slices.DeleteFunc(slices.Clone(b.index.modules[lib]), func(u use) bool {
		return majorPath().MatchString(strings.TrimPrefix(u.module, lib))
	})
}

var majorPath = pattern.New(`^/v\d+(?:/|$)`)

var numbers = pattern.New(`\d+(?:\.\d+)*`)

// majors are the major versions that a range admits, of those that it names and
// those next to them; nil for what is not a range.
func majors(text string) []int {
	r, err := semrange.Parse(text)
	if err != nil {
		return nil
	}
	candidates := map[int][]string{}
	for _, s := range numbers().FindAllString(text, -1) {
		parts := strings.Split(s, ".")
		n, err := strconv.Atoi(parts[0])
		if err != nil || n > 100000 {
			continue
		}
		for len(parts) < 3 {
			parts = append(parts, "0")
		}
		candidates[n] = append(candidates[n], strings.Join(parts[:3], "."))
		for _, m := range []int{n - 1, n, n + 1} {
			if m >= 0 {
				candidates[m] = append(candidates[m], strconv.Itoa(m)+".0.0", strconv.Itoa(m)+".99999.99999")
			}
		}
	}
	var out []int
	for m, list := range candidates {
		if slices.ContainsFunc(list, func(s string) bool {
			v, err := semver.NewVersion(s)
			return err == nil && r.Satisfies(v)
		}) {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out
}
