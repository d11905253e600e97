package template

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/keymerge"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// sections of package.json that name packages with ranges.
var depSections = []string{"dependencies", "devDependencies", "peerDependencies", "optionalDependencies"}

func isDep(p []string) bool { return len(p) == 2 && slices.Contains(depSections, p[0]) }

func isBackstageDep(p []string) bool {
	return (isDep(p) || len(p) == 2 && p[0] == "resolutions") && strings.HasPrefix(p[1], "@backstage/")
}

// rules are what is known of the keys of package.json and .yarnrc.yml.
func (pl *planner) rules(name string, ours []byte) keymerge.Rules {
	switch path.Base(name) {
	case "package.json":
		return pl.manifestRules(name, ours)
	case ".yarnrc.yml":
		return keymerge.Rules{
			Both:   func(p []string, _, _, _ string) (keymerge.State, string) { return pl.yarnKey(p) },
			Change: pl.yarnChange,
			Add: func(p []string, _ string) (keymerge.State, string) {
				if pl.yarn.stays != "" && len(p) == 1 {
					return keymerge.Kept, pl.yarn.stays
				}
				return keymerge.Taken, ""
			},
		}
	}
	if appConfig(name) {
		return keymerge.Rules{Both: func(_ []string, base, _, _ string) (keymerge.State, string) {
			if base == "" { // configuration that the template only has an example of
				return keymerge.Kept, "you have set it already"
			}
			return keymerge.Conflict, ""
		}}
	}
	return keymerge.Rules{}
}

// appConfig tells the layers of the portal's configuration.
func appConfig(name string) bool {
	ok, _ := path.Match("app-config*.yaml", name)
	return ok
}

// yarnKey decides about a yarnPath that both sides changed.
func (pl *planner) yarnKey(p []string) (keymerge.State, string) {
	if len(p) != 1 || p[0] != "yarnPath" {
		return keymerge.Conflict, ""
	}
	switch {
	case pl.yarn.stays != "":
		return keymerge.Kept, pl.yarn.stays
	case pl.yarn.ahead:
		return keymerge.Same, "your Yarn is as new"
	}
	return keymerge.Taken, "the template's Yarn is newer than yours"
}

func (pl *planner) yarnChange(p []string, _, _ string) (keymerge.State, string) {
	if len(p) == 1 && p[0] == "yarnPath" && pl.yarn.stays != "" {
		return keymerge.Kept, pl.yarn.stays
	}
	return keymerge.Taken, ""
}

func (pl *planner) manifestRules(name string, ours []byte) keymerge.Rules {
	doc, err := jsonedit.Parse(name, ours)
	if err != nil {
		return keymerge.Rules{} // the merge says so
	}
	return keymerge.Rules{
		// Which versions of @backstage packages are asked for is versions bump's.
		Ignore: isBackstageDep,
		Add: func(p []string, theirs string) (keymerge.State, string) {
			if !isDep(p) {
				return keymerge.Taken, ""
			}
			for _, s := range depSections {
				if v, ok := doc.Get(s, p[1]); ok {
					return keymerge.Same, fmt.Sprintf("yours has it in %s (%s)", s, v.String())
				}
			}
			return keymerge.Taken, ""
		},
		Change: func(p []string, base, theirs string) (keymerge.State, string) {
			if len(p) == 1 && p[0] == "packageManager" && pl.yarn.stays != "" {
				return keymerge.Kept, pl.yarn.stays
			}
			if theirs == "" && isDep(p) {
				if file := pl.imports(path.Dir(pl.places.of(name)), p[1]); file != "" {
					return keymerge.Kept, "the template has it no more, but " + file + " imports it"
				}
			}
			return keymerge.Taken, ""
		},
		Both: func(p []string, base, ours, theirs string) (keymerge.State, string) {
			switch {
			case len(p) == 1 && p[0] == "packageManager":
				if pl.yarn.stays != "" {
					return keymerge.Kept, pl.yarn.stays
				}
				return further(yarnVersion(base), yarnVersion(ours), yarnVersion(theirs))
			case len(p) >= 1 && p[0] == "workspaces":
				if subset(theirs, ours) {
					return keymerge.Same, "yours has the template's workspaces"
				}
			case len(p) == 2 && p[0] == "engines":
				if within(ours, theirs) {
					return keymerge.Same, "yours is within the template's"
				}
				if followed(base, ours, theirs) {
					return keymerge.Taken, "what you added is in the template's, too"
				}
			case isDep(p), len(p) == 2 && p[0] == "resolutions":
				return further(lowest(base), lowest(ours), lowest(theirs))
			}
			return keymerge.Conflict, ""
		},
	}
}

// within reports whether each alternative of one range is one of the other's: "22" is
// within "22 || 24".
func within(a, b string) bool {
	in := alternatives(b)
	return !slices.ContainsFunc(alternatives(a), func(p string) bool { return !slices.Contains(in, p) })
}

// followed reports whether ours is the base with alternatives added that the template
// added, too: what the template dropped beside, ours only kept.
func followed(base, ours, theirs string) bool {
	if !within(base, ours) {
		return false
	}
	known := append(alternatives(base), alternatives(theirs)...)
	return !slices.ContainsFunc(alternatives(ours), func(p string) bool { return !slices.Contains(known, p) })
}

func alternatives(literal string) (out []string) {
	for p := range strings.SplitSeq(unquote(literal), "||") {
		out = append(out, strings.Join(strings.Fields(p), " "))
	}
	return out
}

// further decides between two versions that both moved from one: the later one. A
// version that ours moved down, or that is not understood, is a person's to judge.
func further(base, ours, theirs *semver.Version) (keymerge.State, string) {
	switch {
	case ours == nil || theirs == nil:
		return keymerge.Conflict, ""
	case semrange.Compare(ours, theirs) >= 0:
		return keymerge.Same, "yours is as new"
	case base != nil && semrange.Compare(ours, base) < 0 && semrange.Compare(theirs, base) > 0:
		return keymerge.Conflict, "yours went back, the template forward"
	}
	return keymerge.Taken, "the template's is newer than yours"
}

// lowest is the lowest version of a dependency's range, nil for what is not a range.
func lowest(literal string) *semver.Version {
	s := spec.Read(unquote(literal))
	if s.Kind != spec.KindRange || !s.Versions.Valid() {
		return nil
	}
	return s.Versions.Min()
}

func yarnVersion(literal string) *semver.Version {
	v, _, _ := strings.Cut(strings.TrimPrefix(unquote(literal), "yarn@"), "+")
	parsed, err := semrange.ParseVersion(v)
	if err != nil {
		return nil
	}
	return parsed
}

func unquote(literal string) string {
	doc, err := jsonedit.Parse("", []byte(literal))
	if err != nil {
		return literal
	}
	return doc.Root().String()
}

// subset reports whether the workspaces of one manifest are all in the other's, of
// either form.
func subset(a, b string) bool {
	in := patterns(b)
	list := patterns(a)
	for _, p := range list {
		if !slices.Contains(in, p) {
			return false
		}
	}
	return len(list) > 0
}

func patterns(literal string) []string {
	doc, err := jsonedit.Parse("", []byte(literal))
	if err != nil {
		return nil
	}
	v := doc.Root()
	if inner, ok := v.Get("packages"); ok {
		v = inner
	}
	var out []string
	for _, e := range v.Elements() {
		out = append(out, e.String())
	}
	return out
}
