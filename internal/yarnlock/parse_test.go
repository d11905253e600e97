package yarnlock

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/portalctl/portalctl/internal/spec"
)

var (
	modelOnly  = cmpopts.IgnoreUnexported(Entry{})
	nilIsEmpty = cmpopts.EquateEmpty()
)

func fixture(t testing.TB, name string) *Lock { return readLock(t, "testdata/"+name) }

func TestParseBerry(t *testing.T) {
	lock := fixture(t, "berry.lock")
	if lock.Kind != Berry || lock.Version != 8 || lock.CacheKey != "10c0" || len(lock.Entries) != 15 {
		t.Errorf("kind %v, version %d, cacheKey %q, %d entries", lock.Kind, lock.Version, lock.CacheKey, len(lock.Entries))
	}
	want := &Entry{
		Keys:       []Descriptor{{Name: "@acme/left-pad", Range: "npm:^1.0.0"}, {Name: "@acme/left-pad", Range: "npm:^1.2.0"}},
		Version:    "1.2.3",
		Resolution: Locator{Name: "@acme/left-pad", Reference: "npm:1.2.3"},
		Dependencies: []Dep{{"version", "npm:^2.0.0", 12}, {"@types/pad", "npm:*", 13},
			{"fsevents", "npm:~2.3.2", 14}, {"resolve", "npm:^1.0.0", 15}},
		PeerDependencies:     []Dep{{"@types/react", "^17.0.0 || ^18.0.0", 17}, {"react", ">=17", 18}},
		DependenciesMeta:     []Meta{{"fsevents", []Flag{{"optional", "true"}}}},
		PeerDependenciesMeta: []Meta{{"@types/react", []Flag{{"optional", "true"}}}},
		Bin:                  []Bin{{"left-pad", "bin/left-pad.js"}, {"pad", "./bin/pad.js"}},
		Checksum:             "10c0/5948336f7f122062d714f4bb519937c42c91c84be348e31b35179f6109efc6753a695701c29f2271d8990f6f728168e933038418d97646cc5a1096099c3455b5",
		LanguageName:         "node",
		LinkType:             "hard",
		Line:                 8,
	}
	if diff := cmp.Diff(want, lock.Entries[0], modelOnly); diff != "" {
		t.Error(diff)
	}
	if e := lock.Lookup(Descriptor{Name: "fsevents", Range: "npm:~2.3.2"}); e == nil || e.Conditions != "os=darwin" {
		t.Errorf("fsevents: %+v", e)
	}
	if got := lock.Pos(lock.Entries[1]).String(); got != "testdata/berry.lock:32:1" {
		t.Error(got)
	}
	if got := lock.DepPos(want.Dependencies[2]).String(); got != "testdata/berry.lock:14:5" {
		t.Error(got)
	}
}

func TestParseClassic(t *testing.T) {
	lock := fixture(t, "classic.lock")
	if lock.Kind != Classic || lock.Version != 1 || len(lock.Entries) != 12 {
		t.Errorf("kind %v, version %d, %d entries", lock.Kind, lock.Version, len(lock.Entries))
	}
	want := &Entry{
		Keys:       []Descriptor{{Name: "@acme/core", Range: "^1.0.0"}, {Name: "@acme/core", Range: "^1.2.0"}},
		Version:    "1.2.3",
		Resolution: Locator{Name: "@acme/core", Reference: "npm:1.2.3"},
		Dependencies: []Dep{{"version", "^2.0.0", 10}, {"@types/node", "*", 11},
			{"any-thing", "", 12}, {"lodash", "latest", 13}},
		OptionalDependencies: []Dep{{"fsevents", "~2.3.2", 15}},
		Resolved:             "https://registry.example.com/@acme/core/-/core-1.2.3.tgz#5948336f7f122062d714f4bb519937c42c91c84b",
		Integrity:            "sha512-Ff9+ksdQQB3rMncgqDK78uLznstjyfIf2Arnh22pW8kBpLs6rpKDwgnZT46hin5Hl1WzazzK64DOrhSwYpS7bQ==",
		Line:                 5,
	}
	if diff := cmp.Diff(want, lock.Entries[0], modelOnly); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		key  Descriptor
		want Locator
	}{
		{Descriptor{Name: "any-thing", Range: ""}, Locator{Name: "any-thing", Reference: "npm:1.0.0"}},
		{Descriptor{Name: "bare", Range: spec.NoRange}, Locator{Name: "bare", Reference: "npm:3.0.0"}},
		{Descriptor{Name: "cool-width", Range: "npm:string-width@^4.2.0"}, Locator{Name: "string-width", Reference: "npm:4.2.3"}},
		{Descriptor{Name: "app", Range: "link:packages/app"}, Locator{Name: "app", Reference: "link:packages/app"}},
		{Descriptor{Name: "forked", Range: "git+https://git.example.com/acme/forked.git#v1"},
			Locator{Name: "forked", Reference: "git+https://git.example.com/acme/forked.git#0123456789abcdef0123456789abcdef01234567"}},
	} {
		e := lock.Lookup(tt.key)
		if e == nil || e.Resolution != tt.want {
			t.Errorf("%s resolves to %+v, want %s", tt.key, e, tt.want)
		}
	}
	e := lock.Lookup(Descriptor{Name: "lodash", Range: "latest"})
	if diff := cmp.Diff([]Field{{Name: "permissions", Block: "    install true"}}, e.Extra); diff != "" {
		t.Error(diff)
	}
}

// TestRoundTrip prints the fixtures, whose text the two Yarns' own stringifiers
// confirm, in the forms in which files arrive.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"berry.lock", "classic.lock"} {
		src, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(src)
		crlf := strings.ReplaceAll(text, "\n", "\r\n")
		for form, in := range map[string]string{
			"as it is": text,
			"CRLF":     crlf,
			"BOM":      "\ufeff" + text,
			"BOM CRLF": "\ufeff" + crlf,
		} {
			lock, err := Parse(name, []byte(in))
			if err != nil {
				t.Fatal(name, form, err)
			}
			if got := lock.Format(); string(got) != in {
				t.Errorf("%s, %s: changed by reading:\n%s", name, form, cmp.Diff(in, string(got)))
			}
			dirtyAll(lock)
			if got := lock.Format(); string(got) != in {
				t.Errorf("%s, %s: changed by printing anew:\n%s", name, form, cmp.Diff(in, string(got)))
			}
		}
		for form, in := range map[string]string{
			"no final newline": strings.TrimSuffix(text, "\n"),
			"blank lines":      strings.ReplaceAll(text, "\n\n", "\n\n\n") + "\n\n",
			"comments":         strings.ReplaceAll(text, "\n\n", "\n# a comment\n\n  # another\n"),
		} {
			lock, err := Parse(name, []byte(in))
			if err != nil {
				t.Fatal(name, form, err)
			}
			if got := lock.Format(); string(got) != in {
				t.Errorf("%s, %s: changed by reading:\n%s", name, form, cmp.Diff(in, string(got)))
			}
			dirtyAll(lock)
			again, err := Parse(name, lock.Format())
			if err != nil {
				t.Fatal(name, form, err)
			}
			if diff := comparePlain(lock, again); diff != "" {
				t.Errorf("%s, %s: %s", name, form, diff)
			}
		}
	}
}

func TestParseEmpty(t *testing.T) {
	for _, tt := range []struct {
		in      string
		kind    Kind
		version int
	}{
		{"", Berry, 0},
		{"\n\n", Berry, 0},
		{"# a comment", Berry, 0},
		{"# yarn lockfile v1\n\n\n", Classic, 1},
		{"__metadata:\n  version: 4\n", Berry, 4},
		{"\ufeff__metadata:\n  version: 4\n  cacheKey: 7\n", Berry, 4},
	} {
		lock, err := Parse("yarn.lock", []byte(tt.in))
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		if lock.Kind != tt.kind || lock.Version != tt.version || len(lock.Entries) != 0 {
			t.Errorf("%q: %v version %d", tt.in, lock.Kind, lock.Version)
		}
		if !bytes.Equal(lock.Format(), []byte(tt.in)) {
			t.Errorf("%q became %q", tt.in, lock.Format())
		}
	}
}

// TestParseForms reads what Yarn accepts but does not write.
func TestParseForms(t *testing.T) {
	berry := "__metadata:\n  version: 6\n\n'a@npm:^1':  # no comment may follow a value, but here it is the value\n"
	if _, err := Parse("yarn.lock", []byte(berry)); err == nil {
		t.Error("a comment behind a key was taken")
	}
	lock, err := Parse("yarn.lock", []byte("__metadata:\n  version: 6\n\n'a@npm:^1':\n  version:   '1.0.0'  \n  resolution: 'a@npm:1.0.0'\n"+
		"  future: \"x\\u00e9\\ud83d\\ude00\\n\"\n  deep:\n    - one\n      - two\n  linkType: hard\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Field{{Name: "future", Value: "xé😀\n"}, {Name: "deep", Block: "    - one\n      - two"}}
	if diff := cmp.Diff(want, lock.Entries[0].Extra); diff != "" {
		t.Error(diff)
	}
	lock.Entries[0].Touch()
	const printed = "__metadata:\n  version: 6\n\n\"a@npm:^1\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n" +
		"  deep:\n    - one\n      - two\n  future: \"xé😀\\n\"\n  linkType: hard\n"
	if got := string(lock.Format()); got != printed {
		t.Error(cmp.Diff(printed, got))
	}

	lock, err = Parse("yarn.lock", []byte("a@^1:\n  version: 1.0.0\n"))
	if err == nil {
		t.Errorf("neither a header nor quotes, and still read as %v", lock.Kind)
	}
	// Only what the file ends with may have been cut short.
	for _, end := range []string{"\n", "\n# the end"} {
		if _, err := Parse("yarn.lock", []byte("a@^1:\n  version \"1.0.0\"\n  integrity sha512-abc"+end)); err != nil {
			t.Errorf("a short hash before %q: %v", end, err)
		}
	}
	lock, err = Parse("yarn.lock", []byte("a@^1, \"b@^1\" :\n  version  \"1.0.0\" \n  resolved: \"x\"\n"))
	if err != nil || lock.Kind != Classic || lock.Entries[0].Resolved != "x" || len(lock.Entries[0].Keys) != 2 {
		t.Errorf("Classic without a header: %v, %v", lock, err)
	}
}

// TestLongKey has a key over 1024 characters, which Berry marks.
func TestLongKey(t *testing.T) {
	var keys []string
	for i := range 60 {
		keys = append(keys, "some-package@npm:^1.0."+strconv.Itoa(100+i))
	}
	key := strings.Join(keys, ", ")
	src := "__metadata:\n  version: 8\n\n? \"" + key + "\"\n:\n  version: 1.0.0\n  resolution: \"some-package@npm:1.0.0\"\n  linkType: hard\n"
	lock, err := Parse("yarn.lock", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(lock.Entries[0].Keys); got != 60 {
		t.Errorf("%d keys", got)
	}
	dirtyAll(lock)
	if got := string(lock.Format()); got != src {
		t.Error(cmp.Diff(src, got))
	}
	for n, marked := range map[int]bool{1021: false, 1022: false, 1023: true} {
		lock, _ := New("yarn.lock", 8, "")
		name := strings.Repeat("n", n-len("@npm:1"))
		if err := lock.Add(&Entry{Keys: []Descriptor{{Name: name, Range: "npm:1"}}, Resolution: Locator{Name: name, Reference: "npm:1.0.0"}, LinkType: "hard"}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(lock.Format()), "\n? \"n"); got != marked {
			t.Errorf("a key of %d characters and its quotes: marked %v", n, got)
		}
	}
}

// A lock whose lines are all indented is the same YAML to Yarn.
func TestParseMergedIndented(t *testing.T) {
	t.Parallel()
	const lock = "# This file is generated\n# by hand\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n\n" +
		"\"ms@npm:^2.1.0\":\n  version: 2.1.3\n  resolution: \"ms@npm:2.1.3\"\n  languageName: node\n  linkType: hard\n"
	want, err := ParseMerged("yarn.lock", []byte(lock))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(lock, "\n")
	all := "    " + strings.Join(lines[:len(lines)-1], "    ")
	for name, src := range map[string]string{
		"all lines":        all,
		"but the first":    strings.TrimLeft(all, " "),
		"no blank line":    strings.ReplaceAll(all, "    \n", "\n"),
		"carriage returns": strings.ReplaceAll(all, "\n", "\r\n"),
	} {
		if got, err := ParseIndented("yarn.lock", []byte(src)); err != nil || len(got.Entries) != 1 {
			t.Errorf("%s: ParseIndented: %v", name, err)
		}
		got, err := ParseMerged("yarn.lock", []byte(src))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(got.Entries) != 1 || got.Entries[0].Version != want.Entries[0].Version || got.Entries[0].Resolution != want.Entries[0].Resolution {
			t.Errorf("%s: %+v, want %+v", name, got.Entries, want.Entries)
		}
	}
	// What is edited is Yarn's own form alone, and one line less indented is no YAML.
	if _, err := Parse("yarn.lock", []byte(all)); err == nil {
		t.Error("Parse takes an indented lock")
	}
	if _, err := ParseMerged("yarn.lock", []byte(strings.Replace(all, "    \"ms@", "   \"ms@", 1))); err == nil {
		t.Error("a line is less indented than the rest")
	}
}
