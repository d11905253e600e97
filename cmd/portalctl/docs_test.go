package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump/template"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/setup"
	"github.com/portalctl/portalctl/internal/slot"
)

// pages are the documents that users read, by their path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	for _, name := range []string{"README.md", "SECURITY.md", "CONTRIBUTING.md"} {
		list[name] = readPage(t, name)
	}
	err := filepath.WalkDir("../../docs", func(file string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".md") {
			name := filepath.ToSlash(strings.TrimPrefix(file, filepath.FromSlash("../../")))
			list[name] = readPage(t, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 30 {
		t.Fatalf("%d pages only: the walk is broken", len(list))
	}
	return list
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(src), "\r\n", "\n")
}

// leaves calls do for every command that does something, with its full name.
func leaves(commands []*cli.Command, prefix string, do func(name string, c *cli.Command)) {
	for _, c := range commands {
		if name := prefix + c.Name; len(c.Subcommands) == 0 || c.Name == "audit" || c.Name == "check" || c.Name == "slot" {
			do(name, c)
		}
		leaves(c.Subcommands, prefix+c.Name+" ", do)
	}
}

// docs/reference.md has the formats that each command's help has.
func TestFormatsAreDocumented(t *testing.T) {
	_, page, _ := strings.Cut(readPage(t, "docs/reference.md"), "\n## Report formats\n")
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| (`.*`) \\| (`.*`) \\|$").FindAllStringSubmatch(page, -1) {
		for _, name := range strings.Split(m[1], ", ") {
			rows[strings.Trim(name, "`")] = strings.ReplaceAll(m[2], "`", "")
		}
	}
	e, _, _ := testEnv("", nil)
	leaves(newApp(e).Commands, "", func(name string, c *cli.Command) {
		for _, f := range c.Flags {
			if s, ok := f.(cli.DocGenerationFlag); ok && slices.Contains(f.Names(), "format") {
				if _, forms, _ := strings.Cut(s.GetUsage(), ": "); forms != rows[name] {
					t.Errorf("%s: the help has %q, docs/reference.md %q", name, forms, rows[name])
				}
				delete(rows, name)
			}
		}
	})
	for name := range rows {
		t.Errorf("docs/reference.md has formats of %q, which has none", name)
	}
}

// Every environment variable that the source reads is in docs/reference.md.
func TestEnvironmentIsDocumented(t *testing.T) {
	page := readPage(t, "docs/reference.md")
	_, page, _ = strings.Cut(page, "\n## Environment variables\n")
	page, _, _ = strings.Cut(page, "\n## ")
	read := []*regexp.Regexp{
		regexp.MustCompile(`(?:[gG]etenv|LookupEnv|\benv|\be\.get|\.e\.get)\("([A-Z][A-Z0-9_]+)"\)`),
		regexp.MustCompile(`EnvVars: *\[\]string\{"([A-Z0-9_]+)"`),
		regexp.MustCompile(`env\["([A-Z][A-Z0-9_]+)"\]`),
		regexp.MustCompile(`"((?:PORTALCTL|BACKSTAGE|GITHUB|CI_MERGE|XDG|PGSSL|PGPASS)[A-Z0-9_]+)"`),
	}
	tests := []string{"PORTALCTL_", "PORTALCTL_END", "PORTALCTL_SHARED", "REQUEST_METHOD"} // a prefix; the end of a here-document; test data; CGI
	found := map[string]string{}
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (slices.Contains([]string{"testdata", "bench", "testkit"}, d.Name()) || d.Name() == ".git") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(file)
		for _, re := range read {
			for _, m := range re.FindAllStringSubmatch(string(src), -1) {
				found[m[1]] = file
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Fatalf("found %d variables only: the search is broken", len(found))
	}
	for name, file := range found {
		if !strings.Contains(page, "`"+name+"`") && !strings.Contains(page, "`"+name+"=") && !slices.Contains(tests, name) {
			t.Errorf("docs/reference.md does not have %s, which %s reads", name, file)
		}
	}
	for _, m := range regexp.MustCompile("`((?:PORTALCTL|GITHUB|CI_MERGE|XDG|PGSSL)[A-Z0-9_]+)`").FindAllStringSubmatch(page, -1) {
		if found[m[1]] == "" {
			t.Errorf("docs/reference.md has %s, which nothing reads", m[1])
		}
	}
}

// docs/config.md has the keys that the parser knows, and no others.
func TestConfigKeysAreDocumented(t *testing.T) {
	page := readPage(t, "docs/config.md")
	root, environ := sqlitePortal(t)
	ask := func(text string) []string {
		if err := os.WriteFile(filepath.Join(root, ".portalctl.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		command, _, _ := strings.Cut(text, ":")
		if command == "production" {
			command = "check production"
		}
		code, out, errOut := run0(t, "", environ, append(strings.Fields(command), "-C", root)...)
		_, list, ok := strings.Cut(errOut, "Use one of: ")
		if code != 2 || !ok {
			t.Fatalf("%s: %s: exit %d\n%s%s", command, text, code, out, errOut)
		}
		list, _, _ = strings.Cut(list, "\n")
		return strings.Split(list, ", ")
	}
	var known []string
	for _, section := range []string{"check", "audit", "production"} {
		for _, key := range ask(section + ":\n  no-such-key: 1\n") {
			known = append(known, section+"."+key)
		}
	}
	_, err := template.ParseConfig(".portalctl.yaml", []byte("template:\n  no-such-key: 1\n"))
	for key := range strings.SplitSeq(strings.TrimPrefix(fault.NextOf(err), "Use one of: "), ", ") {
		known = append(known, "template."+key)
	}
	_, err = slot.ParseConfig(".portalctl.yaml", []byte("slot:\n  no-such-key: 1\n"))
	known = append(known, "slot."+strings.TrimPrefix(fault.NextOf(err), "Use one of: "))
	_, _, err = setup.ParseConfig(".portalctl.yaml", []byte("init:\n  no-such-key: 1\n"))
	known = append(known, "init."+strings.TrimPrefix(fault.NextOf(err), "Use one of: "))
	known = append(known, ask("audit:\n  ignore:\n    - no-such-key: 1\n")...)
	for _, key := range known {
		if !strings.Contains(page, "\n| `"+key+"` |") {
			t.Errorf("docs/config.md does not have %s", key)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]*)` \\|").FindAllStringSubmatch(page, -1) {
		if !slices.Contains(known, m[1]) {
			t.Errorf("docs/config.md has %s, which the parser does not know", m[1])
		}
	}
}

// What the pages show of .portalctl.yaml is accepted.
func TestConfigExamplesAreAccepted(t *testing.T) {
	root, environ := sqlitePortal(t)
	tried := 0
	for name, page := range pages(t) {
		for _, m := range regexp.MustCompile("(?m)^```yaml\n((?:check|audit):\n(?s:.*?))^```").FindAllStringSubmatch(page, -1) {
			for _, command := range []string{"check", "audit"} {
				// The example's days stay ahead of today.
				text := strings.ReplaceAll(m[1], "2026-12-31", time.Now().AddDate(0, 0, 30).UTC().Format(time.DateOnly))
				if err := os.WriteFile(filepath.Join(root, ".portalctl.yaml"), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				_, _, errOut := run0(t, "", append(environ, "PORTALCTL_OSV_URL=http://127.0.0.1:1"), command, "-C", root)
				if strings.Contains(errOut, ".portalctl.yaml:") {
					t.Errorf("%s: %s does not accept\n%s\n%s", name, command, text, errOut)
				}
				tried++
			}
		}
	}
	if tried < 8 {
		t.Errorf("%d examples tried only", tried)
	}
}

// docs/snapshot.md has every kind of refusal and warning of snapshot create.
func TestSnapshotKindsAreDocumented(t *testing.T) {
	page := readPage(t, "docs/snapshot.md")
	kinds := map[string]bool{}
	files, err := filepath.Glob("../../snapshot/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:s\.refuse|s\.warn|problem|add|report)\("([a-z]+(?:-[a-z]+)*)", |Kind: "([a-z]+(?:-[a-z]+)*)", Subject|(?m:^)\t\t\{"([a-z]+(?:-[a-z]+)*)", "`).FindAllStringSubmatch(string(src), -1) {
			kinds[m[1]+m[2]+m[3]] = true
		}
	}
	if len(kinds) < 20 {
		t.Errorf("found %d kinds only: %v", len(kinds), kinds)
	}
	for kind := range kinds {
		if !strings.Contains(page, "\n| `"+kind+"` |") {
			t.Errorf("docs/snapshot.md does not have %s", kind)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(page, -1) {
		if !kinds[m[1]] {
			t.Errorf("docs/snapshot.md has %s, which nothing refuses or warns with", m[1])
		}
	}
}

// Links between the pages lead somewhere, to headings too.
func TestLinksLeadSomewhere(t *testing.T) {
	list := pages(t)
	anchors := map[string]map[string]bool{}
	for name, page := range list {
		anchors[name] = map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
			anchor := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
			anchors[name][strings.ReplaceAll(anchor, " ", "-")] = true
		}
	}
	for name, page := range list {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`).FindAllStringSubmatch(page, -1) {
			to := name
			if m[1] != "" {
				to = strings.TrimPrefix(filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1])), "./")
			}
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(to))); err != nil {
				t.Errorf("%s: %s is not there", name, m[0])
			} else if m[2] != "" && !anchors[to][m[2]] {
				t.Errorf("%s: %s has no heading %s", name, to, m[2])
			}
		}
	}
}
