package appconfig

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
)

// Unset is an environment variable that a value is made of and that is not set,
// so that the value is not there. ${NAME:-default} needs no variable, and one
// that is set to nothing is set: the value is then an empty text. Only with
// ${NAME:-}, whose empty default is none, does an empty variable count as not
// set.
type Unset struct {
	Name string
	// Pos is the place of the value that is not there.
	Pos fault.Pos
	// Key is the dotted path of that value; items of lists have [i].
	Key string

	path []string
}

// missing keeps that the value n at s is not there for want of a variable.
func (r *reader) missing(name string, n *node, s scope) {
	key := strings.ReplaceAll(strings.Join(s.path, "."), ".[", "[")
	u := Unset{Name: name, Pos: n.origin.Pos, Key: key, path: s.path}
	same := func(o Unset) bool { return o.Name == u.Name && o.Key == u.Key }
	if name != "" && !slices.ContainsFunc(r.unset, same) {
		r.unset = append(r.unset, u)
	}
}

// layer is one layer of the configuration, and what is not in it.
type layer struct {
	data  *node
	unset []Unset
}

// effective are the variables whose value would count, from the strongest layer
// to the weakest: no stronger layer has a value there, and none would have one
// if its own variable were set.
func effective(layers []layer) []Unset {
	var out []Unset
	for i := len(layers) - 1; i >= 0; i-- {
		above := out
		for _, u := range layers[i].unset {
			hidden := slices.ContainsFunc(layers[i+1:], func(l layer) bool { return l.decides(u.path) }) ||
				slices.ContainsFunc(above, func(o Unset) bool { return o.Key == u.Key })
			if !hidden {
				out = append(out, u)
			}
		}
	}
	return out
}

// decides reports whether layers below this one do not count at a path: there is
// a value, or something on the way that is not merged with what is below it
// (ConfigReader: null, scalars and lists).
func (l layer) decides(path []string) bool {
	v := l.data
	for _, part := range path {
		if v == nil {
			return false
		}
		if v.kind != Object || strings.HasPrefix(part, "[") {
			return true
		}
		v = v.fields[part]
	}
	return v != nil
}

// SetUnset says in the imperative what to set, with the places that need it and
// no full stop; "" for nothing. A variable is named once, with all its places.
func SetUnset(unset []Unset) string {
	var names []string
	uses := map[string][]string{}
	for _, u := range unset {
		if uses[u.Name] == nil {
			names = append(names, u.Name)
		}
		// Lines are what people look for; the column says no more here.
		at := fault.Pos{File: u.Pos.File, Line: u.Pos.Line}
		uses[u.Name] = append(uses[u.Name], fmt.Sprintf("%s uses it for %s", at, u.Key))
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%s (%s)", name, strings.Join(uses[name], "; "))
	}
	if len(names) == 0 {
		return ""
	}
	return "Set " + english.And(names)
}
