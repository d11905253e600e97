package otherlock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func show(l *Lock) []string {
	var out []string
	for _, e := range l.Lock.Entries {
		text := fmt.Sprintf("%s %s", strings.Join(e.Names(), "|"), strings.Join(e.Versions(), "|"))
		if l.Dev[e] {
			text += " dev"
		}
		if !strings.HasPrefix(e.Resolution.Reference, "npm:") {
			text += " " + e.Resolution.Reference
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// The locks are those that npm 10 (lockfileVersion 1, 2 and 3) and pnpm 7, 8 and
// 9 wrote for one package.json with an alias, a scope and a devDependency.
func TestReal(t *testing.T) {
	want := []string{"@sindresorhus/is 4.6.0", "debug 4.3.4", "is-number 6.0.0 dev", "is-odd 3.0.1 dev", "left-pad 1.3.0", "ms 2.1.2"}
	dirs, err := filepath.Glob("testdata/*")
	if err != nil || len(dirs) != 6 {
		t.Fatal(dirs, err)
	}
	for _, dir := range dirs {
		name := filepath.Join(dir, "package-lock.json")
		if strings.Contains(dir, "pnpm") {
			name = filepath.Join(dir, "pnpm-lock.yaml")
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		l, err := Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		list := want
		if strings.HasSuffix(dir, "pnpm9") { // it does not say what is for development
			list = slices.Clone(want)
			for i := range list {
				list[i] = strings.TrimSuffix(list[i], " dev")
			}
		}
		if diff := cmp.Diff(list, show(l)); diff != "" {
			t.Errorf("%s: %s", dir, diff)
		}
		lines := strings.Split(string(src), "\n")
		for _, e := range l.Lock.Entries {
			if _, base, _ := strings.Cut(e.Resolution.Name, "/"); e.Checksum == "" || !strings.Contains(lines[e.Line-1], base) {
				t.Errorf("%s: %s: line %d is %q, checksum %q", dir, e.Resolution, e.Line, lines[e.Line-1], e.Checksum)
			}
		}
	}
}

// What no lock that is left alone has. What is installed is what counts.
func TestOdd(t *testing.T) {
	const sum = `"integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="`
	for name, tt := range map[string]struct {
		file, text string
		want       []string
	}{
		"a tarball of another package": {"package-lock.json", `{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0",
			"resolved": "https://registry.npmjs.org/evil/-/evil-2.0.0.tgz", ` + sum + `}}}`, []string{"a|evil 2.0.0|1.0.0"}},
		"a spelling": {"npm-shrinkwrap.json", `{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "v1.0.0", ` + sum + `}}}`, []string{"a 1.0.0"}},
		"only for old npms": {"package-lock.json", `{"lockfileVersion": 2, "packages": {"node_modules/a": {"version": "1.0.0"}},
			"dependencies": {"a": {"version": "1.0.0", "dependencies": {"evil": {"version": "2.0.0"}}}}}`, []string{"a 1.0.0", "evil 2.0.0"}},
		"another case": {"package-lock.json", `{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0", "Version": "2.0.0"}}, "Packages": {}}`, []string{"a 1.0.0"}},
		"twice":        {"package-lock.json", `{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}, "packages": {"node_modules/a": {"version": "2.0.0"}}}`, []string{"a 1.0.0", "a 2.0.0"}},
		"own code":     {"package-lock.json", `{"lockfileVersion": 3, "packages": {"": {"name": "root"}, "packages/a": {"version": "1.0.0"}, "node_modules/a": {"link": true, "resolved": "packages/a"}}}`, nil},
		"git": {"package-lock.json", `{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0", "resolved": "git+ssh://git@github.com/o/a.git#0123"}}}`,
			[]string{"a 1.0.0 git+ssh://git@github.com/o/a.git#0123"}},
		"the first npm 5": {"package-lock.json", `{"name": "x", "dependencies": {"a": {"version": "1.0.0"}}}`, []string{"a 1.0.0"}},
		"pnpm 5 peers and hosts": {"pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n  /@s/a/1.0.0_react@18.0.0:\n    resolution: {integrity: x}\n" +
			"  npm.example.com/b/2.0.0:\n    resolution: {tarball: 'https://npm.example.com/b/-/b-2.0.1.tgz'}\n" +
			"  github.com/o/c/0123456:\n    resolution: {tarball: 'https://codeload.github.com/o/c/tar.gz/0123456'}\n    name: c\n    version: 3.0.0\n",
			[]string{"@s/a 1.0.0", "b 2.0.1|2.0.0", "c 3.0.0"}},
		"pnpm 9 addresses": {"pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  a@https://registry.npmjs.org/evil/-/evil-2.0.0.tgz:\n    resolution: {tarball: 'https://registry.npmjs.org/evil/-/evil-2.0.0.tgz'}\n    version: 1.0.0\n" +
			"  b@file:b:\n    resolution: {directory: b, type: directory}\n", []string{"a|evil 2.0.0 https://registry.npmjs.org/evil/-/evil-2.0.0.tgz"}},
		"pnpm, only a snapshot":    {"pnpm-lock.yaml", "lockfileVersion: '9.0'\nsnapshots:\n  evil@1.0.0(react@18.0.0): {}\n", []string{"evil 1.0.0"}},
		"pnpm, several documents":  {"pnpm-lock.yaml", "---\nlockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n---\nlockfileVersion: '9.0'\npackages:\n  evil@1.0.0: {}\n", []string{"a 1.0.0", "evil 1.0.0"}},
		"pnpm, fields say another": {"pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n  /a/1.0.0:\n    name: evil\n    version: 2.0.0\n", []string{"a 1.0.0", "evil 2.0.0"}},
	} {
		l, err := Parse(tt.file, []byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, show(l)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		file, text string
		unknown    bool
	}{
		{"package-lock.json", `{"lockfileVersion": 4, "packages": {}}`, true},
		{"package-lock.json", `{"lockfileVersion": "3", "packages": {}}`, true},
		{"package-lock.json", `[]`, false},
		{"package-lock.json", `{}`, false},
		{"package-lock.json", `{"lockfileVersion": 3, <<<<<<< HEAD`, false},
		{"pnpm-lock.yaml", "lockfileVersion: '10.0'\n", true},
		{"pnpm-lock.yaml", "packages: {}\n", true},
		{"pnpm-lock.yaml", "lockfileVersion: '9.0'\n---\nlockfileVersion: '12.0'\n", true},
		{"pnpm-lock.yaml", "", false},
		{"pnpm-lock.yaml", "a: [", false},
	} {
		_, err := Parse(tt.file, []byte(tt.text))
		if err == nil || errors.As(err, new(UnknownError)) != tt.unknown {
			t.Errorf("%s %q: %v", tt.file, tt.text, err)
		}
	}
	for name, want := range map[string][2]bool{"package-lock.json": {true, false}, "npm-shrinkwrap.json": {true, false}, "pnpm-lock.yaml": {true, false},
		"bun.lock": {false, true}, "bun.lockb": {false, true}, "yarn.lock": {false, false}, "package.json": {false, false}} {
		if Is("a/"+name) != want[0] || Unread("a/"+name) != want[1] {
			t.Error(name)
		}
	}
}
