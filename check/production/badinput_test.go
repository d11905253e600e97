package production

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/ui"
)

// What cannot be read is unknown, with the place, and spoils nothing else.
func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		name, id string
		edits    files
		want     verdict
		at       string
	}{
		{"YAML that is none", "guest-provider", files{"app-config.yaml": "a: b\nc: [\n"}, verdictUnknown, "app-config.yaml"},
		{"includes in a circle", "guest-provider", files{"app-config.yaml": "x:\n  $include: a.yaml\n", "a.yaml": "y:\n  $include: a.yaml\n"}, verdictUnknown, "a.yaml:2"},
		{"an include that is not there", "guest-provider", files{"app-config.yaml": "x:\n  $include: none.yaml\n"}, verdictUnknown, "app-config.yaml:2"},
		{"an include out of the repository", "guest-provider", files{"app-config.yaml": "x:\n  $include: ../../etc/passwd.yaml\n"}, verdictUnknown, "app-config.yaml:2"},
		{"a workflow that is none", "ci-audit", files{".github/workflows/a.yml": "jobs:\n  x: [\n"}, verdictUnknown, ".github/workflows/a.yml"},
		{"one workflow of two", "ci-audit", files{".github/workflows/a.yml": "x: [\n", ".github/workflows/b.yml": workflow + "          yarn npm audit\n"}, verdictPass, ".github/workflows/b.yml:9"},
		{"a chart that is no YAML", "probes", brokenChart, verdictUnknown, "chart/templates/d.yaml"},
		{"one document of two", "probes", files{"k8s/d.yaml": "a: [\n---\n" + probed}, verdictPass, "k8s/d.yaml:16"},
		{"a Dockerfile that is none", "image-credentials", files{"packages/backend/Dockerfile": "FROM a\nnonsense here\n"}, verdictUnknown, "packages/backend/Dockerfile:1"},
		{"a binary", "contribution-guide", files{"CONTRIBUTING.md": "\x00\x01"}, verdictUnknown, "CONTRIBUTING.md:1"},
		{"50 MB", "contribution-guide", files{"CONTRIBUTING.md": strings.Repeat("x", 50<<20)}, verdictUnknown, "CONTRIBUTING.md:1"},
		{"50 MB of YAML beside", "slo", files{"deploy/rules.yaml": strings.Repeat("a: b\n", 10<<20)}, verdictUnknown, ""},
		{"aliases without end", "slo", files{"deploy/rules.yaml": "apiVersion: a\nkind: b\na: &a [*a]\n"}, verdictUnknown, ""},
		{"code that is tangled", "route-auth", files{"packages/backend/src/x.ts": "addAuthPolicy({ path: `${", "packages/backend/src/y.ts": "}}}}addAuthPolicy("}, verdictPass, "packages/backend/package.json:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := base().with(c.edits).judge(t, c.id)
			if got.Verdict != c.want {
				t.Fatalf("%s instead of %s: %s %v", got.Verdict, c.want, got.Reason, got.Evidence)
			}
			if c.at != "" && (len(got.Evidence) == 0 || !strings.HasPrefix(got.Evidence[0].Pos.String(), c.at)) {
				t.Errorf("the evidence is %v, not at %s", got.Evidence, c.at)
			}
		})
	}
}

// A tree on disk has links, which may go round or lead out.
func TestLinks(t *testing.T) {
	root := t.TempDir()
	for name, text := range base() {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(secret, []byte("apiVersion: v1\nkind: PrometheusRule\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"loop": ".", "packages/up": "../..", "self": "self", "CONTRIBUTING.md": "CONTRIBUTING.md", "alerts.yaml": secret} {
		if err := os.Symlink(to, filepath.Join(root, filepath.FromSlash(link))); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	in := base().input(t)
	in.Top, in.Repo = root, repofile.Of(root)
	defer in.Repo.Close()
	v := newView(in, Options{Now: now})
	if n := len(v.repo.names); n > 20 {
		t.Errorf("%d files in a tree of %d: links were followed", n, len(base()))
	}
	if o := slo(v); o.verdict != verdictUnknown {
		t.Errorf("a file out of the repository was read: %+v", o)
	}
	if o := contributionGuide(v); o.verdict != verdictUnknown {
		t.Errorf("a link to itself is %+v", o)
	}
}

// The forms say the same, and values of secrets are in none of them.
func TestForms(t *testing.T) {
	const secret = "s3cr3t-value-that-nobody-sees"
	in := base().with(conf("backend:\n  auth:\n    externalAccess:\n      - options: {token: "+secret+"}\nauth:\n  providers:\n    guest: {}\n"),
		files{"plugins/own/package.json": ownID}).input(t)
	in.Deploy, in.DeployName = fstest.MapFS{"d.yaml": {Data: []byte(deployment)}}, "gitops"
	r := NewReport(in, Options{Now: now, Profile: profileTeam})
	var all bytes.Buffer
	for _, write := range []func() error{
		func() error { return r.WriteTable(&all, ui.Style{}) },
		func() error { return r.WriteMarkdown(&all) },
		func() error { return r.WriteJSON(&all) },
		func() error { return r.WriteSARIF(&all, "test") },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(all.String(), secret) {
		t.Error("a secret's value is shown")
	}
	for _, want := range []string{"guest-provider", "app-config.yaml:7", "gitops/d.yaml:12", "Level 0 of 5"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("the forms do not have %s", want)
		}
	}
	page := r.Page()
	if page.Maturity == nil || len(page.Maturity.Steps) != maxLevel || len(page.Sections) < len(areas()) {
		t.Errorf("the page has %d sections", len(page.Sections))
	}
	if !r.Failed() {
		t.Error("a guest in production does not fail")
	}
	if demo := NewReport(in, Options{Now: now, Profile: profileDemo}); demo.Counts().Warnings >= r.Counts().Warnings || demo.count(verdictFail) != r.count(verdictFail) {
		t.Errorf("a demo counts %d of %d", demo.Counts().Warnings, r.Counts().Warnings)
	}
}
