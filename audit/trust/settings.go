package trust

import (
	"maps"
	"path"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yamledit"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// settings is what one file says, as far as the rules look at it. Nothing is
// merged: a setting is judged where it stands.
type settings struct {
	file string
	// weak are settings that by themselves let more in.
	weak []weakSetting
	// registries are where packages come from, by scope.
	registries []registrySetting
	// gates are the minimal ages of versions, in the text that was written, by
	// scope ("" for all).
	gates map[string]item
	// scripts is enableScripts, or the contrary of ignore-scripts.
	scripts item
	// preapproved are exempt from the minimal age. network are proxies and
	// certificate authorities.
	preapproved []item
	network     []item
	// changed are settings that are fine where they are, and that a change
	// should not bring: what they say in words, by key and value.
	changed  []weakSetting
	plugins  []plugin
	yarnPath item
	noUnit   bool          // the repo's Yarn reads npmMinimalAgeGate as a number
	doc      *yamledit.Doc // of a .yarnrc.yml that can be read
	err      error
}

// item is a value with its place. The zero item was not given.
type item struct {
	key, text string
	pos       fault.Pos
}

// id tells settings of one file apart.
func (i item) id() string { return i.key + "\x00" + i.text }

// ids are those of a list.
func ids[T interface{ id() string }](list []T) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, x := range list {
		out[x.id()] = true
	}
	return out
}

type weakSetting struct {
	item
	message, next string
	standing      finding.Severity
}

type registrySetting struct {
	item
	scope, url string
	// open: the address has a variable without a default in it, so that it is
	// not known.
	open bool
}

type plugin struct {
	path, spec, checksum string
	pos                  fault.Pos
}

// readSettings reads all files with settings, in the order of their names.
func readSettings(files manifests) []*settings {
	var out []*settings
	for _, name := range slices.Sorted(maps.Keys(files.tree)) {
		if s := readSetting(name, files.tree[name]); s != nil {
			if path.Base(name) == berryFile {
				s.readsNoUnit(textOf(files.beside(name), "packageManager"))
			}
			out = append(out, s)
		}
	}
	return out
}

func readSetting(name string, src []byte) *settings {
	s := &settings{file: name, gates: map[string]item{}}
	switch path.Base(name) {
	case berryFile:
		s.berry(src)
	case npmFile:
		for _, l := range yarnrc.NPMLines(name, src) {
			s.line(l)
		}
	case classicFile:
		for _, l := range yarnrc.ClassicLines(name, src) {
			s.line(l)
		}
	case envFile:
		s.variables(src)
	default:
		return nil
	}
	return s
}

// registry notes where packages of a scope come from, and plain http.
func (s *settings) registry(key, scope, text string, pos fault.Pos) {
	url, known := yarnrc.Defaults(text)
	at := item{key, text, pos}
	s.registries = append(s.registries, registrySetting{at, scope, url, !known})
	s.plainHTTP(key, text, pos)
}

func (s *settings) plainHTTP(key, text string, pos fault.Pos) {
	url, _ := yarnrc.Defaults(text)
	if a, ok := parseAddress(url); ok && a.scheme == "http" && !local(a.host) {
		s.weak = append(s.weak, weakSetting{item{key, "http://" + a.host, pos},
			key + " is a plain http address (" + a.host + "): anybody on the way can change what is installed",
			"Use the https address", finding.Warning})
	}
}

// off reports whether a value turns a setting off.
func off(text string) bool { return text == "false" || text == "0" }
func on(text string) bool  { return text == "true" || text == "1" }
