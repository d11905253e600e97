package dts

import (
	"bytes"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
)

// manifest is what package.json says of types.
type manifest struct {
	Types, Typings, Main, Module string
	Exports                      json.RawMessage
	TypesVersions                json.RawMessage
}

// UnmarshalJSON takes fields of the wrong type for absent ones.
func (m *manifest) UnmarshalJSON(src []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(src, &fields); err != nil {
		return err
	}
	for name, to := range map[string]*string{"types": &m.Types, "typings": &m.Typings, "main": &m.Main, "module": &m.Module} {
		_ = json.Unmarshal(fields[name], to)
	}
	m.Exports, m.TypesVersions = fields["exports"], fields["typesVersions"]
	return nil
}

func (m *manifest) closed() bool {
	return len(m.Exports) > 0 && string(m.Exports) != "null"
}

// root is the declaration file that the main entry has without exports.
func (m *manifest) root() []string {
	return []string{m.Types, m.Typings, m.Main, m.Module, "index.d.ts"}
}

// entries maps subpaths to the files that declare them, "" where there is none.
func (r *resolver) entries() map[string]string {
	out := map[string]string{}
	if r.manifest.closed() {
		r.exported(out)
		return out
	}
	for subpath, targets := range typesVersions(r.manifest.TypesVersions) {
		out[subpath] = r.first(targets...)
	}
	if out["."] == "" {
		out["."] = r.first(r.manifest.root()...)
	}
	// Folders with a package.json of their own, as Backstage published alpha.
	for name, src := range r.files {
		dir := path.Dir(name)
		if path.Base(name) != "package.json" || dir == "." || out["./"+dir] != "" {
			continue
		}
		var m manifest
		if json.Unmarshal(src, &m) != nil {
			continue
		}
		var targets []string
		for _, t := range m.root() {
			if t != "" {
				targets = append(targets, path.Join(dir, t))
			}
		}
		if found := r.first(targets...); found != "" {
			out["./"+dir] = found
		}
	}
	return out
}

// exported reads the field exports.
func (r *resolver) exported(out map[string]string) {
	var subpaths map[string]json.RawMessage
	if json.Unmarshal(r.manifest.Exports, &subpaths) != nil || !hasSubpaths(subpaths) {
		out["."] = r.first(conditions(r.manifest.Exports, 0)...)
		if out["."] == "" {
			out["."] = r.first(r.manifest.root()...)
		}
		return
	}
	versions := typesVersions(r.manifest.TypesVersions)
	for subpath, target := range subpaths {
		if string(target) == "null" {
			continue
		}
		targets := conditions(target, 0)
		found := r.first(append(targets, versions[subpath]...)...)
		if found == "" && subpath == "." {
			found = r.first(r.manifest.root()...)
		}
		if found == "" && slices.ContainsFunc(targets, isAsset) {
			found = assetTarget
		}
		out[subpath] = found
	}
}

// assetTarget stands for a file without declarations.
const assetTarget = "\x00asset"

func isAsset(target string) bool {
	switch path.Ext(target) {
	case ".css", ".scss", ".less", ".json", ".svg", ".png", ".html", ".md", ".yaml", ".yml", ".wasm":
		return true
	}
	return false
}

func hasSubpaths(m map[string]json.RawMessage) bool {
	for key := range m {
		return strings.HasPrefix(key, ".")
	}
	return false
}

// conditions are the files that an entry of exports may mean, those for types
// first, in the order of the text: TypeScript takes the first condition that
// holds.
func conditions(raw json.RawMessage, depth int) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var list []json.RawMessage
	if depth > 8 {
		return nil
	}
	var out, others []string
	if json.Unmarshal(raw, &list) == nil {
		for _, item := range list {
			out = append(out, conditions(item, depth+1)...)
		}
		return out
	}
	for _, m := range members(raw) {
		if m.key == "types" || strings.HasPrefix(m.key, "types@") {
			out = append(out, conditions(m.value, depth+1)...)
		} else {
			others = append(others, conditions(m.value, depth+1)...)
		}
	}
	return append(out, others...)
}

type member struct {
	key   string
	value json.RawMessage
}

// members are an object's members in their order.
func members(raw json.RawMessage) []member {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out []member
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return out
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return out
		}
		out = append(out, member{name, value})
	}
	return out
}

// typesVersions are the files of each subpath for the TypeScript versions of
// today: of the first range, which is mostly "*".
func typesVersions(raw json.RawMessage) map[string][]string {
	var ranges map[string]map[string][]string
	if json.Unmarshal(raw, &ranges) != nil {
		return nil
	}
	out := map[string][]string{}
	for _, r := range slices.Sorted(maps.Keys(ranges)) {
		for subpath, targets := range ranges[r] {
			key := "."
			if subpath != "." && subpath != "index" {
				key = "./" + strings.TrimPrefix(subpath, "./")
			}
			if out[key] == nil {
				out[key] = targets
			}
		}
	}
	return out
}

// first is the first of some targets that has a declaration file, itself or
// beside it; "" for none.
func (r *resolver) first(targets ...string) string {
	for _, t := range targets {
		if t == "" || strings.Contains(t, "*") {
			continue
		}
		if found := r.declaration(path.Clean("/" + t)[1:]); found != "" {
			return found
		}
	}
	return ""
}

// declaration is the declaration file of a path without regard to its ending.
func (r *resolver) declaration(name string) string {
	try := []string{name}
	for js, ts := range map[string]string{".js": ".d.ts", ".mjs": ".d.mts", ".cjs": ".d.cts", ".jsx": ".d.ts"} {
		if stem, ok := strings.CutSuffix(name, js); ok {
			try = append(try, stem+ts)
		}
	}
	try = append(try, name+".d.ts", name+".d.mts", name+".d.cts", path.Join(name, "index.d.ts"))
	for _, t := range try {
		if isDeclaration(t) && r.files[t] != nil {
			return t
		}
	}
	return ""
}

func isDeclaration(name string) bool {
	return strings.HasSuffix(name, ".d.ts") || strings.HasSuffix(name, ".d.mts") || strings.HasSuffix(name, ".d.cts")
}
