package setup

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

const slotText = "## Backstage 1\\.50\\.0 → 1.53.0: needs hands\n\n- [ ] a line with \\ and \"quotes\" and $(touch pwned)\n"

// tip is the branch as the remote has it: its commits from main on, by subject.
func (h *hub) tip() string {
	return h.sh(h.remote, `git log --format=%s main..portalctl/upgrade 2> /dev/null | paste -sd , - || true`)
}

// people is what somebody does in a clone of theirs.
func (h *hub) people(script string) { h.t.Helper(); h.sh(h.dir+"/people", script) }

const (
	commitOnBranch = "git fetch --quiet && git switch --quiet portalctl/upgrade && echo mended > mended && git add . && git commit --quiet --message mended && git push --quiet origin portalctl/upgrade"
	mainMoves      = "git switch --quiet main && echo more > more && git add . && git commit --quiet --message more && git push --quiet origin main"
)

// The first run, in every way that it may end.
func TestSlotWorkflow(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	tests := []struct {
		name, fake string
		env        []string
		ended      string
		tip        string
		gh         []string // of each call, what it must have
		says       string
	}{
		{"quiet", "", nil, "upgrade 0, pull-request 0", "Backstage", []string{"[pr] [list] [--head] [portalctl/upgrade] [--base] [main]", "[pr] [create] [--head] [portalctl/upgrade] [--base] [main] [--title] [Backstage 1.50.0 → 1.53.0: needs hands]"}, ""},
		{"needs hands", "hands", nil, "upgrade 0, pull-request 0", "Backstage", []string{"[pr] [list]", "[pr] [create] [--draft]"}, ""},
		{"needs hands, without drafts", "hands", []string{"NODRAFT=1"}, "upgrade 0, pull-request 0", "Backstage", []string{"[pr] [list]", "[pr] [create] [--draft]", "[pr] [create] [--head]"}, "not supported"},
		{"a pull request is there", "hands", []string{`PULLS=[{"number":7,"isCrossRepository":true},{"number":9,"isCrossRepository":false}]`}, "upgrade 0, pull-request 0", "Backstage", []string{"[pr] [list]", "[pr] [edit] [9] [--title]"}, ""},
		{"a fork's pull request is there", "", []string{`PULLS=[{"number":7,"isCrossRepository":true}]`}, "upgrade 0, pull-request 0", "Backstage", []string{"[pr] [list]", "[pr] [create] [--head]"}, ""},
		{"nothing to do", "nothing", nil, "upgrade 0", "", nil, "there are no commits"},
		{"something is in the way", "stuck", nil, "upgrade 1", "", nil, "::error::the upgrade got no commit"},
		{"refused", "refused", nil, "upgrade 2", "", nil, "::error::portalctl slot ended with exit code 2"},
	}
	start := newHub(t, factsOf(t, portalFiles()))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := start.copied(t)
			h.environ = append(append(h.environ, "FAKE="+tt.fake), tt.env...)
			if got := h.workflow(); got != tt.ended {
				t.Errorf("the jobs ended %q, want %q", got, tt.ended)
			}
			if got := h.tip(); got != tt.tip {
				t.Errorf("the branch has %q, want %q", got, tt.tip)
			}
			var gh []string
			for line := range strings.Lines(h.read("calls")) {
				if strings.HasPrefix(line, "gh ") {
					gh = append(gh, line)
				}
			}
			if len(gh) != len(tt.gh) {
				t.Fatalf("gh was called %q, want %q", gh, tt.gh)
			}
			for i, want := range tt.gh {
				if !strings.Contains(gh[i], want) || !strings.HasSuffix(gh[i], " as gh-token\n") {
					t.Errorf("gh %q, want %q", gh[i], want)
				}
			}
			if len(tt.gh) > 0 && h.read("body") != slotText+"\nMade by [a run of portalctl slot](https://github.example.com/acme/portal/actions/runs/42), whose log has what the scripts of the portal printed.\n" {
				t.Errorf("the text is %q", h.read("body"))
			}
			if !strings.Contains(h.log.String(), tt.says) {
				t.Errorf("the log lacks %q", tt.says)
			}
			if out := h.log.String(); !commandsStopped(out) {
				t.Error("what a script printed is a command to the runner")
			}
			if t.Failed() {
				t.Log(h.log.String(), h.read("calls"))
			}
		})
	}
}

// Later runs: the branch is taken up, brought up to date, or left to the people who have
// worked on it.
func TestSlotWorkflowAgain(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	tests := []struct {
		name   string
		people string // what they do after the first run
		again  bool
		ended  string
		tip    string
		says   string
		same   bool // the commit of the first run is still there
	}{
		{"at once", "true", false, "upgrade 0, pull-request 0", "Backstage", "", true},
		{"after work on the branch", commitOnBranch, false, "upgrade 0, pull-request 0", "mended,Backstage", "", true},
		{"after main has moved", mainMoves, false, "upgrade 0, pull-request 0", "Backstage", "", false},
		{"after work on the branch, and main has moved", commitOnBranch + " && " + mainMoves, false, "upgrade 0, pull-request 1", "mended,Backstage", "::error::portalctl/upgrade has commits of people", true},
		{"anew", "true", true, "upgrade 0, pull-request 0", "Backstage", "", false},
		{"anew after work on the branch", commitOnBranch, true, "upgrade 0, pull-request 1", "mended,Backstage", "has commits of people", true},
		{"after the branch was deleted", "git push --quiet origin :portalctl/upgrade", false, "upgrade 0, pull-request 0", "Backstage", "", true},
	}
	start := newHub(t, factsOf(t, portalFiles()))
	start.environ = append(start.environ, "FAKE=")
	if got := start.workflow(); got != "upgrade 0, pull-request 0" {
		t.Fatalf("the first run: %s\n%s", got, start.log.String())
	}
	first := start.sh(start.remote, "git rev-parse portalctl/upgrade")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := start.copied(t)
			h.environ = append(h.environ, "FAKE=")
			h.people(tt.people)
			if tt.again {
				h.context["inputs.again"] = "true"
			}
			if got := h.workflow(); got != tt.ended {
				t.Errorf("the jobs ended %q, want %q", got, tt.ended)
			}
			if got := h.tip(); got != tt.tip {
				t.Errorf("the branch has %q, want %q", got, tt.tip)
			}
			if got := strings.Contains(h.sh(h.remote, "git rev-list portalctl/upgrade"), first); got != tt.same {
				t.Errorf("the first run's commit is on the branch: %v", got)
			}
			if !strings.Contains(h.log.String(), tt.says) {
				t.Errorf("the log lacks %q", tt.says)
			}
			if t.Failed() {
				t.Log(h.log.String(), h.read("calls"))
			}
		})
	}
}

// A run that was killed before its branch was pushed goes on with the commits that it made.
func TestSlotWorkflowKilled(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	h := newHub(t, factsOf(t, portalFiles()))
	environ := h.environ
	h.environ = append(environ, "FAKE=killed")
	if got := h.workflow(); got != "upgrade 9" || h.tip() != "" {
		t.Fatalf("%s, %q\n%s", got, h.tip(), h.log.String())
	}
	h.environ = append(environ, "FAKE=hands")
	h.forget()
	if got := h.workflow(); got != "upgrade 0, pull-request 0" || h.tip() != "Backstage" {
		t.Fatalf("%s, %q\n%s", got, h.tip(), h.log.String())
	}
	// The second run made none.
	if n := strings.Count(h.log.String(), "Switched to branch"); n != 1 {
		t.Errorf("the branch was taken up %d times:\n%s", n, h.log.String())
	}
}

// commandsStopped reports whether what the portal's scripts printed stands where the runner
// obeys nothing.
func commandsStopped(log string) bool {
	stopped := ""
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		switch token, stops := strings.CutPrefix(line, "::stop-commands::"); {
		case stops:
			stopped = token
		case stopped != "" && line == "::"+stopped+"::":
			stopped = ""
		case line == "::error::not a command" && stopped == "":
			return false
		}
	}
	return stopped == ""
}
