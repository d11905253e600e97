package dts

import (
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsscan"
)

// clause reads import and export statements that have no declaration.
func (f *file) clause(ts []jsscan.Token, doc string) bool {
	switch {
	case len(ts) > 1 && ts[0].Is("export") && ts[1].Is("="):
		e := export{name: "=", doc: doc}
		if len(ts) > 2 {
			e.local = ts[2].Text
		}
		f.exports = append(f.exports, e)
		return true
	case len(ts) > 2 && ts[0].Is("export") && ts[1].Is("as"): // as namespace X: a global
		return true
	case len(ts) > 2 && ts[0].Is("export") && ts[1].Is("import"):
		f.exports = append(f.exports, export{name: ts[2].Text, local: ts[2].Text, doc: doc})
		return true
	}
	for _, im := range jsscan.Imports(ts) {
		if im.Form == jsscan.Static && ts[0].Is("import") {
			for _, n := range im.Names {
				f.imports[n.Local] = imported{im.Module, n.Name}
			}
			return true
		}
	}
	if ts[0].Is("import") {
		return true
	}
	i := 1
	if len(ts) > 1 && ts[1].Is("type") {
		i = 2
	}
	if i >= len(ts) {
		return true
	}
	switch {
	case ts[i].Is("*"):
		e := export{name: "*"}
		if len(ts) > i+2 && ts[i+1].Is("as") {
			e.name, e.local = ts[i+2].Text, "*"
		}
		if last := moduleOf(ts); last != "" {
			e.module = last
			f.exports = append(f.exports, e)
		}
		return true
	case ts[i].Is("{"):
		f.named(ts[i+1:], moduleOf(ts), doc)
		return true
	}
	return false
}

// moduleOf is the module that a statement ends with: from 'x'.
func moduleOf(ts []jsscan.Token) string {
	for i := 1; i < len(ts); i++ {
		if ts[i].Kind == jsscan.String && ts[i-1].Is("from") {
			return ts[i].Text
		}
	}
	return ""
}

// named reads a, b as c, type d } of an export.
func (f *file) named(ts []jsscan.Token, module, doc string) {
	for i := 0; i < len(ts) && !ts[i].Is("}"); i++ {
		if ts[i].Is("type") && i+1 < len(ts) && ts[i+1].Kind == jsscan.Word && !ts[i+1].Is("as") {
			continue
		}
		if ts[i].Kind != jsscan.Word && ts[i].Kind != jsscan.String {
			continue
		}
		e := export{name: ts[i].Text, local: ts[i].Text, module: module, doc: doc}
		if i+2 < len(ts) && ts[i+1].Is("as") {
			e.name = ts[i+2].Text
			i += 2
		}
		f.exports = append(f.exports, e)
	}
}

// resolver follows exports through a package's files.
type resolver struct {
	files    map[string][]byte
	manifest manifest
	parsed   map[string]*file
	// handed are the names that were followed, by file and name; one that is being
	// followed is there as what nobody knows.
	handed map[string]Name
}

func (r *resolver) file(name string) *file {
	f := r.parsed[name]
	if f == nil {
		f = parse(name, r.files[name])
		r.parsed[name] = f
	}
	return f
}

// module reads the declaration file of a subpath.
func (r *resolver) module(name string) *Module {
	m := &Module{Names: map[string]Name{}}
	switch name {
	case "":
		m.Unknown = "it has no type declarations"
	case assetTarget:
		m.Asset = true
	default:
		r.collect(m, name, false, map[string]bool{})
	}
	return m
}

// collect adds the exports of a file to a module. Those that it has by export *,
// star, leave its default out.
func (r *resolver) collect(m *Module, name string, star bool, seen map[string]bool) {
	if seen[name] {
		return
	}
	seen[name] = true
	f := r.file(name)
	switch {
	case f.err != nil:
		m.unknown(name + ": " + f.err.Error())
		return
	case !f.module:
		m.unknown(name + " declares no module")
		return
	}
	// What a file names itself goes before what it has from others.
	for _, e := range f.exports {
		switch {
		case e.name == "=":
			m.unknown(name + " exports with export =")
		case e.name != "*" && !(star && e.name == "default"):
			if _, have := m.Names[e.name]; !have {
				m.Names[e.name] = r.name(name, e, 0)
			}
		}
	}
	for _, e := range f.exports {
		if e.name != "*" {
			continue
		}
		if !strings.HasPrefix(e.module, ".") {
			if !slices.Contains(m.From, e.module) {
				m.From = append(m.From, e.module)
			}
			continue
		}
		target := r.relative(name, e.module)
		if target == "" {
			m.unknown(name + ": " + e.module + " is not in the package")
			continue
		}
		r.collect(m, target, true, seen)
	}
}

func (m *Module) unknown(why string) {
	if m.Unknown == "" {
		m.Unknown = why
	}
}

// relative is the declaration file that a file imports from.
func (r *resolver) relative(from, module string) string {
	return r.declaration(path.Join(path.Dir(from), module))
}

// maxHops bounds how often a name is handed on inside a package.
const maxHops = 40

// name is what is known of an exported name.
func (r *resolver) name(in string, e export, hops int) Name {
	if reason, ok := deprecation(e.doc); ok {
		return Name{Deprecated: true, Reason: reason}
	}
	if e.module != "" {
		return r.handedOn(in, e.module, e.local, hops)
	}
	f := r.file(in)
	if d := f.decls[e.local]; d != nil {
		n := Name{Deprecated: d.deprecated == d.count && d.count > 0, Members: r.members(in, e.local)}
		if n.Deprecated {
			n.Reason = d.reason
		}
		return n
	}
	if im, ok := f.imports[e.local]; ok {
		return r.handedOn(in, im.module, im.name, hops)
	}
	return Name{}
}

// handedOn is a name that a file has from another module.
func (r *resolver) handedOn(in, module, name string, hops int) Name {
	if !strings.HasPrefix(module, ".") {
		return Name{Origin: module + "#" + name}
	}
	target := r.relative(in, module)
	if target == "" || hops > maxHops {
		return Name{}
	}
	key := target + "#" + name
	if n, ok := r.handed[key]; ok {
		return n
	}
	r.handed[key] = Name{}
	r.handed[key] = r.find(target, name, hops)
	return r.handed[key]
}

// find is what a file of the package says of a name that it exports.
func (r *resolver) find(target, name string, hops int) Name {
	f := r.file(target)
	for _, e := range f.exports {
		if e.name == name {
			return r.name(target, e, hops+1)
		}
	}
	for _, e := range f.exports {
		if e.name == "*" && strings.HasPrefix(e.module, ".") {
			if n := r.handedOn(target, e.module, name, hops+1); n.Deprecated || n.Origin != "" || len(n.Members) > 0 {
				return n
			}
		}
	}
	return Name{}
}

// maxFar is how many types away members still count as those of a name: a
// component is declared with its props, and these are made of others.
const maxFar = 2

// members are the deprecated members of a declaration and of the types that it
// mentions.
func (r *resolver) members(in, name string) []Member {
	type place struct {
		file, name string
		far        int
	}
	seen := map[[2]string]bool{}
	var out []Member
	for queue := []place{{in, name, 0}}; len(queue) > 0 && len(seen) < 400; queue = queue[1:] {
		p := queue[0]
		if seen[[2]string{p.file, p.name}] {
			continue
		}
		seen[[2]string{p.file, p.name}] = true
		f := r.file(p.file)
		d := f.decls[p.name]
		if d == nil {
			im, ok := f.imports[p.name]
			if !ok || !strings.HasPrefix(im.module, ".") {
				continue
			}
			if target := r.relative(p.file, im.module); target != "" {
				for _, e := range r.file(target).exports {
					if e.name == im.name && e.module == "" {
						queue = append(queue, place{target, e.local, p.far})
					}
				}
			}
			continue
		}
		for _, m := range d.members {
			m.Far = p.far
			out = append(out, m)
		}
		if p.far == maxFar {
			continue
		}
		for _, ref := range d.refs {
			if f.decls[ref] != nil || f.imports[ref].module != "" {
				queue = append(queue, place{p.file, ref, p.far + 1})
			}
		}
	}
	return out
}
