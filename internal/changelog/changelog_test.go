package changelog

import (
	"fmt"
	"strings"
	"testing"
)

const sample = `# @backstage/plugin-x

## 2.0.0

### Major Changes

- 1234abc: Everything is new.

### Patch Changes

- Updated dependencies [1234abc]
  - @backstage/y@1.0.0

## 1.2.0

### Minor Changes

- fa55078: **BREAKING**: Removed ` + "`a`" + `.

  Use ` + "`b`" + `:

  ` + "```diff" + `
  - import { a } from 'x';
  ## not a heading
  + import { b } from 'x';
  ` + "```" + `

- 49397c1: A second one
  goes on here
still here

### Patch Changes

- abcdef0: The word ` + "`BREAKING`" + ` in code.
- plain entry

## 1.2.0-next.0

### Minor Changes

- fa55078: **BREAKING**: Removed ` + "`a`" + `.

## 1.1.0

- [#12](https://x) [` + "`aaaaaaa`" + `](https://y) Thanks [@z](https://z)! - Linked.
`

func TestParse(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range Parse(sample) {
		for _, e := range s.Entries {
			got = append(got, fmt.Sprintf("%s %s %s %v %q", s.Version, e.Level, e.Hash, e.Breaking(), e.Text))
		}
	}
	want := []string{
		`2.0.0 major 1234abc true "Everything is new."`,
		"1.2.0 minor fa55078 true \"**BREAKING**: Removed `a`.\\n\\nUse `b`:\\n\\n```diff\\n- import { a } from 'x';\\n## not a heading\\n+ import { b } from 'x';\\n```\"",
		`1.2.0 minor 49397c1 false "A second one\ngoes on here\nstill here"`,
		"1.2.0 patch abcdef0 false \"The word `BREAKING` in code.\"",
		`1.2.0 patch  false "plain entry"`,
		"1.2.0-next.0 minor fa55078 true \"**BREAKING**: Removed `a`.\"",
		`1.1.0  aaaaaaa false "Linked."`,
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// All spellings that Backstage's changelogs have, and what is none.
func TestBreaking(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"**BREAKING**: x": true, "**BREAKING** x": true, "**BREAKING ALPHA**: x": true, "BREAKING: x": true, "BREAKING CHANGES: x": true,
		"**BREAKING PRODUCERS**: x": true, "**BREAKING CONSUMERS**": true, "BREAKING CHANGE": true, "x\n\n**BREAKING** (alpha api): y": true,
		"BREAKINGS": false, "breaking news": false, "`BREAKING`": false, "```\nBREAKING\n```": false, "UNBREAKING": false,
	} {
		if got := (Entry{Text: text, Level: levelMinor}).Breaking(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	src := ""
	for _, v := range []string{"1.4.0-next.1", "1.4.0-next.0", "1.3.0", "1.3.0-next.0", "1.2.1-next.0", "1.2.0", "1.1.0"} {
		src += "## " + v + "\n\n- aaaaaaa: x\n\n"
	}
	for in, want := range map[string]string{
		"1.1.0 1.3.0": "1.3.0 1.2.0", "1.2.0 1.2.0": "", "1.3.0 1.4.0-next.0": "1.4.0-next.0", "1.2.0 1.4.0-next.1": "1.4.0-next.1 1.4.0-next.0 1.3.0",
		"1.3.0-next.0 1.3.0": "1.3.0", "x 1.3.0": "", "1.0.0 y": "",
	} {
		from, to, _ := strings.Cut(in, " ")
		var got []string
		for _, s := range Between(Parse(src), from, to) {
			got = append(got, s.Version)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", in, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	c := CodeOf("Use `a`, ``b ` c`` and `d\n\n```ts\ne `f`\n```\ng `h`")
	if got := fmt.Sprintf("%q %q", c.Spans, c.Blocks); got != `["a" "b `+"`"+` c" "h"] ["e `+"`f`"+`\n"]` {
		t.Error(got)
	}
	if got := Identifiers("createApp({ bind: a.bind, _x$: 'é' })"); strings.Join(got, " ") != "createApp bind a _x$" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("## 1.0.0\n- a\n  ```\n## 2.0.0")
	f.Add("* x\n#\n## [1.0.0](x)\n### ⚠ BREAKING CHANGES\n* y `` ` ``")
	f.Fuzz(func(t *testing.T, src string) {
		for _, s := range Parse(src) {
			if s.Version == "" {
				t.Fatal("a section without a version")
			}
			for _, e := range s.Entries {
				if e.Text == "" || e.Text != strings.TrimSpace(e.Text) {
					t.Fatalf("%q", e.Text)
				}
				e.Breaking()
				CodeOf(e.Text)
				Prose(e.Text)
			}
		}
	})
}
