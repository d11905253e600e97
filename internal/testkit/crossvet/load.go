package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// listed is what `go list` says of a package: the files that a build for the system
// takes, and what its imports mean.
type listed struct {
	ImportPath string
	Name       string
	Dir        string
	ForTest    string // the package whose test this variant is built for
	GoFiles    []string
	SFiles     []string
	ImportMap  map[string]string
	Module     *struct {
		Path, GoVersion string
		Main            bool
	}
	Error *struct{ Err string }
}

// own reports whether p is one of ours, which are checked with their functions' bodies.
func (p *listed) own() bool { return p.Module != nil && p.Module.Main }

// list returns the packages of the module in dir, their tests and all that they
// import, each after what it imports.
func list(dir, goos, goarch string) ([]*listed, error) {
	cmd := exec.Command("go", "list", "-e", "-deps", "-test", "-json=ImportPath,Name,Dir,ForTest,GoFiles,SFiles,ImportMap,Module,Error", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	var all []*listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
}

// A loader type-checks packages in the order in which they are given.
type loader struct {
	fset   *token.FileSet
	sizes  types.Sizes
	loaded map[string]*packages.Package
	roots  []*packages.Package // ours
	errors []string
}

func newLoader(goarch string) *loader {
	return &loader{
		fset:   token.NewFileSet(),
		sizes:  types.SizesFor("gc", goarch),
		loaded: map[string]*packages.Package{"unsafe": {PkgPath: "unsafe", Types: types.Unsafe}},
	}
}

// load checks p. The program that go makes to run a test stands in no folder.
func (l *loader) load(p *listed) {
	if p.ImportPath == "unsafe" || p.Name == "main" && filepath.Ext(p.ImportPath) == ".test" {
		return
	}
	if p.Error != nil {
		l.errors = append(l.errors, p.Error.Err)
		return
	}
	pkg := &packages.Package{
		ID: p.ImportPath, Name: p.Name, PkgPath: p.ImportPath, Dir: p.Dir,
		Fset: l.fset, TypesSizes: l.sizes, Imports: map[string]*packages.Package{},
	}
	if p.ForTest != "" {
		pkg.PkgPath, _, _ = strings.Cut(p.ImportPath, " ")
	}
	for _, name := range p.SFiles {
		pkg.OtherFiles = append(pkg.OtherFiles, filepath.Join(p.Dir, name))
	}
	mode := parser.SkipObjectResolution
	if p.own() {
		mode |= parser.ParseComments
	}
	for _, name := range p.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		file, err := parser.ParseFile(l.fset, name, nil, mode)
		if err != nil {
			l.errors = append(l.errors, err.Error())
			return
		}
		pkg.Syntax = append(pkg.Syntax, file)
	}
	l.check(p, pkg)
	l.loaded[p.ImportPath] = pkg
	if !p.own() {
		pkg.Syntax = nil // its types are all that is asked for
		return
	}
	l.roots = append(l.roots, pkg)
}

// check gives pkg its types, ours with all that an analyzer asks of them.
func (l *loader) check(p *listed, pkg *packages.Package) {
	config := &types.Config{
		Sizes:            l.sizes,
		IgnoreFuncBodies: !p.own(),
		Importer:         importer(func(path string) (*types.Package, error) { return l.imported(p, pkg, path) }),
		Error:            func(err error) { l.errors = append(l.errors, err.Error()) },
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	var info *types.Info
	if p.own() {
		info = &types.Info{
			Types:        map[ast.Expr]types.TypeAndValue{},
			Instances:    map[*ast.Ident]types.Instance{},
			Defs:         map[*ast.Ident]types.Object{},
			Uses:         map[*ast.Ident]types.Object{},
			Implicits:    map[ast.Node]types.Object{},
			Selections:   map[*ast.SelectorExpr]*types.Selection{},
			Scopes:       map[ast.Node]*types.Scope{},
			FileVersions: map[*ast.File]string{},
		}
		pkg.Module = &packages.Module{Path: p.Module.Path, GoVersion: p.Module.GoVersion, Main: true}
	}
	pkg.TypesInfo = info
	pkg.Types, _ = config.Check(pkg.PkgPath, l.fset, pkg.Syntax, info) // what it says went to Error
}

// imported returns the types of what p imports as path: a test's variant, a package
// that the standard library has in its vendor folder, or that path itself.
func (l *loader) imported(p *listed, pkg *packages.Package, path string) (*types.Package, error) {
	if to, ok := p.ImportMap[path]; ok {
		path = to
	}
	dep, ok := l.loaded[path]
	if !ok {
		return nil, fmt.Errorf("%s is not loaded", path)
	}
	if dep.Module != nil { // facts are wanted of our own packages
		pkg.Imports[path] = dep
	}
	return dep.Types, nil
}

type importer func(path string) (*types.Package, error)

func (f importer) Import(path string) (*types.Package, error) { return f(path) }
