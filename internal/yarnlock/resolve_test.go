package yarnlock

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/spec"
)

var (
	topLoc = Locator{Name: "root", Reference: "workspace:."}
	appLoc = Locator{Name: "app", Reference: "workspace:packages/app"}
)

func TestResolveBerry(t *testing.T) {
	lock := fixture(t, "berry.lock")
	r := NewResolver(lock, nil)
	if r.Top != topLoc {
		t.Errorf("top %v", r.Top)
	}
	r.Catalog = func(catalog, name string) (string, bool) {
		return map[string]string{"/react": "18.3.1", "ui/@types/pad": "*"}[catalog+"/"+name], true
	}
	for _, tt := range []struct {
		parent Locator
		dep    Dep
		want   string // the key, or "" if there is none
	}{
		{appLoc, Dep{Name: "@acme/left-pad", Range: "npm:^1.0.0"}, "@acme/left-pad@npm:^1.0.0"},
		{appLoc, Dep{Name: "@acme/left-pad", Range: "^1.2.0"}, "@acme/left-pad@npm:^1.2.0"},
		{appLoc, Dep{Name: "@acme/left-pad", Range: "npm:^3.0.0"}, ""},
		{topLoc, Dep{Name: "node-gyp", Range: "latest"}, "node-gyp@npm:latest"},
		{topLoc, Dep{Name: "app", Range: "workspace:^"}, "app@workspace:^"},
		{appLoc, Dep{Name: "alias", Range: "npm:@acme/left-pad@^1.2.0"}, "alias@npm:@acme/left-pad@^1.2.0"},
		{appLoc, Dep{Name: "core", Range: "backstage:^"}, "core@backstage:^::backstage=1.53.0&npm=1.4.0"},
		{appLoc, Dep{Name: "local", Range: "link:../local"}, "local@link:../local::locator=app%40workspace%3Apackages%2Fapp"},
		{appLoc, Dep{Name: "wrapped", Range: "patch:wrapped@npm%3A1.0.0#./fix.patch"},
			"wrapped@patch:wrapped@npm%3A1.0.0#./fix.patch::locator=app%40workspace%3Apackages%2Fapp"},
		{appLoc, Dep{Name: "fsevents", Range: "npm:~2.3.2"}, "fsevents@patch:fsevents@npm%3A~2.3.2#optional!builtin<compat/fsevents>"},
		{appLoc, Dep{Name: "resolve", Range: "npm:^1.0.0"}, "resolve@npm:^1.0.0"}, // its patch is not in the lock
		{appLoc, Dep{Name: "react", Range: "catalog:"}, "react@npm:18.3.1"},
		{appLoc, Dep{Name: "@types/pad", Range: "catalog:ui"}, "@types/pad@npm:*"},
		{appLoc, Dep{Name: "nobody", Range: "git@example.com:x/y.git"}, ""},
	} {
		key, e := r.Resolve(tt.parent, tt.dep)
		switch {
		case (e != nil) != (tt.want != ""):
			t.Errorf("%v: key %s, entry %v", tt.dep, key, e)
		case e != nil && (key.String() != tt.want || lock.Lookup(key) != e):
			t.Errorf("%v: key %s, want %s", tt.dep, key, tt.want)
		}
	}
	if key, e := r.Resolve(appLoc, Dep{Name: "new", Range: "^1"}); e != nil || key != (Descriptor{Name: "new", Range: "npm:^1"}) {
		t.Errorf("what Yarn would look for: %v", key)
	}
}

func TestResolveOverrides(t *testing.T) {
	lock := fixture(t, "berry.lock")
	over := func(key, value string) Override {
		o, ok := OverrideOf(Berry, spec.ParsePattern(key), value)
		if !ok {
			t.Fatal(key)
		}
		return o
	}
	r := NewResolver(lock, []Override{
		over("pad", "npm:@acme/left-pad@^1.2.0"),
		over("left/react", "18.3.1"),
		over("react", "nothing"),
		over("local", "link:../local"),
		over("@types/pad@^9", "*"),
	})
	for _, tt := range []struct {
		parent Locator
		dep    Dep
		want   string
	}{
		{Locator{Name: "left", Reference: "npm:1.0.0"}, Dep{Name: "react", Range: "npm:^16"}, "react@npm:18.3.1"},
		{appLoc, Dep{Name: "react", Range: "npm:18.3.1"}, "react@npm:nothing"}, // even though the lock has it
		{appLoc, Dep{Name: "@types/pad", Range: "npm:^9"}, "@types/pad@npm:*"},
		{appLoc, Dep{Name: "@types/pad", Range: "npm:^8"}, "@types/pad@npm:^8"},
	} {
		if key, _ := r.Resolve(tt.parent, tt.dep); key.String() != tt.want {
			t.Errorf("%s asks for %v: %s, want %s", tt.parent, tt.dep, key, tt.want)
		}
	}
	// What resolutions bring is bound to the root, not to who asks.
	lock.RebindTo(Descriptor{Name: "local", Range: "link:../local::locator=root%40workspace%3A."}, lock.Named("local")[0])
	if key, _ := r.Resolve(appLoc, Dep{Name: "local", Range: "npm:^1"}); !strings.HasSuffix(key.Range, "root%40workspace%3A.") {
		t.Error(key)
	}
}

// TestResolveBound gives each asking package its own relative range, and none
// to a package whose own the lock lacks.
func TestResolveBound(t *testing.T) {
	lock := fixture(t, "berry.lock")
	other := Locator{Name: "@s/other", Reference: "workspace:packages/other"}
	own := Descriptor{Name: "local", Range: "link:../local::locator=%40s%2Fother%40workspace%3Apackages%2Fother"}
	add(t, lock, &Entry{Keys: []Descriptor{own}, Resolution: Locator{Name: "local", Reference: own.Range}, LinkType: "soft"})
	r := NewResolver(lock, nil)
	for parent, want := range map[Locator]string{
		appLoc: "link:../local::locator=app%40workspace%3Apackages%2Fapp",
		other:  own.Range,
		topLoc: "",
	} {
		key, e := r.Resolve(parent, Dep{Name: "local", Range: "link:../local"})
		if (e != nil) != (want != "") || e != nil && key.Range != want {
			t.Errorf("%s: %s", parent, key)
		}
	}
}

// TestResolveReleases prefers the release that the project is on.
func TestResolveReleases(t *testing.T) {
	lock := fixture(t, "berry.lock")
	add(t, lock, &Entry{Keys: []Descriptor{{Name: "core", Range: "backstage:^::backstage=1.54.0&npm=1.5.0"}, {Name: "core", Range: "npm:^1.5.0"}},
		Resolution: Locator{Name: "core", Reference: "npm:1.5.0"}, LinkType: "hard"})
	r := NewResolver(lock, nil)
	for release, want := range map[string]string{"": "npm:1.4.0", "1.53.0": "npm:1.4.0", "1.54.0": "npm:1.5.0", "1.5": "npm:1.4.0"} {
		r.Release = release
		if _, e := r.Resolve(appLoc, Dep{Name: "core", Range: "backstage:^"}); e == nil || e.Resolution.Reference != want {
			t.Errorf("release %q: %+v", release, e)
		}
	}
}

// TestResolveOld has the key forms of Yarn 2 and 3, where dependencies have no
// protocol.
func TestResolveOld(t *testing.T) {
	for selector, source := range map[string]string{"~builtin": "fsevents@~2.3.2", "builtin": "fsevents@~2.3.2", "optional!builtin": "fsevents@npm%3A~2.3.2"} {
		key := "fsevents@patch:" + source + "#" + selector + "<compat/fsevents>"
		lock, err := Parse("yarn.lock", []byte("__metadata:\n  version: 6\n\n\"a@*, a@workspace:.\":\n  resolution: \"a@workspace:.\"\n  linkType: soft\n\n"+
			"\"fsevents@npm:~2.3.2\":\n  resolution: \"fsevents@npm:2.3.2\"\n  linkType: hard\n\n\""+
			key+"\":\n  resolution: \"fsevents@patch:fsevents@npm%3A2.3.2#x::version=2.3.2&hash=aa\"\n  linkType: hard\n"))
		if err != nil {
			t.Fatal(err)
		}
		r := NewResolver(lock, nil)
		got, e := r.Resolve(topLoc, Dep{Name: "fsevents", Range: "~2.3.2"})
		if e == nil || got.String() != key {
			t.Errorf("%s: %s", selector, got)
		}
		if src := r.Sources(got); len(src) != 1 || lock.Lookup(src[0]) == nil {
			t.Errorf("%s stands on %v", got, src)
		}
		if got, e := r.Resolve(topLoc, Dep{Name: "a", Range: "*"}); e == nil || got.String() != "a@*" {
			t.Errorf("workspace asked by a range: %s", got)
		}
	}
}

func TestResolveClassic(t *testing.T) {
	lock := fixture(t, "classic.lock")
	o, ok := OverrideOf(Classic, spec.ParsePattern("**/version"), "^2.0.0")
	if !ok {
		t.Fatal("**/version")
	}
	p, ok := OverrideOf(Classic, spec.ParsePattern("parent/lodash"), "latest")
	if !ok {
		t.Fatal("parent/lodash")
	}
	r := NewResolver(lock, []Override{o, p})
	for _, tt := range []struct {
		parent string
		dep    Dep
		want   string
	}{
		{"x", Dep{Name: "lodash", Range: "^4.17.0"}, "lodash@^4.17.0"},
		{"x", Dep{Name: "any-thing", Range: ""}, "any-thing@"},
		{"x", Dep{Name: "bare", Range: ""}, "bare"},
		{"x", Dep{Name: "version", Range: "^1.0.0"}, "version@^2.0.0"},
		{"parent", Dep{Name: "lodash", Range: "^3"}, "lodash@latest"},
		{"x", Dep{Name: "lodash", Range: "^3"}, ""},
		{"x", Dep{Name: "cool-width", Range: "npm:string-width@^4.2.0"}, "cool-width@npm:string-width@^4.2.0"},
	} {
		key, e := r.Resolve(Locator{Name: tt.parent}, tt.dep)
		if (e != nil) != (tt.want != "") || e != nil && key.String() != tt.want {
			t.Errorf("%s asks for %v: %s, %v", tt.parent, tt.dep, key, e)
		}
	}
}

func TestPrune(t *testing.T) {
	lock := fixture(t, "berry.lock")
	r := NewResolver(lock, nil)
	got := lock.Prune(nil, r)
	var gone []string
	for _, e := range got.Entries {
		gone = append(gone, e.Resolution.String())
	}
	// react is asked for as ^18, which the lock lacks; nobody asks otherwise.
	if diff := cmp.Diff([]string{"react@npm:18.3.1"}, gone); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Descriptor{{Name: "@acme/left-pad", Range: "npm:^1.2.0"}}, got.Keys); diff != "" {
		t.Error(diff)
	}
	checkIndex(t, lock)
	if again := lock.Prune(nil, r); len(again.Entries)+len(again.Keys) != 0 {
		t.Errorf("a second run takes out %v", again)
	}
	// The npm range behind backstage:, and what a patch patches, stay.
	for _, k := range []Descriptor{{Name: "core", Range: "npm:^1.4.0"}, {Name: "fsevents", Range: "npm:~2.3.2"}, {Name: "wrapped", Range: "npm:1.0.0"}} {
		if lock.Lookup(k) == nil {
			t.Errorf("%s is gone", k)
		}
	}
	want := strings.Replace(string(fixture(t, "berry.lock").Format()), ", @acme/left-pad@npm:^1.2.0", "", 1)
	i, j := strings.Index(want, "\"react@npm"), strings.Index(want, "\"resolve@npm")
	if diff := cmp.Diff(want[:i]+want[j:], string(lock.Format())); diff != "" {
		t.Error(diff)
	}
}

// TestPruneExtensions keeps what only a package extension asks for.
func TestPruneExtensions(t *testing.T) {
	lock := fixture(t, "berry.lock")
	r := NewResolver(lock, nil)
	r.Extensions = func(e *Entry) []Dep {
		if e.Resolution.Name != "@types/pad" {
			return nil
		}
		return []Dep{{Name: "react", Range: "18.3.1"}, {Name: "absent", Range: "^1"}}
	}
	if got := lock.Prune(nil, r); len(got.Entries) != 0 {
		t.Errorf("%v", got.Entries[0].Resolution)
	}
	e := lock.Lookup(Descriptor{Name: "@types/pad", Range: "npm:*"})
	e.Dependencies = []Dep{{Name: "react", Range: "npm:^19"}}
	if got := r.depsOf(e); len(got) != 2 || got[0].Range != "npm:^19" {
		t.Errorf("an extension overrides what the package says: %v", got)
	}
}

func TestPruneClassic(t *testing.T) {
	lock := fixture(t, "classic.lock")
	o, ok := OverrideOf(Classic, spec.ParsePattern("any-thing"), "^1")
	if !ok {
		t.Fatal("any-thing")
	}
	lock.Prune([]Descriptor{{Name: "@acme/core", Range: "^1.0.0"}, {Name: "bare", Range: spec.NoRange}, {Name: "missing", Range: "1"}}, NewResolver(lock, []Override{o}))
	var keys []string
	for _, e := range lock.Entries {
		keys = append(keys, e.Keys[0].String())
	}
	want := []string{"@acme/core@^1.0.0", "@types/node@*", "any-thing@", "bare", "fsevents@~2.3.2", "lodash@latest", "version@^2.0.0"}
	if !slices.Equal(keys, want) {
		t.Errorf("%q", keys)
	}
	if lock.Lookup(Descriptor{Name: "any-thing", Range: "^1"}) == nil {
		t.Error("what resolutions force is gone")
	}
	checkIndex(t, lock)
}

// TestPruneCycle has packages that ask for each other.
func TestPruneCycle(t *testing.T) {
	entry := func(name, dep string) string {
		return "\"" + name + "@npm:1\":\n  resolution: \"" + name + "@npm:1\"\n  dependencies:\n    " + dep + ": \"npm:1\"\n  linkType: hard\n\n"
	}
	lock, err := Parse("yarn.lock", []byte("__metadata:\n  version: 8\n\n"+entry("a", "b")+entry("b", "a")+entry("x", "y")+entry("y", "x")+
		"\"r@workspace:.\":\n  resolution: \"r@workspace:.\"\n  dependencies:\n    a: 1\n  linkType: soft\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := lock.Prune(nil, NewResolver(lock, nil)); len(got.Entries) != 2 || len(lock.Entries) != 3 {
		t.Errorf("%d taken out, %d left", len(got.Entries), len(lock.Entries))
	}
}

// TestResolveBlanks: some packages are published with a blank behind a range, and
// Yarn keeps it in the key.
func TestResolveBlanks(t *testing.T) {
	lock, err := Parse("yarn.lock", []byte("__metadata:\n  version: 8\n\n\"screen@npm:^1.0.4 \":\n  version: 1.0.4\n  resolution: \"screen@npm:1.0.4\"\n  linkType: hard\n\n"+
		"\"pad@npm:^1 , pad@npm:^1.2 \":\n  version: 1.2.0\n  resolution: \"pad@npm:1.2.0\"\n  linkType: hard\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := NewResolver(lock, nil)
	for _, tt := range []struct {
		dep  Dep
		want bool
	}{
		{Dep{Name: "screen", Range: "^1.0.4 "}, true},
		{Dep{Name: "screen", Range: "^1.0.4"}, false},
		{Dep{Name: "pad", Range: "npm:^1"}, true},
		{Dep{Name: "pad", Range: "npm:^1.2 "}, true},
	} {
		if key, e := r.Resolve(appLoc, tt.dep); (e != nil) != tt.want {
			t.Errorf("%q: %q, entry %v", tt.dep.Range, key, e)
		}
	}
}
