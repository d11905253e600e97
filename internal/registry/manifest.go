package registry

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/loosejson"
	"github.com/portalctl/portalctl/internal/spec"
)

// Manifest is the package.json of one version as the registry has it, read as
// leniently as Yarn reads it (Manifest.load): what has not the expected type, and
// real packuments have such fields, is as if it were absent.
type Manifest struct {
	Name, Version string

	Dependencies         map[string]string
	OptionalDependencies map[string]string
	// PeerDependencies whose range is not text count as any version.
	PeerDependencies map[string]string
	// The flags of an entry that are set. Yarn skips an entry with a flag of
	// another type.
	PeerDependenciesMeta map[string]Flags // optional
	DependenciesMeta     map[string]Flags // built, optional, unplugged

	// Bin maps commands, without scope, to paths. A single path counts for the
	// package's name.
	Bin map[string]string
	// OS, CPU and Libc are the platforms the package is for ("!" excludes).
	OS, CPU, Libc []string
	Scripts       map[string]string
	// GypFile says that the package has a binding.gyp and no install script.
	GypFile bool
	// Deprecated is why the version should not be used, "" if it is fine.
	Deprecated string
	// License is what the version says of its licence, whatever it says, as one
	// text; "" if it says nothing.
	License string

	Dist      Dist
	Backstage Backstage
}

// Flags are the settings of one package by their names.
type Flags map[string]bool

// Dist is where a version's tarball is and what it must be.
type Dist struct {
	Tarball string
	// Integrity is a list of subresource integrity hashes ("sha512-…").
	Integrity string
	// Shasum is the SHA-1 in hex.
	Shasum string
}

// Backstage is the field of that name.
type Backstage struct {
	Role, PluginID string
	// Moved is the package's new name, "" if it has not moved.
	Moved string
}

// ParseManifest reads one version of a packument.
func ParseManifest(raw []byte) (*Manifest, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(raw, &top); err != nil {
		return nil, err
	}
	m := &Manifest{
		Name: loosejson.Text(top["name"]), Version: loosejson.Text(top["version"]),
		Dependencies:         ranges(top["dependencies"], ""),
		OptionalDependencies: ranges(top["optionalDependencies"], ""),
		PeerDependencies:     ranges(top["peerDependencies"], "*"),
		PeerDependenciesMeta: metas(top["peerDependenciesMeta"], "optional"),
		DependenciesMeta:     metas(top["dependenciesMeta"], "built", "optional", "unplugged"),
		Scripts:              loosejson.Texts(top["scripts"]),
		OS:                   list(top["os"]), CPU: list(top["cpu"]), Libc: list(top["libc"]),
		GypFile: string(top["gypfile"]) == "true",
		License: license.Text(top["license"], top["licenses"]),
	}
	m.Bin = bin(top["bin"], m.Name)
	if d := top["deprecated"]; len(d) > 0 && truthy(d) {
		if m.Deprecated = loosejson.Text(d); m.Deprecated == "" {
			m.Deprecated = "deprecated" // true, or some other value
		}
	}
	dist := loosejson.Object(top["dist"])
	m.Dist = Dist{Tarball: loosejson.Text(dist["tarball"]), Integrity: loosejson.Text(dist["integrity"]), Shasum: loosejson.Text(dist["shasum"])}
	b := loosejson.Object(top["backstage"])
	m.Backstage = Backstage{Role: loosejson.Text(b["role"]), PluginID: loosejson.Text(b["pluginId"]), Moved: loosejson.Text(b["moved"])}
	return m, nil
}

// bin is Manifest.load's reading of bin.
func bin(raw json.RawMessage, name string) map[string]string {
	commands := loosejson.Texts(raw)
	if path := loosejson.Text(raw); path != "" {
		commands = map[string]string{name: path}
	}
	out := make(map[string]string, len(commands))
	for _, ident := range slices.Sorted(maps.Keys(commands)) { // of two that become one, the last
		path := commands[ident]
		if _, base := spec.SplitScope(ident); base != "" && strings.TrimSpace(path) != "" {
			out[base] = strings.ReplaceAll(path, `\`, "/")
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// ranges are the members of a section; one that is not text has the range other,
// and is absent where that is "".
func ranges(raw json.RawMessage, other string) map[string]string {
	members := loosejson.Object(raw)
	if len(members) == 0 {
		return nil
	}
	out := make(map[string]string, len(members))
	for name, val := range members {
		switch {
		case !spec.IsIdent(name):
		case loosejson.IsText(val):
			out[name] = loosejson.Text(val)
		case other != "":
			out[name] = other
		}
	}
	return out
}

// metas are the entries of a section of settings.
func metas(raw json.RawMessage, names ...string) map[string]Flags {
	var out map[string]Flags
	for pkg, val := range loosejson.Object(raw) {
		members := loosejson.Object(val)
		flags, valid := Flags{}, members != nil
		for _, name := range names {
			switch string(members[name]) {
			case "":
			case "true", "false":
				flags[name] = members[name][0] == 't'
			default:
				valid = false
			}
		}
		if valid {
			if out == nil {
				out = map[string]Flags{}
			}
			out[pkg] = flags
		}
	}
	return out
}

// list are the texts of a list. Yarn ignores a text in the place of a list.
func list(raw json.RawMessage) []string {
	var out []string
	for _, item := range loosejson.List(raw) {
		if loosejson.IsText(item) {
			out = append(out, loosejson.Text(item))
		}
	}
	return out
}
