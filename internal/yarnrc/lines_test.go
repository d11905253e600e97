package yarnrc

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

func TestLines(t *testing.T) {
	at := func(line int) fault.Pos { return fault.Pos{File: "rc", Line: line, Col: 1} }
	npm := "\ufeffregistry=https://a ; why\r\n# no\n; no\n\nstrict-ssl = false # why\nca[]=\"x\\ny\"\n'k' = 'v=w'\nignore-scripts\na\\;b=c\\#d\n= x\nscope=${TOKEN}\n[section]\nstrict-ssl=true\n"
	if d := cmp.Diff([]Line{
		{"registry", "https://a", at(1)}, {"strict-ssl", "false", at(5)}, {"ca[]", "x\ny", at(6)}, {"k", "v=w", at(7)},
		{"ignore-scripts", "true", at(8)}, {"a;b", "c#d", at(9)}, {"scope", "${TOKEN}", at(11)},
	}, NPMLines("rc", []byte(npm))); d != "" {
		t.Errorf(".npmrc (-want +got):\n%s", d)
	}
	classic := "# no\nregistry \"https://a\"\r\n\"strict-ssl\": false\n  deeper x\n--install.no-lockfile true\n--flag\nyarn-path ./y.js # why\n\"broken x\n"
	if d := cmp.Diff([]Line{
		{"registry", "https://a", at(2)}, {"strict-ssl", "false", at(3)}, {"--install.no-lockfile", "true", at(5)}, {"--flag", "", at(6)},
		{"yarn-path", "./y.js", at(7)},
	}, ClassicLines("rc", []byte(classic))); d != "" {
		t.Errorf(".yarnrc (-want +got):\n%s", d)
	}
}

func TestDefaults(t *testing.T) {
	for in, want := range map[string]struct {
		out   string
		known bool
	}{
		"plain":                        {"plain", true},
		"http://${HOST}/x":             {"http:///x", false},
		"${A:-one}":                    {"one", true},
		"${A-}":                        {"", true},
		"${A:-${B:-two}}":              {"two", true},
		"${A:-${B}}":                   {"", false},
		`\${A}`:                        {"${A}", true},
		"${not a name}":                {"${not a name}", true},
		"${A":                          {"${A", true},
		"https://${HOST:-h}/${NAME-n}": {"https://h/n", true},
	} {
		if out, known := Defaults(in); out != want.out || known != want.known {
			t.Errorf("%s is %q, known %v", in, out, known)
		}
	}
}
