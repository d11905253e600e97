package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/ui"
)

func testEnv(stdin string, environ []string) (env, *bytes.Buffer, *bytes.Buffer) {
	s, out, errOut := ui.Test(stdin)
	return env{Streams: s, Environ: environ}, out, errOut
}

// exampleEnv points every lookup at the example portal's own data.
func exampleEnv(t *testing.T) []string {
	t.Helper()
	versions, err := filepath.Abs("../../testdata/versions")
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		"BACKSTAGE_VERSIONS_BASE_URL=file://" + filepath.ToSlash(versions),
		"PORTALCTL_CACHE_DIR=" + t.TempDir(),
		"HOME=" + t.TempDir(),
	}
}

const example = "../../testdata/portal"

func TestUsageErrorsKeepStdoutEmpty(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string // in stderr
	}{
		{[]string{"bump"}, `there is no command "bump"`},
		{[]string{"bump"}, `Did you mean "versions bump"?`},
		{[]string{"versions:bump"}, `Did you mean "versions bump"?`},
		{[]string{"help", "versions", "bmup"}, `there is no command "bmup"`},
		{[]string{"--fix", "check"}, "Options other than -C come after the command"},
		{[]string{"-C", "no/such/dir", "check"}, "no such directory"},
		{[]string{"-C", ".", "completion", "bash"}, "there is no option -C"},
		{[]string{"versions", "lock", "--resove", "release"}, "Did you mean --resolve?"},
		{[]string{"versions", "lock", "--check", "--yes"}, "exclude each other"},
		{[]string{"check", "--yes"}, "--yes only makes sense with --fix"},
		{[]string{"snapshot", "create", "--exit-code"}, "only makes sense with --dry-run"},
		{[]string{"versoins"}, `Did you mean "versions"?`},
		{[]string{"versions", "bmup"}, `Did you mean "bump"?`},
		{[]string{"versions", "bump", "--nope"}, "there is no option --nope"},
		{[]string{"versions", "bump", "--dryrun"}, "Did you mean --dry-run?"},
		{[]string{"versions", "bump", "--dry-run=x"}, `invalid boolean value "x" for --dry-run`},
		{[]string{"versions", "status", "--max-behind", "x"}, `invalid value "x" for --max-behind`},
		{[]string{"versions", "bump", "--format"}, "--format needs a value"},
		{[]string{"versions", "bump", "main", "--dry-run"}, `unexpected argument "main"`},
		{[]string{"versions", "bump", "--format", "xml"}, `--format "xml" is not known`},
		{[]string{"versions", "bump", "--lockfile", "npm"}, `--lockfile "npm" is not known`},
		{[]string{"versions", "bump", "--diff"}, "only makes sense with --dry-run"},
		{[]string{"versions", "bump", "--exit-code"}, "only makes sense with --dry-run"},
		{[]string{"versions", "bump", "--dry-run", "--yes"}, "exclude each other"},
		{[]string{"versions", "bump", "--dry-run", "--diff", "--format", "json"}, "--diff"},
		{[]string{"versions", "bump", "-C", "no/such/dir"}, "no such directory"},
		{[]string{"versions", "bump", "-C", "main.go"}, "is a file"},
		{[]string{"versions", "bump", "--yes", "--output", "no/such/report.json", "-C", example}, "there is no folder no/such"},
		{[]string{"check", "--fix", "--output", "no/such/report", "-C", example}, "there is no folder no/such"},
		{[]string{"versions", "status", "--output", "testdata", "-C", example}, "is a folder"},
		{[]string{"versions", "status", "extra"}, `unexpected argument "extra"`},
		{[]string{"versions", "status", "--max-behind", "-1"}, "is negative"},
		{[]string{"completion", "tcsh"}, `there is no command "tcsh"`},
	} {
		code, out, errOut := run0(t, "", exampleEnv(t), tt.args...)
		if code != 2 || out != "" || !strings.Contains(errOut, tt.want) || !strings.Contains(errOut, "next:") {
			t.Errorf("%s: code %d, stdout %q, stderr %q; want code 2, no stdout, %q and a next step",
				strings.Join(tt.args, " "), code, out, errOut, tt.want)
		}
	}
}

// A report in a file has no colours, whatever the terminal has.
func TestOutputHasNoColours(t *testing.T) {
	e, out, _ := testEnv("", exampleEnv(t))
	e.OutColor = true
	file := filepath.Join(t.TempDir(), "report")
	code := Main(t.Context(), []string{"portalctl", "versions", "status", "-C", example, "--output", file}, e)
	text, err := os.ReadFile(file)
	if err != nil || code != 0 || out.Len() > 0 || bytes.Contains(text, []byte("\x1b")) || !bytes.Contains(text, []byte("Backstage")) {
		t.Errorf("code %d, %v, stdout %q, file:\n%q", code, err, out, text)
	}
}

func TestHelpGoesToStdout(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"help"}, {"versions"}, {"-C", "."}, {"versions", "bump", "--help"},
		{"versions", "--help"}, {"help", "versions", "bump"}, {"versions", "help", "bump"}, {"help", "audit", "db"}, {"audit", "db", "help", "update"}, {"help", "check"}} {
		code, out, errOut := run0(t, "", nil, args...)
		if code != 0 || !strings.Contains(out, "USAGE") || errOut != "" {
			t.Errorf("%v: code %d, stdout %q, stderr %q", args, code, out, errOut)
		}
	}
}

func TestCompletionAndManName(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"completion bash", "complete -o default -F _portalctl portalctl"},
		{"completion zsh", "#compdef portalctl"},
		{"completion fish", "complete -c portalctl"},
		{"man", ".TH portalctl 1"},
		{"man", "Exit codes: 0 nothing blocks"},
	} {
		code, out, errOut := run0(t, "", nil, strings.Fields(tt.args)...)
		if code != 0 || !strings.Contains(out, tt.want) || errOut != "" {
			t.Errorf("%s: code %d, stderr %q, stdout lacks %q:\n%.300s", tt.args, code, errOut, tt.want, out)
		}
	}
}
