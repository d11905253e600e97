package production

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// page is docs/production-items.md, as the table says it.
func page() string {
	var b strings.Builder
	b.WriteString("# The items of the production checklist\n\nWhat `portalctl check production` looks at ([production.md](production.md)). " +
		"This page is made of the table in check/production.\n\nThe level is that of [maturity](production.md#maturity) that needs the item. " +
		"The profile is the first in which a failure counts: `demo`, `team`, `enterprise`; advice counts in none.\n")
	for _, a := range areas() {
		fmt.Fprintf(&b, "\n## %s\n", a.title())
		for _, it := range allItems() {
			if it.Area != a {
				continue
			}
			level := fmt.Sprintf("Level %d", it.Level)
			if it.Level == 0 {
				level = "No level"
			}
			fmt.Fprintf(&b, "\n### %s\n\n%s. %s, profile `%s`.\n\nWhy: %s\n\nWhat to do: %s.\n", it.ID, it.Title, level, it.From, it.Why, strings.TrimSuffix(it.Fix, "."))
		}
	}
	return b.String()
}

func TestItemsPage(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "production-items.md")
	if os.Getenv("PORTALCTL_UPDATE_SCHEMAS") != "" {
		if err := os.WriteFile(file, []byte(page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != page() {
		t.Errorf("%s is not what the table says: write it anew with PORTALCTL_UPDATE_SCHEMAS=1", file)
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, it := range allItems() {
		if seen[it.ID] {
			t.Errorf("%s is there twice", it.ID)
		}
		seen[it.ID] = true
		if it.Title == "" || it.Why == "" || it.Fix == "" || it.Area.title() == "" || it.Level < 0 || it.Level > maxLevel {
			t.Errorf("%s is not complete", it.ID)
		}
		if (it.From == advice) != (it.Level == 0) {
			t.Errorf("%s: advice has no level, and all else has one", it.ID)
		}
	}
}
