package template

import (
	"testing"
	"testing/fstest"
)

// Of the root its own files count, of a package those below it that people write.
func TestImports(t *testing.T) {
	t.Parallel()
	pl := &Portal{files: fstest.MapFS{
		"jest.config.js":                  {Data: []byte("require('root-tool');")},
		"packages/app/src/a.ts":           {Data: []byte("import 'written';")},
		"packages/app/.storybook/main.ts": {Data: []byte("import 'stories';")},
		"packages/app/dist/b.js":          {Data: []byte("require('built');")},
		"packages/app/dist-dynamic/c.js":  {Data: []byte("require('built');")},
		"packages/app/.cache/d.js":        {Data: []byte("require('built');")},
	}}
	for _, c := range []struct{ dir, name, want string }{
		{".", "root-tool", "jest.config.js"},
		{".", "written", ""},
		{"packages/app", "written", "packages/app/src/a.ts"},
		{"packages/app", "stories", "packages/app/.storybook/main.ts"},
		{"packages/app", "built", ""},
	} {
		if got := pl.imports(c.dir, c.name); got != c.want {
			t.Errorf("imports(%q, %q) is %q, want %q", c.dir, c.name, got, c.want)
		}
	}
}
