package trust

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

var update = flag.Bool("update", false, "write what the archives in testdata want: read the diff")

// Each archive in testdata is a change: files below base/ and head/, and files
// of both, which stand once. The lines of its comment say what is found:
//
//	want: SEVERITY new|old RULE FILE:LINE words of the message
//
// A line "alone" leaves out the base, "lock alone" its files but the locks; "registries:", "scope: NAME ADDRESS" and
// "severity: RULE WORD" are policy, "workspace: FOLDER NAME" is what its name says (NAME is FOLDER unless it is there). HEX(text) and SRI(text) stand for its
// SHA-512, and \n in it for a line end.
func TestChanges(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	fires := map[string]int{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in, want := change(t, ar)
			var got []string
			for _, f := range check(t, in).Findings {
				fires[f.Rule]++
				got = append(got, line(f))
				if f.Next == "" || f.Pos.Line == 0 || f.Name == "" {
					t.Errorf("no next step, place or name: %+v", f)
				}
			}
			if *update {
				var keep []string
				for _, l := range strings.Split(strings.TrimSpace(string(ar.Comment)), "\n") {
					if !strings.HasPrefix(l, "want: ") {
						keep = append(keep, l)
					}
				}
				for _, l := range got {
					keep = append(keep, "want: "+l)
				}
				ar.Comment = []byte(strings.Join(keep, "\n") + "\n")
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
	for _, rule := range []string{ruleHost, ruleIntegrity, ruleGit, ruleYarnrc} {
		if fires[rule] == 0 {
			t.Errorf("no change triggers %s", rule)
		}
	}
}

func line(f Finding) string {
	age := "old"
	if f.New {
		age = "new"
	}
	return fmt.Sprintf("%s %s %s %s:%d %s", f.Severity, age, f.Rule, f.Pos.File, f.Pos.Line, f.Message)
}

var sumMacro = regexp.MustCompile(`(HEX|SRI)\(([^)]*)\)`)

func expandSums(src []byte) []byte {
	return sumMacro.ReplaceAllFunc(src, func(m []byte) []byte {
		parts := sumMacro.FindSubmatch(m)
		sum := sha512.Sum512(bytes.ReplaceAll(parts[2], []byte(`\n`), []byte("\n")))
		if string(parts[1]) == "HEX" {
			return []byte(hex.EncodeToString(sum[:]))
		}
		return []byte("sha512-" + base64.StdEncoding.EncodeToString(sum[:]))
	})
}

func change(t testing.TB, ar *txtar.Archive) (Input, []string) {
	t.Helper()
	base, head := Side{Files: tree{}}, Side{Files: tree{}}
	put := func(s *Side, name string, src []byte) {
		if filepath.Base(name) != "yarn.lock" {
			if !Wanted(name) {
				t.Fatalf("%s is not a file that the rules look at", name)
			}
			s.Files[name] = src
			return
		}
		l, err := yarnlock.Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		s.Locks = append(s.Locks, l)
	}
	for _, f := range ar.Files {
		src := expandSums(f.Data)
		name, inBase := strings.CutPrefix(f.Name, "base/")
		name, inHead := strings.CutPrefix(name, "head/")
		if inBase || !inHead {
			put(&base, name, src)
		}
		if inHead || !inBase {
			put(&head, name, src)
		}
	}
	in := Input{Head: head, Base: &base, Severities: map[string]finding.Severity{}, Scopes: map[string]string{},
		Now: time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)}
	var want []string
	for _, l := range strings.Split(string(ar.Comment), "\n") {
		word, rest, _ := strings.Cut(l, ": ")
		fields := strings.Fields(rest)
		switch word {
		case "alone":
			in.Base = nil
		case "lock alone":
			in.Base.Files = nil
		case "registries":
			in.Registries = fields
		case "scope":
			in.Scopes[fields[0]] = fields[1]
		case "workspace":
			in.Workspaces = append(in.Workspaces, Workspace{Name: fields[len(fields)-1], Pos: fault.Pos{File: fields[0] + "/package.json", Line: 2, Col: 3}})
		case "severity":
			in.Severities[fields[0]] = finding.Severity(fields[1])
		case "want":
			want = append(want, rest)
		}
	}
	return in, want
}

// Whatever the files hold, there is an answer, and every finding has a place.
func FuzzSettings(f *testing.F) {
	for _, name := range []string{"yarnrc", "npmrc", "yarnrc_hidden", "code_plugin_bump"} {
		ar, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			f.Add(string(file.Data), string(file.Data), "https://registry.npmjs.org/a/-/a-1.0.0.tgz#0123")
		}
	}
	f.Add("plugins:\n  - {path: ../../x, spec: 'http:'}\nyarnPath: /etc/passwd\n", "\"a b\" c\n=\n", "git+ssh://git@h:a/b.git#x")
	f.Fuzz(func(t *testing.T, yaml, npm, resolved string) {
		head := Side{Files: tree{".yarnrc.yml": []byte(yaml), ".npmrc": []byte(npm), ".yarnrc": []byte(npm), ".env.yarn": []byte(npm)}}
		text := fmt.Sprintf("# yarn lockfile v1\n\n\na@^1:\n  version \"1.0.0\"\n  resolved %q\n  integrity %q\n", resolved, npm)
		if l, err := yarnlock.Parse("yarn.lock", []byte(text)); err == nil {
			head.Locks = append(head.Locks, l)
		}
		text = fmt.Sprintf("__metadata:\n  version: 8\n\n%q:\n  version: 1.0.0\n  resolution: %q\n  checksum: %q\n", "a@"+npm, "a@"+resolved, yaml)
		if l, err := yarnlock.Parse("b/yarn.lock", []byte(text)); err == nil {
			head.Locks = append(head.Locks, l)
		}
		for _, base := range []*Side{nil, {}, {Files: tree{}}, &head} {
			for _, found := range check(t, Input{Head: head, Base: base}).Findings {
				if found.Pos.File == "" || found.Message == "" || found.Next == "" || found.New && base == &head {
					t.Fatalf("%+v", found)
				}
			}
		}
	})
}
