package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/finding"
)

// The pages of the rules name the severities that the rules have, and show
// findings in the words of the command that prints them.
func TestRulePagesAreTrue(t *testing.T) {
	index := readPage(t, "docs/rules/README.md")
	words := map[finding.Severity]string{finding.Error: "error", finding.Warning: "warning", finding.Info: "information"}
	inCheck := map[string]bool{}
	for command, rules := range map[string][]finding.Rule{"check": check.Rules(), "audit": audit.Rules()} {
		_, part, _ := strings.Cut(index, "\n## The rules of `portalctl "+command+"`\n")
		part, _, _ = strings.Cut(part, "\n## ")
		for _, r := range rules {
			inCheck[r.ID] = inCheck[r.ID] || command == "check"
			m := regexp.MustCompile(`(?m)^\| \[` + r.ID + `\].*\| ([^|]*) \|$`).FindStringSubmatch(part)
			if m == nil || !strings.Contains(m[1], words[r.Severity]) {
				t.Errorf("docs/rules/README.md has %v for %s of %s, the rule %s", m, r.ID, command, r.Severity)
			}
		}
	}
	phrases := phrasesOf(t, "check", "audit", "internal/license")
	shown := 0
	for id, check := range inCheck {
		page := readPage(t, "docs/rules/"+id+".md")
		for _, m := range regexp.MustCompile(`(?m)^    \S+:\d+:\d+  (\w+)(?:  `+id+`)?$`).FindAllStringSubmatch(page, -1) {
			shown++
			said := []string{"error", "warning", "info"}
			if !check {
				said = []string{"blocks", "warning", "note"}
			}
			if !slices.Contains(said, m[1]) {
				t.Errorf("docs/rules/%s.md shows %q, the command prints one of %v", id, m[1], said)
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^    \S+:\d+:\d+  \w+(?:  `+id+`)?\n      (.*)$`).FindAllStringSubmatch(page, -1) {
			if !slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(m[1], p) }) {
				t.Errorf("docs/rules/%s.md shows %q, which no rule says in these words", id, m[1])
			}
		}
	}
	if shown < 8 {
		t.Errorf("%d findings shown only", shown)
	}
}

// phrasesOf are the constant parts of what packages say, as far as they are long
// enough to be told from others.
func phrasesOf(t *testing.T, folders ...string) (list []string) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(file string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, _ := strconv.Unquote(lit.Value)
					for _, part := range regexp.MustCompile(`%[a-z]`).Split(text, -1) {
						if part = strings.TrimSpace(part); len(part) >= 11 && strings.Contains(part, " ") {
							list = append(list, part)
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(list) < 300 {
		t.Fatalf("%d phrases only: the search is broken", len(list))
	}
	return list
}

// Numbers of the pages that code has as well: who changes the one finds the other
// here.
func TestNumbersOfThePages(t *testing.T) {
	list := pages(t)
	for _, held := range []struct{ page, says, file, code string }{
		{"README.md", "up to two of the shortest paths", "audit/table.go", "const maxWays = 2"},
		{"README.md", "14 to 18", "Dockerfile", "14|15|16|17|18)"},
		{"docs/support.md", "| PostgreSQL | 14 to 18.", "Dockerfile", "14|15|16|17|18)"},
		{"docs/release.md", "`PG_MAJOR` (14 to 18; 17 unless given)", "Dockerfile", "ARG PG_MAJOR=17"},
		{"docs/audit.md", "versions 1 to 3) and pnpm", "internal/otherlock/npm.go", `version != "3"`},
		{"docs/audit.md", "at most 2 GB in at most 30 minutes", "internal/osv/update.go", "maxDatabase = 2 << 30"},
		{"docs/audit.md", "at most 2 GB in at most 30 minutes", "internal/osv/update.go", "maxUpdate = 30 * time.Minute"},
		{"docs/audit.md", "an audit that takes longer than 30 minutes ends with 2", "cmd/portalctl/audit.go", "maxAudit = 30 * time.Minute"},
		{"docs/audit.md", "`npm/all.zip` or `all.zip` as OSV\npublishes it, `osv-scanner/npm/all.zip`", "internal/osv/database.go", `"npm/all.zip", "all.zip", "osv-scanner/npm/all.zip"`},
		{"docs/audit.md", "by default 7d for the downloaded database, none for --db", "cmd/portalctl/audit_db.go", "const maxDBAge = 7 * 24 * time.Hour"},
		{"docs/config.md", "| `audit.max-db-age` | `7d` for the downloaded database, none for `--db` |", "cmd/portalctl/audit_db.go", "const maxDBAge = 7 * 24 * time.Hour"},
		{"docs/config.md", "| `check.max-ignore-days` | 180 |", "internal/finding/ignore.go", "const maxWindow = 180"},
		{"docs/config.md", "| `audit.max-ignore-days` | 180 |", "internal/finding/ignore.go", "const maxWindow = 180"},
		{"docs/rules/README.md", "a last day at most 180 days ahead", "internal/finding/ignore.go", "const maxWindow = 180"},
		{"docs/rules/release-differs.md", "Fewer than five\n  packages contradict nothing", "internal/release/standing.go", "const enough = 5"},
		{"docs/json.md", "no more than 20, then `beforeLeftOut`", "audit/json.go", "const maxBefore = 20"},
		{"docs/json.md", "Of a path of more than 24 steps", "audit/where.go", "const maxSteps = 24"},
		{"docs/json.md", "about 20,000 paths (each at least 3)", "audit/json.go", "const maxPaths = 20_000"},
		{"docs/json.md", "about 20,000 paths (each at least 3)", "audit/json.go", "max(3, maxPaths/max(n, 1))"},
		{"docs/snapshot.md", "less than a sixth of the databases' size is free here", "snapshot/space.go", "free < s.Size/6"},
		{"docs/snapshot.md", "A quarter of what exceeds\n32 MB", "snapshot/write.go", "free = 1 << 20, 32 << 20"},
		{"docs/snapshot.md", "A quarter of what exceeds\n32 MB", "snapshot/write.go", "max(total-free, 0) / 4"},
		{"docs/snapshot.md", "`--jobs` (2) at a time", "cmd/portalctl/snapshot.go", "at a time\", Value: 2}"},
		{"docs/snapshot.md", "Files are 0600, the folder 0700", "snapshot/write.go", "os.O_EXCL, 0o600)"},
		{"docs/snapshot.md", "Files are 0600, the folder 0700", "snapshot/create.go", "os.Mkdir(c.dir, 0o700)"},
		{"docs/support.md", "lock version 8 to 10", "internal/yarnlock/model.go", "MaxVersion = 10"},
		{"README.md", "Yarn 4 locks (version 8 to 10)", "internal/yarnlock/model.go", "MaxVersion = 10"},
		{"docs/architecture.md", "Classic and Berry 3 to 10", "internal/yarnlock/model.go", "MaxVersion = 10"},
	} {
		src, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(held.file)))
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(list[held.page], held.says) {
			t.Errorf("%s no longer says %q: take it out of this list, or say it again", held.page, held.says)
		}
		if !strings.Contains(string(src), held.code) {
			t.Errorf("%s says %q, and %s no longer has %q", held.page, held.says, held.file, held.code)
		}
	}
}
