package check

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/finding"
)

func TestConfiguredRules(t *testing.T) {
	config := func(text string) *finding.Config {
		cfg, err := finding.ParseConfig(".portalctl.yaml", []byte(text), configSchema())
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	dir := planted(t, "duplicate_by_workspace", "off_release_newer")
	in := openFixture(t, dir)
	for _, tt := range []struct {
		config string
		opts   Options
		want   string
	}{
		{"{}", Options{}, "warning duplicate, warning off-release"},
		{"check: {rules: {duplicate: error, off-release: info}}", Options{}, "error duplicate, info off-release"},
		// Turned off, a rule explains nothing away, nor does what is ignored.
		{"check: {rules: {duplicate: off}}", Options{}, "warning off-release, warning off-release"},
		{"check: {singletons: ['@backstage/catalog-*']}", Options{}, "error duplicate, warning off-release"},
		{"check: {scopes: ['@acme/*']}", Options{}, "warning off-release, warning off-release"},
		{"check: {scopes: ['@acme/*']}", Options{Scope: []string{"@backstage/*"}}, "warning duplicate, warning off-release"},
		{"check: {ignore: [{rule: duplicate, package: '@backstage/*', reason: r, expires: 2026-09-01}]}", Options{}, "warning off-release, warning off-release"},
		{"check: {ignore: [{rule: duplicate, package: '@backstage/*', reason: r, expires: 2026-08-31}]}", Options{}, "error ignore-expired, warning duplicate, warning off-release"},
	} {
		tt.opts.Config = config(tt.config)
		var got []string
		for _, f := range mustReport(t, in, tt.opts).Findings {
			got = append(got, string(f.Severity)+" "+f.Rule)
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %s, want %s", tt.config, strings.Join(got, ", "), tt.want)
		}
	}
}

func TestBaseline(t *testing.T) {
	recorded, err := NewBaseline(openFixture(t, planted(t, "duplicate_by_workspace", "registered_never")), Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	base, err := finding.ParseBaseline("b.json", recorded.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	// Lines move, and one finding is gone; another comes.
	dir := planted(t, "duplicate_by_workspace", "host_router_peer_excludes")
	rewrite(t, filepath.Join(dir, "plugins/catalog-backend-module-acme/package.json"), func(s string) string {
		return strings.Replace(s, "{\n", "{\n  \"description\": \"x\",\n", 1)
	})
	r := mustReport(t, openFixture(t, dir), Options{Baseline: base})
	if diff := cmp.Diff([]string{"host-version plugins/badges/package.json:43"}, lines(r)); diff != "" {
		t.Error(diff)
	}
	// The duplicate, and what it explained while it was not known.
	if len(r.Known) != 2 || r.Gone != 1 || !r.Failed() {
		t.Errorf("%d known, %d gone", len(r.Known), r.Gone)
	}
}

// An ignore is called unused only where the rules looked at what it is about.
func TestUnusedIgnores(t *testing.T) {
	dir := planted(t, "duplicate_by_workspace")
	in := openFixture(t, dir)
	unused := func(in Input, opts Options, rule, pkg string) bool {
		cfg, err := finding.ParseConfig(finding.ConfigFile, []byte("check:\n  ignore:\n    - {rule: "+rule+", package: '"+pkg+"', reason: a test, expires: 2026-12-31}\n"), configSchema())
		if err != nil {
			t.Fatal(err)
		}
		opts.Config = cfg
		for _, f := range mustReport(t, in, opts).Findings {
			if f.Rule == finding.UnusedRule.ID {
				return true
			}
		}
		return false
	}
	for _, tt := range []struct {
		rule, pkg string
		opts      Options
		want      bool
	}{
		{ruleDuplicate, "@backstage/none", Options{}, true},
		{ruleDuplicate, "lodash", Options{}, false}, // nobody looked at it
		{ruleDuplicate, "lodash", Options{All: true}, true},
		{ruleDuplicate, "@backstage/none", Options{Scope: []string{"lodash"}}, false},
		{rulePatch, "lodash", Options{}, true},
	} {
		if got := unused(in, tt.opts, tt.rule, tt.pkg); got != tt.want {
			t.Errorf("%s for %s, %+v: unused is %v", tt.rule, tt.pkg, tt.opts, got)
		}
	}
	bare := Input{Lock: in.Lock}
	if unused(bare, Options{}, rulePatch, "lodash") {
		t.Error("a bare lock says that nothing needs an ignore about patches")
	}
}
