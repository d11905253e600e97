package appconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/jstext"
)

// FuzzSubstitute: substitution neither panics nor loses text, and says which
// variables it used.
func FuzzSubstitute(f *testing.F) {
	for _, s := range []string{"", "${A}", "$${A}", "$$${A}", "x${A:-d}y", "${A:-${B}}", "${", "}${}{", "${ A }-${B}", "${:-}", "\xff${A}"} {
		f.Add(s, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		env := environment{"A": value}
		got, unset := env.substitute(&node{kind: String, text: text})
		if (got == nil) != (len(unset) > 0) {
			t.Fatalf("%q became %v, and %q are not set", text, got, unset)
		}
		if got == nil {
			if !strings.Contains(text, "${") {
				t.Fatalf("%q disappeared", text)
			}
			return
		}
		if !strings.Contains(text, "${") && got.text != text {
			t.Fatalf("%q became %q", text, got.text)
		}
		if len(got.origin.Vars) > 0 && !strings.Contains(got.text, jstext.Trim(value)) {
			t.Fatalf("%q says it used A, but is %q", text, got.text)
		}
		if got.origin.Var != "" && got.text != jstext.Trim(value) {
			t.Fatalf("%q is not exactly $%s: %q", text, got.origin.Var, got.text)
		}
	})
}

// FuzzLoad: no text of a file makes Load panic, hang or name a value that it
// hides.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{"a: ${S}\n", "a: {$env: S}\n", "a: {$include: 'app-config.yaml#a'}\n", "a: {$file: app-config.yaml}\n", "- 1\n", "a: &x [*x]\n", "<<: {a: 1}\n", "a: {$env: {}}\n", "{$include: app-config.yaml}\n", "a: [{$include: app-config.yaml}]\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "app-config.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		const secret = "pl4ntedS3cret"
		tree, err := Load(Options{Root: root, Env: []string{"S=" + secret}})
		if err != nil {
			if strings.Contains(err.Error(), secret) && !strings.Contains(text, secret) {
				t.Fatalf("%v", err)
			}
			return
		}
		if _, _, err := tree.Get(""); err != nil {
			t.Fatal(err)
		}
	})
}
