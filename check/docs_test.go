package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every rule has a page, and every page a rule.
func TestRulePages(t *testing.T) {
	dir := filepath.Join("..", "docs", "rules")
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
	index, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Rules() {
		if !pages[r.ID] {
			t.Errorf("%s has no page", r.ID)
		}
		delete(pages, r.ID)
		page, _ := os.ReadFile(filepath.Join(dir, r.ID+".md"))
		if !strings.HasPrefix(string(page), "# "+r.ID+"\n") {
			t.Errorf("the page of %s does not start with its name", r.ID)
		}
		if !strings.Contains(string(index), "["+r.ID+"]("+r.ID+".md)") {
			t.Errorf("%s is not in the index", r.ID)
		}
	}
	for p := range pages {
		t.Errorf("there is no rule %s", p)
	}
}
