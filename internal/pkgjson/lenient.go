package pkgjson

import (
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/spec"
)

// Bin is a command that the package installs.
type Bin struct {
	Name string // without scope, as Yarn keeps it
	Path string // slashes forward, as Yarn writes it to the lock
}

// DependencyMeta is an entry of dependenciesMeta. A nil flag is not set.
type DependencyMeta struct {
	Name, Range                string // Range is "" for a key without one
	Built, Optional, Unplugged *bool
}

// PeerDependencyMeta is an entry of peerDependenciesMeta.
type PeerDependencyMeta struct {
	Name     string
	Optional *bool
}

// Backstage is the block that Backstage's own tools keep in package.json.
// Fields of a wrong type count as absent.
type Backstage struct {
	Role           string // "frontend-plugin", "backend", "cli", …
	PluginID       string
	PluginPackage  string   // of a module: the plugin it extends
	PluginPackages []string // of a plugin: all its packages
	Moved          string   // the name under which the package lives on
}

// PackageManager is the packageManager field, as Corepack reads it:
// "yarn@4.13.0+sha224.953c8233f7a9".
type PackageManager struct {
	Raw     string
	Name    string // "" when the text has not that form
	Version string // or a URL, which Corepack takes too
	Hash    string // with its algorithm: "sha224.953c8233f7a9"
}

// ParsePackageManager splits the value of a packageManager field.
func ParsePackageManager(s string) PackageManager {
	pm := PackageManager{Raw: s}
	name, version, ok := strings.Cut(strings.TrimSpace(s), "@")
	if !ok || name == "" || version == "" {
		return pm
	}
	pm.Name, pm.Version = name, version
	if !strings.Contains(version, "://") {
		pm.Version, pm.Hash, _ = strings.Cut(version, "+")
	}
	return pm
}

// loadLenient fills the fields that Yarn reads without insisting on.
func (f *File) loadLenient(root jsonedit.Value) {
	f.Private = get(root, "private").Bool()
	f.License = str(root, "license")
	f.OS, f.CPU, f.Libc = list(root, "os"), list(root, "cpu"), list(root, "libc")

	if bin := get(root, "bin"); bin.Kind() == jsonedit.String {
		if _, name := spec.SplitScope(f.Name); name != "" && strings.TrimSpace(bin.String()) != "" {
			f.Bin = []Bin{{name, forward(bin.String())}}
		}
	} else {
		for _, m := range last(bin.Members()) {
			if m.Value.Kind() != jsonedit.String || strings.TrimSpace(m.Value.String()) == "" {
				continue
			}
			if _, name := spec.SplitScope(m.Name); name != "" {
				f.Bin = append(f.Bin, Bin{name, forward(m.Value.String())})
			}
		}
	}
	for _, m := range last(get(root, "scripts").Members()) {
		if m.Value.Kind() == jsonedit.String {
			if f.Scripts == nil {
				f.Scripts = map[string]string{}
			}
			f.Scripts[m.Name] = m.Value.String()
		}
	}
	for _, m := range last(get(root, "dependenciesMeta").Members()) {
		if m.Value.Kind() == jsonedit.Object {
			name, rng := spec.SplitDescriptor(m.Name)
			f.DependenciesMeta = append(f.DependenciesMeta, DependencyMeta{
				Name: name, Range: rng,
				Built: tristate(m.Value, "built"), Optional: tristate(m.Value, "optional"), Unplugged: tristate(m.Value, "unplugged"),
			})
		}
	}
	for _, m := range last(get(root, "peerDependenciesMeta").Members()) {
		if m.Value.Kind() == jsonedit.Object {
			name, _ := spec.SplitDescriptor(m.Name)
			f.PeerDependenciesMeta = append(f.PeerDependenciesMeta, PeerDependencyMeta{name, tristate(m.Value, "optional")})
		}
	}
	b := get(root, "backstage")
	f.Backstage = Backstage{
		Role: str(b, "role"), PluginID: str(b, "pluginId"), PluginPackage: str(b, "pluginPackage"),
		PluginPackages: list(b, "pluginPackages"), Moved: str(b, "moved"),
	}
}

func get(v jsonedit.Value, name string) jsonedit.Value {
	m, _ := v.Get(name)
	return m
}

func str(v jsonedit.Value, name string) string {
	if m := get(v, name); m.Kind() == jsonedit.String {
		return m.String()
	}
	return ""
}

func list(v jsonedit.Value, name string) []string {
	var out []string
	for _, e := range get(v, name).Elements() {
		if e.Kind() == jsonedit.String {
			out = append(out, e.String())
		}
	}
	return out
}

func tristate(v jsonedit.Value, name string) *bool {
	m := get(v, name)
	if m.Kind() != jsonedit.Bool {
		return nil
	}
	b := m.Bool()
	return &b
}

func forward(path string) string { return strings.ReplaceAll(path, `\`, "/") }
