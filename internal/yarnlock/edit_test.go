package yarnlock

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// edited parses text, applies f and returns what is printed.
func edited(t *testing.T, text string, f func(*Lock)) string {
	t.Helper()
	lock, err := Parse("yarn.lock", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	f(lock)
	out := string(lock.Format())
	if again := string(lock.Format()); again != out {
		t.Errorf("Format is not stable:\n%s", cmp.Diff(out, again))
	}
	back, err := Parse("yarn.lock", []byte(out))
	if err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if got := string(lock.Original()); got != text {
		t.Errorf("Original is not what was parsed:\n%s", cmp.Diff(text, got))
	}
	if diff := cmp.Diff(plain(lock), plain(back), modelOnly, nilIsEmpty); diff != "" {
		t.Error(diff)
	}
	checkIndex(t, lock)
	return out
}

// checkIndex compares the indexes with what a fresh walk finds.
func checkIndex(t *testing.T, l *Lock) {
	t.Helper()
	n := 0
	names := map[string]map[*Entry]bool{}
	for _, e := range l.Entries {
		for _, k := range e.Keys {
			n++
			if l.Lookup(k) != e {
				t.Errorf("Lookup(%s) does not find its entry", k)
			}
			if names[k.Name] == nil {
				names[k.Name] = map[*Entry]bool{}
			}
			names[k.Name][e] = true
		}
		if at := l.Locate(e.Resolution); at == nil || at.Resolution != e.Resolution {
			t.Errorf("Locate(%s) finds %v", e.Resolution, at)
		}
	}
	if n != len(l.keys) {
		t.Errorf("%d keys in entries, %d in the index", n, len(l.keys))
	}
	for name, want := range names {
		if got := l.Named(name); len(got) != len(want) {
			t.Errorf("Named(%s): %d entries, want %d", name, len(got), len(want))
		}
	}
	for name, got := range l.byName {
		if len(got) != len(names[name]) {
			t.Errorf("Named(%s): %d entries, want %d", name, len(got), len(names[name]))
		}
	}
}

const small = `# comment

__metadata:
  version: 8
  cacheKey: 10

"a@npm:^1.0.0, a@npm:^1.1.0":
  version: 1.1.0
  resolution: "a@npm:1.1.0"
  linkType: hard

# about b
"b@npm:^1.0.0":
  version: 1.0.0
  resolution: "b@npm:1.0.0"
  linkType:   hard

"b@npm:^2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0"
  linkType: hard
`

func hard(name, version string, ranges ...string) *Entry {
	e := &Entry{Version: version, Resolution: Locator{Name: name, Reference: "npm:" + version}, LinkType: "hard"}
	for _, r := range ranges {
		e.Keys = append(e.Keys, Descriptor{Name: name, Range: "npm:" + r})
	}
	return e
}

func text(e string, ranges, version string) string {
	return `"` + ranges + "\":\n  version: " + version + "\n  resolution: \"" + e + "@npm:" + version + "\"\n  linkType: hard\n"
}

func TestEdit(t *testing.T) {
	head := small[:strings.Index(small, `"a@`)]
	a := text("a", "a@npm:^1.0.0, a@npm:^1.1.0", "1.1.0")
	b1 := "# about b\n" + strings.Replace(text("b", "b@npm:^1.0.0", "1.0.0"), "linkType: ", "linkType:   ", 1)
	b2 := text("b", "b@npm:^2.0.0", "2.0.0")
	join := func(parts ...string) string { return head + strings.Join(parts, "\n") }
	b := func(rng string) Descriptor { return Descriptor{Name: "b", Range: "npm:" + rng} }
	for _, tt := range []struct {
		name string
		edit func(*Lock)
		want string
	}{
		{"nothing", func(*Lock) {}, small},
		{"rebind empties an entry", func(l *Lock) { l.RebindTo(b("^2.0.0"), l.Locate(Locator{Name: "b", Reference: "npm:1.0.0"})) }, join(a, "# about b\n"+text("b", "b@npm:^1.0.0, b@npm:^2.0.0", "1.0.0"))},
		{"rebind splits a key", func(l *Lock) { l.RebindTo(Descriptor{Name: "a", Range: "npm:^1.0.0"}, l.Entries[2]) },
			join(text("b", "a@npm:^1.0.0, b@npm:^2.0.0", "2.0.0"), text("a", "a@npm:^1.1.0", "1.1.0"), b1)},
		{"rebind to itself", func(l *Lock) { l.RebindTo(b("^2.0.0"), l.Lookup(b("^2.0.0"))) }, small},
		{"a new descriptor", func(l *Lock) { l.RebindTo(b("^1.5.0"), l.Entries[2]) },
			join(a, b1, text("b", "b@npm:^1.5.0, b@npm:^2.0.0", "2.0.0"))},
		{"a key that sorts differently", func(l *Lock) { l.RebindTo(Descriptor{Name: "@z/b", Range: "npm:b@^2"}, l.Lookup(b("^2.0.0"))) },
			join(text("b", "@z/b@npm:b@^2, b@npm:^2.0.0", "2.0.0"), a, b1)},
		{"unbind", func(l *Lock) { l.Unbind(Descriptor{Name: "a", Range: "npm:^1.1.0"}) }, join(text("a", "a@npm:^1.0.0", "1.1.0"), b1, b2)},
		{"unbind the last key", func(l *Lock) { l.Unbind(b("^2.0.0")) }, join(a, b1)},
		{"unbind the unknown", func(l *Lock) { l.Unbind(b("^9")) }, small},
		{"remove the first", func(l *Lock) { l.Remove(l.Entries[0]) }, join(b1, b2)},
		{"remove twice", func(l *Lock) { e := l.Entries[1]; l.Remove(e); l.Remove(e) }, join(a, b2)},
		{"remove all", func(l *Lock) {
			for len(l.Entries) > 0 {
				l.Remove(l.Entries[0])
			}
		}, strings.TrimSuffix(head, "\n")},
		{"add in the middle", func(l *Lock) { add(t, l, hard("aa", "1.0.0", "^1")) }, join(a, text("aa", "aa@npm:^1", "1.0.0"), b1, b2)},
		{"add first", func(l *Lock) { add(t, l, hard("@a/a", "1.0.0", "^1")) }, join(text("@a/a", "@a/a@npm:^1", "1.0.0"), a, b1, b2)},
		{"add last", func(l *Lock) { add(t, l, hard("c", "1.0.0", "^1", "*")) }, join(a, b1, b2, text("c", "c@npm:*, c@npm:^1", "1.0.0"))},
		{"touch", func(l *Lock) { l.Entries[1].Checksum = "10/aa"; l.Entries[1].Touch() },
			join(a, "# about b\n"+strings.Replace(text("b", "b@npm:^1.0.0", "1.0.0"), "  linkType", "  checksum: 10/aa\n  linkType", 1), b2)},
		{"version and cacheKey", func(l *Lock) { l.SetVersion(10); l.SetCacheKey("10c0") },
			strings.Replace(small, "version: 8\n  cacheKey: 10", "version: 10\n  cacheKey: 10c0", 1)},
		{"cacheKey and version", func(l *Lock) { l.SetCacheKey("10c0"); l.SetVersion(10); l.SetVersion(9) },
			strings.Replace(small, "version: 8\n  cacheKey: 10", "version: 9\n  cacheKey: 10c0", 1)},
		{"the same version", func(l *Lock) { l.SetVersion(8); l.SetCacheKey("10") }, small},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, edited(t, small, tt.edit)); diff != "" {
				t.Error(diff)
			}
			crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
			if diff := cmp.Diff(crlf(tt.want), edited(t, crlf(small), tt.edit)); diff != "" {
				t.Errorf("CRLF: %s", diff)
			}
		})
	}
}

func add(t *testing.T, l *Lock, e *Entry) {
	t.Helper()
	if err := l.Add(e); err != nil {
		t.Error(err)
	}
}

// TestEditIndexed repeats edits with the lazy indexes already built.
func TestEditIndexed(t *testing.T) {
	lock := fixture(t, "classic.lock")
	lock.Named("lodash")
	lock.Locate(Locator{Name: "lodash", Reference: "npm:4.17.21"})
	twin := &Entry{Keys: []Descriptor{{Name: "lodash", Range: "~4.17.0"}}, Version: "4.17.21", Resolution: Locator{Name: "lodash", Reference: "npm:4.17.21"}}
	add(t, lock, twin)
	checkIndex(t, lock)
	lock.Remove(lock.Lookup(Descriptor{Name: "lodash", Range: "latest"}))
	if lock.Locate(twin.Resolution) != twin {
		t.Error("the second entry of a locator is not found once the first is gone")
	}
	lock.RebindTo(Descriptor{Name: "renamed", Range: "1"}, twin)
	checkIndex(t, lock)
	lock.Unbind(Descriptor{Name: "renamed", Range: "1"})
	lock.Unbind(Descriptor{Name: "lodash", Range: "~4.17.0"})
	checkIndex(t, lock)
	if len(lock.Named("lodash")) != 0 {
		t.Error("lodash is still there")
	}
}

// TestLocateFirst has one locator in two entries, as Classic locks may.
func TestLocateFirst(t *testing.T) {
	lock, err := Parse("yarn.lock", []byte("# yarn lockfile v1\n\n\na@^1:\n  version \"1.2.0\"\n\na@^1.1:\n  version \"1.2.0\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := lock.Locate(Locator{Name: "a", Reference: "npm:1.2.0"}); got != lock.Entries[0] {
		t.Errorf("found %v", got.Keys)
	}
}

// TestLineEnds prints new entries with the line ends that Yarn would choose in
// a mixed file: Berry the more frequent, Classic the first.
func TestLineEnds(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{strings.Replace(small, "\n", "\r\n", 1), "hard\n"},
		{strings.Replace(strings.ReplaceAll(small, "\n", "\r\n"), "\r\n", "\n", 1), "hard\r\n"},
	} {
		got := edited(t, tt.in, func(l *Lock) { add(t, l, hard("c", "1.0.0", "^1")) })
		if !strings.HasSuffix(got, tt.want) {
			t.Errorf("%q", got[len(got)-20:])
		}
	}
	for in, want := range map[string]string{
		"# yarn lockfile v1\r\n\n\na@1:\n  version \"1\"\n":       "\"1\"\r\n",
		"# yarn lockfile v1\n\r\n\r\na@1:\r\n  version \"1\"\r\n": "\"1\"\n",
	} {
		got := edited(t, in, func(l *Lock) { l.Entries[0].Touch() })
		if !strings.HasSuffix(got, want) || strings.HasSuffix(want, "\"\n") && strings.HasSuffix(got, "\r\n") {
			t.Errorf("%q", got)
		}
	}
}

func TestEditErrors(t *testing.T) {
	lock, err := Parse("yarn.lock", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Add(hard("x", "1.0.0")); err == nil {
		t.Error("an entry without a key was added")
	}
	if err := lock.Add(hard("b", "3.0.0", "^2.0.0")); err == nil {
		t.Error("a key was added twice")
	}
	if err := lock.Add(hard("x", "1.0.0", "^1", "^1")); err == nil {
		t.Error("a key was added twice within one entry")
	}
	if _, err := New("yarn.lock", MaxVersion+1, ""); err == nil {
		t.Error("a version that is not known was taken")
	}
	checkIndex(t, lock)
}

// TestNew starts a lock as Yarn does for a project that has none.
func TestNew(t *testing.T) {
	want := berryHeader + "__metadata:\n  version: 8\n  cacheKey: 10c0\n"
	entry := "\n" + text("a", "a@npm:^1", "1.0.0")
	lock, err := New("yarn.lock", 8, "10c0")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(lock.Format())); diff != "" {
		t.Error(diff)
	}
	add(t, lock, hard("a", "1.0.0", "^1"))
	if diff := cmp.Diff(want+entry, string(lock.Format())); diff != "" {
		t.Error(diff)
	}
	for _, empty := range []string{"", "\n\n", "\r\n\r\n\r\n"} {
		got := edited(t, empty, func(l *Lock) {
			l.SetVersion(8)
			l.SetCacheKey("10c0")
			add(t, l, hard("a", "1.0.0", "^1"))
		})
		if diff := cmp.Diff(want+entry, strings.ReplaceAll(got, "\r\n", "\n")); diff != "" {
			t.Errorf("%q: %s", empty, diff)
		}
	}
	got := edited(t, "# yarn lockfile v1\n\n\n", func(l *Lock) {
		add(t, l, &Entry{Keys: []Descriptor{{Name: "a", Range: "1"}}, Version: "1.0.0"})
	})
	if want := "# yarn lockfile v1\n\n\na@1:\n  version \"1.0.0\"\n"; got != want {
		t.Error(cmp.Diff(want, got))
	}
	got = edited(t, "# yarn lockfile v1\n\n\na@1:\n  version \"1\"\n", func(l *Lock) { l.Remove(l.Entries[0]) })
	if want := "# yarn lockfile v1\n\n\n"; got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// TestNoFinalNewline edits around an entry whose last line has no end.
func TestNoFinalNewline(t *testing.T) {
	in := strings.TrimSuffix(small, "\n")
	if got := edited(t, in, func(l *Lock) { l.Remove(l.Entries[0]) }); strings.HasSuffix(got, "\n") {
		t.Error("a newline was added at the end")
	}
	got := edited(t, in, func(l *Lock) { add(t, l, hard("c", "1.0.0", "^1")) })
	if want := small + "\n" + text("c", "c@npm:^1", "1.0.0"); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func TestOptional(t *testing.T) {
	a := fixture(t, "berry.lock").Entries[0]
	if !a.Optional("fsevents") || a.Optional("resolve") {
		t.Error("Berry's optional flags are not what the fixture says")
	}
	c := fixture(t, "classic.lock").Entries[0]
	if !c.Optional("fsevents") || c.Optional("lodash") {
		t.Error("Classic's optional dependencies are not what the fixture says")
	}
}

// TestPrintOrder prints an entry whose lists are in no order.
func TestPrintOrder(t *testing.T) {
	want := fixture(t, "berry.lock")
	lock, err := New("yarn.lock", 8, "10c0")
	if err != nil {
		t.Fatal(err)
	}
	e := *want.Entries[0]
	e.Keys = []Descriptor{e.Keys[1], e.Keys[0]}
	e.Dependencies = []Dep{e.Dependencies[3], e.Dependencies[2], e.Dependencies[1], e.Dependencies[0]}
	e.PeerDependencies = []Dep{e.PeerDependencies[1], e.PeerDependencies[0]}
	e.Bin = []Bin{e.Bin[1], e.Bin[0]}
	e.DependenciesMeta = append([]Meta{{Name: "zero"}}, e.DependenciesMeta...)
	add(t, lock, &e)
	src := string(want.Format())
	first := src[:strings.Index(src, "\n\"@types/pad")]
	if diff := cmp.Diff(first, string(lock.Format())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(e.Dependencies[0].Name, "resolve", cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("printing reordered the model: %s", diff)
	}
}
