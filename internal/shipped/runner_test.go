package shipped

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

// runner runs the steps of action.yml as GitHub's runner does, as far as they
// are shell: inputs with their defaults, expressions, conditions, outputs.
type runner struct {
	t       *testing.T
	bash    string
	temp    string // RUNNER_TEMP
	context map[string]string
	environ []string
	log     strings.Builder
	ran     []string // the names of the steps that ran
}

func newRunner(t *testing.T, source string) *runner {
	t.Helper()
	needPrograms(t, "bash", "git", "awk", "curl", "tar", "gzip")
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{t: t, bash: bash, temp: t.TempDir()}
	r.context = map[string]string{"github.action_path": source, "runner.temp": r.temp, "runner.os": "Linux", "runner.arch": "X64"}
	r.environ = []string{"PATH=" + r.temp + "/first" + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + r.temp, "RUNNER_TEMP=" + r.temp,
		"GITHUB_OUTPUT=" + r.temp + "/output", "GITHUB_PATH=" + r.temp + "/path", "GITHUB_STEP_SUMMARY=" + r.temp + "/summary",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_SYSTEM=" + os.DevNull, "NO_PROXY=127.0.0.1"}
	r.program("first", "unused", "") // the folder
	return r
}

// program puts a script into a folder below RUNNER_TEMP.
func (r *runner) program(dir, name, script string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Join(r.temp, dir), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.temp, dir, name), []byte("#!"+r.bash+"\n"+script), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

// read is a file of RUNNER_TEMP, "" if there is none.
func (r *runner) read(name string) string {
	src, _ := os.ReadFile(filepath.Join(r.temp, name))
	return strings.ReplaceAll(string(src), r.temp, "TEMP")
}

var expression = regexp.MustCompile(`\$\{\{ *([a-z0-9_.-]+) *\}\}`)

func (r *runner) expand(text string) string {
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		return r.context[expression.FindStringSubmatch(e)[1]]
	})
}

// run does the named steps in their order, all without names, until one fails.
// with are the inputs that a workflow sets.
func (r *runner) run(with map[string]string, names ...string) int {
	r.t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
	if err != nil {
		r.t.Fatal(err)
	}
	doc, err := yamledit.Parse("action.yml", src)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, in := range doc.Members("inputs") {
		value, _ := in.Value.Get("default")
		r.context["inputs."+in.Key] = r.expand(value.String())
		if said, ok := with[in.Key]; ok {
			r.context["inputs."+in.Key] = said
		}
	}
	for _, step := range doc.Items("runs", "steps") {
		get := func(key string) string { v, _ := step.Get(key); return v.String() }
		if len(names) > 0 && !slices.Contains(names, get("name")) {
			continue
		}
		if cond := get("if"); cond != "" {
			left, right, ok := strings.Cut(cond, " == ")
			if !ok {
				r.t.Fatalf("the condition %q is not understood", cond)
			}
			if r.context[left] != strings.Trim(right, "'") {
				continue
			}
		}
		r.ran = append(r.ran, get("name"))
		if get("uses") != "" {
			continue
		}
		cmd := exec.Command(r.bash, "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", get("run"))
		cmd.Env = slices.Clone(r.environ)
		env, _ := step.Get("env")
		for _, kv := range env.Members() {
			cmd.Env = append(cmd.Env, kv.Key+"="+r.expand(kv.Value.String()))
		}
		cmd.Dir = r.t.TempDir()
		out, _ := cmd.CombinedOutput()
		r.log.Write(out)
		for _, line := range strings.Split(r.read("output"), "\n") {
			if key, value, ok := strings.Cut(line, "="); ok {
				r.context["steps."+get("id")+".outputs."+key] = value
			}
		}
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			return code
		}
	}
	return 0
}
