package registry

import (
	"encoding/json"
	"strings"
)

// Manifest is the package.json of one version as the registry has it. Fields
// of the wrong type, which real packuments have, are as if they were absent.
type Manifest struct {
	Name, Version string

	Dependencies         map[string]string
	OptionalDependencies map[string]string
	PeerDependencies     map[string]string
	PeerDependenciesMeta map[string]PeerMeta
	DependenciesMeta     map[string]DependencyMeta

	// Bin maps commands to paths. A single path counts for the package's name
	// without scope, as in Yarn.
	Bin map[string]string
	// OS, CPU and Libc are the platforms the package is for ("!" excludes). A
	// single text counts as a list of one; Yarn ignores it.
	OS, CPU, Libc []string
	Engines       map[string]string
	Scripts       map[string]string
	// GypFile says that the package has a binding.gyp and no install script.
	GypFile bool
	// HasInstallScript says that installing the package runs code of it.
	HasInstallScript bool
	// Deprecated is why the version should not be used, "" if it is fine.
	Deprecated string

	Dist      Dist
	Backstage Backstage
}

// PeerMeta is an entry of peerDependenciesMeta.
type PeerMeta struct{ Optional bool }

// DependencyMeta is an entry of dependenciesMeta; nil means not said.
type DependencyMeta struct{ Built, Optional, Unplugged *bool }

// Dist is where a version's tarball is and what it must be.
type Dist struct {
	Tarball string
	// Integrity is a list of subresource integrity hashes ("sha512-…").
	Integrity string
	// Shasum is the SHA-1 in hex.
	Shasum string
	// UnpackedSize is in bytes, 0 if unknown.
	UnpackedSize int64
}

// Backstage is the field of that name.
type Backstage struct {
	Role, PluginID string
	// Moved is the package's new name, "" if it has not moved.
	Moved string
}

func parseManifest(raw []byte) (*Manifest, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(raw, &top); err != nil {
		return nil, err
	}
	m := &Manifest{
		Name: text(top["name"]), Version: text(top["version"]),
		Dependencies:         texts(top["dependencies"]),
		OptionalDependencies: texts(top["optionalDependencies"]),
		PeerDependencies:     texts(top["peerDependencies"]),
		Engines:              texts(top["engines"]),
		Scripts:              texts(top["scripts"]),
		OS:                   list(top["os"]), CPU: list(top["cpu"]), Libc: list(top["libc"]),
		GypFile: string(top["gypfile"]) == "true",
	}
	for name, meta := range object(top["peerDependenciesMeta"]) {
		if m.PeerDependenciesMeta == nil {
			m.PeerDependenciesMeta = map[string]PeerMeta{}
		}
		m.PeerDependenciesMeta[name] = PeerMeta{Optional: string(object(meta)["optional"]) == "true"}
	}
	for name, meta := range object(top["dependenciesMeta"]) {
		if m.DependenciesMeta == nil {
			m.DependenciesMeta = map[string]DependencyMeta{}
		}
		fields := object(meta)
		m.DependenciesMeta[name] = DependencyMeta{
			Built: flag(fields["built"]), Optional: flag(fields["optional"]), Unplugged: flag(fields["unplugged"])}
	}
	m.Bin = bin(top["bin"], m.Name)
	for _, name := range []string{"preinstall", "install", "postinstall"} {
		if m.Scripts[name] != "" {
			m.HasInstallScript = true
		}
	}
	m.HasInstallScript = m.HasInstallScript || m.GypFile || string(top["hasInstallScript"]) == "true"
	if d := top["deprecated"]; len(d) > 0 && truthy(d) {
		if m.Deprecated = text(d); m.Deprecated == "" {
			m.Deprecated = "deprecated" // true, or some other value
		}
	}
	dist := object(top["dist"])
	m.Dist = Dist{Tarball: text(dist["tarball"]), Integrity: text(dist["integrity"]), Shasum: text(dist["shasum"])}
	_ = json.Unmarshal(dist["unpackedSize"], &m.Dist.UnpackedSize)
	b := object(top["backstage"])
	m.Backstage = Backstage{Role: text(b["role"]), PluginID: text(b["pluginId"]), Moved: text(b["moved"])}
	return m, nil
}

// bin is Manifest.load's reading of bin.
func bin(raw json.RawMessage, name string) map[string]string {
	out := map[string]string{}
	if path := text(raw); strings.TrimSpace(path) != "" && name != "" {
		out[name[strings.LastIndexByte(name, '/')+1:]] = strings.ReplaceAll(path, `\`, "/")
	}
	for cmd, path := range texts(raw) {
		if strings.TrimSpace(path) == "" || cmd == "" {
			continue
		}
		out[cmd[strings.LastIndexByte(cmd, '/')+1:]] = strings.ReplaceAll(path, `\`, "/")
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func object(raw json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

func text(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// texts are the members of an object that are texts; nil if there are none.
func texts(raw json.RawMessage) map[string]string {
	members := object(raw)
	if len(members) == 0 {
		return nil
	}
	out := make(map[string]string, len(members))
	for key, val := range members {
		if len(val) > 0 && val[0] == '"' {
			out[key] = text(val)
		}
	}
	return out
}

func list(raw json.RawMessage) []string {
	if s := text(raw); s != "" {
		return []string{s}
	}
	var items []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	var out []string
	for _, item := range items {
		if s := text(item); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func flag(raw json.RawMessage) *bool {
	var b bool
	switch string(raw) {
	case "true":
		b = true
	case "false":
	default:
		return nil
	}
	return &b
}
