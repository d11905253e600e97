package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// jump warns of a step that semver calls breaking.
func jump(from, to string) string {
	a, errA := semrange.ParseVersion(from)
	b, errB := semrange.ParseVersion(to)
	if errA == nil && errB == nil && a.Major() != b.Major() {
		return fmt.Sprintf("%s → %s is a major step: read its changelog and test", from, to)
	}
	return ""
}

// manifest is the root package.json of the lock's project.
func (p *plans) manifest() string { return path.Join(p.m.dir(), pkgjson.FileName) }

// inDir is how to name the lock's folder to a command, "" for the working one.
func (p *plans) inDir() string {
	return p.b.opts.at(p.m.dir())
}

// run is a command of Yarn in the lock's folder.
func (p *plans) run(command string) string {
	dir := p.b.opts.folder(p.m.dir())
	if dir == "" {
		return command
	}
	return "(cd " + dir + " && " + command + ")"
}

func (p *plans) install() string { return p.run(cmp.Or(p.m.Tool, "yarn") + " install") }

// entry is the line of resolutions that overrules an asking range, and no
// other. Yarn 3 and 4 both match a range without npm: before it, Yarn 3 none
// with it. Where a range has a slash, or is an alias, which the grammar does not
// allow, the package that asks stands for it.
func (p *plans) entry(a ask, pkg osv.Package, to string) [2]string {
	rng := bare(a.Range)
	if p.m.Lock.Lock.Kind == yarnlock.Classic {
		return [2]string{p.m.graph.Name(a.From) + "/" + a.Name, p.value(a, pkg, "^"+to)}
	}
	if strings.ContainsAny(rng, "/@:") {
		return [2]string{p.m.graph.Name(a.From) + "/" + a.Name, p.value(a, pkg, spec.NPM.Of("^"+to))}
	}
	return [2]string{a.Name + "@" + rng, p.value(a, pkg, spec.NPM.Of("^"+to))}
}

// value keeps an alias an alias.
func (p *plans) value(a ask, pkg osv.Package, value string) string {
	if a.Name == pkg.Name {
		return value
	}
	return spec.NPM.Of(pkg.Name + "@" + bare(value))
}

// resolution is the entry of resolutions that decides an ask, and its value for a
// version: in its own style, else within the major.
func (p *plans) resolution(a ask, pkg osv.Package, v *semver.Version) (key, old, value string) {
	key, old = p.m.resolution(a.Edge)
	value, out := pkgjson.Retarget(spec.Read(old), v, pkgjson.Options{})
	if out.Verdict != pkgjson.Changed {
		value = p.value(a, pkg, "^"+v.Original())
	}
	return key, old, value
}

// complete writes the steps of the actions that gather several packages.
func (p *plans) complete(a *action) {
	switch {
	case a.Kind == updateLock && len(p.names[a]) > 0:
		names := sorted(p.names[a])
		a.Title = fmt.Sprintf("Update yarn.lock: the ranges admit the fixes of %s", english.Count(len(names), "package"))
		if p.m.Tool != "" {
			a.Title = fmt.Sprintf("Update %s: fixes of %s", p.m.Path, english.Count(len(names), "package"))
		}
		a.Steps = p.resolveAgain(names)
	case a.Kind == bumpParent && len(p.parents[a]) > 0:
		parents := sorted(p.parents[a])
		a.Title = fmt.Sprintf("Update yarn.lock: newer versions of %s admit the fixes", english.Some(parents, 3))
		a.Steps = p.resolveAgain(sorted(p.names[a]))
		a.Caution = strings.Join(sorted(p.jumps[a]), "; ")
	case a.Kind == addResolution:
		lines := p.entries[a]
		sorting.By(lines, func(x, y [2]string) int {
			return cmp.Or(cmp.Compare(x[0], y[0]), semrange.CompareText(bare(x[1]), bare(y[1])))
		})
		merged := map[string]string{}
		var keys []string
		for _, l := range lines { // the highest of a key comes last
			if _, ok := merged[l[0]]; !ok {
				keys = append(keys, l[0])
			}
			merged[l[0]] = l[1]
		}
		a.Title = fmt.Sprintf("Overrule %s that %s a fix out, in the resolutions of %s", english.Count(len(keys), "range"), english.Form(len(keys), "keeps", "keep"), p.manifest())
		if len(p.jumps[a]) > 0 {
			a.Title += ", with major steps"
		}
		a.Steps = []string{"add to \"resolutions\" in " + p.manifest() + ":"}
		for i, k := range keys {
			comma := ","
			if i == len(keys)-1 {
				comma = ""
			}
			a.Steps = append(a.Steps, "  "+quoted(k)+": "+quoted(merged[k])+comma)
		}
		a.Steps = append(a.Steps, p.install())
		a.Caution = "the packages that ask did not test these versions; take an entry out again once they ask for the fix themselves"
		if jumps := sorted(p.jumps[a]); len(jumps) > 0 {
			a.Caution += "; major steps, which may break them: " + strings.Join(jumps, ", ")
		}
		if p.b.in.Published == nil {
			a.Caution += ". With --online, audit looks for releases of theirs that do already"
		}
	}
}

// sorted is a list in order, each once.
func sorted(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// resolveAgain has Yarn look for the newest versions that ranges admit.
func (p *plans) resolveAgain(names []string) []string {
	switch p.m.Tool {
	case "npm":
		return []string{p.run("npm update " + strings.Join(names, " ")), "where a range keeps the fix out, npm audit fix moves it, or an entry in overrides of package.json"}
	case "pnpm":
		return []string{p.run("pnpm update " + strings.Join(names, " ")), "where a range keeps the fix out, pnpm audit --fix writes an entry into overrides"}
	}
	if p.m.Lock.Lock.Kind == yarnlock.Classic {
		return []string{"take the entries of " + strings.Join(names, ", ") + " out of " + p.m.Path, p.install()}
	}
	return []string{p.run("yarn up -R " + strings.Join(names, " "))}
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string: cannot fail
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(b))
}
