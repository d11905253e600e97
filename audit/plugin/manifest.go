package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
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
	m := &tarManifest{Name: text(top["name"]), Version: text(top["version"]), Description: english.Short(text(top["description"]), maxText),
		Licence: licence(top["license"], top["licenses"]), Author: person(top["author"]), Homepage: english.Short(text(top["homepage"]), maxText),
		Dependencies: texts(top["dependencies"]), Optional: texts(top["optionalDependencies"]), Peers: texts(top["peerDependencies"]), Scripts: texts(top["scripts"]),
		Lines: memberLines(src)}
	for _, raw := range list(top["maintainers"]) {
		if p := person(raw); p != "" {
			m.Maintainers = append(m.Maintainers, p)
		}
	}
	m.Repository = english.Short(text(top["repository"]), maxText)
	if repo := object(top["repository"]); repo != nil {
		m.Repository, m.Folder = english.Short(text(repo["url"]), maxText), english.Short(text(repo["directory"]), maxText)
	}
	b := object(top["backstage"])
	m.Role, m.PluginID, m.Moved = english.Short(text(b["role"]), maxName), english.Short(text(b["pluginId"]), maxName), english.Short(text(b["moved"]), maxName)
	_, m.Features = b["features"]
	for _, raw := range list(b["pluginPackages"]) {
		if name := english.Short(text(raw), maxName); name != "" {
			m.PluginPackages = append(m.PluginPackages, name)
		}
	}
	switch raw := top["configSchema"]; {
	case object(raw) != nil:
		m.ConfigSchema = raw
	default:
		m.ConfigFile = strings.TrimPrefix(text(raw), "./")
	}
	return m, nil
}

// licence is what npm understands: an expression, or the older forms with types.
func licence(raw, old json.RawMessage) string {
	if s := text(raw); s != "" {
		return english.Short(s, maxText)
	}
	if s := text(object(raw)["type"]); s != "" {
		return english.Short(s, maxText)
	}
	var out []string
	for _, l := range list(old) {
		if s := text(object(l)["type"]); s != "" {
			out = append(out, english.Short(s, maxName))
		}
	}
	if len(out) > 1 {
		return "(" + strings.Join(out, " OR ") + ")"
	}
	return strings.Join(out, "")
}

// person is the name of somebody, without an address.
func person(raw json.RawMessage) string {
	name := text(raw)
	if o := object(raw); o != nil {
		name = text(o["name"])
	}
	if i := strings.IndexAny(name, "<("); i > 0 {
		name = name[:i]
	}
	return english.Short(name, maxName)
}

func object(raw json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

func list(raw json.RawMessage) []json.RawMessage {
	var out []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &out) != nil {
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

func texts(raw json.RawMessage) map[string]string {
	out := map[string]string{}
	for key, val := range object(raw) {
		if len(val) > 0 && val[0] == '"' {
			out[key] = text(val)
		}
	}
	return out
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
