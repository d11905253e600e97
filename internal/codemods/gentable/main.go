// Command gentable writes internal/codemods/table.tsv, the official recipes and
// what each is about, from a checkout of their repository:
//
//	go run ./internal/codemods/gentable -from DIR
//
// What a recipe is about is taken from its published metadata and tests: the names
// that the inputs which it changes import, as far as its script names them, and
// what is in such inputs and not in what it makes of them.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yamledit"
)

func main() {
	from := flag.String("from", "", "checkout of the recipes' repository: the `DIR` above codemods")
	to := flag.String("to", "internal/codemods/table.tsv", "`FILE` to write")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "gentable:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "codemods", "v*", "*", "codemod.yaml"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no codemods/vX/NAME/codemod.yaml; name a checkout with -from", from)
	}
	type line struct {
		release, name string
		about         []string
	}
	var lines []line
	for _, file := range files {
		dir := filepath.Dir(file)
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		doc, err := yamledit.Parse(file, src)
		if err != nil {
			return err
		}
		name, ok := doc.Get("name")
		if !ok {
			return fmt.Errorf("%s names no recipe", file)
		}
		about, err := aboutOf(dir)
		if err != nil {
			return err
		}
		if len(about) == 0 { // a recipe that runs others
			continue
		}
		lines = append(lines, line{strings.TrimPrefix(filepath.Base(filepath.Dir(dir)), "v"), name.String(), about})
	}
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(semrange.CompareText(a.release, b.release), strings.Compare(a.name, b.name))
	})
	var b strings.Builder
	b.WriteString("# Written by gentable from the metadata and tests of the recipes; see table.LICENSE.\n")
	for _, l := range lines {
		b.WriteString(l.name + "\t" + l.release + "\t" + strings.Join(l.about, "\t") + "\n")
	}
	fmt.Printf("%s: %d recipes\n", to, len(lines))
	return os.WriteFile(to, []byte(b.String()), 0o644)
}

// aboutOf reads a recipe's tests.
func aboutOf(dir string) ([]string, error) {
	var script strings.Builder
	scripts, _ := filepath.Glob(filepath.Join(dir, "scripts", "*.ts"))
	for _, s := range scripts {
		src, err := os.ReadFile(s)
		if err != nil {
			return nil, err
		}
		script.Write(src)
	}
	inputs, _ := filepath.Glob(filepath.Join(dir, "tests*", "*", "input.*"))
	about := map[string]bool{}
	// imported are the names of the inputs that change, dropped those that are not
	// imported any more afterwards.
	imported, dropped := map[string]bool{}, map[string]bool{}
	for _, input := range inputs {
		ext := filepath.Ext(input)
		before, err := os.ReadFile(input)
		if err != nil {
			return nil, err
		}
		after, err := os.ReadFile(filepath.Join(filepath.Dir(input), "expected"+ext))
		if err != nil || string(before) == string(after) {
			continue // a test of what the recipe leaves alone
		}
		switch ext {
		case ".ts", ".tsx":
			names(imported, input, string(before), script.String())
			for n := range importsOf(input, string(before)) {
				if !importsOf(input, string(after))[n] {
					dropped[n] = true
				}
			}
			texts(about, string(before), string(after))
		case ".css", ".scss":
			texts(about, string(before), string(after))
		case ".yaml":
			config(about, input, before, after)
		case ".json":
			packages(about, input, before, after)
		}
	}
	// A recipe that takes names away is about these, and not about what else its
	// inputs import.
	siblings(imported, dropped, script.String())
	some := slices.ContainsFunc(slices.Collect(maps.Keys(imported)), func(n string) bool { return dropped[n] })
	for n := range imported {
		if dropped[n] || !some {
			about["import:"+n] = true
		}
	}
	return slices.Sorted(maps.Keys(about)), nil
}

// siblings adds the names that a script lists together with one that its tests
// drop: tests need not have them all.
func siblings(imported, dropped map[string]bool, script string) {
	for known := range maps.Clone(dropped) {
		module, name, _ := strings.Cut(known, "#")
		if !imported[known] {
			continue
		}
		for _, list := range listed.FindAllString(script, -1) {
			names := quotedName.FindAllStringSubmatch(list, -1)
			if !slices.ContainsFunc(names, func(m []string) bool { return m[1] == name }) {
				continue
			}
			for _, m := range names {
				imported[module+"#"+m[1]], dropped[module+"#"+m[1]] = true, true
			}
		}
	}
}

var (
	listed     = regexp.MustCompile(`\[\s*(?:'[A-Za-z_]\w*'\s*,?\s*)+\]`)
	quotedName = regexp.MustCompile(`'([A-Za-z_]\w*)'`)
)

// importsOf are the names that a file imports, as MODULE#NAME.
func importsOf(file, src string) map[string]bool {
	out := map[string]bool{}
	tokens, err := jsscan.Scan(file, src)
	if err != nil {
		return out
	}
	for _, im := range jsscan.Imports(tokens) {
		for _, n := range im.Names {
			out[im.Module+"#"+n.Name] = true
		}
	}
	return out
}

// names adds what a changed input imports from Backstage's packages, if the script
// names it.
func names(about map[string]bool, file, src, script string) {
	for n := range importsOf(file, src) {
		module, name, _ := strings.Cut(n, "#")
		quoted := regexp.MustCompile(`['"` + "`" + `]` + regexp.QuoteMeta(name) + `['"` + "`" + `]`)
		if strings.HasPrefix(module, "@backstage/") && strings.Contains(script, module) && quoted.MatchString(script) {
			about[n] = true
		}
	}
}

var styleNames = regexp.MustCompile(`--[a-z][\w-]+|\.?\bbui-[A-Za-z][\w-]*|\[?data-[a-z][\w-]*`)

// texts adds the style classes and variables that a recipe replaces.
func texts(about map[string]bool, before, after string) {
	left := map[string]bool{}
	for _, t := range styleNames.FindAllString(after, -1) {
		left[t] = true
	}
	for _, t := range styleNames.FindAllString(before, -1) {
		if !left[t] {
			about["text:"+strings.TrimPrefix(strings.TrimPrefix(t, "["), ".")] = true
		}
	}
}

// config adds the keys of app-config that a recipe takes away.
func config(about map[string]bool, file string, before, after []byte) {
	left := keys(file, after)
	for key := range keys(file, before) {
		if !left[key] {
			about["config:"+key] = true
		}
	}
}

func keys(file string, src []byte) map[string]bool {
	out := map[string]bool{}
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return out
	}
	var walk func(v yamledit.Value, prefix string)
	walk = func(v yamledit.Value, prefix string) {
		for _, m := range v.Members() {
			out[prefix+m.Key] = true
			walk(m.Value, prefix+m.Key+".")
		}
		for _, item := range v.Items() {
			walk(item, prefix)
		}
	}
	walk(doc.Root(), "")
	return out
}

// packages adds the dependencies that a recipe replaces.
func packages(about map[string]bool, file string, before, after []byte) {
	left := dependencies(file, after)
	for name := range dependencies(file, before) {
		if !left[name] {
			about["package:"+name] = true
		}
	}
}

func dependencies(file string, src []byte) map[string]bool {
	out := map[string]bool{}
	doc, err := jsonedit.Parse(file, src)
	if err != nil {
		return out
	}
	for _, section := range doc.Root().Members() {
		for _, m := range section.Value.Members() {
			out[m.Name] = true
		}
	}
	return out
}
