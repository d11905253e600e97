package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// protocolHead is a text that starts as a range or a reference does: not a
// sentence ("file: dependency").
var protocolHead = regexp.MustCompile(`^(npm|workspace|patch|backstage|catalog|link|portal|file|exec|virtual|jsr):(\S|$)`)

// Ranges and references are taken apart and put together in internal/spec alone.
func TestProtocolsStandInOnePackage(t *testing.T) {
	seen := 0
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && file != root && (name == "testdata" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		own := filepath.ToSlash(filepath.Dir(file)) == "../../internal/spec"
		ast.Inspect(f, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && field.Tag != nil {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			switch text, _ := strconv.Unquote(lit.Value); {
			case !protocolHead.MatchString(text):
			case own:
				seen++
			default:
				t.Errorf("%s: %s: protocols are known in internal/spec", fset.Position(lit.Pos()), lit.Value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Errorf("saw %d protocols in internal/spec: the walk is broken", seen)
	}
}
