package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/loosejson"
)

// tarManifest is the package.json of a tarball, read as leniently as npm reads it, and
// the lines of its members.
type tarManifest struct {
	Name, Version, Description string
	Licence                    string   `json:",omitempty"`
	Author                     string   `json:",omitempty"`
	Maintainers                []string `json:",omitempty"`
	Repository, Folder         string   `json:",omitempty"`
	Homepage                   string   `json:",omitempty"`
	Role, PluginID, Moved      string   `json:",omitempty"`
	PluginPackages             []string `json:",omitempty"`
	Features                   bool     `json:",omitempty"`
	Dependencies               map[string]string
	Optional                   map[string]string `json:",omitempty"`
	Peers                      map[string]string `json:",omitempty"`
	Scripts                    map[string]string `json:",omitempty"`
	ConfigFile                 string            `json:",omitempty"`
	ConfigSchema               json.RawMessage   `json:",omitempty"`
	Lines                      map[string]int    // of members, by their path: backstage.role, dependencies.react
}

// at is the place of a member, or of the file.
func (m *tarManifest) at(member string) string {
	if n := m.Lines[member]; n > 0 {
		return fmt.Sprintf("package.json:%d", n)
	}
	return "package.json"
}

// backstage are the ranges for @backstage packages, dependencies before peers, each with
// its name, range and place.
func (m *tarManifest) backstage() []backstageAsk {
	var out []backstageAsk
	for i, ranges := range []map[string]string{m.Dependencies, m.Peers} {
		for _, name := range slices.Sorted(maps.Keys(ranges)) {
			if strings.HasPrefix(name, "@backstage/") {
				section := [...]string{"dependencies.", "peerDependencies."}[i]
				out = append(out, backstageAsk{Name: name, Range: ranges[name], Peer: i == 1, Where: m.at(section + name)})
			}
		}
	}
	return out
}

// Most characters of texts that are shown.
const (
	maxName = 214 // of npm
	maxText = 300
)

func readManifest(src []byte) (*tarManifest, error) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	var top map[string]json.RawMessage
	if err := json.Unmarshal(src, &top); err != nil {
		return nil, err
	}
	m := &tarManifest{Name: loosejson.Text(top["name"]), Version: loosejson.Text(top["version"]), Description: english.Short(loosejson.Text(top["description"]), maxText),
		Licence: english.Short(license.Text(top["license"], top["licenses"]), maxText), Author: person(top["author"]), Homepage: english.Short(loosejson.Text(top["homepage"]), maxText),
		Dependencies: loosejson.Texts(top["dependencies"]), Optional: loosejson.Texts(top["optionalDependencies"]), Peers: loosejson.Texts(top["peerDependencies"]), Scripts: loosejson.Texts(top["scripts"]),
		Lines: memberLines(src)}
	for _, raw := range loosejson.List(top["maintainers"]) {
		if p := person(raw); p != "" {
			m.Maintainers = append(m.Maintainers, p)
		}
	}
	m.Repository = english.Short(loosejson.Text(top["repository"]), maxText)
	if repo := loosejson.Object(top["repository"]); repo != nil {
		m.Repository, m.Folder = english.Short(loosejson.Text(repo["url"]), maxText), english.Short(loosejson.Text(repo["directory"]), maxText)
	}
	b := loosejson.Object(top["backstage"])
	m.Role, m.PluginID, m.Moved = english.Short(loosejson.Text(b["role"]), maxName), english.Short(loosejson.Text(b["pluginId"]), maxName), english.Short(loosejson.Text(b["moved"]), maxName)
	_, m.Features = b["features"]
	for _, raw := range loosejson.List(b["pluginPackages"]) {
		if name := english.Short(loosejson.Text(raw), maxName); name != "" {
			m.PluginPackages = append(m.PluginPackages, name)
		}
	}
	switch raw := top["configSchema"]; {
	case loosejson.Object(raw) != nil:
		m.ConfigSchema = raw
	default:
		m.ConfigFile = strings.TrimPrefix(loosejson.Text(raw), "./")
	}
	return m, nil
}

// person is the name of somebody, without an address.
func person(raw json.RawMessage) string {
	name := loosejson.Text(raw)
	if o := loosejson.Object(raw); o != nil {
		name = loosejson.Text(o["name"])
	}
	if i := strings.IndexAny(name, "<("); i > 0 {
		name = name[:i]
	}
	return english.Short(name, maxName)
}

// memberLines are the lines of the members of a JSON text, two levels deep.
func memberLines(src []byte) map[string]int {
	out := map[string]int{}
	_ = walkJSON(src, func(path []string, line int) bool {
		out[strings.Join(path, ".")] = line
		return len(path) < 2
	})
	return out
}

var errDeep = errors.New("it is nested too deeply")

// maxDepth bounds how deep JSON and types are followed.
const maxDepth = 64

// walkJSON calls visit for each member of an object, in their order, with its path
// and line; what visit refuses is not gone into. Items of lists have the path [].
func walkJSON(src []byte, visit func(path []string, line int) (into bool)) error {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	line, last := 1, 0
	lineAt := func() int {
		at := min(int(d.InputOffset()), len(src))
		line += bytes.Count(src[last:at], []byte("\n"))
		last = at
		return line
	}
	var value func(path []string, into bool) error
	value = func(path []string, into bool) error {
		if len(path) > maxDepth {
			return errDeep
		}
		t, err := d.Token()
		if err != nil {
			return err
		}
		open, ok := t.(json.Delim)
		if !ok {
			return nil
		}
		for d.More() {
			at := append(path[:len(path):len(path)], "[]")
			goOn := into
			if open == '{' {
				key, err := d.Token()
				if err != nil {
					return err
				}
				at[len(path)] = fmt.Sprint(key)
				if n := lineAt(); into {
					goOn = visit(at, n)
				}
			}
			if err := value(at, goOn); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	}
	return value(nil, true)
}
