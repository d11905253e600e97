package dts

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsscan"
)

// file is a declaration file.
type file struct {
	err error
	// decls are what it declares, exports what it exports.
	decls   map[string]*decl
	exports []export
	// imports are the names that it has from elsewhere.
	imports map[string]imported
	// script: nothing is imported or exported, so that nothing can be imported.
	module bool
}

// decl is a declaration. Overloads and merged declarations are one: deprecated
// only when all are.
type decl struct {
	count, deprecated int
	reason            string
	members           []Member
	refs              []string // the names that it mentions
}

// export is one exported name, or all names of a module.
type export struct {
	name   string // "*" for all
	local  string // in this file, or in the module
	module string // "" for this file
	doc    string
}

type imported struct{ module, name string }

// starters begin a statement when they stand first in a line, or behind one.
var starters = map[string]bool{"export": true, "declare": true, "interface": true, "type": true, "class": true, "function": true, "const": true,
	"let": true, "var": true, "enum": true, "namespace": true, "module": true, "import": true, "abstract": true, "global": true}

// parse reads a declaration file.
func parse(name string, src []byte) *file {
	f := &file{decls: map[string]*decl{}, imports: map[string]imported{}}
	tokens, err := jsscan.ScanDocs(name, string(src))
	if err != nil {
		f.err = err
		return f
	}
	f.statements(tokens)
	return f
}

// statements cuts the file where statements begin, outside brackets.
func (f *file) statements(tokens []jsscan.Token) {
	depth, from, doc := 0, 0, ""
	nextDoc := ""
	flush := func(to int) {
		if to > from {
			f.statement(tokens[from:to], doc)
		}
		from = to
		doc, nextDoc = nextDoc, ""
	}
	for i, t := range tokens {
		switch {
		case t.Kind == jsscan.Doc:
			if depth == 0 {
				flush(i)
				doc = t.Text
				from = i + 1
			}
		case t.Kind == jsscan.Punct && (t.Text == "{" || t.Text == "(" || t.Text == "[" || t.Text == "${"):
			depth++
		case t.Kind == jsscan.Punct && (t.Text == "}" || t.Text == ")" || t.Text == "]"):
			depth--
		case depth == 0 && t.Kind == jsscan.Word && starters[t.Text] && i > from:
			before := tokens[i-1]
			modified := before.Is("export") || before.Is("declare") || before.Is("default") || before.Is("abstract") || before.Is("import")
			if before.Is(";") || before.Is("}") || before.Line < t.Line && !modified && !before.Is("=") && !before.Is("|") && !before.Is("&") && !before.Is(":") && !before.Is("=>") {
				flush(i)
			}
		}
	}
	flush(len(tokens))
}

// statement reads one, with the documentation before it.
func (f *file) statement(ts []jsscan.Token, doc string) {
	i := 0
	at := func(k int) string {
		if k < len(ts) && ts[k].Kind != jsscan.String {
			return ts[k].Text
		}
		return ""
	}
	if at(0) == "import" || at(0) == "export" {
		f.module = true
		if f.clause(ts, doc) {
			return
		}
	}
	exported, isDefault := false, false
	for {
		switch at(i) {
		case "export":
			exported = true
		case "default":
			isDefault = true
		case "declare", "abstract", "async":
		default:
			goto kind
		}
		i++
	}
kind:
	var names []string
	body := i
	switch at(i) {
	case "interface", "class", "function", "enum", "namespace", "module", "type":
		if i+1 < len(ts) && ts[i+1].Kind == jsscan.String {
			return // declare module 'x' adds to another module
		}
		if at(i+1) == "*" {
			i++
		}
		names, body = []string{at(i + 1)}, i+2
	case "const", "let", "var":
		if at(i+1) == "enum" {
			names, body = []string{at(i + 2)}, i+3
			break
		}
		names, body = variables(ts[i+1:]), i+1
	default:
		if isDefault {
			f.exports = append(f.exports, export{name: "default", local: at(i), doc: doc})
		}
		return
	}
	for _, name := range names {
		if !isName(name) {
			if isDefault { // export default function ()
				f.exports = append(f.exports, export{name: "default", doc: doc})
			}
			continue
		}
		f.declare(name, doc, ts[min(body, len(ts)):])
		switch {
		case isDefault:
			f.exports = append(f.exports, export{name: "default", local: name})
		case exported:
			f.exports = append(f.exports, export{name: name, local: name})
		}
	}
}

func isName(s string) bool {
	return s != "" && s[0] != '{' && s[0] != '(' && s[0] != ';' && s[0] != '=' && s[0] != '<'
}

// variables are the names of const a: T, b: U, or of a pattern.
func variables(ts []jsscan.Token) []string {
	var names []string
	depth, angle, want := 0, 0, true
	for i, t := range ts {
		switch {
		case t.Kind == jsscan.Punct && (t.Text == "(" || t.Text == "[" || t.Text == "{"):
			depth++
		case t.Kind == jsscan.Punct && (t.Text == ")" || t.Text == "]" || t.Text == "}"):
			depth--
		case t.Is("<"):
			angle++
		case t.Is(">"):
			angle--
		case depth == 0 && angle <= 0 && t.Is(","):
			want = true
		case depth == 0 && want && t.Kind == jsscan.Word:
			names, want = append(names, t.Text), false
		case depth == 1 && want && t.Kind == jsscan.Word && !(i+1 < len(ts) && ts[i+1].Is(":")):
			names = append(names, t.Text) // {a, b: c}
		case depth == 0 && t.Is(":"):
			want = false
		}
	}
	return names
}

// declare records a declaration.
func (f *file) declare(name, doc string, body []jsscan.Token) {
	d := f.decls[name]
	if d == nil {
		d = &decl{}
		f.decls[name] = d
	}
	d.count++
	if reason, ok := deprecation(doc); ok {
		d.deprecated++
		if d.reason == "" {
			d.reason = reason
		}
	}
	d.members = append(d.members, deprecatedMembers(name, body)...)
	for _, t := range body {
		if t.Kind == jsscan.Word && len(d.refs) < maxRefs && t.Text != name && !slices.Contains(d.refs, t.Text) {
			d.refs = append(d.refs, t.Text)
		}
	}
}

// maxRefs bounds the names that are kept of one declaration.
const maxRefs = 200

// deprecatedMembers are the members in the braces of a declaration whose
// documentation deprecates them.
func deprecatedMembers(owner string, body []jsscan.Token) []Member {
	var out []Member
	depth := 0
	for i, t := range body {
		switch {
		case t.Kind == jsscan.Punct && (t.Text == "{" || t.Text == "(" || t.Text == "["):
			depth++
		case t.Kind == jsscan.Punct && (t.Text == "}" || t.Text == ")" || t.Text == "]"):
			depth--
		case t.Kind == jsscan.Doc && depth == 1:
			reason, ok := deprecation(t.Text)
			if !ok {
				continue
			}
			for k := i + 1; k < len(body); k++ {
				switch w := body[k]; {
				case w.Is("readonly"), w.Is("static"), w.Is("get"), w.Is("set"), w.Is("abstract"), w.Is("public"):
					continue
				case w.Kind == jsscan.Word || w.Kind == jsscan.String:
					out = append(out, Member{Owner: owner, Name: w.Text, Reason: reason})
				}
				break
			}
		}
	}
	return out
}

// deprecation is what a documentation comment says behind @deprecated, in one
// line without links.
func deprecation(doc string) (reason string, ok bool) {
	_, text, ok := strings.Cut(doc, "@deprecated")
	if !ok {
		return "", false
	}
	text = strings.TrimSuffix(text, "*/")
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "*"))
		if line == "" && len(lines) > 0 || strings.HasPrefix(line, "@") {
			break // a paragraph says enough
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	text = strings.Join(lines, " ")
	text = strings.TrimLeft(text, "-: ")
	var b strings.Builder
	for {
		open := strings.Index(text, "{@link")
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		link := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text[open:open+end], "{@link"), "code"))
		if target, shown, both := strings.Cut(link, "|"); both {
			link = strings.TrimSpace(shown)
			_ = target
		}
		b.WriteString(text[:open] + link)
		text = text[open+end+1:]
	}
	b.WriteString(text)
	reason = b.String()
	if r := []rune(reason); len(r) > maxReason {
		reason = string(r[:maxReason]) + "…"
	}
	return reason, true
}

// maxReason bounds a reason, in characters.
const maxReason = 300
