package appconfig

import (
	"encoding/json"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pattern"
)

const (
	envPrefix = "APP_CONFIG_"
	envSource = "env" // what config-loader calls the source in errors
)

// keyPart is CONFIG_KEY_PART_PATTERN of @backstage/config.
var keyPart = pattern.New(`(?i)^[a-z][a-z0-9]*(?:[-_:][a-z0-9]+)*$`)

// readEnv is the layer that APP_CONFIG_a_b variables make, nil when there are
// none: JSON when the text is JSON, else the text itself (readEnvConfig). No
// substitution applies to them.
func readEnv(entries []string) (*node, error) {
	var data *node
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		key, ok := strings.CutPrefix(name, envPrefix)
		if !ok || value == "" {
			continue
		}
		if data == nil {
			data = newObject(Origin{Pos: fault.Pos{File: envSource}})
		}
		if err := setEnv(data, name, key, value); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func setEnv(obj *node, name, key, value string) error {
	origin := Origin{Pos: fault.Pos{File: envSource}, Vars: []string{name}}
	parts := strings.Split(key, "_")
	for i, part := range parts {
		if !keyPart().MatchString(part) {
			return envFault(name, "is not the name of a key")
		}
		if i < len(parts)-1 {
			next := obj.fields[part]
			if next == nil || next.kind == Null {
				next = newObject(origin)
				obj.set(part, next)
			}
			if next.kind != Object {
				return envFault(name, "is below %s, whose value is not an object", envPrefix+strings.Join(parts[:i+1], "_"))
			}
			obj = next
			continue
		}
		if obj.fields[part] != nil {
			return envFault(name, "sets what another variable sets already")
		}
		v, err := envValue(name, value, origin)
		if err != nil {
			return err
		}
		obj.set(part, v)
	}
	return nil
}

func envValue(name, value string, origin Origin) (*node, error) {
	if !json.Valid([]byte(value)) {
		origin.Var = name
		return &node{kind: String, text: value, origin: origin}, nil
	}
	doc, err := jsonedit.Parse(envSource, []byte(value))
	if err != nil {
		return nil, envFault(name, "is not understood as JSON")
	}
	v := fromJSON(doc.Root(), func(jsonedit.Value) Origin { return origin })
	if v.kind == Null {
		return nil, envFault(name, "is null, which Backstage refuses")
	}
	if v.text == value {
		v.origin.Var = name
	}
	return v, nil
}

func envFault(name, format string, args ...any) error {
	return fault.New("the environment variable "+name+" "+format, args...).
		WithNext("Correct or unset %s: Backstage refuses it, too", name)
}
