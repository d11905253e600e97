package scripts

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdBranch makes a branch of main with the files of a folder beside the
// checkout, committed:
//
//	branch adds
func cmdBranch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: branch NAME")
	}
	ts.Check(ts.Exec("git", "checkout", "-q", "-f", "main"))
	ts.Check(ts.Exec("git", "checkout", "-q", "-b", args[0]))
	from := ts.MkAbs("../" + args[0])
	ts.Check(filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		to := ts.MkAbs(rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, src, 0o644)
	}))
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "-q", "-m", args[0]))
}

// cmdRevParse puts the full name of a commit into a variable:
//
//	revparse GITHUB_SHA HEAD
func cmdRevParse(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("git", "rev-parse", args[1]))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// cmdExpires writes the day that lies that many days ahead for EXPIRES.
func cmdExpires(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	for _, name := range args[1:] {
		src, err := os.ReadFile(ts.MkAbs(name))
		ts.Check(err)
		text := strings.ReplaceAll(string(src), "EXPIRES", time.Now().AddDate(0, 0, days).UTC().Format(time.DateOnly))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}

var (
	commitName = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	daysOld    = regexp.MustCompile(`\b[0-9]+ days old`)
)

// cmdCmpBase is cmp, but commits are all called COMMIT, and ages are N days.
// With -update -testwork, what it would take is in a file beside the other.
func cmdCmpBase(ts *testscript.TestScript, _ bool, args []string) {
	got := daysOld.ReplaceAllString(commitName.ReplaceAllString(ts.ReadFile(args[0]), "COMMIT"), "N days old")
	if *update {
		ts.Check(os.WriteFile(ts.MkAbs(args[1])+".got", []byte(got), 0o644))
		return
	}
	if want := ts.ReadFile(args[1]); got != want {
		ts.Fatalf("%s differs from %s:\n%s", args[0], args[1], got)
	}
}

// cmdJQ looks at one value of the JSON on stdout: jq findings.0.status new.
func cmdJQ(ts *testscript.TestScript, neg bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for _, key := range strings.Split(args[0], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(x) {
				ts.Fatalf("%s: no element %s of %d", args[0], key, len(x))
			}
			v = x[i]
		default:
			ts.Fatalf("%s: nothing below %v", args[0], v)
		}
	}
	if got := fmt.Sprint(v); (got == args[1]) == neg {
		ts.Fatalf("%s is %q, want %q", args[0], got, args[1])
	}
}
