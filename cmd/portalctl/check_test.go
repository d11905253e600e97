package main

import (
	"strings"
	"testing"
)

func TestCheckUsage(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--format xml", `--format "xml" is not known`},
		{"--strategy newest", `--strategy "newest" is not known`},
		{"--dry-run", "--dry-run only makes sense with --fix"},
		{"--fail-on-change", "--fail-on-change only makes sense with --fix"},
		{"--prune", "--prune only makes sense with --fix"},
		{"--fix --diff", "--diff only makes sense with --dry-run"},
		{"--fix --dry-run --diff --format json", "--diff and --format exclude each other"},
		{"--all --scope x", "--all and --scope exclude each other"},
		{"--fix --update-baseline", "--fix and --update-baseline exclude each other"},
		{"--lockfile x -C .", "--lockfile and --directory exclude each other"},
		{"--lockfile x --online", "--lockfile and --online exclude each other"},
		{"--lockfile x --fix-manifests", "--lockfile and --fix-manifests exclude each other"},
		{"--lockfile ../../testdata/portal/yarn.lock --update-baseline", "--update-baseline needs a file to write"},
		{"--scope [", `--scope "[" is not a valid glob`},
		{". --fix", `unexpected argument "."`},
		{"-C no/such", "no such directory"},
	} {
		code, out, errOut := run0(t, "", exampleEnv(t), append([]string{"check"}, strings.Fields(tt.args)...)...)
		if code != 2 || out != "" || !strings.Contains(errOut, tt.want) || !strings.Contains(errOut, "next:") {
			t.Errorf("check %s: code %d, stdout %q, stderr %q; want code 2, no stdout, %q and a next step", tt.args, code, out, errOut, tt.want)
		}
	}
}

// The example portal is a place to try the command on.
func TestCheckExample(t *testing.T) {
	code, out, errOut := run0(t, "", exampleEnv(t), "check", "-C", example)
	if code > 1 || !strings.HasPrefix(out, "portalctl check, release 1.5") || errOut != "" {
		t.Errorf("code %d, stderr %q\n%s", code, errOut, out)
	}
}
