package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/yamledit"
)

// action is action.yml with the scripts of its steps by name.
func action(t *testing.T) (doc *yamledit.Doc, scripts map[string]string) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = yamledit.Parse("action.yml", src); err != nil {
		t.Fatal(err)
	}
	scripts = map[string]string{}
	for _, step := range doc.Items("runs", "steps") {
		name, _ := step.Get("name")
		run, _ := step.Get("run")
		scripts[name.String()] = run.String()
		if strings.Contains(run.String(), "${{") {
			t.Errorf("the step %s has an expression in its script, where an input could be code", name.String())
		}
	}
	return doc, scripts
}

// The action's flags are portalctl's, every input gets into the script, and the
// guide names every input.
func TestActionFlags(t *testing.T) {
	doc, scripts := action(t)
	help := ""
	for _, c := range [][]string{{"audit", "--help"}, {"audit", "db", "update", "--help"}} {
		code, out, errOut := run0(t, "", nil, c...)
		if code != 0 {
			t.Fatalf("%v: exit %d: %s", c, code, errOut)
		}
		help += out
	}
	for _, flag := range regexp.MustCompile(`(?m)[( ](--[a-z-]+)`).FindAllStringSubmatch(scripts["Audit"], -1) {
		if !strings.Contains(help, flag[1]) {
			t.Errorf("portalctl audit has no %s", flag[1])
		}
	}
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "audit.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range doc.Members("inputs") {
		if !strings.Contains(string(doc.Bytes()), "${{ inputs."+in.Key+" }}") {
			t.Errorf("the input %s is not used", in.Key)
		}
		if !strings.Contains(string(guide), "`"+in.Key+"`") {
			t.Errorf("docs/audit.md does not name the input %s", in.Key)
		}
	}
}

// The audit step hands the verdict on, whatever forms it writes.
func TestActionVerdict(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed: the action's script runs in it")
	}
	_, scripts := action(t)
	tests := []struct {
		name   string
		env    []string
		exits  string // of the calls of portalctl, in order
		code   int
		calls  []string
		output string
	}{
		{"passes", []string{"ONLINE=true", "SARIF=a.sarif"}, "0 0 0", 0,
			[]string{"audit -C . --online", "audit -C . --online --format markdown --output SUMMARY", "audit -C . --online --format sarif --output a.sarif"}, "sarif=a.sarif\nresult=passed\n"},
		{"blocks", []string{"BASE=abc", "FAIL_ON=low", "NO_SCORE=block", "STRICT=true", "DIRECTORY=my portal"}, "1 1", 1,
			[]string{"audit -C my portal --base abc --fail-on low --no-score block --strict", "audit -C my portal --base abc --fail-on low --no-score block --strict --format markdown --output SUMMARY"}, "result=blocked\n"},
		{"incomplete", []string{"SARIF=a.sarif"}, "2", 2, []string{"audit -C ."}, "result=incomplete\n"},
		{"incomplete later", []string{"SARIF=a.sarif"}, "0 0 2", 2, []string{"audit -C .", "audit -C . --format markdown --output SUMMARY", "audit -C . --format sarif --output a.sarif"}, "result=incomplete\n"},
		{"downloads", []string{"DATABASE=download", "ONLINE=true"}, "0 0 0", 0, []string{"audit db update", "audit -C . --offline", "audit -C . --offline --format markdown --output SUMMARY"}, "result=passed\n"},
		{"no download", []string{"DATABASE=download"}, "2", 2, []string{"audit db update"}, "result=incomplete\n"},
		{"killed", nil, "130", 130, []string{"audit -C ."}, "result=incomplete\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			fake := "#!" + bash + "\necho \"$*\" >> \"$RUNNER_TEMP/calls\"\nset -- $EXITS\nshift $(($(wc -l < \"$RUNNER_TEMP/calls\") - 1))\nexit \"$1\"\n"
			if err := os.WriteFile(filepath.Join(dir, "portalctl"), []byte(fake), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(bash, "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", scripts["Audit"])
			cmd.Env = slices.Concat([]string{"PATH=" + os.Getenv("PATH"), "DIRECTORY=.", "BASE=", "FAIL_ON=", "NO_SCORE=", "STRICT=false", "ONLINE=false", "DATABASE=service", "SARIF=",
				"RUNNER_TEMP=" + dir, "GITHUB_OUTPUT=" + filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary"), "EXITS=" + tt.exits}, tt.env)
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != tt.code {
				t.Errorf("exit %d, want %d: %s", got, tt.code, out)
			}
			read := func(name string) string {
				src, _ := os.ReadFile(filepath.Join(dir, name))
				return strings.ReplaceAll(string(src), filepath.Join(dir, "summary"), "SUMMARY")
			}
			if got, want := read("calls"), strings.Join(tt.calls, "\n")+"\n"; got != want {
				t.Errorf("calls\n%swant\n%s", got, want)
			}
			if got := read("output"); got != tt.output {
				t.Errorf("output %q, want %q", got, tt.output)
			}
			if got := read("summary"); (got != "") != (tt.exits == "2" && tt.calls[0] == "audit -C ." || tt.code == 130) {
				t.Errorf("summary %q", got)
			}
		})
	}
}
