package trust

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// mismatch says that an entry installs something else than its key asks for.
// An alias (npm:name@range) asks for the package of that name.
func mismatch(l *yarnlock.Lock, e *yarnlock.Entry, a aliases) string {
	if l.Kind == yarnlock.Classic {
		return classicMismatch(e, a)
	}
	bound := map[string]bool{}
	for key := range e.Resolution.Parsed().Bindings() {
		if bound[key] {
			return "says " + key + " more than once, so what is installed is not known"
		}
		bound[key] = true
	}
	if e.LinkType == "soft" && e.Resolution.Is(spec.NPM) {
		return "is linked (linkType soft), which no package of a registry is"
	}
	for _, k := range e.Keys {
		if why := keyMismatch(k, e); why != "" {
			return why
		}
	}
	if version, ok := e.Resolution.Version(); ok {
		if version != e.Version {
			return fmt.Sprintf("says version %s, but resolves to %s, which is what Yarn installs", e.Version, e.Resolution)
		}
		if src := sourceOf(l, e); src.url != "" {
			return src.mismatch(e.Resolution.Name, e.Version)
		}
	}
	return ""
}

func keyMismatch(k yarnlock.Descriptor, e *yarnlock.Entry) string {
	name := k.Name
	r := spec.Parse(k.Range)
	if alias, ok := r.Alias(); ok {
		name = alias.Name
	}
	if e.Resolution.Name != name {
		return "installs another package, " + e.Resolution.String()
	}
	have := e.Resolution.Parsed()
	want, patch := r.PatchSource()
	source, patched := have.PatchSource()
	switch {
	case patch != patched:
		return "installs something else, " + e.Resolution.String()
	case patch && (want.Name != source.Name || r.Selector() != have.Selector()):
		return "patches another package, " + e.Resolution.String()
	case r.Protocol == spec.NPM && !patched && !have.Protocol.Is(spec.NPM, spec.Workspace):
		return "does not come from a registry, " + e.Resolution.String()
	}
	return ""
}

// outOfRange says that an entry installs a version which its key does not
// allow. Yarn's hardened mode refuses it. Some people write it by hand, or with
// yarn set resolution, to get a fix that a pin excludes: it is a warning. A
// workspace may answer for a range of the registry (transparent workspaces).
func outOfRange(e *yarnlock.Entry) []weakness {
	if !e.Resolution.Is(spec.NPM) || len(e.Versions()) == 0 {
		return nil
	}
	installs := e.Versions()[0]
	v, err := semrange.ParseVersion(installs)
	if err != nil {
		return nil
	}
	for _, k := range e.Keys {
		rng := spec.Parse(k.Range)
		if rng.Protocol != spec.NPM {
			continue
		}
		text := rng.Selector()
		if alias, ok := rng.Alias(); ok {
			text = alias.Range
		}
		if want, err := semrange.Parse(text); err == nil && !want.Satisfies(v) {
			return []weakness{{"range", fmt.Sprintf("the entry of %s installs %s, which is not in its range", k, installs),
				"If it is to force a version, write that into resolutions in package.json; else take the entry from the base branch", finding.Info, true}}
		}
	}
	return nil
}

func classicMismatch(e *yarnlock.Entry, a aliases) string {
	_, version, ok := e.Package()
	if !ok || e.Resolved == "" {
		return ""
	}
	src, name := parseSource(e.Resolved), ""
	for _, k := range e.Keys {
		if yarnlock.ClassicExotic(k.Range) {
			continue
		}
		real := a.real(k, e)
		if name != "" && real != name {
			return fmt.Sprintf("is one of %s and of %s", name, real)
		}
		if name = real; src.mismatch(real, version) != "" {
			return src.mismatch(real, version)
		}
	}
	return ""
}
