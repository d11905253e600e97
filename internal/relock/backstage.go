package relock

import (
	"bytes"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
)

// bindBackstage is the reduceDependency hook of the Backstage Yarn plugin:
// backstage:^ becomes backstage:^::backstage=<release>&npm=<version>.
func (s *solver) bindBackstage(p *pkg, d descriptor) (string, error) {
	if strings.Contains(d.Range, "::") {
		return d.Range, nil
	}
	if s.cfg.backstagePlugin == nil || d.Range != spec.BackstageRange {
		return "", &Unsupported{
			Construct: "range " + d.String(), Pos: s.askPos(p, d.Name),
			Why: "only backstage:^ is known, and it needs the Backstage Yarn plugin in .yarnrc.yml",
		}
	}
	if s.oldPlugin() {
		return "", &Unsupported{
			Construct: "range " + d.String(), Pos: s.askPos(p, d.Name),
			Why: "the Backstage Yarn plugin in " + s.cfg.backstagePlugin.Path + " is an old one that binds these ranges in another way",
		}
	}
	if s.in.BackstageVersion == "" {
		return "", fault.At(s.askPos(p, d.Name), "%s: the project has no backstage.json that says which release it is on", d).
			WithNext("Create backstage.json with {\"version\": \"<release>\"}, then run the command again.")
	}
	version, ok := s.bindings()[d.Name]
	if !ok {
		return "", s.noBinding(p, d)
	}
	return d.Range + "::backstage=" + spec.EscapeQuery(s.in.BackstageVersion) + "&npm=" + spec.EscapeQuery(version), nil
}

// oldPlugin reports whether the project's copy of the plugin is from before it
// made backstage=<release>&npm=<version> of its ranges: until release 1.34 it
// made them ::v=<release>, then npm:^<version>. Its code is minified, but names
// of members and texts stay.
func (s *solver) oldPlugin() bool {
	if s.pluginIsOld == nil {
		old := false
		if s.in.ReadFile != nil {
			if src, err := s.in.ReadFile(s.cfg.backstagePlugin.Path); err == nil {
				old = bytes.Contains(src, []byte(`"`+spec.Backstage+`"`)) && !bytes.Contains(src, []byte("{"+spec.Backstage))
			}
		}
		s.pluginIsOld = &old
	}
	return *s.pluginIsOld
}

func (s *solver) noBinding(p *pkg, d descriptor) error {
	if s.in.Release == nil {
		return fault.At(s.askPos(p, d.Name), "%s: neither the manifest of release %s nor the lockfile says which version this is", d, s.in.BackstageVersion).
			WithNext("Make the release manifest available (BACKSTAGE_MANIFEST_FILE or BACKSTAGE_VERSIONS_BASE_URL), then run the command again.")
	}
	return fault.At(s.askPos(p, d.Name), "%s: release %s has no package of that name", d, s.in.BackstageVersion).
		WithNext("Give %s a version range instead of backstage:^, then run the command again.", d.Name)
}

// bindings are the versions that backstage: ranges stand for: the release
// manifest's, or what the lock recorded for the same release.
func (s *solver) bindings() map[string]string {
	if s.bound != nil {
		return s.bound
	}
	s.bound = map[string]string{}
	if s.in.Release != nil {
		s.bound = s.in.Release
		return s.bound
	}
	for _, e := range s.in.lockEntries() {
		for _, k := range e.Keys {
			if !k.Is(spec.Backstage) {
				continue
			}
			if r := spec.Parse(k.Range); r.Bind("backstage") == s.in.BackstageVersion && r.Bind("npm") != "" {
				s.bound[k.Name] = r.Bind("npm")
			}
		}
	}
	return s.bound
}
