package audit

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/internal/finding"
)

// A lock that a template brings has next to nothing in it: to find nothing there
// is not a pass.
func TestStub(t *testing.T) {
	stub := map[string]string{
		"package.json":              pkg("root", ""),
		"packages/app/package.json": pkg("app", "frontend", "a ^1.0.0", "dev b ^2.0.0"),
		"yarn.lock":                 berry("root@workspace:.", "app@workspace:packages/app"),
	}
	whole := monorepo([]string{"a *"}, nil, "a@npm:* = 1.0.0")
	broken := monorepo([]string{"a *"}, nil, "a@npm:* = 1.0.0 > c npm:^1.0.0") // only the lock itself asks
	classic := map[string]string{
		"package.json": `{"name":"root","dependencies":{"a":"^1.0.0"}}`,
		"yarn.lock":    "# yarn lockfile v1\n\n\nb@^1.0.0:\n  version \"1.0.0\"\n",
	}
	warned := &ignore.Decisions{Policy: ignore.Policy{Severities: map[string]finding.Severity{"lockfile-stale": finding.Warning}}}
	for name, tt := range map[string]struct {
		files     map[string]string
		decisions *ignore.Decisions
		want      string // why it is incomplete, "" if it is not
		rules     int
	}{
		"a stub":            {stub, nil, "packages/app/package.json:6:10: yarn.lock has no entry for a@^1.0.0, b@^2.0.0", 0},
		"a stub of Yarn 1":  {classic, nil, "yarn.lock has no entry for a@^1.0.0", 0},
		"a whole lock":      {whole, nil, "", 0},
		"a gap in the lock": {broken, nil, "", 1},
		"policy says warn":  {stub, warned, "", 1},
	} {
		r := reported(t, Input{Head: load(t, tt.files), Decisions: tt.decisions}, Defaults())
		switch {
		case tt.want == "" && (len(r.Incomplete) > 0 || len(r.Rules) != tt.rules || r.Failed()):
			t.Errorf("%s: %+v", name, r)
		case tt.want != "" && (len(r.Incomplete) != 1 || !strings.Contains(r.Incomplete[0].Error(), tt.want) || !strings.Contains(r.Sentence(), "INCOMPLETE")):
			t.Errorf("%s: %v, want %s", name, r.Incomplete, tt.want)
		}
	}
	// With a base that has the gap already the change is judged.
	in := Input{Head: load(t, stub), Base: &Base{Name: "main", Locks: load(t, stub)}}
	if r := reported(t, in, Defaults()); len(r.Rules) != 1 || r.Rules[0].Verdict != verdictWarns {
		t.Errorf("%+v", r.Rules)
	}
}
