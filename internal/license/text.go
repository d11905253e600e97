package license

import (
	"encoding/json"
	"strings"

	"github.com/portalctl/portalctl/internal/loosejson"
)

// Text is the licence of a manifest as one text. npm's own rule is a text in
// license. Older forms are an object with a type there, and lists of either in
// licenses, which npm's documentation of package.json reads as alternatives: the list
// of MIT and Apache-2.0 is "(MIT OR Apache-2.0)". An alternative that says nothing
// that can be read is "?", so that the others are not taken for all.
func Text(license, licenses json.RawMessage) string {
	if text := textOf(license); text != "" {
		return text
	}
	return textOf(licenses)
}

func textOf(raw json.RawMessage) string {
	items := loosejson.List(raw)
	if items == nil {
		return nameOf(raw)
	}
	var names []string
	for _, item := range items {
		name := nameOf(item)
		if name == "" {
			name = "?"
		}
		names = append(names, name)
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return nameOf(items[0])
	}
	return "(" + strings.Join(names, " OR ") + ")"
}

// nameOf is a licence as a text, or as an object that names one.
func nameOf(raw json.RawMessage) string {
	name := loosejson.Text(raw)
	if o := loosejson.Object(raw); o != nil {
		if name = loosejson.Text(o["type"]); name == "" {
			name = loosejson.Text(o["name"])
		}
	}
	return strings.TrimSpace(name)
}
