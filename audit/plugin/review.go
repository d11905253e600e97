package plugin

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/semrange"
)

// New reviews plugins, in their order. The error is a fault: of the registry, of a
// version that is not there, of a tarball that cannot be read.
func New(ctx context.Context, in Input, list []Wanted) (*Report, error) {
	r := &Report{Schema: Schema}
	if in.Project != nil {
		r.Portal = &adopter{Release: in.ReleaseName}
		if in.Lock != nil {
			r.Portal.Packages = len(versionsIn(in.Lock))
		}
	}
	for _, w := range list {
		v, err := in.review(ctx, w)
		if err != nil {
			return nil, err
		}
		r.Reviews = append(r.Reviews, v)
	}
	return r, nil
}

// reviewer makes one review.
type reviewer struct {
	Input
	*Review
	doc      *registry.Packument
	manifest *registry.Manifest
	facts    *facts
	// locked are the versions of each package of the lock.
	locked map[string][]string
}

func (in Input) review(ctx context.Context, w Wanted) (*Review, error) {
	doc, err := in.Registry.Packument(ctx, w.Name)
	if err != nil {
		return nil, err
	}
	version, err := choose(doc, w)
	if err != nil {
		return nil, err
	}
	m, err := doc.Version(version)
	if err != nil {
		return nil, err
	}
	facts, err := in.Reader.read(ctx, w.Name, version)
	if err != nil {
		return nil, err
	}
	r := &reviewer{Input: in, Review: &Review{Package: w.Name, Version: version}, doc: doc, manifest: m, facts: facts, locked: map[string][]string{}}
	if in.Lock != nil {
		r.locked = versionsIn(in.Lock)
	}
	r.identity()
	r.origin()
	r.releases()
	if err := r.signature(ctx); err != nil {
		return nil, err
	}
	r.differs()
	r.code()
	if err := r.family(ctx); err != nil {
		return nil, err
	}
	r.fit()
	if err := r.brings(ctx); err != nil {
		return nil, err
	}
	if err := r.alternatives(ctx); err != nil {
		return nil, err
	}
	r.judge()
	return r.Review, nil
}

// choose is the version that is meant.
func choose(doc *registry.Packument, w Wanted) (string, error) {
	want := cmp.Or(w.Version, "latest")
	if doc.Has(want) {
		return want, nil
	}
	if v := doc.DistTags[want]; v != "" && doc.Has(v) {
		return v, nil
	}
	all := sortedVersions(doc)
	if len(all) == 0 {
		return "", fault.Wrap(registry.ErrNotFound, fault.Pos{}, "the registry shows no version of %s", w.Name).WithNext("Ask a registry that has it")
	}
	v, err := semrange.ParseVersion(want)
	if err != nil {
		if rng, err := semrange.Parse(want); err == nil {
			for _, have := range slices.Backward(all) {
				if rng.Satisfies(have) {
					return have.Original(), nil
				}
			}
		}
		if want == "latest" { // a registry without tags
			return all[len(all)-1].Original(), nil
		}
	}
	return "", fault.Wrap(registry.ErrNotFound, fault.Pos{}, "version %q of %s", english.Short(want, maxName), w.Name).WithNext("%s", nearVersions(all, v, w.Name))
}

// nearVersions names versions that may have been meant.
func nearVersions(all []*semver.Version, v *semver.Version, name string) string {
	near := all[max(0, len(all)-3):]
	if v != nil {
		i, _ := slices.BinarySearchFunc(all, v, semrange.Compare)
		near = all[max(0, min(i-2, len(all)-4)):min(len(all), max(i+2, 4))]
	}
	var out []string
	for _, n := range near {
		out = append(out, name+"@"+n.Original())
	}
	return "Name one that there is: " + strings.Join(out, ", ") + "; or leave the version out"
}

// sortedVersions are the published versions, lowest first.
func sortedVersions(doc *registry.Packument) []*semver.Version {
	var out []*semver.Version
	for _, s := range doc.Versions() {
		if v, err := semrange.ParseVersion(s); err == nil {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, semrange.Compare)
	return out
}

func (r *reviewer) identity() {
	m := &r.facts.Manifest
	id := &r.Review.Identity
	n := portal.ParseName(r.Package)
	id.Role, id.PluginID, id.Description = m.Role, m.PluginID, m.Description
	if id.RoleFrom = m.at("backstage.role"); m.Role == "" {
		id.Role, id.RoleFrom = roles[n.Kind], "its name"
	}
	if id.IDFrom = m.at("backstage.pluginId"); m.PluginID == "" {
		id.PluginID, id.IDFrom = n.ID, "its name"
	}
	if id.Role == "" {
		id.RoleFrom = ""
		r.unknown("role", "neither package.json nor its name says one: it may be no Backstage package")
	}
	if id.PluginID == "" {
		id.IDFrom = ""
		if id.Role != "" {
			r.unknown("plugin ID", "neither package.json nor its name says one")
		}
	}
	where := r.facts.Frontend
	if strings.HasPrefix(id.Role, "backend") {
		where = r.facts.Backend
	}
	switch {
	case !strings.Contains(id.Role, "plugin"):
	case where != "":
		id.System, id.SystemFrom = "new", where
	case m.Features:
		id.System, id.SystemFrom = "new", m.at("backstage.features")
	case len(r.facts.Unread) > 0:
		r.unknown("backend or frontend system", "not all of its code could be read")
	default:
		id.System = "old"
	}
	if id.Moved, id.MovedFrom = m.Moved, m.at("backstage.moved"); m.Moved == "" {
		id.Moved, id.MovedFrom = english.Short(r.manifest.Backstage.Moved, maxName), "registry: backstage.moved"
	}
	if to, sure := r.Successor(r.Package, r.doc); id.Moved == "" && sure {
		id.Moved, id.MovedFrom = english.Short(to, maxName), "registry: the latest version's backstage.moved or deprecated"
	}
	if id.Moved == "" || id.Moved == r.Package {
		id.Moved, id.MovedFrom = "", ""
	}
	id.Deprecated = english.Short(r.manifest.Deprecated, maxText)
}

var roles = map[portal.Kind]string{portal.Plugin: "frontend-plugin", portal.Backend: "backend-plugin", portal.BackendModule: "backend-plugin-module",
	portal.FrontendModule: "frontend-plugin-module", portal.Common: "common-library", portal.React: "web-library", portal.Node: "node-library"}

func (r *reviewer) origin() {
	m := &r.facts.Manifest
	r.Review.Origin = origin{Author: m.Author, Maintainers: m.Maintainers, Repository: m.Repository, Folder: m.Folder, Homepage: m.Homepage,
		License: m.Licence, LicenseFile: r.facts.Licence}
	if m.Licence != "" {
		r.Review.Origin.LicenseFrom = m.at("license")
	}
	r.unknown("repository archived, its activity, downloads", "the registry does not say; look at the repository")
	if m.Repository == "" {
		r.unknown("repository", "package.json does not name one")
	}
}

func (r *reviewer) unknown(what, why string) {
	r.Review.Unknown = append(r.Review.Unknown, unknown{what, why})
}

// differs compares what npm clients solve with to what they install.
func (r *reviewer) differs() {
	m := &r.facts.Manifest
	add := func(member, has, is, where string) {
		if len(r.Review.Differs) < maxFound {
			r.Review.Differs = append(r.Review.Differs, difference{english.Short(member, maxName), english.Short(has, maxText), english.Short(is, maxText), where})
		}
	}
	if m.Name != r.Package {
		add("name", r.Package, m.Name, m.at("name"))
	}
	if m.Version != r.Version && clean(m.Version) != clean(r.Version) {
		add("version", r.Version, m.Version, m.at("version"))
	}
	// npm has what is optional among the dependencies, too.
	has, is := joined(r.manifest.Dependencies, r.manifest.OptionalDependencies), joined(m.Dependencies, m.Optional)
	compare := func(section string, has, is map[string]string) {
		names := slices.Sorted(maps.Keys(has))
		for _, name := range slices.Sorted(maps.Keys(is)) {
			if _, ok := has[name]; !ok {
				names = append(names, name)
			}
		}
		for _, name := range names {
			if has[name] != is[name] {
				add(section+"."+name, has[name], is[name], m.at(section+"."+name))
			}
		}
	}
	compare("dependencies", has, is)
	compare("peerDependencies", r.manifest.PeerDependencies, m.Peers)
	for _, name := range installScripts {
		if is := m.Scripts[name]; is != "" {
			r.Scripts = append(r.Scripts, script{Name: name, Command: english.Short(is, maxText), Where: m.at("scripts." + name)})
		}
		has := r.manifest.Scripts[name]
		if name == "install" && r.manifest.GypFile && m.Scripts[name] == "" {
			continue // npm's own, for a binding.gyp
		}
		if has != m.Scripts[name] {
			add("scripts."+name, has, m.Scripts[name], m.at("scripts."+name))
		}
	}
	for _, s := range r.facts.Reaches.Scripts {
		if i := slices.IndexFunc(r.Scripts, func(o script) bool { return o.Name == s.Name }); i >= 0 {
			for _, k := range s.Reaches {
				r.Scripts[i].Reaches = append(r.Scripts[i].Reaches, string(k))
			}
		} else if s.Name == "binding.gyp" {
			r.Scripts = append(r.Scripts, script{Name: "install", Command: "node-gyp rebuild", Where: "binding.gyp"})
		}
	}
}

// installScripts are the scripts that installing a published package runs.
var installScripts = []string{"preinstall", "install", "postinstall"}

func clean(version string) string {
	v, err := semrange.ParseVersion(version)
	if err != nil {
		return version
	}
	return v.String()
}

// joined are the members of both, those of the second before those of the first.
func joined(a, b map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}

// code takes over what the tarball says.
func (r *reviewer) code() {
	f := r.facts
	r.Review.Config, r.Review.Permissions, r.Review.Routes = f.Config, slices.Clone(f.Permissions), f.Routes
	r.Review.Migrations = migrationsOf(f.Migrations)
	r.reaches(f.Reaches)
	for _, why := range f.Unread {
		r.unknown("code of "+english.Short(why, maxText), "it could not be read")
	}
	if f.Config.Unknown != "" {
		r.unknown("configuration", f.Config.Unknown)
	}
}
