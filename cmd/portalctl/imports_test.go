package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/portalctl/portalctl/"

// ranks fixes which package may import which: only one of a lower rank. It is
// the dependency rule of docs/architecture.md; a new package needs a place here.
var ranks = map[string]int{
	"internal/jstext":     -1,
	"internal/pattern":    -1,
	"internal/fault":      0,
	"internal/heap":       0,
	"internal/semrange":   0,
	"internal/portal":     0,
	"internal/english":    0,
	"internal/loosejson":  0,
	"internal/jsonscan":   0,
	"internal/filelock":   0,
	"internal/atomicfile": 0,
	"internal/proc":       0,
	"internal/secret":     0,
	"internal/spec":       1,
	"internal/scratch":    2,
	"internal/repofile":   0,
	"internal/squat":      2,
	"internal/npmsign":    1,
	"internal/gitbase":    2,
	"internal/sorting":    0,

	"internal/jsscan":         0,
	"internal/npmtar":         0,
	"internal/dts":            1,
	"internal/changelog":      1,
	"internal/codemods":       3,
	"internal/published":      5,
	"internal/migrations":     6,
	"internal/capability":     2,
	"internal/diff3":          0,
	"internal/dockerfile":     1,
	"internal/codeowners":     0,
	"internal/json5":          1,
	"internal/dependabot":     3,
	"internal/renovate":       2,
	"internal/keymerge":       3,
	"internal/scaffold":       6,
	"internal/jsonedit":       2,
	"internal/yamledit":       2,
	"internal/yarnlock":       2,
	"internal/txn":            2,
	"internal/httpfetch":      2,
	"internal/ui":             2,
	"internal/yarnpatch":      2,
	"internal/yarnext":        3,
	"internal/yarnzip":        3,
	"internal/report":         3,
	"internal/sbom":           4,
	"internal/htmlreport":     3,
	"internal/secretscan":     0,
	"internal/osv":            3,
	"internal/otherlock":      3,
	"internal/license":        3,
	"internal/pg":             3,
	"internal/pkgjson":        3,
	"internal/yarnrc":         3,
	"internal/release":        3,
	"internal/appconfig":      3,
	"internal/workspace":      4,
	"internal/registry":       4,
	"internal/yarncli":        4,
	"internal/finding":        4,
	"internal/slot":           5,
	"internal/setup":          6,
	"internal/portal/plugins": 5,
	"internal/dedupe":         6,
	"internal/depgraph":       5,
	"internal/relock":         6,
	"bump":                    10,
	"check":                   10,
	"check/production":        10,
	"audit":                   10,
	"snapshot":                10,
	"cmd/portalctl":           11,
	"internal/e2e":            12,
	"internal/testkit":        11,
	"internal/bench":          12,
	"internal/bench/peer":     13,
	"internal/shipped":        12,

	"internal/testkit/dbportal":   12, // of pgtest's clusters
	"internal/testkit/snapportal": 12, // on such a cluster, too
}

// owners are the only packages that import a library, each with the reason.
var owners = map[string]string{
	"github.com/urfave/cli/v2":              "cmd/portalctl",     // flags are wiring
	"github.com/tailscale/hujson":           "internal/jsonedit", // one way to edit JSON
	"go.yaml.in/yaml/v3":                    "internal/yamledit", // one way to edit YAML
	"github.com/BurntSushi/toml":            "audit/ignore",      // osv-scanner.toml, with osv-scanner's own reader
	"github.com/hashicorp/go-retryablehttp": "internal/httpfetch",
	"github.com/clipperhouse/displaywidth":  "internal/ui",
	"github.com/fatih/color":                "internal/ui",
	"github.com/schollz/progressbar/v3":     "internal/ui",
	"github.com/olekukonko/tablewriter":     "internal/report",
	"github.com/go-git/go-git/v5":           "internal/gitbase internal/testkit/snapportal",
	"github.com/google/osv-scanner/v2":      "internal/osv",
	"github.com/google/osv-scalibr":         "internal/osv",
	"github.com/ossf/osv-schema":            "internal/osv",
	"github.com/github/go-spdx/v2":          "internal/license",
	"github.com/CycloneDX/cyclonedx-go":     "internal/sbom",
	"github.com/spdx/tools-golang":          "internal/sbom",
	"github.com/pandatix/go-cvss":           "internal/osv",
	"golang.org/x/tools":                    "internal/testkit/crossvet",
	// Migrations and what code reaches are followed by syntax trees; jsscan is for tokens.
	"github.com/tdewolff/parse/v2": "internal/migrations internal/capability",
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
		if owner, ok := ownerOf(name); ok && !test && !slices.Contains(strings.Fields(owner), pkg) {
			t.Errorf("%s imports %s, which only %s may", file, name, owner)
		}
		to, own := strings.CutPrefix(name, module)
		if !own || test {
			continue
		}
		if within(to, "internal/testkit") && !within(pkg, "internal/testkit") {
			t.Errorf("%s: production code imports %s", file, name)
		}
		if rank, ok := rankOf(to); ok && rank >= from && !within(pkg, to) {
			t.Errorf("%s: %s (rank %d) imports %s (rank %d)", file, pkg, from, to, rank)
		}
	}
	if pkg == "cmd/portalctl" || strings.HasPrefix(pkg, "internal/ui") || strings.HasPrefix(pkg, "internal/bench/peer") || strings.HasSuffix(pkg, "/gentable") || strings.HasSuffix(pkg, "/genroot") || pkg == "internal/testkit/crossvet" || strings.HasSuffix(pkg, "test") || test {
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

// docs/architecture.md has every package, each below those that it imports.
func TestArchitectureHasEveryPackage(t *testing.T) {
	_, page, _ := strings.Cut(readPage(t, "docs/architecture.md"), "\n## Packages\n")
	rows := map[string]int{}
	for i, m := range regexp.MustCompile("(?m)^\\| (`.*?`) \\|").FindAllStringSubmatch(page, -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[1], -1) {
			rows[name[1]] = i
		}
	}
	row := func(pkg string) (string, bool) {
		for p := pkg; p != "."; p = path.Dir(p) {
			if _, ok := rows[p]; ok {
				return p, true
			}
		}
		return "", false
	}
	for pkg := range ranks {
		if _, ok := row(pkg); !ok && !strings.Contains(page, "`"+pkg+"`") {
			t.Errorf("docs/architecture.md does not have %s", pkg)
		}
	}
	arrows := 0
	for _, top := range []string{"bump", "check", "audit", "snapshot", "internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", "..", top), func(file string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			rel, err := filepath.Rel(filepath.Join("..", ".."), filepath.Dir(file))
			if err != nil {
				return err
			}
			from, known := row(filepath.ToSlash(rel))
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, imp := range f.Imports {
				name, _ := strconv.Unquote(imp.Path.Value)
				own, ok := strings.CutPrefix(name, module)
				to, listed := row(own)
				if !ok || !known || !listed {
					continue
				}
				arrows++
				if rows[to] > rows[from] {
					t.Errorf("%s imports %s, which docs/architecture.md has below it", from, to)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if arrows < 300 {
		t.Errorf("%d imports were compared only", arrows)
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
