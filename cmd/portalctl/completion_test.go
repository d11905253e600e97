package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completions are what all three shells must offer, each in its own way.
var completions = []struct{ line, want, never string }{
	{"", "versions check audit snapshot completion man help", "complete"},
	{"ver", "versions", "check"},
	{"versions ", "bump lock status", "help"},
	{"-C . versions ", "bump lock status", "check"},
	{"help versions ", "bump lock status", "check"},
	{"audit ", "db why", "help"},
	{"audit db ", "status update", "bump"},
	{"versions bump --r", "--release --resolve", "--yes"},
	{"versions status --", "--max-behind --format --directory", "--db"},
	{"audit db status --", "--db --max-db-age", "--max-behind"},
	{"versions bump --release ", "main next", "--yes"},
	{"versions bump --lockfile s", "skip", "native"},
	{"versions bump --yes --format ", "table json markdown", "sarif"},
	{"check --format ", "sarif github", "main"},
	{"audit --fail-on ", "low medium high critical none", "--base"},
	{"audit --no-score ", "block warn allow", "high"},
	{"check --strategy h", "highest", "release"},
}

// checkCompletions compares what ask answers for every line.
func checkCompletions(t *testing.T, ask func(line string) []string) {
	t.Helper()
	for _, tt := range completions {
		got := ask(tt.line)
		for _, want := range strings.Fields(tt.want) {
			if !slices.Contains(got, want) {
				t.Errorf("%q: no %s in %q", tt.line, want, got)
			}
		}
		if slices.Contains(got, tt.never) {
			t.Errorf("%q: %s is offered", tt.line, tt.never)
		}
	}
}

// words is a command line up to the word that is completed, which is the last.
func words(line string) []string {
	out := strings.Fields(line)
	if line == "" || strings.HasSuffix(line, " ") {
		out = append(out, "")
	}
	return out
}

func TestComplete(t *testing.T) {
	checkCompletions(t, func(line string) []string {
		_, out, _ := run0(t, "", nil, append([]string{"completion", "complete", "--"}, words(line)...)...)
		var names []string
		for l := range strings.Lines(out) {
			name, _, ok := strings.Cut(l, "\t")
			if !ok {
				t.Errorf("%q has no tab", l)
			}
			names = append(names, name)
		}
		return names
	})
}

// The scripts, each in its own shell. The shell starts portalctl.
func TestCompletionInShells(t *testing.T) {
	dir := t.TempDir()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("there is no %s on this machine", shell)
			}
			_, script, _ := run0(t, "", nil, "completion", shell)
			file := filepath.Join(dir, "portalctl."+shell)
			if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
				t.Fatal(err)
			}
			checkCompletions(t, func(line string) []string {
				cmd := exec.Command(program, shellArgs(shell, file, line)...)
				cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
				text, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, text)
				}
				var names []string
				for l := range strings.Lines(string(text)) {
					name, _, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
					names = append(names, name)
				}
				return names
			})
		})
	}
}

// shellArgs have a shell read the script and print what it would offer.
func shellArgs(shell, file, line string) []string {
	var quoted []string
	for _, w := range words(line) {
		quoted = append(quoted, "'"+w+"'")
	}
	list := strings.Join(quoted, " ")
	switch shell {
	case "bash":
		return []string{"--norc", "-c", "source " + file + "; COMP_WORDS=(portalctl " + list + "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _portalctl; printf '%s\\n' \"${COMPREPLY[@]}\""}
	case "zsh":
		// compsys only works at a prompt: what it would be told is printed.
		return []string{"-f", "-c", "compdef() { :; }; _files() { :; }; _describe() { print -rl -- ${(P)${@[-1]}%%:*}; }; source " + file +
			"; words=(portalctl " + list + "); CURRENT=${#words}; _portalctl"}
	default:
		return []string{"--no-config", "-c", "source " + file + "; complete -C 'portalctl " + line + "'"}
	}
}

// What man shows has the arguments, and every character of the examples.
func TestManualPage(t *testing.T) {
	_, page, _ := run0(t, "", nil, "man")
	file := filepath.Join(t.TempDir(), "portalctl.1")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`\&`, "", `\-`, "-", `\fP`, "", `\fB`, "", `\fR`, "", `\fI`, "").Replace(page)
	if program, err := exec.LookPath("man"); err == nil {
		cmd := exec.Command(program, "-l", file)
		cmd.Env = append(os.Environ(), "MANPAGER=cat", "PAGER=cat", "MANWIDTH=200", "GROFF_NO_SGR=1", "LC_ALL=C.UTF-8", "MANOPT=-E ascii")
		if out, err := cmd.Output(); err == nil && len(out) > 1000 {
			shown := strings.Join(strings.Fields(string(out)), " ")
			// Overstruck letters are bold.
			for i := strings.IndexByte(shown, 8); i > 0; i = strings.IndexByte(shown, 8) {
				shown = shown[:i-1] + shown[i+1:]
			}
			text = shown
		} else {
			t.Logf("man shows nothing here, so its source is looked at: %v", err)
		}
	}
	for _, want := range []string{"'tar@<7'", "PACKAGE[@VERSION]", "--max-behind", "Exit codes: 0 on time", "--fail-on", "-C"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	if strings.Contains(text, "completion complete") {
		t.Error("a hidden command is in the page")
	}
}
