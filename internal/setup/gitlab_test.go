package setup

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// The include is added to what is there, and nothing else is changed; where a program
// cannot add it, the lines for a person are said.
func TestGitlabInclude(t *testing.T) {
	const own = "# portalctl check, audit and slot: added by portalctl init\ninclude:\n  - local: .gitlab/portalctl.gitlab-ci.yml\n"
	tests := []struct {
		name, old, want string
		paste           bool
	}{
		{"none", "", own, false},
		{"comments alone", "# ours\n", "# ours\n\n" + own, false},
		{"no include", "stages: [test]\nbuild:\n  script: [make]", "stages: [test]\nbuild:\n  script: [make]\n\n" + own, false},
		{"a list", "include:\n  # theirs\n  - template: x.yml # first\n  - local: /a.yml\nbuild:\n  script: [make]\n",
			"include:\n  # theirs\n  - local: .gitlab/portalctl.gitlab-ci.yml\n  - template: x.yml # first\n  - local: /a.yml\nbuild:\n  script: [make]\n", false},
		{"a list without indent", "include:\n- project: p\n  file: [a]\n- b.yml\n", "include:\n- local: .gitlab/portalctl.gitlab-ci.yml\n- project: p\n  file: [a]\n- b.yml\n", false},
		{"Windows' lines", "include:\r\n  - a.yml\r\n", "include:\r\n  - local: .gitlab/portalctl.gitlab-ci.yml\r\n  - a.yml\r\n", false},
		{"there", "include:\n  - local: /.gitlab/portalctl.gitlab-ci.yml\n", "", false},
		{"there, by name", "include: .gitlab/portalctl.gitlab-ci.yml\n", "", false},
		{"there, alone", "include:\n  local: .gitlab/portalctl.gitlab-ci.yml\n", "", false},
		{"a list in a line", "include: [a.yml, b.yml]\n", "", true},
		{"a list in brackets", "include: [\n  a.yml,\n  b.yml ]\n", "", true},
		{"one", "include: a.yml\n", "", true},
		{"a mapping", "include:\n  local: a.yml\n", "", true},
		{"an alias", ".x: &x\n  - a.yml\ninclude: *x\n", "", true},
		{"no YAML", "include: [\n", "", true},
		{"two documents", "spec:\n  inputs: {}\n---\nbuild:\n  script: [make]\n", "", true},
		{"a list of jobs", "- a\n", "", true},
	}
	for _, tt := range tests {
		m, err := include([]byte(tt.old))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want := tt.want
		if want == "" {
			want = tt.old
		}
		if string(m.text) != want || (m.paste != "") != tt.paste || m.why == "" {
			t.Errorf("%s: by hand %q, %s:\n%s", tt.name, m.paste, m.why, m.text)
		}
		if tt.want != "" {
			again, err := include(m.text)
			if err != nil || string(again.text) != string(m.text) || again.paste != "" {
				t.Errorf("%s: a second time: %v %+v", tt.name, err, again)
			}
		}
	}
}

// pipeline runs GitLab's jobs of the slot, and says how each ended.
func (h *hub) pipeline() string {
	h.t.Helper()
	parts := gitlabParts(h.f)
	doc := documents(h.t, parts[0].path, parts[0].text)[0]
	vars := func(path ...string) (env []string) {
		for _, m := range doc.Members(path...) {
			env = append(env, m.Key+"="+strings.NewReplacer("$CI_SERVER_HOST", "gitlab.example.com", "$CI_PROJECT_DIR", h.dir+"/runner/work").Replace(m.Value.String()))
		}
		return env
	}
	var ended []string
	for _, job := range []string{"portalctl-binary", "portalctl-slot", "portalctl-merge-request"} {
		h.begin(job)
		h.sh(h.dir, "mkdir -p kept artifacts && cp -R artifacts/. "+h.work)
		if job == "portalctl-slot" {
			h.sh(h.dir, "cp -R kept/. "+h.work)
		}
		env := append(vars("variables"), vars(job, "variables")...)
		env = append(env, "CI_PROJECT_DIR="+h.work, "CI_PROJECT_URL="+strings.TrimSuffix(h.remote, ".git"), "CI_DEFAULT_BRANCH=main", "CI_PIPELINE_URL=https://gitlab.example.com/acme/-/pipelines/7", "CI_COMMIT_SHA="+h.sh(h.work, "git rev-parse origin/main"))
		value, _ := doc.Get(job)
		code := h.script(gitlabScript(value), env, "-e", "-o", "pipefail")
		ended = append(ended, strings.TrimPrefix(job, "portalctl-")+" "+string(rune('0'+min(code, 9))))
		for key, to := range map[string]string{"cache": "kept", "artifacts": "artifacts"} {
			paths, _ := value.Get(key, "paths")
			if key == "artifacts" && code != 0 {
				continue
			}
			for _, p := range paths.Items() {
				h.sh(h.work, "for f in "+p.String()+"; do if [ -e \"$f\" ]; then mkdir -p \"../../"+to+"/$(dirname \"$f\")\" && cp \"$f\" \"../../"+to+"/$f\"; fi; done")
			}
		}
		if code != 0 {
			break
		}
	}
	return strings.Join(ended, ", ")
}

// The jobs of GitLab do what those of GitHub do; the merge request is made by the options
// of the push.
func TestSlotPipeline(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	const refusal = "has commits of people"
	tests := []struct {
		name, fake, token, people string
		ended, tip, says          string
		options                   []string
	}{
		{"quiet", "", "glpat", "", "binary 0, slot 0, merge-request 0", "Backstage", "",
			[]string{"merge_request.create\n", "merge_request.target=main\n", "merge_request.title=Backstage 1.50.0 → 1.53.0: needs hands\n", `merge_request.description=## Backstage 1\.50\.0 → 1.53.0: needs hands\n\n- [ ] a line with \ and "quotes" and $(touch pwned)\n\nMade by [a run of portalctl slot](https://gitlab.example.com/acme/-/pipelines/7), whose log has what the scripts of the portal printed.\n` + "\n"}},
		{"needs hands", "hands", "glpat", "", "binary 0, slot 0, merge-request 0", "Backstage", "", []string{"merge_request.title=Draft: Backstage"}},
		{"no token", "", "", "", "binary 0, slot 0, merge-request 1", "", "there is no PORTALCTL_TOKEN", nil},
		{"nothing to do", "nothing", "glpat", "", "binary 0, slot 0, merge-request 0", "", "there is nothing to upgrade", nil},
		{"something is in the way", "stuck", "glpat", "", "binary 0, slot 1", "", "the upgrade got no commit", nil},
		{"refused", "refused", "glpat", "", "binary 0, slot 2", "", "error: refused", nil},
		{"again, after work on the branch", "", "glpat", commitOnBranch, "binary 0, slot 0, merge-request 0", "mended,Backstage", "", nil},
		{"again, after main has moved", "", "glpat", mainMoves, "binary 0, slot 0, merge-request 0", "Backstage", "", []string{"merge_request.create\n"}},
		{"again, after work on the branch, and main has moved", "", "glpat", commitOnBranch + " && " + mainMoves, "binary 0, slot 0, merge-request 1", "mended,Backstage", refusal, nil},
	}
	f := factsOf(t, portalFiles())
	f.Platforms = []Platform{GitLab}
	start := newHub(t, f)
	start.sh(start.remote, `printf '%s\n' '#!/bin/sh' 'env | sed -n "s/^GIT_PUSH_OPTION_[0-9]*=//p" > ../options' > hooks/pre-receive && chmod 755 hooks/pre-receive`)
	after := start.copied(t)
	after.environ = append(after.environ, "FAKE=", "PORTALCTL_TOKEN=glpat")
	if got := after.pipeline(); got != "binary 0, slot 0, merge-request 0" {
		t.Fatalf("the first run: %s\n%s", got, after.log.String())
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := start.copied(t)
			if tt.people != "" {
				h = after.copied(t)
				h.people(tt.people)
				h.sh(h.dir, "rm -rf artifacts")
			}
			h.environ = append(h.environ, "FAKE="+tt.fake, "PORTALCTL_TOKEN="+tt.token)
			if got := h.pipeline(); got != tt.ended {
				t.Errorf("the jobs ended %q, want %q", got, tt.ended)
			}
			if got := h.tip(); got != tt.tip {
				t.Errorf("the branch has %q, want %q", got, tt.tip)
			}
			for _, want := range tt.options {
				if !strings.Contains(h.read("options"), want) {
					t.Errorf("the push lacks %q:\n%s", want, h.read("options"))
				}
			}
			if !strings.Contains(h.log.String(), tt.says) {
				t.Errorf("the log lacks %q", tt.says)
			}
			if strings.Contains(h.log.String()+h.read("calls"), "glpat") {
				t.Error("the token is shown")
			}
			if t.Failed() {
				t.Log(h.log.String(), h.read("calls"))
			}
		})
	}
}
