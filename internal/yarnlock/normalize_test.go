package yarnlock

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNormalize(t *testing.T) {
	const want = berryHeader + `__metadata:
  version: 10
  cacheKey: 10c0

"a@npm:1, a@npm:^1.0.0":
  version: 1.0.0
  resolution: "a@npm:1.0.0"
  dependencies:
    b: "npm:1"
    c: "npm:1"
  peerDependencies:
    d: "*"
    e: "*"
  languageName: node
  linkType: hard

"b@npm:1":
  version: 1.0.0
  resolution: "b@npm:1.0.0"
  languageName: node
  linkType: hard
`
	head, entries, _ := strings.Cut(want, "\n\n\"a@")
	a, b, _ := strings.Cut("\"a@"+entries, "\n\n")
	for name, text := range map[string]string{
		"as Yarn prints it":    want,
		"entries":              head + "\n\n" + b + "\n" + a + "\n",
		"keys":                 strings.Replace(want, "a@npm:1, a@npm:^1.0.0", "a@npm:^1.0.0, a@npm:1", 1),
		"dependencies":         strings.Replace(want, "    b: \"npm:1\"\n    c: \"npm:1\"\n", "    c: \"npm:1\"\n    b: \"npm:1\"\n", 1),
		"peers":                strings.Replace(want, "    d: \"*\"\n    e: \"*\"\n", "    e: \"*\"\n    d: \"*\"\n", 1),
		"blank lines":          head + "\n\n\n" + a + "\n\n\n" + b,
		"blank lines at end":   want + "\n\n",
		"no end of the last":   strings.TrimSuffix(want, "\n"),
		"all, and other lines": strings.ReplaceAll(head+"\n\n\n"+b+"\n\n"+a, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			l, err := Parse("yarn.lock", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			l.Normalize()
			if l.Changed() != (text != want) {
				t.Errorf("changed: %v", l.Changed())
			}
			want := want
			if strings.Contains(text, "\r") {
				want = strings.ReplaceAll(want, "\n", "\r\n") // Yarn keeps a file's line ends
			}
			if diff := cmp.Diff(want, string(l.Format())); diff != "" {
				t.Error(diff)
			}
		})
	}
}
