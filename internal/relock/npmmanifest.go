package relock

import (
	"encoding/json"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Manifest is the part of a registry version that decides a lock entry, read
// as leniently as Yarn reads it (Manifest.load: what has not the expected type
// is skipped).
type Manifest struct {
	Tarball   string
	Integrity string // subresource integrity, "" if the registry has none
	Shasum    string // hex SHA-1
	// Install says that installing the package runs code: a preinstall,
	// install or postinstall script, or node-gyp.
	Install bool

	m manifest
}

type rawManifest struct {
	Name         json.RawMessage `json:"name"`
	Dependencies json.RawMessage `json:"dependencies"`
	Optional     json.RawMessage `json:"optionalDependencies"`
	Peers        json.RawMessage `json:"peerDependencies"`
	DepsMeta     json.RawMessage `json:"dependenciesMeta"`
	PeersMeta    json.RawMessage `json:"peerDependenciesMeta"`
	Bin          json.RawMessage `json:"bin"`
	Scripts      json.RawMessage `json:"scripts"`
	OS           json.RawMessage `json:"os"`
	CPU          json.RawMessage `json:"cpu"`
	Libc         json.RawMessage `json:"libc"`
	Gypfile      json.RawMessage `json:"gypfile"`
	Dist         struct {
		Tarball   string `json:"tarball"`
		Integrity string `json:"integrity"`
		Shasum    string `json:"shasum"`
	} `json:"dist"`
}

// ParseManifest reads one version of a packument.
func ParseManifest(raw []byte) (*Manifest, error) {
	var r rawManifest
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "the registry's answer is not a package manifest").
			WithNext("Try again; if it happens again, ask the registry's operator.")
	}
	out := &Manifest{Tarball: r.Dist.Tarball, Integrity: r.Dist.Integrity, Shasum: r.Dist.Shasum}
	m := &out.m
	m.deps, m.optional, m.peers = depList(r.Dependencies, false), depList(r.Optional, false), depList(r.Peers, true)
	m.depsMeta = metaList(r.DepsMeta, "built", "optional", "unplugged")
	m.peersMeta = metaList(r.PeersMeta, "optional")
	m.bin = binList(r.Bin, r.Name)
	m.os, m.cpu, m.libc = stringList(r.OS), stringList(r.CPU), stringList(r.Libc)
	for name, body := range object(r.Scripts) {
		script, ok := stringOf(body)
		if !ok {
			continue
		}
		m.scripts = append(m.scripts, script)
		switch name {
		case "preinstall", "install", "postinstall":
			out.Install = true
		}
	}
	m.addNodeGyp()
	if hasDep(m.deps, "node-gyp") || string(r.Gypfile) == "true" {
		out.Install = true
	}
	return out, nil
}

func object(raw json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if len(raw) > 0 && raw[0] == '{' {
		_ = json.Unmarshal(raw, &m) // it is valid JSON: it was part of a document
	}
	return m
}

func stringOf(raw json.RawMessage) (string, bool) {
	var s string
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

func stringList(raw json.RawMessage) []string {
	var list []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var out []string
	for _, x := range list {
		if s, ok := stringOf(x); ok {
			out = append(out, s)
		}
	}
	return out
}

// depList reads a section. Peers whose range is no text count as any version.
func depList(raw json.RawMessage, peers bool) []yarnlock.Dep {
	members := object(raw)
	out := make([]yarnlock.Dep, 0, len(members))
	for name, val := range members {
		if !spec.IsIdent(name) {
			continue
		}
		rng, ok := stringOf(val)
		switch {
		case ok:
		case peers:
			rng = "*"
		default:
			continue
		}
		out = append(out, yarnlock.Dep{Name: name, Range: rng})
	}
	return out
}

func metaList(raw json.RawMessage, flags ...string) []yarnlock.Meta {
	var out []yarnlock.Meta
	for name, val := range object(raw) {
		meta := yarnlock.Meta{Name: name}
		members := object(val)
		valid := members != nil
		for _, f := range flags {
			switch string(members[f]) {
			case "":
			case "true", "false":
				meta.Flags = append(meta.Flags, yarnlock.Flag{Name: f, Value: string(members[f])})
			default:
				valid = false // Yarn skips the whole entry
			}
		}
		if valid {
			out = append(out, meta)
		}
	}
	return out
}

func binList(raw, name json.RawMessage) []yarnlock.Bin {
	if path, ok := stringOf(raw); ok {
		ident, ok := stringOf(name)
		if !ok || !spec.IsIdent(ident) || strings.TrimSpace(path) == "" {
			return nil
		}
		_, base := spec.SplitScope(ident)
		return []yarnlock.Bin{{Name: base, Path: strings.ReplaceAll(path, `\`, "/")}}
	}
	var out []yarnlock.Bin
	for key, val := range object(raw) {
		path, ok := stringOf(val)
		if !ok || strings.TrimSpace(path) == "" || !spec.IsIdent(key) {
			continue
		}
		_, base := spec.SplitScope(key)
		out = append(out, yarnlock.Bin{Name: base, Path: strings.ReplaceAll(path, `\`, "/")})
	}
	return out
}
