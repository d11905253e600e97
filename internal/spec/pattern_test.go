package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The answers of parseResolution of @yarnpkg/parsers 3.0.3; where it refuses,
// Glob is set, and the reading is that of Classic.
func TestParsePattern(t *testing.T) {
	tests := map[string]Pattern{
		"name":                           {Name: "name"},
		"@s/n":                           {Name: "@s/n"},
		"name@^1":                        {Name: "name", Range: "^1"},
		"@s/n@npm:^1.0.0":                {Name: "@s/n", Range: "npm:^1.0.0"},
		"a/b":                            {Parent: "a", Name: "b"},
		"@s/a/@s/b":                      {Parent: "@s/a", Name: "@s/b"},
		"a@1/b@2":                        {Parent: "a", ParentRange: "1", Name: "b", Range: "2"},
		"refractor@npm:3.6.0/prismjs":    {Parent: "refractor", ParentRange: "npm:3.6.0", Name: "prismjs"},
		"foo@npm:@s/x@1":                 {Parent: "foo", ParentRange: "npm:@s", Name: "x", Range: "1"},
		"a@b@c":                          {Name: "a", Range: "b@c"},
		"@s/a/b@~1 || 2":                 {Parent: "@s/a", Name: "b", Range: "~1 || 2"},
		"x@patch:x@npm%3A1#./p.patch":    {Parent: "x", ParentRange: "patch:x@npm%3A1#.", Name: "p.patch"},
		"a@*":                            {Name: "a", Range: "*"},
		"**/n":                           {Name: "n", Glob: true},
		"*/n":                            {Name: "n", Glob: true},
		"**/@s/n@1":                      {Name: "@s/n", Range: "1", Glob: true},
		"a/**/b":                         {Parent: "a", Name: "b", Glob: true},
		"a/b/c":                          {Parent: "b", Name: "c", Glob: true},
		"@s/a/**/@s/b/c":                 {Parent: "@s/b", Name: "c", Glob: true},
		"":                               {Glob: true},
		"a@":                             {Glob: true},
		"@s":                             {Glob: true},
		"a/":                             {Glob: true},
		"/a":                             {Glob: true},
		"a//b":                           {Glob: true},
		"@@a/b":                          {Glob: true},
		"a/@b":                           {Glob: true},
		"**":                             {Glob: true},
		"a/b/":                           {Glob: true},
		strings.Repeat("a/", 1000) + "b": {Parent: "a", Name: "b", Glob: true},
	}
	for key, want := range tests {
		if diff := cmp.Diff(want, ParsePattern(key)); diff != "" {
			t.Errorf("ParsePattern(%.60q): %s", key, diff)
		}
	}
}
