package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Next steps that no transcript shows: every text of the sources that names a
// command.
func TestTextsNameCommandsThatParse(t *testing.T) {
	seen := 0
	sourceTexts(t, func(_, at, text string, _ []ast.Node) {
		for _, l := range printedLines(text) {
			seen++
			// A whole line is one only when it is printed; here the rest may come
			// from elsewhere.
			l.text = namedIn(l.text)
			if l.text == "" {
				continue
			}
			// The value of the last option may come from elsewhere.
			if err := l.parse(); err != nil && !strings.HasSuffix(err.Error(), "needs a value") {
				t.Errorf("%s: %q: %v", at, l.text, err)
			}
		}
	})
	if seen < 20 {
		t.Errorf("only %d commands were found: the test looks at nothing", seen)
	}
}

// sourceTexts gives each text of portalctl's sources: the file's name from the top
// of the repository, the place, the text, and the nodes that it stands in, itself
// last.
func sourceTexts(t *testing.T, take func(file, at, text string, above []ast.Node)) {
	t.Helper()
	for _, top := range []string{"bump", "check", "audit", "snapshot", "internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", "..", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(filepath.Join("..", ".."), path)
			if err != nil {
				return err
			}
			var above []ast.Node
			ast.Inspect(file, func(n ast.Node) bool {
				if n == nil {
					above = above[:len(above)-1]
					return true
				}
				above = append(above, n)
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil {
						take(filepath.ToSlash(rel), fset.Position(lit.Pos()).String(), text, above)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// elsewhere are texts that name a command and need no -C, each with the reason.
var elsewhere = map[string]string{
	"snapshot/rollback/markdown.go": "a document that is read on another machine",
	"snapshot/rollback/steps.go":    "part of that document",
	"internal/setup":                "files of the repository, which are read and run there",
}

// A command that a report prints names the portal that it was asked about: the
// text goes on with what -C said. An error's next step need not, since
// inDirectory adds it.
func TestTextsNameThePortal(t *testing.T) {
	e, _, _ := testEnv("", nil)
	app := newApp(e)
	seen := 0
	sourceTexts(t, func(file, at, text string, above []ast.Node) {
		if elsewhere[file] != "" || elsewhere[path.Dir(file)] != "" {
			return
		}
		for _, l := range printedLines(text) {
			named := namedIn(l.text)
			command, _ := commandIn(app.Commands, strings.TrimPrefix(named, "portalctl"))
			if command == nil || !hasFlag(command.Flags, "directory") || strings.Contains(l.text, " -C ") || title(text) {
				continue
			}
			seen++
			if !namesThePortal(above) {
				t.Errorf("%s: %q does not say which portal: let it end with what names it", at, l.text)
			}
		}
	})
	if seen < 20 {
		t.Errorf("only %d commands were found: the test looks at nothing", seen)
	}
}

// title reports whether a text is the head of a report, or a command's name.
func title(text string) bool {
	return text == "portalctl check" || text == "portalctl audit" || strings.HasPrefix(text, "portalctl audit: ")
}

// namesThePortal reports whether the text at the end of above is a next step of
// an error, or one of several joined texts, another one of which is the flag.
func namesThePortal(above []ast.Node) bool {
	for i := len(above) - 2; i >= 0; i-- {
		switch n := above[i].(type) {
		case *ast.BinaryExpr:
			if _, outer := above[i-1].(*ast.BinaryExpr); !outer && operand(n) {
				return true
			}
		case *ast.CallExpr:
			switch fun := n.Fun.(type) {
			case *ast.SelectorExpr:
				return fun.Sel.Name == "WithNext"
			case *ast.Ident:
				if fun.Name != "commandLine" {
					return false
				}
				return slices.ContainsFunc(n.Args, func(a ast.Expr) bool {
					lit, ok := a.(*ast.BasicLit)
					return ok && lit.Value == `"directory"` || !ok && n.Ellipsis.IsValid()
				})
			}
		case *ast.ValueSpec:
			return strings.HasPrefix(n.Names[0].Name, "next") // the step of several errors
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Description" {
				return true // the help of a command
			}
		case ast.Stmt:
			return false
		}
	}
	return false
}

// operand reports whether one of the texts that n joins is what names the portal.
func operand(n *ast.BinaryExpr) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"At", "at", "inDir"}, sel.Sel.Name) {
			found = true
		}
		return !found
	})
	return found
}
