package production

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/portal/plugins"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
)

// module is something that the backend adds: backend.add(…).
type module struct {
	// name is the package or the path that it comes from; "" for one that is made on
	// the spot.
	name string
	pos  fault.Pos
	// file is the file of the repository that has it, if it is no package.
	file file
	own  bool
	// conditional: only where a condition of the code holds.
	conditional bool
}

// code is a source file as tokens, and what it imports.
type code struct {
	file
	tokens  []jsscan.Token
	imports func() []jsscan.Import
}

func (c code) line(i int) fault.Pos { return c.pos(c.tokens[i].Line, 0) }

// words are the places of an identifier, by their index.
func (c code) words(names ...string) []int {
	var list []int
	for i, t := range c.tokens {
		if t.Kind == jsscan.Word && slices.Contains(names, t.Text) {
			list = append(list, i)
		}
	}
	return list
}

// is reports whether the tokens from i on are these words and punctuation.
func (c code) is(i int, texts ...string) bool { return jsscan.Match(c.tokens, i, texts...) }

const (
	// maxCode is the size of a source file that is read, in bytes.
	maxCode = 1 << 20
	// maxTokens is how many tokens are kept for the next item that asks, some 12 MB. The
	// files that items ask for rarely have a tenth of them; beyond it each is scanned anew.
	maxTokens = 1 << 18
)

// scan reads a source file if it has one of some words: once for all items.
func (f file) scan(words ...string) (code, bool) {
	src := f.read()
	if len(src) == 0 || len(src) > maxCode {
		return code{}, false
	}
	if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(src, []byte(w)) }) {
		return code{}, false
	}
	if c, ok := f.codes[f.name]; ok {
		return c, true
	}
	tokens, _ := jsscan.Scan(f.name, string(src))
	c := code{f, tokens, sync.OnceValue(func() []jsscan.Import { return jsscan.Imports(tokens) })}
	if n := f.kept + cap(tokens); n <= maxTokens {
		f.codes[f.name], f.kept = c, n
	}
	return c, true
}

func isCode(name string) bool {
	if !slices.Contains(jsscan.Extensions, path.Ext(name)) {
		return false
	}
	base := path.Base(name)
	return !strings.HasSuffix(base, ".d.ts") && !strings.Contains(base, ".test.") && !strings.Contains(base, ".spec.") &&
		!strings.Contains(base, ".stories.") && !strings.Contains("/"+name, "/__")
}

// codeOf are the source files of a workspace that have one of some words, without
// tests and the folder for trying things out.
func (v *view) codeOf(w *workspace.Workspace, words ...string) []code {
	var list []code
	for _, f := range v.repo.below(path.Join(v.base, w.Rel, "src")) {
		if isCode(f.name) {
			if c, ok := f.scan(words...); ok {
				list = append(list, c)
			}
		}
	}
	return list
}

// backends are the workspaces that run as a backend.
func (v *view) backends() []*workspace.Workspace { return plugins.Backends(v.in.Project) }

// runtimeDeps are the dependencies that a package has when it runs.
func runtimeDeps(w *workspace.Workspace) []pkgjson.Dep {
	return append(slices.Clone(w.File.Deps(pkgjson.Dependencies)), w.File.Deps(pkgjson.OptionalDependencies)...)
}

// readSource are the modules that the backends add.
func (v *view) readSource() []module {
	var list []module
	for _, w := range v.backends() {
		for _, c := range v.codeOf(w, ".add(") {
			list = append(list, v.added(c)...)
		}
	}
	return list
}

// added are the modules that a file adds to a backend.
func (v *view) added(c code) []module {
	if len(c.words("createBackend", "createSpecializedBackend", "createBackendFeatureLoader")) == 0 {
		return nil
	}
	imports := map[string]string{} // local names to modules
	for _, im := range c.imports() {
		for _, n := range im.Names {
			imports[n.Local] = im.Module
		}
	}
	var list []module
	depth := 0
	for i, t := range c.tokens {
		switch {
		case t.Is("{"):
			depth++
		case t.Is("}"):
			depth--
		case t.Is("add") && c.is(i-1, ".") && c.is(i+1, "(") && i+2 < len(c.tokens):
			m := module{conditional: depth > 0}
			next := c.tokens[i+2]
			switch {
			case c.is(i+2, "import", "(") && i+4 < len(c.tokens):
				m.name, m.pos = c.tokens[i+4].Text, c.line(i+4)
			case next.Kind == jsscan.Word && imports[next.Text] != "":
				m.name, m.pos = imports[next.Text], c.line(i+2)
			default:
				m.pos, m.file, m.own = c.line(i+2), c.file, true
			}
			if strings.HasPrefix(m.name, ".") {
				m.file, m.own = v.resolve(c.file, m.name)
			} else if w := v.in.Project.ByName(spec.PackageOf(m.name)); w != nil {
				m.own = true
			}
			list = append(list, m)
		}
	}
	return list
}

// resolve finds the file that a relative import means.
func (v *view) resolve(from file, module string) (file, bool) {
	name := path.Join(from.dir(), module)
	for _, ext := range append([]string{""}, jsscan.Extensions...) {
		for _, n := range []string{name + ext, name + "/index" + ext} {
			if f, ok := v.repo.has(n); ok {
				return f, true
			}
		}
	}
	return from, true
}

// adds is the module of a package that a backend adds, whatever is behind the
// package's name (/alpha).
func (v *view) adds(pkg string) (module, bool) {
	for _, m := range v.source() {
		if spec.PackageOf(m.name) == pkg {
			return m, true
		}
	}
	return module{}, false
}
