//go:build unix

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/secretscan/scantest"
	"github.com/portalctl/portalctl/internal/testkit"
)

// Secrets that stand in the files of a portal are found, and are in nothing that
// check production writes: no form, no error, no file, no cache, no temporary file.
func TestSecretsAreNotShown(t *testing.T) {
	testkit.SkipRace(t)
	dir := t.TempDir()
	copyExample(t, dir)
	before, _ := scantest.Before()
	after, _ := scantest.After()
	third, _ := scantest.Third()
	var values []string
	for i, s := range slices.Concat(before, after, third) {
		text, _ := s.Content()
		if err := plant(dir, path.Join("deploy", fmt.Sprint("n", i), s.File), text); err != nil {
			t.Fatal(err)
		}
		for _, v := range s.Values {
			if len(v) > 8 || !slices.Contains([]string{"changeme", "postgres"}, v) {
				values = append(values, v)
			}
		}
	}
	if len(values) < 120 {
		t.Fatalf("%d values only", len(values))
	}
	out, temp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	environ := append(exampleEnv(t), "GITHUB_STEP_SUMMARY="+filepath.Join(out, "summary"))
	args := []string{"check", "production", "-C", dir}
	for _, form := range sharedForms() {
		args = append(args, "--output", form+"="+filepath.Join(out, form))
	}
	code, stdout, stderr := run0(t, "", environ, args...)
	if code != 1 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	shown := map[string]string{"stdout": stdout, "stderr": stderr}
	for _, root := range append([]string{out, temp}, cacheAndHome(environ)...) {
		if err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			src, err := os.ReadFile(name)
			shown[name] = string(src)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, form := range sharedForms() {
		if len(shown[filepath.Join(out, form)]) < 500 {
			t.Errorf("%s: nothing is written", form)
		}
	}
	var report struct {
		Findings []struct{ Rule string }
	}
	if err := json.Unmarshal([]byte(shown[filepath.Join(out, "json")]), &report); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range report.Findings {
		if f.Rule == "literal-secrets" {
			n++
		}
	}
	if n < len(values)*8/10 { // source is not looked at here, and some are defaults
		t.Errorf("%d of %d secrets are found", n, len(values))
	}
	for name, text := range shown {
		for _, v := range values {
			secret := scantest.Secret(v)
			begin, end := secret[:6], secret[len(secret)-6:]
			if word(begin) || word(end) { // such as portal: longer ones are no words
				begin, end = secret[:min(len(secret), 9)], secret[max(0, len(secret)-9):]
			}
			for _, part := range []string{v, begin, end, base64.StdEncoding.EncodeToString([]byte(v))[:8]} {
				if strings.Contains(text, part) {
					t.Errorf("%s has %q of a secret", name, part)
				}
			}
		}
	}
}

func word(s string) bool {
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz") == ""
}

// cacheAndHome are the folders that a run may keep something in.
func cacheAndHome(environ []string) (list []string) {
	for _, kv := range environ {
		if k, v, _ := strings.Cut(kv, "="); k == "HOME" || k == "PORTALCTL_CACHE_DIR" {
			list = append(list, v)
		}
	}
	return list
}
