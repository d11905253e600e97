package squat

import (
	_ "embed"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

//go:embed testdata/planted.txt
var planted string

var acme = Own{
	Workspaces: []string{"@acme/plugin-billing", "app", "backend"},
	Uses:       []string{"@acme/design-system", "left-padding"},
	Releases:   []string{"@backstage/core-components", "@backstage/plugin-catalog", "@backstage/plugin-kubernetes-backend"},
}

// At least 36 of the 40 are found, and for what they are.
func TestPlanted(t *testing.T) {
	x := New(acme)
	found, all := 0, 0
	for line := range strings.Lines(planted) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			continue
		}
		all++
		m, ok := x.Near(f[0])
		switch {
		case ok && (m.Target == f[1] || f[0] == "babelcli" && m.Target == "@babel/cli"): // which babel-cli is today
			found++
		default:
			t.Logf("%s: %+v", f, m)
		}
	}
	if all != 40 || found < 36 {
		t.Errorf("%d of %d", found, all)
	}
}

// What is known itself, in a scope that is known, or like no other name is not found.
func TestInnocent(t *testing.T) {
	x := New(acme)
	for _, name := range []string{
		"react", "preact", "lodash", "underscore", "JSONStream", "node-fetch", "app", "left-padding", // known
		"@backstage/plugin-of-tomorrow", "@types/whatever", "@acme/anything", "@backstage-community/plugin-new", // scopes
		"es7-shim", "d4-array", "react-router7", // versions
		"uri-templates-for-tests", "ajx", "wss", "ldapts", "our-own-little-package", // far, short, TypeScript's
		"", "@", "@/x", "a/b/c", "@a/b/c", "@@/@", "\x00", strings.Repeat("a", 5000), // not names
	} {
		if m, ok := x.Near(name); ok {
			t.Errorf("%q is taken for %+v", name, m)
		}
	}
}

// Each way in which a name is found, and what is said of it.
func TestWhy(t *testing.T) {
	x := New(acme)
	for name, want := range map[string]Match{
		"React_Dom":                    {"react-dom", "only the separators differ"},
		"l0dash":                       {"lodash", "letters or digits are replaced by some that look like them"},
		"acme.plugin-billing":          {"@acme/plugin-billing", "the scope is part of its name"},
		"plugin-billing":               {"@acme/plugin-billing", "it is that name without its scope"},
		"left-pading":                  {"left-padding", "one letter is another, missing, too many, or has changed places with the next"},
		"typescript.js":                {"typescript", "it is that name with js, node or npm added"},
		"@back-stage/core":             {"@backstage", "its scope looks the same"},
		"@backstge/core":               {"@backstage", "its scope differs in one letter"},
		"@backstage-community.io/core": {"@backstage-community", "its scope has some letters more"},
		"@live-backstage/client":       {"@backstage", "its scope has that name in it"},
	} {
		if m, ok := x.Near(name); !ok || m != want {
			t.Errorf("%s: %+v, want %+v", name, m, want)
		}
	}
}

func TestOneSlip(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"lodash", "loadsh", true}, {"lodash", "lodahs", true}, {"lodash", "ldash", true}, {"lodash", "lodassh", true}, {"lodash", "lodasj", true},
		{"lodash", "lodash", false}, {"lodash", "ldas", false}, {"lodash", "oldasj", false}, {"abcd", "badc", false},
		{"es5", "es6", false}, {"uuid", "uuid4", false}, {"", "a", true}, {"", "", false},
	} {
		if got := oneSlip(tt.a, tt.b); got != tt.want || oneSlip(tt.b, tt.a) != tt.want {
			t.Errorf("%s, %s: %v", tt.a, tt.b, got)
		}
	}
}

func TestTable(t *testing.T) {
	list := table()
	if len(list) < 15_000 || !slices.IsSortedFunc(list, func(a, b popular) int { return strings.Compare(a.name, b.name) }) {
		t.Fatalf("%d names", len(list))
	}
	bits := map[string]int{}
	for _, p := range list {
		bits[p.name] = p.bits
	}
	for name, most := range map[string]int{"semver": 0, "chalk": 5, "react": 10, "@types/node": 8, "zxcvbn": 15} {
		if b, ok := bits[name]; !ok || b > most {
			t.Errorf("%s: %d, %v", name, b, ok)
		}
	}
}

// Of all names in the locks of real portals, added to a portal that has one half of
// them, no more than three look like squats: remark-gemoji and uri-template do.
func TestCorpora(t *testing.T) {
	all, found := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(testshared.Dir(t, "corpus"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "yarn.lock" {
			return err
		}
		l, err := readLock(file)
		if err != nil {
			return err
		}
		halves := [2]Own{{Releases: acme.Releases}, {Releases: acme.Releases}}
		for i, e := range l.Entries {
			if name, _, ok := e.Package(); ok {
				halves[i%2].Uses = append(halves[i%2].Uses, name)
			} else if e.IsWorkspace() {
				halves[0].Workspaces = append(halves[0].Workspaces, e.Resolution.Name)
			}
		}
		halves[1].Workspaces = halves[0].Workspaces
		for i := range halves {
			x := New(halves[i])
			for _, name := range halves[1-i].Uses {
				all[name] = true
				if m, ok := x.Near(name); ok {
					found[name] = true
					t.Log(name, m)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 4000 || len(found) > 3 {
		t.Errorf("%d of %d names", len(found), len(all))
	}
}

func readLock(file string) (*yarnlock.Lock, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return yarnlock.Parse(file, src)
}
