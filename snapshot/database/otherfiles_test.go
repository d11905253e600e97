package database

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/workspace"
)

// The file that has the database is named also where it cannot be read as a
// whole: its certificate lies on the production server. An example, for
// somebody to copy, is not.
func TestOtherFilesThatCannotBeRead(t *testing.T) {
	const memory = "backend:\n  database:\n    client: better-sqlite3\n    connection: ':memory:'\n"
	const server = "backend:\n  database:\n    client: pg\n    connection:\n      host: db\n      user: u\n      password: p\n"
	// A folder that is called so, which Backstage makes.
	const folder = "backend:\n  database:\n    client: better-sqlite3\n    connection:\n      directory: ':memory:'\n"
	for name, tt := range map[string]struct {
		file, text string
		named      bool
	}{
		"a certificate of the server":  {"app-config.production.yaml", server + "      ssl:\n        ca:\n          $file: /nowhere/ca.crt\n", true},
		"what can be read":             {"app-config.production.yaml", server, true},
		"another section is not there": {"app-config.production.yaml", "app:\n  key:\n    $file: /nowhere/ca.crt\n", false},
		"an example":                   {"app-config.example.production.yaml", server, false},
		"files that are not there":     {"app-config.production.yaml", server, true},
		"other files":                  {"app-config.production.yaml", folder, false},
		"files that are there":         {"app-config.production.yaml", server, false},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range map[string]string{
				"package.json":                  `{"name":"root","private":true,"workspaces":["packages/*"]}`,
				"packages/backend/package.json": `{"name":"backend","backstage":{"role":"backend"},"dependencies":{"@backstage/plugin-catalog-backend":"^3.0.0"}}`,
				"app-config.yaml":               map[bool]string{true: folder, false: memory}[strings.Contains(name, "files")],
				tt.file:                         tt.text,
			} {
				if name == "files that are there" && file == "package.json" {
					data := filepath.Join(root, "packages", "backend", ":memory:")
					if err := os.MkdirAll(data, 0o755); err != nil {
						t.Skip("no folder can be called so here")
					}
					if err := os.WriteFile(filepath.Join(data, "catalog.sqlite"), nil, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				path := filepath.Join(root, filepath.FromSlash(file))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			p, err := workspace.Open(root)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = Open(p, Source{})
			if named := err != nil && strings.Contains(err.Error(), tt.file); named != tt.named {
				t.Errorf("named: %v, want %v: %v", named, tt.named, err)
			}
		})
	}
}
