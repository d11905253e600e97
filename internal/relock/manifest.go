package relock

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// manifest is what a package.json, of a workspace or of a registry version,
// contributes to a lock entry. Ranges are as written.
type manifest struct {
	deps      []yarnlock.Dep
	optional  []yarnlock.Dep
	dev       []yarnlock.Dep // workspaces only
	peers     []yarnlock.Dep
	depsMeta  []yarnlock.Meta
	peersMeta []yarnlock.Meta
	bin       []yarnlock.Bin

	os, cpu, libc []string
	// scripts are the bodies of all scripts: Yarn looks for node-gyp in every
	// one.
	scripts []string
}

// fields turns a manifest into the fields of a lock entry that follow from it
// alone, as Manifest.load and Manifest.exportTo do together.
func (m *manifest) fields() *yarnlock.Entry {
	byName := map[string]string{}
	for _, list := range [][]yarnlock.Dep{m.deps, m.optional, m.dev} {
		for _, d := range list { // a later section wins
			byName[d.Name] = spec.Normalize(d.Range)
		}
	}
	e := &yarnlock.Entry{
		Dependencies: depList(byName), PeerDependencies: slices.Clone(m.peers),
		DependenciesMeta: m.mergedMeta(), PeerDependenciesMeta: sortedMeta(slices.Clone(m.peersMeta)),
		Bin: slices.Clone(m.bin), Conditions: conditions(m.os, m.cpu, m.libc),
	}
	for i, d := range e.PeerDependencies {
		if !spec.Workspace.In(d.Range) && !spec.IsRange(d.Range) {
			e.PeerDependencies[i].Range = "*" // Yarn: "Invalid dependency range"
		}
	}
	sorting.By(e.Dependencies, byDepName)
	sorting.By(e.PeerDependencies, byDepName)
	sorting.By(e.Bin, func(a, b yarnlock.Bin) int { return cmp.Compare(a.Name, b.Name) })
	return e
}

// mergedMeta is dependenciesMeta with optionalDependencies turned into
// optional: true. Entries that set nothing are not printed.
func (m *manifest) mergedMeta() []yarnlock.Meta {
	if len(m.depsMeta) == 0 && len(m.optional) == 0 {
		return nil
	}
	meta := make([]yarnlock.Meta, len(m.depsMeta))
	for i, x := range m.depsMeta {
		meta[i] = yarnlock.Meta{Name: x.Name, Flags: slices.Clone(x.Flags)}
	}
	for _, d := range m.optional {
		i := slices.IndexFunc(meta, func(x yarnlock.Meta) bool { return x.Name == d.Name })
		if i < 0 {
			meta = append(meta, yarnlock.Meta{Name: d.Name})
			i = len(meta) - 1
		}
		meta[i].Flags = setFlag(meta[i].Flags, "optional", "true")
	}
	return sortedMeta(meta)
}

func setFlag(flags []yarnlock.Flag, name, value string) []yarnlock.Flag {
	for i := range flags {
		if flags[i].Name == name {
			flags[i].Value = value
			return flags
		}
	}
	return append(flags, yarnlock.Flag{Name: name, Value: value})
}

func sortedMeta(meta []yarnlock.Meta) []yarnlock.Meta {
	meta = slices.DeleteFunc(meta, func(m yarnlock.Meta) bool { return len(m.Flags) == 0 })
	for _, m := range meta {
		sorting.By(m.Flags, func(a, b yarnlock.Flag) int { return cmp.Compare(a.Name, b.Name) })
	}
	sorting.Stable(meta, func(a, b yarnlock.Meta) int { return cmp.Compare(a.Name, b.Name) })
	return meta
}

// addNodeGyp is NpmSemverResolver.resolve's rule: a package whose scripts
// mention node-gyp or prebuild-install, and which does not ask for node-gyp,
// asks for node-gyp@latest.
func (m *manifest) addNodeGyp() {
	const gyp = "node-gyp"
	for _, list := range [][]yarnlock.Dep{m.deps, m.optional, m.peers} {
		for _, d := range list {
			if d.Name == gyp {
				return
			}
		}
	}
	if slices.ContainsFunc(m.scripts, mentionsGyp) {
		m.deps = append(m.deps, yarnlock.Dep{Name: gyp, Range: "latest"})
	}
}

// mentionsGyp is /\b(node-gyp|prebuild-install)\b/.
func mentionsGyp(script string) bool {
	for _, word := range []string{"node-gyp", "prebuild-install"} {
		for range jstext.Words(script, word, isWordByte) {
			return true
		}
	}
	return false
}

func isWordByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'
}

// conditions is Manifest.getConditions: os, cpu and libc as one expression.
func conditions(os, cpu, libc []string) string {
	var parts []string
	for _, c := range []struct {
		name string
		vals []string
	}{{"os", os}, {"cpu", cpu}, {"libc", libc}} {
		if len(c.vals) == 0 {
			continue
		}
		terms := make([]string, len(c.vals))
		for i, v := range c.vals {
			terms[i] = condition(c.name, v)
		}
		if len(terms) == 1 {
			parts = append(parts, terms[0])
		} else {
			parts = append(parts, "("+strings.Join(terms, " | ")+")")
		}
	}
	return strings.Join(parts, " & ")
}

// condition turns "!win32" into "!os=win32".
func condition(name, value string) string {
	bare := strings.TrimLeft(value, "!")
	if bare == "" {
		return "invalid"
	}
	not := ""
	if (len(value)-len(bare))%2 == 1 {
		not = "!"
	}
	return not + name + "=" + bare
}

// workspaceManifest reads what a workspace's package.json contributes.
func workspaceManifest(f *pkgjson.File) *manifest {
	m := &manifest{os: f.OS, cpu: f.CPU, libc: f.Libc}
	m.deps = plainDeps(f.Deps(pkgjson.Dependencies))
	m.optional = plainDeps(f.Deps(pkgjson.OptionalDependencies))
	m.dev = plainDeps(f.Deps(pkgjson.DevDependencies))
	m.peers = plainDeps(f.Deps(pkgjson.PeerDependencies))
	for _, x := range f.DependenciesMeta {
		name := x.Name
		if x.Range != "" {
			name += "@" + x.Range
		}
		var flags []yarnlock.Flag
		for _, b := range []struct {
			name string
			val  *bool
		}{{"built", x.Built}, {"optional", x.Optional}, {"unplugged", x.Unplugged}} {
			if b.val != nil {
				flags = append(flags, boolFlag(b.name, *b.val))
			}
		}
		m.depsMeta = append(m.depsMeta, yarnlock.Meta{Name: name, Flags: flags})
	}
	for _, x := range f.PeerDependenciesMeta {
		if x.Optional != nil {
			m.peersMeta = append(m.peersMeta, yarnlock.Meta{Name: x.Name, Flags: []yarnlock.Flag{boolFlag("optional", *x.Optional)}})
		}
	}
	for _, b := range f.Bin {
		m.bin = append(m.bin, yarnlock.Bin{Name: b.Name, Path: b.Path})
	}
	return m
}

func boolFlag(name string, v bool) yarnlock.Flag {
	if v {
		return yarnlock.Flag{Name: name, Value: "true"}
	}
	return yarnlock.Flag{Name: name, Value: "false"}
}

func plainDeps(deps []pkgjson.Dep) []yarnlock.Dep {
	out := make([]yarnlock.Dep, len(deps))
	for i, d := range deps {
		out[i] = yarnlock.Dep{Name: d.Name, Range: d.Spec}
	}
	return out
}

func byDepName(a, b yarnlock.Dep) int { return cmp.Compare(a.Name, b.Name) }

// workspaceAccepts is Workspace.accepts: whether a range, with or without a
// protocol, may be answered by the workspace at rel with that version.
func workspaceAccepts(rng, rel, version string, transparent bool) bool {
	protocol := spec.Descriptor{Range: rng}.Protocol()
	body := rng[len(protocol):]
	if protocol == spec.Workspace && (cleanPath(body) == rel || body == "*" || body == "^" || body == "~") {
		return true
	}
	if strings.IndexByte(body, ':') >= 0 {
		return false
	}
	r, err := semrange.Parse(body)
	if err != nil {
		return false
	}
	if protocol == spec.Workspace {
		version = cmp.Or(version, "0.0.0")
	} else if !transparent || version == "" {
		return false
	}
	v, err := semrange.ParseVersion(version)
	return err == nil && r.Satisfies(v)
}
