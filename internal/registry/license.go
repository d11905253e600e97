package registry

import (
	"encoding/json"
	"strings"
)

// licenseText is the licence of a manifest as one text. npm's own rule is a text in
// license. Older forms are an object with a type there, and lists of either in
// licenses, which npm's documentation of package.json reads as alternatives: the list
// of MIT and Apache-2.0 is "(MIT OR Apache-2.0)". An alternative that says nothing
// that can be read is "?", so that the others are not taken for all.
func licenseText(license, licenses json.RawMessage) string {
	if text := oneLicense(license); text != "" {
		return text
	}
	return oneLicense(licenses)
}

func oneLicense(raw json.RawMessage) string {
	var items []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		return licenseName(raw)
	}
	var names []string
	for _, item := range items {
		name := licenseName(item)
		if name == "" {
			name = "?"
		}
		names = append(names, name)
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return licenseName(items[0])
	}
	return "(" + strings.Join(names, " OR ") + ")"
}

// licenseName is a licence as a text, or as an object that names one.
func licenseName(raw json.RawMessage) string {
	name := text(raw)
	if o := object(raw); o != nil {
		if name = text(o["type"]); name == "" {
			name = text(o["name"])
		}
	}
	return strings.TrimSpace(name)
}
