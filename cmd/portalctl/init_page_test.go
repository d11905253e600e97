package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the pages and workflows that init writes say is to be typed, portalctl takes.
func TestWhatInitWritesCanBeTyped(t *testing.T) {
	root, environ := sqlitePortal(t)
	for _, database := range []string{"backend: {database: {client: better-sqlite3}}\n", "backend: {database: {client: pg, connection: {host: '${HOST}'}}}\n", "{}\n"} {
		writeTree(t, root, map[string]string{"app-config.yaml": database})
		if code, out, errOut := run0(t, "", environ, "init", "-C", root, "--offline", "--platform", "github", "--only", "docs", "--yes"); code != 0 {
			t.Fatalf("exit %d\n%s%s", code, out, errOut)
		}
		page := filepath.Join(root, "docs", "upgrade-slot.md")
		src, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(src), "$CONFIG", "--config app-config.yaml")
		seen := 0
		for _, m := range regexp.MustCompile("(?m)^    (portalctl .*)$|`(portalctl [^`]*)`").FindAllStringSubmatch(text, -1) {
			seen++
			line, _, _ := strings.Cut(m[1]+m[2], "   #")
			for _, l := range printedLines("    " + line) {
				if err := l.parse(); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
		if seen < 9 {
			t.Errorf("%s: %d commands only", database, seen)
		}
		if err := os.Remove(page); err != nil {
			t.Fatal(err)
		}
	}
}
