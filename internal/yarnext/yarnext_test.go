package yarnext

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/semrange"
)

func TestRules(t *testing.T) {
	lines := 0
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" && line[0] != '#' {
			lines++
		}
	}
	if len(rules()) != lines || lines < 150 {
		t.Errorf("%d rules in %d lines", len(rules()), lines)
	}
	for _, r := range rules() {
		if _, err := semrange.Parse(r.Range); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		for _, v := range []string{r.Since, r.Until} {
			if _, err := semrange.ParseVersion(v); err != nil && v != "" {
				t.Errorf("%s: Yarn %q: %v", r.Name, v, err)
			}
		}
		if r.Since == "" || len(r.Deps)+len(r.Peers) == 0 {
			t.Errorf("incomplete: %+v", r)
		}
		for _, d := range r.Deps {
			if rng, ok := strings.CutPrefix(d.Range, "npm:"); !ok {
				t.Errorf("%s: %s", r.Name, d.Range)
			} else if _, err := semrange.Parse(rng); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
		for _, p := range r.Peers {
			if _, err := semrange.Parse(p.Range); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
	}
}
