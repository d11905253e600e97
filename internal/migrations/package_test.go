package migrations

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit"
)

// Migrations are found where packages have them, by folder and in order; what lies
// elsewhere, or is a build's copy, is none.
func TestOf(t *testing.T) {
	t.Parallel()
	src := func(table string) []byte {
		return []byte("exports.up = k => k.schema.dropTable('" + table + "')")
	}
	p := Of("x", "1.0.0", map[string][]byte{
		"migrations/2.js": src("b"), "migrations/1.js": src("a"), "migrations/1.d.ts": nil, "migrations/README.md": nil,
		"migrations/auth/1.js": src("c"), "dist/migrations/1.js": src("a"), "dist/migrations/2.js": src("b"),
		"dist/migrations/auth/1.js": src("other"), "src/migrations/9.js": src("no"), "node_modules/y/migrations/9.js": src("no"),
	})
	var got []string
	for _, f := range p.Folders {
		for _, m := range f.Migrations {
			got = append(got, f.Dir+"/"+m.Name+":"+strings.Join(m.Tables(), " "))
		}
	}
	want := "dist/migrations/auth/1.js:other migrations/1.js:a migrations/2.js:b migrations/auth/1.js:c"
	if strings.Join(got, " ") != want {
		t.Errorf("%s, want %s", got, want)
	}
	f := p.Folders[1]
	if f.Find("2.js") == nil || f.Has("3.js") {
		t.Error(f)
	}
}

// What migrations share lies beside them, and is none itself.
func TestShared(t *testing.T) {
	t.Parallel()
	p := Of("x", "1.0.0", map[string][]byte{"migrations/1.js": []byte("exports.up = async k => {}; exports.down = async () => {}"),
		"migrations/helpers/shared.js": []byte("exports.addAll = async k => { await k('a').del(); }"), "migrations/more/2.js": []byte("exports.up = async k => {}")})
	var got []string
	for _, f := range p.Folders {
		got = append(got, f.Dir)
	}
	if strings.Join(got, " ") != "migrations migrations/more" {
		t.Error(got)
	}
}

// The words of the code are those of texts and properties, file by file.
func TestCodeOf(t *testing.T) {
	t.Parallel()
	code := CodeOf(map[string][]byte{
		"dist/a.cjs.js": []byte("/* hidden */ db('t').where({ col_a: 1 }).whereRaw(`x.col_b > ${y}`)"), "dist/b.js.map": []byte("t"), "dist/c.d.ts": []byte("t"),
		"migrations/1.js": []byte("'t'"), "dist/migrations/1.js": []byte("'t'"), "src/d.test.ts": []byte("'t'"), "src/e.ts": []byte("const t: string = 'u'"),
	})
	if len(code) != 2 || code[0].File != "dist/a.cjs.js" || !code[0].Uses("t", "col_a", "col_b") || code[0].Uses("hidden") || code[0].Uses("t", "none") || !code[1].Uses("u") {
		t.Errorf("%+v", code)
	}
}

// none is a registry that has nothing.
type none struct{ err error }

func (n none) Packument(context.Context, string) (*registry.Packument, error) { return nil, n.err }
func (n none) Tarball(context.Context, string, string, registry.Dist) (*registry.Tarball, error) {
	return nil, n.err
}

func TestRegistryFails(t *testing.T) {
	t.Parallel()
	for _, want := range []error{registry.ErrNotFound, registry.ErrOffline, registry.ErrAuth} {
		r := &Reader{Registry: none{want}}
		if _, err := r.Read(context.Background(), "x", "1.0.0"); !errors.Is(err, want) {
			t.Error(err)
		}
		if _, err := r.Code(context.Background(), "x", "1.0.0"); !errors.Is(err, want) || published.Why(err, "1.0.0") == "" {
			t.Error(err)
		}
	}
}

// Of more code than is looked through, it is the same files each time.
func TestCodeOfTooMuch(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	src := []byte("'word'" + strings.Repeat("\n", maxCode/2+1))
	files := map[string][]byte{"dist/a.js": src, "dist/b.js": src}
	for range 8 {
		if code := CodeOf(files); len(code) != 1 || code[0].File != "dist/a.js" {
			t.Fatal(code)
		}
	}
}
