// Package loosejson reads JSON as package managers read package.json: what has not
// the expected type, and published manifests have such members, is as if it were
// absent.
package loosejson

import "encoding/json"

// Object are the members of an object, nil if raw is none.
func Object(raw json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if !begins(raw, '{') || json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// List are the items of a list, nil if raw is none.
func List(raw json.RawMessage) []json.RawMessage {
	var out []json.RawMessage
	if !begins(raw, '[') || json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// Text is a text, "" if raw is none.
func Text(raw json.RawMessage) string {
	var s string
	if !IsText(raw) || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// IsText tells a text, "" as well, from what is none.
func IsText(raw json.RawMessage) bool { return begins(raw, '"') }

// Texts are the members of an object that are texts; nil if it has no members.
func Texts(raw json.RawMessage) map[string]string {
	members := Object(raw)
	if len(members) == 0 {
		return nil
	}
	out := make(map[string]string, len(members))
	for key, val := range members {
		if IsText(val) {
			out[key] = Text(val)
		}
	}
	return out
}

func begins(raw json.RawMessage, with byte) bool { return len(raw) > 0 && raw[0] == with }
