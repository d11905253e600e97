package setup

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/yamledit"
)

// hub is a repository on a disk with the environment of a runner: its home, its files,
// and the programs that a job finds. Nothing of it needs a network.
type hub struct {
	t       *testing.T
	bash    string
	dir     string
	remote  string // a bare repository
	cache   string // what jobs keep for later runs
	f       *Facts
	context map[string]string
	environ []string // of each step
	home    string
	temp    string // RUNNER_TEMP of the job
	work    string // the checkout of the job
	log     strings.Builder
}

func newHub(t *testing.T, f *Facts) *hub {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the runners of these jobs have Linux")
	}
	for _, name := range []string{"bash", "git", "jq", "awk", "sha256sum"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{t: t, bash: bash, f: f}
	h.at(t.TempDir())
	h.program("portalctl", fakePortalctl)
	h.program("gh", fakeGh)
	h.sh(h.dir, `git init --quiet --bare --initial-branch main remote.git
git -C remote.git config receive.advertisePushOptions true
git clone --quiet remote.git people 2> /dev/null
cd people && git remote set-url origin ../remote.git && git config user.name Ann && git config user.email ann@example.com && git switch --quiet --create main
mkdir -p "`+f.Portal+`" && echo 1.50.0 > "`+f.At("release")+`" && git add . && git commit --quiet --message start && git push --quiet origin main`)
	return h
}

// at makes dir the hub's folder.
func (h *hub) at(dir string) {
	h.dir = dir
	h.remote, h.cache = filepath.Join(dir, "remote.git"), filepath.Join(dir, "cache")
	h.context = map[string]string{"github.token": "gh-token", "github.ref_name": "main", "inputs.again": ""}
	h.environ = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_SYSTEM=" + os.DevNull,
		"GIT_TERMINAL_PROMPT=0", "CALLS=" + filepath.Join(dir, "calls")}
}

// copied is another hub, as this one is now.
func (h *hub) copied(t *testing.T) *hub {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("cp", "-R", h.dir+"/.", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	c := &hub{t: t, bash: h.bash, f: h.f}
	c.at(dir)
	c.forget()
	return c
}

// program is one on the PATH.
func (h *hub) program(name, script string) {
	h.t.Helper()
	writeAll(h.t, filepath.Join(h.dir, "bin"), map[string]string{name: "#!" + h.bash + "\n" + script})
	if err := os.Chmod(filepath.Join(h.dir, "bin", name), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

// sh is what people do, and what must succeed.
func (h *hub) sh(dir, script string) string {
	h.t.Helper()
	cmd := exec.Command(h.bash, "-eu", "-o", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = dir, append(slices.Clone(h.environ), "HOME="+h.dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("%s: %v\n%s\n%s", script, err, out, h.log.String())
	}
	return strings.TrimSpace(string(out))
}

// read is a file below the hub's folder, "" if there is none.
func (h *hub) read(name string) string {
	src, _ := os.ReadFile(filepath.Join(h.dir, name))
	return strings.ReplaceAll(string(src), h.dir, "HUB")
}

// remove forgets what the stand-ins were asked.
func (h *hub) forget() {
	for _, name := range []string{"calls", "body", "options"} {
		_ = os.Remove(filepath.Join(h.dir, name))
	}
	h.log.Reset()
}

// begin is a job on a fresh runner: nothing is there but the checkout.
func (h *hub) begin(job string) {
	h.t.Helper()
	at := filepath.Join(h.dir, "runner")
	if err := os.RemoveAll(at); err != nil {
		h.t.Fatal(err)
	}
	h.home, h.temp, h.work = filepath.Join(at, "home"), filepath.Join(at, "temp"), filepath.Join(at, "work")
	for _, dir := range []string{h.home, h.temp} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			h.t.Fatal(err)
		}
	}
	h.sh(h.dir, "git clone --quiet remote.git "+h.work+" && cd "+h.work+" && git checkout --quiet --detach origin/main")
	h.log.WriteString("=== " + job + "\n")
}

// script runs a script of a job and returns its exit code.
func (h *hub) script(text string, env []string, flags ...string) int {
	h.t.Helper()
	cmd := exec.Command(h.bash, append(flags, "-c", text)...)
	cmd.Dir, cmd.Env = h.work, append(append(slices.Clone(h.environ), "HOME="+h.home), env...)
	out, _ := cmd.CombinedOutput()
	h.log.Write(out)
	return cmd.ProcessState.ExitCode()
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// value is one of an expression of GitHub's, as far as these workflows have them: the
// first that is not empty.
func (h *hub) value(text string) string {
	for _, one := range strings.Split(text, " || ") {
		v := h.context[one]
		if strings.HasPrefix(one, "'") {
			v = strings.Trim(one, "'")
		}
		if v != "" {
			return v
		}
	}
	return ""
}

func (h *hub) expand(text string) string {
	return expression.ReplaceAllStringFunc(text, func(e string) string { return h.value(expression.FindStringSubmatch(e)[1]) })
}

// holds evaluates the condition of a step or job, after earlier steps have ended so.
func (h *hub) holds(cond string, failed bool) bool {
	switch {
	case cond == "always()":
		return true
	case failed:
		return false
	case cond == "":
		return true
	case cond == "${{ !inputs.again }}":
		return h.context["inputs.again"] != "true"
	}
	for _, one := range strings.Split(cond, " || ") {
		left, right, ok := strings.Cut(one, " == ")
		if !ok {
			h.t.Fatalf("the condition %q is not understood", cond)
		}
		if h.context[left] == strings.Trim(right, "'") {
			return true
		}
	}
	return false
}

// workflow runs the slot's jobs as GitHub does, and says how each ended: "upgrade 0, pull-request 1".
func (h *hub) workflow() string {
	h.t.Helper()
	parts := workflowParts(h.f)
	i := slices.IndexFunc(parts, func(p part) bool { return strings.HasSuffix(p.path, "portalctl-slot.yml") })
	doc := documents(h.t, parts[i].path, parts[i].text)[0]
	var env []string
	for _, m := range doc.Members("env") {
		env = append(env, m.Key+"="+m.Value.String())
	}
	for key := range h.context {
		if strings.HasPrefix(key, "needs.") || strings.HasPrefix(key, "steps.") {
			delete(h.context, key)
		}
	}
	var ended []string
	for _, job := range doc.Members("jobs") {
		if !h.holds(get(job.Value, "if"), false) || len(ended) > 0 && !strings.HasSuffix(ended[0], " 0") {
			continue
		}
		code := h.job(job.Key, job.Value, env)
		outputs, _ := job.Value.Get("outputs")
		for _, m := range outputs.Members() {
			h.context["needs."+job.Key+".outputs."+m.Key] = h.expand(m.Value.String())
		}
		ended = append(ended, job.Key+" "+string(rune('0'+min(code, 9))))
	}
	return strings.Join(ended, ", ")
}

// job runs a job's steps. It ends as the first of them that failed did.
func (h *hub) job(name string, job yamledit.Value, env []string) (ended int) {
	h.t.Helper()
	h.begin(name)
	h.context["runner.temp"] = h.temp
	env = append(slices.Clone(env), "RUNNER_TEMP="+h.temp, "GITHUB_OUTPUT="+h.temp+"/output", "GITHUB_STEP_SUMMARY="+h.dir+"/summary",
		"GITHUB_SERVER_URL=https://github.example.com", "GITHUB_REPOSITORY=acme/portal", "GITHUB_RUN_ID=42",
		"GITHUB_SHA="+h.sh(h.work, "git rev-parse origin/main"))
	for _, step := range jobSteps(job) {
		if !h.holds(get(step, "if"), ended != 0) {
			continue
		}
		if action := get(step, "uses"); action != "" {
			h.action(action, step)
			continue
		}
		own := slices.Clone(env)
		vars, _ := step.Get("env")
		for _, m := range vars.Members() {
			own = append(own, m.Key+"="+h.expand(m.Value.String()))
		}
		if code := h.script(get(step, "run"), own, "--noprofile", "--norc", "-e", "-o", "pipefail"); code != 0 && ended == 0 {
			ended = code
		}
		src, _ := os.ReadFile(filepath.Join(h.temp, "output"))
		for line := range strings.Lines(string(src)) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				h.context["steps."+get(step, "id")+".outputs."+key] = value
			}
		}
	}
	return ended
}

// action stands in for an action: what one job keeps the next one finds.
func (h *hub) action(action string, step yamledit.Value) {
	h.t.Helper()
	with := func(key string) string { v, _ := step.Get("with", key); return h.expand(v.String()) }
	paths := strings.Join(strings.Fields(strings.ReplaceAll(with("path"), "~", h.home)), " ")
	switch name, _, _ := strings.Cut(action, "@"); name {
	case "actions/checkout", "actions/setup-node", ownAction:
	case "actions/cache/restore":
		h.sh(h.dir, "if [ -d cache ]; then mkdir -p "+h.home+" && cp -R cache/. "+h.home+"; fi")
	case "actions/cache/save":
		h.sh(h.home, "for f in "+paths+"; do if [ -e \"$f\" ]; then at=../../cache/${f#"+h.home+"/}; mkdir -p \"${at%/*}\"; cp \"$f\" \"$at\"; fi; done")
	case "actions/upload-artifact":
		h.sh(h.dir, "rm -rf artifact && cp -R "+paths+" artifact")
	case "actions/download-artifact":
		h.sh(h.dir, "cp -R artifact "+paths)
	default:
		h.t.Fatalf("the workflow uses %s, which nothing here stands in for", action)
	}
}

// fakePortalctl is slot as far as the jobs see it: a run that is kept, the branch with a
// commit of its own, a text, an exit code. FAKE has what it meets: nothing, hands,
// refused, killed, stuck.
const fakePortalctl = `echo "portalctl $*" >> "$CALLS"
state=${XDG_STATE_HOME:-$HOME/.local/state}/portalctl/slots/0123
last() { if [ -f "$state/run.json" ]; then cat "$state/run.json"; fi; }
flag() { want=$1; shift; while [ $# -gt 0 ]; do if [ "$1" = "$want" ]; then echo "$2"; fi; shift; done; }
dir=$(flag -C "$@")
cd "${dir:-.}"
on=$(git symbolic-ref --quiet --short HEAD || true)
kept=
if [ "$(last)" = "$(git rev-parse HEAD)" ]; then kept=yes; fi
if [ -n "$(last)" ] && [ "$on" = portalctl/upgrade ]; then kept=yes; fi
if [ "$1 $2" = "slot status" ]; then
  if [ -z "$kept" ]; then echo "error: there is no run of this portal" >&2; exit 2; fi
  out=$(flag --output "$@")
  if [ -n "$out" ]; then cat > "$out" <<'END'
## Backstage 1\.50\.0 → 1.53.0: needs hands

- [ ] a line with \ and "quotes" and $(touch pwned)
END
  fi
  exit 0
fi
branch=$(flag --branch "$@")
release=$(flag --release "$@")
if [ "$FAKE" = refused ]; then echo "error: refused" >&2; exit 2; fi
mkdir -p "$state"
echo "::error::not a command" > "$state/proof-1.log"
if [ -z "$kept" ]; then git rev-parse HEAD > "$state/run.json"; fi
if [ "$FAKE" = nothing ]; then exit 0; fi
if [ "$FAKE" = stuck ]; then exit 1; fi
if [ "$on" != "$branch" ]; then git switch --quiet --create "$branch"; fi
if ! git log --format=%B "$(last)..HEAD" | grep -q '^Portalctl-Slot: bump'; then
  echo "$release $RANDOM" > release
  git commit --quiet --all --message "Backstage" --message "Portalctl-Slot: bump"
fi
case $FAKE in hands) exit 1 ;; killed) exit 137 ;; esac
exit 0
`

// fakeGh keeps what it was asked, and the text that it was given. PULLS are the pull
// requests that there are, as gh prints them. With NODRAFT it has no drafts.
const fakeGh = `{ printf 'gh'; printf ' [%s]' "$@"; printf ' as %s\n' "$GH_TOKEN"; } >> "$CALLS"
flag() { want=$1; shift; while [ $# -gt 0 ]; do if [ "$1" = "$want" ]; then echo "$2"; fi; shift; done; }
if [ "$1 $2" = "pr list" ]; then jq -r "$(flag --jq "$@")" <<< "${PULLS:-[]}"; exit; fi
case " $* " in *" --draft "*) if [ -n "$NODRAFT" ]; then echo "Draft pull requests are not supported in this repository" >&2; exit 1; fi ;; esac
cp "$(flag --body-file "$@")" "${CALLS%calls}body"
`
