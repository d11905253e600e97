package slot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// portal is a repository with a portal, whose commands are a stand-in that changes
// files and prints JSON as portalctl does.
type portal struct {
	t     *testing.T
	root  string
	state string
	// ran are the commands and scripts in their order; applied those that wrote.
	ran []string
	// stop ends the run at the command of that number, counted from 1, as Ctrl-C does.
	stop int
	// writes counts what was written, by git, by commands, by scripts and as state; kill
	// ends the run after that many, as SIGKILL does.
	writes, kill int
	// cancel ends the run that is at work, as Ctrl-C does.
	cancel func()
	// fails is a command, by its first words, that cannot run.
	fails string
	// exits are the scripts that fail, with what they print.
	exits map[string]string
	// prints are what commands print in place of what they usually do.
	prints map[string]string
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no program git")
	}
	p := &portal{t: t, root: t.TempDir(), state: t.TempDir(), exits: map[string]string{}, prints: map[string]string{}}
	p.write("package.json", `{"scripts":{"tsc":"tsc","test":"x"}}`)
	p.write("yarn.lock", "lock 1.52.0\n")
	p.write("src/App.tsx", "import { Gone } from 'x'\n")
	p.write(".gitignore", "node_modules\n")
	p.git("init", "-q", "-b", "main")
	p.git("add", ".")
	p.git("commit", "-q", "-m", "a portal")
	return p
}

func (p *portal) environ() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
}

func (p *portal) git(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = p.root, p.environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (p *portal) write(name, text string) {
	p.t.Helper()
	file := filepath.Join(p.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *portal) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(p.root, name))
	return string(text)
}

// changes are what each command writes, by file.
var changes = map[string]map[string]string{
	"versions template":       {"src/App.tsx": "import { Gone } from 'x'\n// template\n", "src/new.ts": "new\n"},
	"versions bump":           {"package.json": `{"scripts":{"tsc":"tsc","test":"x"},"v":2}`, "yarn.lock": "lock 1.53.0\n"},
	"versions bump --migrate": {},
	"check --fix":             {},
	"audit --fix=lock":        {"yarn.lock": "lock 1.53.0 fixed\n"},
}

func (p *portal) command(ctx context.Context, args ...string) (Printed, error) {
	p.ran = append(p.ran, strings.Join(args, " "))
	if p.stop == len(p.ran) {
		p.cancel()
		return Printed{}, ctx.Err()
	}
	return p.do(args), nil
}

// killed is what a run panics with where it is killed.
type killed struct{}

func (p *portal) wrote() {
	if p.writes++; p.writes == p.kill {
		panic(killed{})
	}
}

func (p *portal) do(args []string) Printed {
	line := strings.Join(args, " ")
	if p.fails != "" && strings.HasPrefix(line, p.fails) {
		return Printed{Args: args, Exit: 2, Problem: "there is no network"}
	}
	name := strings.Join(args[:2], " ")
	if page, ok := strings.CutPrefix(args[len(args)-1], "markdown="); ok {
		if err := os.WriteFile(page, []byte("## "+name+"\n"), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	if slices.Contains(args, "--migrate") {
		name += " --migrate"
	}
	switch {
	case slices.Contains(args, "--diff"):
		diff := ""
		for file, text := range changes[name] {
			if p.read(file) != text {
				diff += fmt.Sprintf("diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n", file, file, file, file)
			}
		}
		return Printed{Args: args, Out: diff}
	case slices.Contains(args, "--yes"):
		for _, file := range slices.Sorted(maps.Keys(changes[name])) {
			p.write(file, changes[name][file])
			p.wrote()
		}
		return Printed{Args: args, Out: "{}"}
	}
	if text, ok := p.prints[name]; ok {
		return Printed{Args: args, Out: text}
	}
	return Printed{Args: args, Out: map[string]string{
		"versions status": `{"schema":"portalctl.status/v1","current":"1.52.0","main":"1.53.0","behind":1}`,
		"versions bump": `{"schema":"portalctl.bump/v1","from":"1.52.0","to":"1.53.0","packages":[{"name":"@backstage/a","from":"1.0.0","to":"2.0.0","jump":"major"}],
			"lockfile":{"onRelease":1,"ofRelease":1},"audit":{"gone":[{"advisory":"GHSA-1","package":"x","version":"1.0.0","severity":"high"}]}}`,
		"versions changes": `{"schema":"portalctl.changes/v1","counts":{"gone":1},"gone":[{"package":"x","name":"Gone","nowIn":"y","reason":"Moved.","places":[{"file":"src/App.tsx","line":1}]}],
			"breaking":[{"changeset":"abc1234","packages":[{"name":"x","version":"2.0.0"}],"rank":"imported","names":["Prop.old"],"places":[{"file":"src/App.tsx","line":1}],"text":"**BREAKING**: Removed old."}]}`,
		"versions template": `{"schema":"portalctl.template/v1","to":"1.53.0","files":[],"counts":{}}`,
		"snapshot forecast": `{"schema":"portalctl.forecast/v1","plugins":[{"plugin":"catalog","migrations":[{"name":"1.js","pointOfNoReturn":true}]}],"boot":{"seconds":-1,"basis":"no server was asked"},"restore":["of catalog"]}`,
		"check --format":    `{"schema":"portalctl.check/v1","findings":[{"rule":"duplicate","severity":"error","fingerprint":"a"},{"rule":"peer","severity":"warning","fingerprint":"b"}]}`,
		"audit --base": `{"schema":"portalctl.audit/v1","findings":[{"advisory":"GHSA-2","severity":"high","package":"tar","version":"6.2.1","verdict":"block","status":"new",
			"summary":"A hole.","fixed":"7.5.19","file":"yarn.lock","line":1},{"advisory":"GHSA-3","verdict":"block","status":"present"}]}`,
	}[name]}
}

func (p *portal) script(_ context.Context, name, log string) (Script, error) {
	p.ran = append(p.ran, "script "+name)
	if p.stop == len(p.ran) {
		p.cancel()
		return Script{}, context.Canceled
	}
	switch name {
	case Install: // in an order of its own
		p.write("package.json", strings.ReplaceAll(p.read("package.json"), `"v":2`, `"v": 2`))
	case "tsc":
		p.write("build.info", "of tsc\n")
	}
	p.wrote()
	s := Script{Name: name, Line: "yarn " + name, Log: log}
	if out, ok := p.exits[name]; ok {
		s.Exit, s.Errors, s.OnlyBuilds = 1, scriptErrors(out), name == Install && onlyBuilds(out)
	}
	return s, nil
}

// run is one call of the command.
func (p *portal) run(change func(*Options)) (r *Run, err error) {
	p.t.Helper()
	defer func() {
		if v := recover(); v == (killed{}) {
			err = errKilled
		} else if v != nil {
			panic(v)
		}
	}()
	opts := Options{Release: "1.53.0", Version: "v1", Day: "2026-12-01"}
	if change != nil {
		change(&opts)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.cancel = cancel
	in := Input{Root: p.root, Git: OpenGit(ctx, p.root, p.environ()), Store: NewStore(p.state, p.root), Command: p.command, Script: p.script,
		Has: func(name string) bool { return strings.Contains(p.read("package.json"), `"`+name+`":`) }}
	in.Git.wrote, in.Store.wrote = p.wrote, p.wrote
	r, release, err := New(ctx, in, opts)
	if err != nil {
		return nil, err
	}
	defer release()
	return r, r.Do(ctx)
}

var errKilled = errors.New("killed")
