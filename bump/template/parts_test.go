package template

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/diff3"
	"github.com/portalctl/portalctl/internal/keymerge"
)

// merged is what becomes of a text that is merged by line, and how many conflicts stay.
func merged(base, ours, theirs string) (string, int) {
	parts, _ := settle(diff3.Merge([]byte(base), []byte(ours), withoutDoubles([]byte(base), []byte(ours), []byte(theirs))))
	n := 0
	for _, p := range parts {
		if p.Conflict {
			n++
		}
	}
	return string(diff3.Text(parts, diff3.Labels{})), n
}

func TestSettle(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, base, ours, theirs, want string }{
		{"both added imports", "import a from 'a';\n\nx();\n", "import a from 'a';\nimport o from 'o';\n\nx();\n", "import a from 'a';\nimport {\n  t,\n} from 't';\n\nx();\n",
			"import a from 'a';\nimport o from 'o';\nimport {\n  t,\n} from 't';\n\nx();\n"},
		{"both added elements", "<A>\n  <B />\n</A>\n", "<A>\n  <B />\n  <Ours />\n</A>\n", "<A>\n  <B />\n  <Theirs x={1} />\n</A>\n",
			"<A>\n  <B />\n  <Ours />\n  <Theirs x={1} />\n</A>\n"},
		{"a word beside a word", "<A\n<Card variant=\"grid\" />\n>\n", "<A\n<Card variant=\"grid\" options={{ a: 1 }} />\n>\n", "<A\n<Card />\n>\n",
			"<A\n<Card options={{ a: 1 }} />\n>\n"},
		{"replaced, and inserted above", "[\n  a(),\n]\n", "[\n  b(),\n]\n", "[\n  t(),\n  a(),\n]\n", "[\n  t(),\n  b(),\n]\n"},
		{"had it already, elsewhere", "start();\n", "backend.add(import('@acme/x'));\nbackend.add(import('@backstage/s'));\nstart();\n", "// signals\nbackend.add(import('@backstage/s'));\n\nstart();\n",
			"backend.add(import('@acme/x'));\nbackend.add(import('@backstage/s'));\nstart();\n"},
		{"a name that is imported already", "import {\n  a,\n} from 'm';\n", "import {\n  a,\n  d,\n  z,\n} from 'm';\n", "import {\n  a,\n  c,\n  d,\n} from 'm';\n",
			"import {\n  a,\n  d,\n  z,\n  c,\n} from 'm';\n"},
		{"the template went further", "FROM node:22-bookworm-slim\n", "FROM node:24-bookworm-slim\n", "FROM node:24-trixie-slim\n", "FROM node:24-trixie-slim\n"},
		{"only white space differs", "a\nb\n", "a\n  b\n", "a\n\tb\n", "a\n  b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, conflicts := merged(tt.base, tt.ours, tt.theirs)
			if conflicts > 0 || got != tt.want {
				t.Errorf("%d conflicts:\n%s\nwant\n%s", conflicts, got, tt.want)
			}
			if again, n := merged(tt.base, got, tt.theirs); n > 0 || again != got {
				t.Errorf("a second merge gives %d conflicts:\n%s", n, again)
			}
		})
	}
}

// What is a conflict stays one.
func TestSettleLeavesConflicts(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{"FROM node:18\n", "FROM node:20\n", "FROM node:24\n"},
		{"x@1.2.3\n", "x@1.3.3\n", "x@1.2.4\n"},
		{"FROM node:22-a\n", "FROM node:24-b\n", "FROM node:24-c\n"},
		{"a\n<B>\nc\n</B>\n", "a\n<D>\nc\n</D>\n", "a\n<B>\nc\n</B>\n<B>\n"},
		{"f(1);\n", "f(2);\n", "f(1);\ng(\n"},
		{"import a from 'm';\n", "import b from 'm';\n", "import c from 'm';\n"},
		{"one\ntwo\n", "three\n", "one\ntwo and a half\n"},
	} {
		if got, n := merged(tt[0], tt[1], tt[2]); n != 1 {
			t.Errorf("%q, %q, %q: %d conflicts:\n%s", tt[0], tt[1], tt[2], n, got)
		}
	}
}

func TestMergeLines(t *testing.T) {
	t.Parallel()
	tests := []struct{ ours, base, theirs, want string }{
		{"a\nmine\nb", "a\nb\n", "a\nb\nc\n", "a\nmine\nb\nc\n"},
		{"b\na\nold\n", "a\nold\nb\n", "a\nb\n", "b\na\n"},
		{"a\nmine\n", "a\n", "a\n\n# Cache\n.cache/\n", "a\nmine\n\n# Cache\n.cache/\n"},
		{"a\r\n", "a\n", "a\nb\n", "a\r\nb\r\n"},
		{"a\nb", "a\n", "a\nb\n", "a\nb"},
		{"a", "a\ngone\n", "a\ngone2\n", "a\ngone2\n"},
	}
	for _, tt := range tests {
		if got := string(mergeLines([]byte(tt.ours), []byte(tt.base), []byte(tt.theirs))); got != tt.want {
			t.Errorf("%q, %q → %q: %q, want %q", tt.ours, tt.base, tt.theirs, got, tt.want)
		}
	}
}

func TestFurther(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		base, ours, theirs string
		want               keymerge.State
	}{
		{`"^9.0.0"`, `"^11.0.0"`, `"^12.0.0"`, keymerge.Taken},
		{`"^9.0.0"`, `"^13.0.0"`, `"^12.0.0"`, keymerge.Same},
		{`"^9.0.0"`, `"^8.0.0"`, `"^12.0.0"`, keymerge.Conflict},
		{`"^9.0.0"`, `"patch:x@npm%3A9.0.0#./x.patch"`, `"^12.0.0"`, keymerge.Conflict},
		{`"^9.0.0"`, `"workspace:^"`, `"^12.0.0"`, keymerge.Conflict},
	} {
		if got, why := further(lowest(tt.base), lowest(tt.ours), lowest(tt.theirs)); got != tt.want {
			t.Errorf("%s: %s (%s), want %s", tt.ours, got, why, tt.want)
		}
	}
	for _, tt := range []struct {
		base, ours, theirs string
		want               bool
	}{
		{`"20 || 22"`, `"20 || 22 || 24"`, `"22 || 24"`, true},
		{`"20 || 22"`, `"20 || 22 || 23"`, `"22 || 24"`, false},
		{`"20 || 22"`, `"20"`, `"22 || 24"`, false},
	} {
		if got := followed(tt.base, tt.ours, tt.theirs); got != tt.want {
			t.Errorf("followed(%s, %s, %s) = %v", tt.base, tt.ours, tt.theirs, got)
		}
	}
	if !within(`"22"`, `"22 || 24"`) || within(`"18 || 22"`, `"22 || 24"`) {
		t.Error("within")
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	pl := &places{dirs: []renamed{rename("packages/app", "packages/portal-app", "app", "portal-app")}}
	if got := pl.of("packages/app/src/App.tsx"); got != "packages/portal-app/src/App.tsx" {
		t.Error(got)
	}
	for _, tt := range [][3]string{
		{"packages/backend/package.json", `"app": "link:../app"`, `"portal-app": "link:../portal-app"`},
		{"packages/app/package.json", `"name": "app"`, `"name": "portal-app"`},
		{"package.json", `yarn workspace app start; packages/app, packages/apple`, `yarn workspace portal-app start; packages/portal-app, packages/apple`},
	} {
		if got := string(pl.adapt(tt[0], []byte(tt[1]), nil)); got != tt[2] {
			t.Errorf("%s: %s, want %s", tt[1], got, tt[2])
		}
	}
}

// A text that the team left as it was is compared with what it was.
func TestPlacesKeepWhatOursHas(t *testing.T) {
	t.Parallel()
	pl := &places{dirs: []renamed{rename("packages/app", "packages/portal-app", "app", "portal-app")}}
	text := "# see packages/app/package.json\n"
	if got := string(pl.adapt("app-config.yaml", []byte(text), []byte(text+"x: 1\n"))); got != text {
		t.Error(got)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	c, err := ParseConfig("f", []byte("check:\n  rules: {}\ntemplate:\n  base: 1.53.0\n  pending:\n    a/b.ts: 1.42.0\n  noise: ['docs/**', '!**/*.svg']\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Base != "1.53.0" || c.Pending["a/b.ts"] != "1.42.0" {
		t.Errorf("%+v", c)
	}
	for name, want := range map[string]bool{"docs/x": true, "a/b.svg": false, "a/b.png": true, "packages/app/README.md": true, "packages/app/src/App.tsx": false} {
		if c.noisy(name) != want {
			t.Errorf("%s: noisy is %v", name, !want)
		}
	}
	if (*Config)(nil).noisy("src/x.ts") || !(*Config)(nil).noisy("README.md") {
		t.Error("the default noise")
	}
	for _, src := range []string{"template:\n  bse: 1.0.0\n", "template:\n  base: latest\n", "template:\n  noise: x\n", "template:\n  noise: ['[']\n", "template:\n  pending: [a]\n", "template:\n  pending:\n    a: b\n"} {
		if _, err := ParseConfig("f", []byte(src)); err == nil {
			t.Errorf("%q is taken", src)
		}
	}
}

// What the team wrote in .portalctl.yaml stays as it is.
func TestRecord(t *testing.T) {
	t.Parallel()
	section := "template:\n  base: 1.53.0\n  pending:\n    b.ts: 1.50.0\n"
	for _, tt := range [][2]string{
		{"", "template:\n  base: 1.53.0\n  pending:\n    b.ts: 1.50.0\n"},
		{"# why\ncheck:\n  rules: {} # none\n", "# why\ncheck:\n  rules: {} # none\ntemplate:\n  base: 1.53.0\n  pending:\n    b.ts: 1.50.0\n"},
		{"template:\n  noise: [x] # ours\n  base: '1.42.0'\n  pending:\n    a.ts: 1.40.0\n", "template:\n  noise: [x] # ours\n  base: '1.53.0'\n  pending:\n    b.ts: 1.50.0\n"},
	} {
		old := []byte(tt[0])
		if tt[0] == "" {
			old = nil
		}
		got, err := put(old, section)
		if err != nil || string(got) != tt[1] {
			t.Errorf("%q: %v\n%s\nwant\n%s", tt[0], err, got, tt[1])
		}
		again, err := put(got, strings.Replace(section, "  pending:\n    b.ts: 1.50.0\n", "", 1))
		if err != nil || strings.Contains(string(again), "pending") || !strings.Contains(string(again), "1.53.0") {
			t.Errorf("%q: %v\n%s", tt[0], err, again)
		}
	}
}
