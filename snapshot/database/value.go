package database

import (
	"strconv"

	"github.com/portalctl/portalctl/internal/appconfig"
)

// value is a JavaScript value of a connection that is being put together. A nil
// *value is undefined. Values are not changed once they are made.
type value struct {
	kind   appconfig.Kind
	text   string // of a scalar
	keys   []string
	fields map[string]*value
	items  []*value
	origin appconfig.Origin
	noURI  bool // the host of a connection string that is no URI
}

func fromConfig(v appconfig.Value) *value {
	out := &value{kind: v.Kind(), text: v.Reveal(), origin: v.Origin()}
	switch out.kind {
	case appconfig.Object:
		out.fields = map[string]*value{}
		for _, k := range v.Fields() {
			f, _ := v.Field(k)
			out.set(k, fromConfig(f))
		}
	case appconfig.Array:
		for _, item := range v.Items() {
			out.items = append(out.items, fromConfig(item))
		}
	}
	return out
}

func object() *value { return &value{kind: appconfig.Object, fields: map[string]*value{}} }

func text(s string, o appconfig.Origin) *value {
	return &value{kind: appconfig.String, text: s, origin: o}
}

func boolean(b bool, o appconfig.Origin) *value {
	return &value{kind: appconfig.Bool, text: strconv.FormatBool(b), origin: o}
}

func null(o appconfig.Origin) *value { return &value{kind: appconfig.Null, origin: o} }

func (v *value) set(key string, to *value) {
	if _, ok := v.fields[key]; !ok {
		v.keys = append(v.keys, key)
	}
	v.fields[key] = to
}

func (v *value) get(key string) *value {
	if v == nil {
		return nil
	}
	return v.fields[key]
}

func (v *value) is(k appconfig.Kind) bool { return v != nil && v.kind == k }

// truthy is JavaScript's Boolean(v).
func (v *value) truthy() bool {
	switch {
	case v == nil || v.kind == appconfig.Null:
		return false
	case v.kind == appconfig.String:
		return v.text != ""
	case v.kind == appconfig.Bool:
		return v.text == "true"
	case v.kind == appconfig.Number:
		return v.text != "0" && v.text != "NaN"
	}
	return true
}

// nullish is v == null: what ?? replaces.
func (v *value) nullish() bool { return v == nil || v.kind == appconfig.Null }

// spread is {...a, ...b}: b's fields over a's, one level deep.
func spread(a, b *value) *value {
	out := object()
	for _, from := range []*value{a, b} {
		if from == nil {
			continue
		}
		for _, k := range from.keys {
			out.set(k, from.fields[k])
		}
	}
	return out
}

// without is lodash's omit of one key.
func without(v *value, key string) *value {
	out := object()
	for _, k := range v.keys {
		if k != key {
			out.set(k, v.fields[k])
		}
	}
	return out
}

// merge is lodash's merge({}, into, from) for values that come from JSON:
// objects field by field, lists item by item, null replaces, undefined does not.
func merge(into, from *value) *value {
	switch {
	case from == nil:
		return into
	case from.kind == appconfig.Object:
		out := object()
		out.origin = from.origin
		if into.is(appconfig.Object) {
			out = spread(into, nil)
			out.origin = from.origin
		}
		for _, k := range from.keys {
			if v := merge(out.fields[k], from.fields[k]); v != nil {
				out.set(k, v)
			}
		}
		return out
	case from.kind == appconfig.Array && into.is(appconfig.Array):
		out := &value{kind: appconfig.Array, origin: from.origin, items: append([]*value(nil), into.items...)}
		for i, item := range from.items {
			if i < len(out.items) {
				out.items[i] = merge(out.items[i], item)
			} else {
				out.items = append(out.items, item)
			}
		}
		return out
	}
	return from
}
