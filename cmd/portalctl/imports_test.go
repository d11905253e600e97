package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/portalctl/portalctl/"

// ranks fixes which package may import which: only one of a lower rank. It is
// the dependency rule of docs/architecture.md; a new package needs a place here.
var ranks = map[string]int{
	"internal/jstext":     -1,
	"internal/fault":      0,
	"internal/collector":  0,
	"internal/semrange":   0,
	"internal/portal":     0,
	"internal/english":    0,
	"internal/filelock":   0,
	"internal/atomicfile": 0,
	"internal/proc":       0,
	"internal/scratch":    1,
	"internal/repofile":   0,
	"internal/gitbase":    1,
	"internal/sorting":    0,
	"internal/testshared": 0,
	"internal/testkit":    0,

	"internal/jsonedit":       1,
	"internal/yamledit":       1,
	"internal/yarnlock":       1,
	"internal/txn":            1,
	"internal/httpfetch":      1,
	"internal/ui":             1,
	"internal/yarnpatch":      1,
	"internal/yarnext":        2,
	"internal/yarnzip":        2,
	"internal/report":         2,
	"internal/osv":            2,
	"internal/otherlock":      2,
	"internal/pg":             2,
	"internal/pkgjson":        2,
	"internal/yarnrc":         2,
	"internal/release":        2,
	"internal/appconfig":      2,
	"internal/workspace":      3,
	"internal/registry":       3,
	"internal/yarncli":        3,
	"internal/finding":        3,
	"internal/portal/plugins": 4,
	"internal/dedupe":         5,
	"internal/depgraph":       4,
	"internal/relock":         5,
	"bump":                    9,
	"check":                   9,
	"audit":                   9,
	"snapshot":                9,
	"cmd/portalctl":           10,
	"internal/e2e":            11,
	"internal/peerbench":      11,
	"internal/shipped":        11,
}

// owners are the only packages that import a library, each with the reason.
var owners = map[string]string{
	"github.com/urfave/cli/v2":              "cmd/portalctl",     // flags are wiring
	"github.com/tailscale/hujson":           "internal/jsonedit", // one way to edit JSON
	"go.yaml.in/yaml/v3":                    "internal/yamledit", // one way to edit YAML
	"github.com/BurntSushi/toml":            "audit/ignore",      // osv-scanner.toml, with osv-scanner's own reader
	"github.com/hashicorp/go-retryablehttp": "internal/httpfetch",
	"charm.land/lipgloss/v2":                "internal/ui",
	"github.com/schollz/progressbar/v3":     "internal/ui",
	"github.com/go-git/go-git/v5":           "internal/gitbase",
	"github.com/google/osv-scanner/v2":      "internal/osv",
	"github.com/google/osv-scalibr":         "internal/osv",
	"github.com/ossf/osv-schema":            "internal/osv",
	"github.com/pandatix/go-cvss":           "internal/osv",
}

func TestImportRules(t *testing.T) {
	root := filepath.Join("..", "..")
	checked := 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != root && (name == "testdata" || strings.HasPrefix(name, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		checked++
		checkFile(t, file, filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 50 {
		t.Fatalf("looked at %d files only: the walk is broken", checked)
	}
}

func checkFile(t *testing.T, file, pkg string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	test := strings.HasSuffix(file, "_test.go")
	from, known := rankOf(pkg)
	if !known {
		t.Errorf("%s: package %s has no rank: add it to the table in this test", file, pkg)
	}
	for _, imp := range f.Imports {
		name, _ := strconv.Unquote(imp.Path.Value)
		if owner, ok := ownerOf(name); ok && !test && pkg != owner {
			t.Errorf("%s imports %s, which only %s may", file, name, owner)
		}
		to, own := strings.CutPrefix(name, module)
		if !own || test {
			continue
		}
		if to == "internal/testshared" || within(to, "internal/testkit") && !within(pkg, "internal/testkit") {
			t.Errorf("%s: production code imports %s", file, name)
		}
		if rank, ok := rankOf(to); ok && rank >= from && !within(pkg, to) {
			t.Errorf("%s: %s (rank %d) imports %s (rank %d)", file, pkg, from, to, rank)
		}
	}
	if pkg == "cmd/portalctl" || strings.HasPrefix(pkg, "internal/ui") || strings.HasPrefix(pkg, "internal/peerbench") || pkg == "internal/release/gentable" || strings.HasSuffix(pkg, "test") || test {
		return
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	for _, word := range []string{"os.Stdout", "os.Stderr", "os.Exit(", "fmt.Print"} {
		if strings.Contains(string(src), word) {
			t.Errorf("%s uses %s: nothing below cmd prints or exits", file, word)
		}
	}
}

// rankOf is the rank of a package or of the nearest one above it, so that a
// package may keep parts of itself in folders below.
func rankOf(pkg string) (int, bool) {
	for p := pkg; p != "."; p = path.Dir(p) {
		if r, ok := ranks[p]; ok {
			return r, true
		}
	}
	return 0, false
}

func within(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}

func ownerOf(name string) (string, bool) {
	for lib, owner := range owners {
		if name == lib || strings.HasPrefix(name, lib+"/") {
			return owner, true
		}
	}
	return "", false
}
