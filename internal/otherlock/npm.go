package otherlock

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/spec"
)

// npm reads package-lock.json and npm-shrinkwrap.json, versions 1 to 3. Version
// 2 says everything twice: npm 7 and later go by packages, older ones by
// dependencies. Both are read, so that neither hides something.
func (r *reader) npm(file string, src []byte) error {
	doc, err := jsonedit.Parse(file, src)
	if err != nil {
		return err
	}
	root := doc.Root()
	if root.Kind() != jsonedit.Object {
		return fault.At(root.Pos(), "the lock is %s, but must be an object", root.Kind()).WithNext("Recreate it with npm install")
	}
	version, known := "1", false // npm 5 left it out at first
	for _, m := range root.Members() {
		if m.Name == "lockfileVersion" {
			version = string(m.Value.Raw())
		}
		known = known || m.Name == "packages" || m.Name == "dependencies" || m.Name == "name" || m.Name == "lockfileVersion"
	}
	if version != "1" && version != "2" && version != "3" {
		return unknown(root.Pos(), version)
	}
	if !known {
		return fault.At(root.Pos(), "this is not a lock that npm wrote").WithNext("Recreate it with npm install")
	}
	for _, m := range root.Members() {
		switch m.Name {
		case "packages":
			for _, p := range m.Value.Members() {
				r.npmPackage(p)
			}
		case "dependencies":
			r.npmTree(m.Value)
		}
	}
	return nil
}

// npmPackage reads a member of packages: the key is where it is installed. What
// is not below a node_modules is a folder of the repository.
func (r *reader) npmPackage(m jsonedit.Member) {
	i := strings.LastIndex(m.Name, "node_modules/")
	if i < 0 || i > 0 && m.Name[i-1] != '/' {
		return
	}
	f := found{name: m.Name[i+len("node_modules/"):], pos: m.Pos()}
	for _, x := range m.Value.Members() {
		switch x.Name {
		case "name": // it is installed under another name
			f.name = x.Value.String()
		case "inBundle":
			f.bundled = x.Value.Bool()
		case "link":
			if x.Value.Bool() {
				return
			}
		default:
			f.member(x)
		}
	}
	r.add(f)
}

// member reads what an entry has in every version of npm's lock.
func (f *found) member(x jsonedit.Member) {
	switch x.Name {
	case "version":
		f.version = x.Value.String()
	case "resolved":
		f.address = x.Value.String()
	case "integrity":
		f.integrity = x.Value.String()
	case "dev":
		f.dev = x.Value.Bool()
	}
}

// npmTree reads the nested dependencies of version 1.
func (r *reader) npmTree(v jsonedit.Value) {
	for _, m := range v.Members() {
		f := found{name: m.Name, pos: m.Pos()}
		for _, x := range m.Value.Members() {
			switch x.Name {
			case "bundled":
				f.bundled = x.Value.Bool()
			case "dependencies":
				r.npmTree(x.Value)
			default:
				f.member(x)
			}
		}
		if real, ok := spec.NPM.Cut(f.version); ok {
			if i := strings.LastIndexByte(real, '@'); i > 0 {
				f.name, f.version = real[:i], real[i+1:]
			}
		}
		r.add(f)
	}
}
