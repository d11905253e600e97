package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/finding"
)

// Every rule of a command has a page and a line in the command's index, and
// every page a rule.
func TestRulePages(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "rules")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]bool{}
	for _, e := range entries {
		if e.Name() != "README.md" {
			pages[strings.TrimSuffix(e.Name(), ".md")] = true
		}
	}
	src, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rest := pages
	for command, rules := range map[string][]finding.Rule{"check": check.Rules(), "audit": audit.Rules()} {
		_, index, ok := strings.Cut(string(src), "\n## The rules of `portalctl "+command+"`\n")
		if index, _, _ = strings.Cut(index, "\n## "); !ok {
			t.Fatalf("no index of the rules of %s", command)
		}
		for _, r := range rules {
			page, err := os.ReadFile(filepath.Join(dir, r.ID+".md"))
			if err != nil {
				t.Errorf("%s has no page", r.ID)
			}
			if !strings.HasPrefix(string(page), "# "+r.ID+"\n") {
				t.Errorf("the page of %s does not start with its name", r.ID)
			}
			if !strings.Contains(index, "\n| ["+r.ID+"]("+r.ID+".md) |") {
				t.Errorf("%s is not in the index of %s", r.ID, command)
			}
			if r.Title == "" || r.Severity == "" {
				t.Errorf("%s has no title or severity", r.ID)
			}
			delete(rest, r.ID)
		}
		if lines := strings.Count(index, "\n| ["); lines != len(rules) {
			t.Errorf("the index of %s has %d rules, not %d", command, lines, len(rules))
		}
	}
	for p := range rest {
		t.Errorf("there is no rule %s", p)
	}
}
