package main

import (
	"os"
	"path/filepath"
	"regexp"
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
