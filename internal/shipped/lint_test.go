package shipped

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/yamledit"
)

// linter is the path of a program that judges scripts. .ci/lint-shell says
// where it is missing.
func linter(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// silent wants a linter to say nothing about a text.
func silent(t *testing.T, text, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(text)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil || out.Len() > 0 {
		t.Errorf("%s: %v\n%s", filepath.Base(program), err, out.String())
	}
}

// Every script that ships: files, the steps of the action, the RUN lines of the
// Dockerfile, the commands in README and docs.
func TestLintShell(t *testing.T) {
	t.Parallel()
	shellcheck := linter(t, "shellcheck")
	check := func(name, shell, text string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.TrimSpace(text) == "" {
				t.Fatal("there is no text")
			}
			silent(t, text, shellcheck, "--shell", shell, "-")
		})
	}
	check("install.sh", "sh", file(t, "install.sh"))
	check("bash completion", "bash", file(t, "cmd", "portalctl", "completion", "portalctl.bash"))
	scripts, err := filepath.Glob(filepath.Join("..", "..", ".ci", "*"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in .ci: %v", err)
	}
	for _, path := range scripts {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		check(filepath.Base(path), "bash", file(t, ".ci", filepath.Base(path)))
	}
	doc, err := yamledit.Parse("action.yml", []byte(file(t, "action.yml")))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range doc.Items("runs", "steps") {
		name, _ := step.Get("name")
		if run, ok := step.Get("run"); ok {
			check("action.yml: "+name.String(), "bash", run.String())
		}
	}
	for _, run := range runLines(file(t, "Dockerfile")) {
		check("Dockerfile", "sh", "# PG_MAJOR is the build's argument.\nPG_MAJOR=17\n"+run)
	}
	for _, path := range guides(t) {
		for _, block := range fenced(file(t, path), "sh", "bash") {
			check(path, "bash", block)
		}
	}
}

// runLines are the commands of a Dockerfile's RUN instructions.
func runLines(dockerfile string) []string {
	var out []string
	for _, part := range strings.Split("\n"+dockerfile, "\nRUN ")[1:] {
		var run strings.Builder
		for _, line := range strings.SplitAfter(part, "\n") {
			run.WriteString(line)
			if !strings.HasSuffix(line, "\\\n") {
				break
			}
		}
		out = append(out, run.String())
	}
	return out
}

// guides are the repository's Markdown files that tell people what to run.
func guides(t *testing.T) []string {
	t.Helper()
	paths := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
	for _, pattern := range []string{"docs/*.md", "docs/rules/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, path := range found {
			rel, err := filepath.Rel(filepath.Join("..", ".."), path)
			if err != nil {
				t.Fatal(err)
			}
			paths = append(paths, rel)
		}
	}
	return paths
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// fenced are the blocks of code of a guide in one of the languages.
func fenced(markdown string, languages ...string) []string {
	var out []string
	for _, m := range fence.FindAllStringSubmatch(strings.ReplaceAll(markdown, "\r\n", "\n"), -1) {
		for _, language := range languages {
			if m[1] == language {
				out = append(out, m[2])
			}
		}
	}
	return out
}

// Every workflow: the repository's own, and those that the guides tell people to
// write. The scripts in them too, where shellcheck is there.
func TestLintWorkflows(t *testing.T) {
	t.Parallel()
	actionlint := linter(t, "actionlint")
	paths, err := filepath.Glob(filepath.Join("..", "..", ".github", "workflows", "*.yml"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("workflows %q, %v", paths, err)
	}
	for _, path := range paths {
		silent(t, file(t, ".github", "workflows", filepath.Base(path)), actionlint, "-")
	}
	examples := 0
	for _, path := range guides(t) {
		for _, block := range fenced(file(t, path), "yaml") {
			if strings.Contains(block, "\njobs:\n") {
				examples++
				silent(t, block, actionlint, "-stdin-filename", path, "-")
			}
		}
	}
	if examples == 0 {
		t.Error("docs/audit.md has no workflow")
	}
}

// Actions are named by the commit that they are, not by a tag that moves.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: *(\S+)(.*)$`)
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	for _, path := range [][]string{{"action.yml"}, {".github", "workflows", "ci.yml"}, {".github", "workflows", "release.yml"}} {
		found := uses.FindAllStringSubmatch(file(t, path...), -1)
		for _, m := range found {
			if !pinned.MatchString(m[1]) || !strings.HasPrefix(m[2], " # v") {
				t.Errorf("%s: %s%s", filepath.Join(path...), m[1], m[2])
			}
		}
		if len(found) == 0 {
			t.Errorf("%s uses no action", filepath.Join(path...))
		}
	}
}

// The completion scripts of the other shells parse in their own.
func TestCompletionSyntax(t *testing.T) {
	t.Parallel()
	zsh := linter(t, "zsh")
	silent(t, file(t, "cmd", "portalctl", "completion", "portalctl.zsh"), zsh, "-n")
}
