package yarnrc

import (
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
)

// Plugin is an entry of plugins.
type Plugin struct {
	// Path is the plugin's file as written; AbsPath is where that is.
	Path, AbsPath string
	// Spec is where the file came from, a URL or the name of a plugin.
	Spec string
	// Checksum is the hex SHA-512 of the file, "" if it is not checked.
	Checksum string
	Pos      fault.Pos
	// DocPath is the entry's path in Settings.File, nil if it is elsewhere.
	DocPath []string
}

// CatalogEntry is one line of a catalog.
type CatalogEntry struct {
	Name, Range string
	Pos         fault.Pos // of the range
	// DocPath is the range's path in Settings.File; nil if it stands in
	// another file or contains variables, so that it cannot be edited there.
	DocPath []string
}

// CatalogRange is the range that a catalog, "" for the unnamed one, has for a package.
func (s *Settings) CatalogRange(catalog, pkg string) (rng string, ok bool) {
	list := s.Catalog
	if catalog != "" {
		list = s.Catalogs[catalog]
	}
	for _, e := range list {
		if e.Name == pkg {
			return e.Range, true
		}
	}
	return "", false
}

// PackageExtension adds dependencies to the packages that Descriptor matches.
type PackageExtension struct {
	Descriptor       string // name@range
	Dependencies     map[string]string
	PeerDependencies map[string]string
	OptionalPeers    map[string]bool // peerDependenciesMeta.*.optional
	Pos              fault.Pos
}

// architectures are the values of supportedArchitectures; "current" stands
// for the machine's own. IsSet is false when all three have their default.
type architectures struct {
	OS, CPU, Libc []string
	IsSet         bool
	Pos           fault.Pos
}

// decodePlugins reads the plugins file by file: Yarn does not merge them with
// the other settings.
func (s *Settings) decodePlugins(d *decoder, files []*value) {
	if v, ok := d.vars["plugins"]; ok {
		for p := range strings.SplitSeq(v.val, ";") {
			item := &value{kind: text, text: p, dir: d.dir}
			s.Plugins = append(s.Plugins, Plugin{Path: p, AbsPath: d.path(item, "plugins").Value,
				Pos: fault.Pos{File: "environment variable " + v.name}})
		}
	}
	for _, f := range files {
		v := f.get("plugins")
		if v == nil || v.kind != list {
			continue // as Yarn does
		}
		for _, item := range v.items {
			p := Plugin{Pos: item.pos}
			pathValue := item
			if item.kind == object {
				pathValue = item.get("path")
				if pathValue == nil {
					d.fail(fault.At(item.pos, "the plugin has no path").WithNext("Add the path of the plugin's file"))
					continue
				}
				p.Spec = plain(d, item.get("spec"), "plugins.spec")
				p.Checksum = plain(d, item.get("checksum"), "plugins.checksum")
			}
			p.Path = plain(d, pathValue, "plugins.path")
			p.AbsPath = d.path(&value{kind: text, text: strings.ReplaceAll(p.Path, "$", `\$`), dir: item.dir}, "plugins.path").Value
			if item.own {
				p.DocPath = item.path
			}
			s.Plugins = append(s.Plugins, p)
		}
	}
}

// plain is a text in which Yarn does not replace variables.
func plain(d *decoder, v *value, name string) string {
	if !d.isText(v, name) {
		return ""
	}
	return v.text
}

func (s *Settings) decode(d *decoder) {
	for _, m := range d.root.members {
		if !isKnown(m.key) {
			d.unknown = append(d.unknown, UnknownSetting{m.key, m.pos})
		}
	}
	yarnPath := d.existing(d.raw("yarnPath"), "yarnPath")
	s.YarnPath, s.YarnPathPos = yarnPath.Value, yarnPath.Pos
	s.NodeLinker = d.str(d.raw("nodeLinker"), "nodeLinker")
	s.CompressionLevel = d.oneOf(d.raw("compressionLevel"), "compressionLevel", "mixed", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	s.EnableGlobalCache = d.boolean(d.raw("enableGlobalCache"), "enableGlobalCache")
	s.CacheFolder = d.path(d.raw("cacheFolder"), "cacheFolder")
	s.GlobalFolder = d.path(d.raw("globalFolder"), "globalFolder")
	s.DefaultSemverRangePrefix = d.oneOf(d.raw("defaultSemverRangePrefix"), "defaultSemverRangePrefix", "^", "~", "")
	s.EnableScripts = d.boolean(d.raw("enableScripts"), "enableScripts")
	s.NpmMinimalAgeGate = d.duration(d.raw("npmMinimalAgeGate"), "npmMinimalAgeGate", time.Minute)
	s.ageNumber = decode(d, d.raw("npmMinimalAgeGate"), "npmMinimalAgeGate", "a number of minutes",
		func(text string) (time.Duration, bool) { return LeadingMinutes(text), true })
	s.NpmPreapprovedPackages = d.list(d.raw("npmPreapprovedPackages"), "npmPreapprovedPackages").Value
	s.HTTPTimeout = d.duration(d.raw("httpTimeout"), "httpTimeout", time.Millisecond)
	s.HTTPRetry = d.integer(d.raw("httpRetry"), "httpRetry")
	s.NetworkConcurrency = d.integer(d.raw("networkConcurrency"), "networkConcurrency")
	s.EnableStrictSSL = d.boolean(d.raw("enableStrictSsl"), "enableStrictSsl")
	s.EnableNetwork = d.boolean(d.raw("enableNetwork"), "enableNetwork")
	s.EnableOfflineMode = d.boolean(d.raw("enableOfflineMode"), "enableOfflineMode")
	s.UnsafeHTTPWhitelist = d.list(d.raw("unsafeHttpWhitelist"), "unsafeHttpWhitelist").Value
	s.Catalog = d.catalog(d.raw("catalog"), "catalog")
	for _, m := range d.members(d.raw("catalogs"), "catalogs") {
		if s.Catalogs == nil {
			s.Catalogs = map[string][]CatalogEntry{}
		}
		s.Catalogs[m.key] = d.catalog(m.val, "catalogs."+m.key)
	}
	s.decodeExtensions(d)
	s.decodeArchitectures(d)
}

func (d *decoder) catalog(v *value, name string) []CatalogEntry {
	var out []CatalogEntry
	for _, m := range d.members(v, name) {
		r, ok := d.text(m.val, name+"."+m.key)
		if !ok {
			if m.val.kind == nothing && d.err == nil {
				d.fail(fault.At(m.pos, "%s.%s has no range", name, m.key).WithNext("Give the package a range"))
			}
			continue
		}
		e := CatalogEntry{Name: m.key, Range: r, Pos: m.val.pos}
		if m.val.own && r == m.val.text {
			e.DocPath = m.val.path
		}
		out = append(out, e)
	}
	return out
}

func (s *Settings) decodeExtensions(d *decoder) {
	for _, m := range d.members(d.raw("packageExtensions"), "packageExtensions") {
		name := "packageExtensions." + m.key
		x := PackageExtension{Descriptor: m.key, Pos: m.pos}
		for _, part := range d.members(m.val, name) {
			sub := name + "." + part.key
			switch part.key {
			case "dependencies":
				x.Dependencies = d.texts(part.val, sub)
			case "peerDependencies":
				x.PeerDependencies = d.texts(part.val, sub)
			case "peerDependenciesMeta":
				x.OptionalPeers = map[string]bool{}
				for _, peer := range d.members(part.val, sub) {
					for _, flag := range d.members(peer.val, sub+"."+peer.key) {
						if flag.key == "optional" {
							x.OptionalPeers[peer.key] = d.boolean(flag.val, sub+"."+peer.key+".optional").Value
						} else {
							d.unknown = append(d.unknown, UnknownSetting{sub + "." + peer.key + "." + flag.key, flag.pos})
						}
					}
				}
			default:
				d.unknown = append(d.unknown, UnknownSetting{sub, part.pos})
			}
		}
		s.PackageExtensions = append(s.PackageExtensions, x)
	}
}

func (d *decoder) texts(v *value, name string) map[string]string {
	out := map[string]string{}
	for _, m := range d.members(v, name) {
		if r, ok := d.text(m.val, name+"."+m.key); ok {
			out[m.key] = r
		}
	}
	return out
}

func (s *Settings) decodeArchitectures(d *decoder) {
	a := architectures{OS: []string{"current"}, CPU: []string{"current"}, Libc: []string{"current"}}
	parts := map[string]*[]string{"os": &a.OS, "cpu": &a.CPU, "libc": &a.Libc}
	v := d.raw("supportedArchitectures")
	for _, m := range d.members(v, "supportedArchitectures") {
		name := "supportedArchitectures." + m.key
		part := parts[m.key]
		if part == nil {
			d.unknown = append(d.unknown, UnknownSetting{name, m.pos})
			continue
		}
		*part = []string{"null"} // what Yarn makes of a value that is left out
		if m.val.kind != nothing {
			*part = d.list(m.val, name).Value
		}
		a.IsSet, a.Pos = true, v.pos
	}
	s.SupportedArchitectures = a
}
