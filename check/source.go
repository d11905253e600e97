package check

import (
	"strings"

	"github.com/portalctl/portalctl/internal/jsscan"
)

// A source is a file cut into tokens. What is broken is read as far as it goes.
type source struct {
	tokens []jsscan.Token
}

func scanSource(name, src string) source {
	tokens, _ := jsscan.Scan(name, src)
	return source{tokens}
}

// is reports whether the tokens from i on are those texts.
func (s source) is(i int, texts ...string) bool { return jsscan.Match(s.tokens, i, texts...) }

// imported is a module that a file uses.
type imported struct {
	module string
	line   int // where the statement or the call begins
	// used: the file does something with it. A dynamic import is used by being
	// there; a static one if a name that it binds appears again.
	used bool
	// feature: what is used may be the feature that a backend adds: its default
	// export, or a name that is added or is called like one. A class or constant
	// that a package offers besides is not.
	feature bool
	// runtime: the code that runs needs it, whatever it does with it. Else names are
	// those that the file uses again, as types or as values: uses.loads tells.
	runtime bool
	names   []string
	// from and to are the first and the last token of a static import.
	from, to int
}

// imports lists what the file imports: statically, re-exported, dynamically and
// with require. Imports of types alone do not count, nor what tests mock.
func (s source) imports() []imported {
	words := map[string]int{}
	for _, t := range s.tokens {
		if t.Kind == jsscan.Word {
			words[t.Text]++
		}
	}
	added := s.added()
	var list []imported
	for _, j := range jsscan.Imports(s.tokens) {
		if j.TypeOnly || j.Form == jsscan.Mock {
			continue
		}
		im := imported{module: j.Module, line: s.tokens[j.From].Line, from: j.From, to: j.To}
		switch {
		case j.Form == jsscan.Static && s.is(j.To-1, "from"):
			im.bind(j.Names, words, added)
		case j.Form == jsscan.ReExport:
			im.used, im.feature = true, true
			// With isolatedModules, which Backstage's tsconfig has, types are handed on
			// by "export type" alone.
			for _, n := range j.Names {
				im.runtime = im.runtime || !n.Type
			}
		default:
			im.used, im.runtime = true, true
			im.feature = s.is(j.To-1, "(") && !s.is(j.From+1, ".") // not require.resolve
		}
		list = append(list, im)
	}
	return list
}

// bind notes which of the names that a static import binds appear again.
func (im *imported) bind(names []jsscan.Name, words map[string]int, added map[string]bool) {
	for _, n := range names {
		if n.Type || words[n.Local] < 2 {
			continue
		}
		im.used = true
		im.names = append(im.names, n.Local)
		im.feature = im.feature || n.Name == "default" || n.Name == "*" || added[n.Local] || looksLikeFeature(n.Local)
	}
}

// maxCall bounds how far a call of add is followed, in tokens.
const maxCall = 1000

// added are the words between the parentheses of calls of add.
func (s source) added() map[string]bool {
	words := map[string]bool{}
	for i := range s.tokens {
		if !s.is(i, "add", "(") {
			continue
		}
		depth := 0
		for _, t := range s.tokens[i+1 : min(len(s.tokens), i+maxCall)] {
			switch {
			case t.Is("("):
				depth++
			case t.Is(")"):
				depth--
			case t.Kind == jsscan.Word:
				words[t.Text] = true
			}
			if depth == 0 {
				break
			}
		}
	}
	return words
}

// looksLikeFeature tells names such as catalogModuleGithub, which may be added
// from a list: features are constants or functions, and called what they are.
func looksLikeFeature(name string) bool {
	if name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return strings.Contains(name, "Plugin") || strings.Contains(name, "Module") || strings.Contains(name, "Feature")
}
