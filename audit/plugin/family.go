package plugin

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/registry"
)

// family looks for the other packages of the plugin, and reads the permissions of
// those that the plugin takes them from.
func (r *reviewer) family(ctx context.Context) error {
	m := &r.facts.Manifest
	from := map[string]string{}
	for _, name := range m.PluginPackages {
		from[name] = m.at("backstage.pluginPackages")
	}
	own := portal.ParseName(r.Package).Family
	for name := range m.Dependencies {
		if own != "" && portal.ParseName(name).Family == own && from[name] == "" {
			from[name] = m.at("dependencies." + name)
		}
	}
	for name := range r.locked {
		if own != "" && portal.ParseName(name).Family == own && from[name] == "" {
			from[name] = "yarn.lock"
		}
	}
	delete(from, r.Package)
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if len(r.Siblings) >= maxSiblings || !isName(name) {
			continue
		}
		_, asked := m.Dependencies[name]
		s := sibling{Name: name, From: from[name], Has: r.locked[name], Asked: asked}
		doc, err := r.Registry.Packument(ctx, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, registry.ErrNotFound):
			if declarer(s) {
				r.unknown("permissions of "+name, "the registry does not have it")
			}
		case err != nil:
			r.unknown("versions of "+name, english.Short(err.Error(), maxText))
		default:
			s.Latest = doc.DistTags["latest"]
			if err := r.declares(ctx, s, doc); err != nil {
				return err
			}
		}
		r.Siblings = append(r.Siblings, s)
	}
	return nil
}

// npmName is what npm lets packages be called.
var npmName = pattern.New(`^(@[A-Za-z0-9_.~-]+/)?[A-Za-z0-9_~-][A-Za-z0-9_.~-]*$`)

func isName(name string) bool { return len(name) <= maxName && npmName().MatchString(name) }

// maxSiblings bounds whom the registry is asked about.
const maxSiblings = 20

// declarer tells the packages that plugins take their permissions from.
func declarer(s sibling) bool {
	// Not by portal.ParseName: @pagerduty/backstage-plugin-common has no ID in its name.
	return s.Asked && (strings.HasSuffix(s.Name, "-common") || strings.HasSuffix(s.Name, "-node"))
}

// declares adds the permissions that a package has which the plugin depends on.
func (r *reviewer) declares(ctx context.Context, s sibling, doc *registry.Packument) error {
	if !declarer(s) {
		return nil
	}
	version, err := choose(doc, Wanted{s.Name, r.facts.Manifest.Dependencies[s.Name]})
	if err == nil {
		var f *facts
		if f, err = r.Reader.read(ctx, s.Name, version); err == nil {
			r.Review.Permissions = append(r.Review.Permissions, f.Permissions...)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.unknown("permissions of "+s.Name, english.Short(err.Error(), maxText))
	}
	return nil
}

// inCommunity is the name that the package would have in @backstage-community, by
// Backstage's naming rules; "" where neither its name nor its plugin ID gives one.
func (r *reviewer) inCommunity() string {
	n := portal.ParseName(r.Package)
	if n.ID != "" {
		return "plugin-" + r.Package[strings.LastIndex(r.Package, n.ID):]
	}
	id := r.Identity.PluginID
	if !isName(id) || strings.HasPrefix(id, "@") {
		return ""
	}
	switch r.Identity.Role {
	case "backend-plugin":
		return "plugin-" + id + "-backend"
	case "frontend-plugin":
		return "plugin-" + id
	}
	return ""
}

// alternatives are packages to look at in its place.
func (r *reviewer) alternatives(ctx context.Context) error {
	add := func(name, why, where string) error {
		if name == r.Package || slices.ContainsFunc(r.Alternatives, func(a alternative) bool { return a.Name == name }) {
			return nil
		}
		doc, err := r.Registry.Packument(ctx, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, registry.ErrNotFound):
			return nil
		case err != nil:
			r.unknown("whether there is "+name, english.Short(err.Error(), maxText))
			return nil
		}
		a := alternative{Name: name, Version: doc.DistTags["latest"], Why: why, Where: where}
		if v := r.Fitting(doc, r.Release); r.Release != nil && v != "" {
			a.Version, a.Why = v, why+"; this version goes with "+r.released()
		}
		r.Alternatives = append(r.Alternatives, a)
		return nil
	}
	if to := r.Identity.Moved; isName(to) {
		if err := add(to, "the package moved there", r.Identity.MovedFrom); err != nil {
			return err
		}
	} else if to, _ := r.Successor(r.Package, r.doc); isName(to) {
		if err := add(to, "the deprecation names it", "registry: deprecated"); err != nil {
			return err
		}
	}
	const community = "@backstage-community/"
	base := r.inCommunity()
	if strings.HasPrefix(r.Package, community) || base == "" {
		return nil
	}
	name := community + base
	return add(name, "of the same name in Backstage's community plugins", "registry: "+name)
}
