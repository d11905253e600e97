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
// "severity: RULE WORD" are policy. HEX(text) and SRI(text) stand for its
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
	for _, rule := range []string{RuleHost, RuleIntegrity, RuleGit, RuleYarnrc} {
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
		case "severity":
			in.Severities[fields[0]] = finding.Severity(fields[1])
		case "want":
			want = append(want, rest)
		}
	}
	return in, want
}
