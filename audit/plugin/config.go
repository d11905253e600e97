package plugin

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/loosejson"
)

// config is what a package says of the app-config that it reads (configSchema of
// its package.json, as @backstage/config-loader takes it).
type config struct {
	// From is the file with the schema, package.json for one within; "" without one.
	From string      `json:"from"`
	Keys []schemaKey `json:"keys"`
	// Undeclared is a schema file that no configSchema names: Backstage does not
	// read it.
	Undeclared string `json:"undeclared"`
	// Reads are the keys that the code asks for by their full path, where there is no
	// schema.
	Reads []read `json:"reads"`
	// Unknown is why there may be more keys, "" for none.
	Unknown string `json:"unknown"`
}

// schemaKey is one key of a schema.
type schemaKey struct {
	// Path is the key from the top; [] are items of a list, * any name.
	Path string `json:"path"`
	// Visibility is frontend, backend or secret; "" where the schema does not say,
	// which Backstage takes for backend.
	Visibility string `json:"visibility"`
	Required   bool   `json:"required"`
	Where      string `json:"where"`
}

// read is a key that code asks for.
type read struct {
	Key   string `json:"key"`
	Where string `json:"where"`
}

const (
	// maxKeys bounds the keys of a schema, and the reads of code.
	maxKeys = 500
	// maxSchema bounds a schema, in bytes; the largest seen has 60 kB.
	maxSchema = 1 << 20
)

func (f *facts) readConfig(files map[string][]byte) {
	c := &f.Config
	if f.Manifest.ConfigSchema != nil {
		c.From = "package.json"
		line := f.Manifest.Lines["configSchema"]
		// Its lines are not known any more, but for where it begins.
		c.read(f.Manifest.ConfigSchema, (*config).schema, func(int) string { return fmt.Sprintf("package.json:%d", line) })
		return
	}
	file := f.Manifest.ConfigFile
	if file == "" {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if base := path.Base(name); base == name && (base == "config.d.ts" || base == "config.schema.json") {
				c.Undeclared = name
			}
		}
		return
	}
	src, ok := files[path.Clean(file)]
	if !ok {
		c.From, c.Unknown = english.Short(file, maxName), "the tarball has no "+english.Short(file, maxName)+", which package.json names as its schema"
		return
	}
	c.From = english.Short(path.Clean(file), maxName)
	form := (*config).declared
	if strings.HasSuffix(file, ".json") {
		form = (*config).schema
	}
	c.read(src, form, func(line int) string { return placeIn(file, line) })
}

// read reads a schema by its form, if it is of a sensible size.
func (c *config) read(src []byte, form func(c *config, src []byte, place func(line int) string), place func(line int) string) {
	if len(src) > maxSchema {
		c.Unknown = fmt.Sprintf("its schema has more than %d kB", maxSchema>>10)
		return
	}
	form(c, src, place)
}

// schema reads a JSON schema.
func (c *config) schema(src []byte, place func(line int) string) {
	required, visible := map[string]bool{}, map[string]string{}
	eachPart(src, "", 0, func(at string, p schemaPart) {
		for _, name := range p.Required {
			required[join(at, name)] = true
		}
		if v := visibility(p.Visibility + p.DeepVisibility); v != "" {
			visible[at] = v
		}
	})
	err := walkJSON(src, func(at []string, line int) bool {
		key, isKey := keyOf(at)
		if isKey && len(c.Keys) < maxKeys {
			c.Keys = append(c.Keys, schemaKey{Path: key, Visibility: visible[key], Required: required[key], Where: place(line)})
		}
		return true
	})
	if err != nil {
		c.Unknown = "its schema cannot be read: " + english.Short(err.Error(), maxText)
	}
	c.once()
}

// once leaves the first of several keys of one path.
func (c *config) once() {
	seen := map[string]bool{}
	c.Keys = slices.DeleteFunc(c.Keys, func(k schemaKey) bool {
		was := seen[k.Path]
		seen[k.Path] = true
		return was
	})
	if len(c.Keys) >= maxKeys {
		c.Unknown = fmt.Sprintf("it has more than %d keys", maxKeys)
	}
}

// keyOf is the key that a place of a schema is about: properties name keys, items
// go into lists, and what combines schemas goes through.
func keyOf(at []string) (key string, is bool) {
	var out []string
	for i := 0; i < len(at); i++ {
		is = false
		switch at[i] {
		case "properties":
			if i++; i >= len(at) {
				return "", false
			}
			out, is = append(out, english.Short(at[i], maxName)), true
		case "items":
			if len(out) > 0 {
				out[len(out)-1] += "[]"
			}
		case "additionalProperties", "patternProperties":
			if at[i] == "patternProperties" {
				i++
			}
			out, is = append(out, "*"), i < len(at)
		case "allOf", "anyOf", "oneOf":
			if i++; i < len(at) && at[i] != "[]" {
				return "", false
			}
		case "[]":
		default:
			return "", false
		}
	}
	return strings.Join(out, "."), is
}

// schemaPart is what is read of a schema itself.
type schemaPart struct {
	Properties           map[string]json.RawMessage
	Items                json.RawMessage
	AdditionalProperties json.RawMessage
	AllOf, AnyOf, OneOf  []json.RawMessage
	Required             []string
	Visibility           string
	DeepVisibility       string
}

// eachPart calls do for a schema and for those in it, with the key that each is
// about. What is no schema is passed over.
func eachPart(src []byte, at string, depth int, do func(at string, p schemaPart)) {
	var p schemaPart
	if depth > maxDepth || loosejson.Object(src) == nil || json.Unmarshal(src, &p) != nil {
		return
	}
	do(at, p)
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		eachPart(p.Properties[name], join(at, english.Short(name, maxName)), depth+1, do)
	}
	eachPart(p.Items, at+"[]", depth+1, do)
	eachPart(p.AdditionalProperties, join(at, "*"), depth+1, do)
	for _, part := range slices.Concat(p.AllOf, p.AnyOf, p.OneOf) {
		eachPart(part, at, depth+1, do)
	}
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// visibility is a word of Backstage's, "" for others.
func visibility(word string) string {
	switch word {
	case "frontend", "backend", "secret":
		return word
	}
	return ""
}
