package otherlock

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// pnpm reads pnpm-lock.yaml, versions 5 to 9. pnpm 11 puts its own lock before
// the project's, as a document of its own: all are read.
func (r *reader) pnpm(file string, src []byte) error {
	line := 0
	documents := 0
	for text := range strings.SplitAfterSeq("\n"+string(src), "\n---") {
		lines := strings.Count(text, "\n")
		text = strings.TrimSuffix(text, "---")
		if strings.TrimSpace(text) != "" {
			documents++
			if err := r.pnpmDocument(file, text, line); err != nil {
				return err
			}
		}
		line += lines
	}
	if documents == 0 {
		return fault.At(fault.Pos{File: file}, "the lock is empty").WithNext("Recreate it with pnpm install")
	}
	return nil
}

func (r *reader) pnpmDocument(file, text string, line int) error {
	// The first line end is ours.
	doc, err := yamledit.Parse(file, []byte(strings.Repeat("\n", max(line-1, 0))+strings.TrimPrefix(text, "\n")))
	if err != nil {
		return err
	}
	version := ""
	if v, ok := doc.Get("lockfileVersion"); ok {
		version = v.String()
	}
	major, _, _ := strings.Cut(version, ".")
	switch major {
	case "5", "6", "7", "8", "9":
	default:
		return unknown(doc.Root().Pos(), version)
	}
	// Since version 9, whether development alone needs it is not said.
	for _, section := range []string{"packages", "snapshots"} {
		for _, m := range doc.Members(section) {
			r.pnpmPackage(m, major, section)
		}
	}
	return nil
}

func (r *reader) pnpmPackage(m yamledit.Member, major, section string) {
	f := found{pos: m.KeyPos}
	var name, version string
	for _, x := range m.Value.Members() {
		switch x.Key {
		case "name":
			name = x.Value.String()
		case "version":
			version = x.Value.String()
		case "dev":
			f.dev = x.Value.String() == "true"
		case "resolution":
			for _, y := range x.Value.Members() {
				switch y.Key {
				case "integrity":
					f.integrity = y.Value.String()
				case "tarball":
					f.address = y.Value.String()
				case "repo":
					f.address = "git+" + strings.TrimPrefix(y.Value.String(), "git+")
				case "directory":
					return // of the repository
				}
			}
		}
	}
	f.name, f.version = depPath(m.Key, major)
	if section == "snapshots" && f.integrity == "" && f.address == "" {
		f.bundled = true // its hash stands in packages
		if r.known[[2]string{f.name, f.version}] {
			return
		}
	}
	if f.name != "" {
		r.add(f)
	}
	// Old pnpms go by the fields where there are some, new ones by the key.
	if name != "" && (name != f.name || version != f.version) {
		if exotic(f.version) && f.address == "" {
			f.address = f.version
		}
		f.name, f.version = name, version
		r.add(f)
	}
}

// depPath takes a key apart:
//
//	5     /name/1.0.0, /@scope/name/1.0.0_peer@2.0.0, registry.example.com/name/1.0.0
//	6-8   /name@1.0.0, /@scope/name@1.0.0(peer@2.0.0)
//	9     name@1.0.0, @scope/name@1.0.0(peer@2.0.0), name@https://host/x.tgz
//
// The name is "" for keys of another form, such as an address.
func depPath(key, major string) (name, version string) {
	key, _, _ = strings.Cut(key, "(")
	at := "@"
	if major == "5" {
		at = "/"
	}
	rest, registry := strings.CutPrefix(key, "/")
	if major != "9" && !registry {
		// A registry's host may stand before the name.
		host, tail, ok := strings.Cut(key, "/")
		if !ok || !strings.ContainsAny(host, ".:") || strings.HasPrefix(key, "@") {
			return "", ""
		}
		rest = tail
	}
	from := 0
	if strings.HasPrefix(rest, "@") {
		if from = strings.IndexByte(rest, '/') + 1; from == 0 {
			return "", ""
		}
	}
	i := strings.Index(rest[from:], at)
	if i < 1 {
		return "", ""
	}
	name, version = rest[:from+i], rest[from+i+1:]
	if major == "5" {
		version, _, _ = strings.Cut(version, "_")
	}
	if !strings.ContainsAny(version, ".:") || strings.Contains(name[from:], "/") || major != "9" && !registry && strings.Contains(version, "/") {
		return "", "" // a commit, or a path
	}
	return name, version
}
