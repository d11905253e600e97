package migrations

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/sorting"
)

// Package is what a version of a package does to databases.
type Package struct {
	Name, Version string
	Folders       []Folder `json:",omitempty"`
	// Unread is why nothing of it could be read, "" if it was.
	Unread string `json:",omitempty"`
}

// Folder is one that knex is pointed at: it runs the migrations of one by name.
type Folder struct {
	// Dir is the folder in the package: migrations, migrations/auth.
	Dir        string
	Migrations []*Migration
}

// Code is a file of a package, and the words of its texts and properties that may
// be names of tables and columns, sorted.
type Code struct {
	File  string
	Words []string
}

// Uses reports whether a file has all of the words.
func (c Code) Uses(words ...string) bool {
	for _, w := range words {
		if _, ok := slices.BinarySearch(c.Words, w); !ok {
			return false
		}
	}
	return true
}

// IsMigration tells the files of a package, by their path in it, that knex may be
// pointed at.
func IsMigration(name string) bool { return inFolder(name) != "" && isFile(name) }

// Reads tells the files of a package that Of and CodeOf read.
func Reads(name string) bool { return IsMigration(name) || isCode(name) }

// Places are the folders of a package that migrations are below, as
// resolvePackagePath is used: db is the announcements plugin's.
var Places = []string{"migrations", "db/migrations", "dist/migrations", "dist/db/migrations"}

// inFolder is the folder of migrations that a file is in, "" for none.
func inFolder(name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if slices.Contains(Places, dir) {
			return path.Dir(name)
		}
	}
	return ""
}

func isCode(name string) bool {
	ext := path.Ext(name)
	return (strings.HasPrefix(name, "dist/") || strings.HasPrefix(name, "src/")) && inFolder(name) == "" &&
		(ext == ".js" || ext == ".cjs" || ext == ".mjs" || ext == ".ts") && !strings.HasSuffix(name, ".d.ts") && !strings.Contains(name, ".test.")
}

// maxCode is the most of a package's code that is looked through, in bytes.
const maxCode = 24 << 20

// Of reads a package's files, by their path in it.
func Of(name, version string, files map[string][]byte) *Package {
	p := &Package{Name: name, Version: version}
	byDir := map[string]*Folder{}
	for file, src := range files {
		if !IsMigration(file) {
			continue
		}
		dir := path.Dir(file)
		if byDir[dir] == nil {
			byDir[dir] = &Folder{Dir: dir}
		}
		byDir[dir].Migrations = append(byDir[dir].Migrations, read(dir, path.Base(file), src))
	}
	for _, f := range byDir {
		if !slices.ContainsFunc(f.Migrations, (*Migration).runs) {
			continue // what migrations share lies in a folder below theirs
		}
		sorting.By(f.Migrations, func(a, b *Migration) int { return cmp.Compare(a.Name, b.Name) })
		p.Folders = append(p.Folders, *f)
	}
	sorting.By(p.Folders, func(a, b Folder) int { return cmp.Compare(a.Dir, b.Dir) })
	all := slices.Clone(p.Folders)
	p.Folders = slices.DeleteFunc(p.Folders, func(f Folder) bool {
		return slices.ContainsFunc(all, func(o Folder) bool { return f.Dir == "dist/"+o.Dir && f.copies(o) })
	})
	return p
}

// copies reports whether a folder is another one once more, as a build leaves it:
// the same names with the same texts.
func (f Folder) copies(o Folder) bool {
	return slices.EqualFunc(f.Migrations, o.Migrations, func(a, b *Migration) bool { return a.Name == b.Name && a.Text == b.Text })
}

// CodeOf reads the code among a package's files, by their path in it.
func CodeOf(files map[string][]byte) []Code {
	var out []Code
	total := 0
	// By their names: which of too many are looked through is the same each time.
	for _, file := range slices.Sorted(maps.Keys(files)) {
		src := files[file]
		if total += len(src); isCode(file) && total <= maxCode {
			if words := wordsOf(file, src); len(words) > 0 {
				out = append(out, Code{File: file, Words: words})
			}
		}
	}
	return out
}

// wordsOf are the words in the texts of a file and the names of its properties:
// what the names of tables and columns are written as.
func wordsOf(file string, src []byte) []string {
	var out []string
	tokens, _ := jsscan.Scan(file, string(src)) // what makes no sense ends the file
	for _, t := range tokens {
		if t.Kind != jsscan.String && t.Kind != jsscan.Template && t.Kind != jsscan.Word {
			continue
		}
		for _, w := range strings.FieldsFunc(t.Text, func(r rune) bool { return r >= 0x80 || !letter(byte(r)) && (r < '0' || r > '9') }) {
			if len(w) <= 63 {
				out = append(out, w)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Reader reads the migrations of published versions. It is safe for concurrent
// use.
type Reader struct {
	Registry published.Registry
	// CacheDir is where is kept what was read, "" for nowhere.
	CacheDir string
}

// The first lines of cached files. They change with what is read, and how.
const (
	format     = "portalctl migrations 4\n"
	codeFormat = "portalctl code 3\n"
)

// Read gives what a version does to databases, or where the registry lacks it, what
// the nearest one above it does: Package.Version says which. The error is a fault of
// the registry, or published.ErrNoVersion.
func (r *Reader) Read(ctx context.Context, name, version string) (*Package, error) {
	at, err := published.Find(ctx, r.Registry, name, version)
	if err != nil {
		return nil, err
	}
	cache := published.Cache{Dir: r.CacheDir, Format: format, Ext: ".migrations"}
	p := &Package{}
	if cache.Load(name, at.Key(), p) && p.Name == name {
		return p, nil
	}
	files, err := at.Files(ctx, r.Registry, IsMigration)
	var broken *published.Broken
	switch {
	case errors.As(err, &broken):
		p = &Package{Name: name, Version: at.Version, Unread: broken.Error()}
	case err != nil:
		return nil, err
	default:
		p = Of(name, at.Version, files)
	}
	cache.Store(name, at.Key(), p)
	return p, nil
}

// Code gives the code of a version, or of the nearest one above it. What it needs
// is kept; the tarball is read a second time, for packages with migrations alone.
func (r *Reader) Code(ctx context.Context, name, version string) ([]Code, error) {
	at, err := published.Find(ctx, r.Registry, name, version)
	if err != nil {
		return nil, err
	}
	cache := published.Cache{Dir: r.CacheDir, Format: codeFormat, Ext: ".code"}
	var code []Code
	if cache.Load(name, at.Key(), &code) {
		return code, nil
	}
	files, err := at.Files(ctx, r.Registry, isCode)
	if err != nil {
		return nil, err
	}
	code = CodeOf(files)
	cache.Store(name, at.Key(), code)
	return code, nil
}

// Find is the migration of a name, nil for none.
func (f Folder) Find(name string) *Migration {
	i, ok := slices.BinarySearchFunc(f.Migrations, name, func(m *Migration, name string) int { return cmp.Compare(m.Name, name) })
	if !ok {
		return nil
	}
	return f.Migrations[i]
}

// Has reports whether the folder has a migration of that name.
func (f Folder) Has(name string) bool { return f.Find(name) != nil }
