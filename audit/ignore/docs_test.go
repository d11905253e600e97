package ignore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/audit/trust"
)

// The examples in the guide and on the pages of rules are files that can be
// read, and the guide's policy has every key.
func TestExamples(t *testing.T) {
	pages, err := filepath.Glob("../../docs/rules/*.md")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, page := range append(pages, "../../docs/audit.md") {
		src, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range strings.Split(string(src), "\n```") {
			lang, text, _ := strings.Cut(block, "\n")
			var files []File
			switch {
			case i%2 == 0:
				continue
			case lang == "yaml" && strings.HasPrefix(text, "audit:"):
				files = policy(text + "\n")
			case lang == "toml":
				files = osv(text + "\n")
			default:
				continue
			}
			read++
			d, err := Load(Sources{Head: files, Rules: append(trust.Rules(), Rules()...), Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			if p := d.Policy; lang == "yaml" && strings.HasSuffix(page, "/audit.md") &&
				(p.FailOn == "" || p.NoScore == "" || p.FailOnUnfixable == nil || p.Prod == nil || p.Strict == nil || p.MaxDBAge == 0 || p.MinAge == 0 ||
					p.Window == 0 || p.Registries == nil || p.Scopes == nil || len(p.Severities) == 0 || len(d.ignores) == 0) {
				t.Errorf("the guide's policy lacks a key: %+v", p)
			}
		}
	}
	if read < 5 {
		t.Errorf("only %d examples", read)
	}
}
