// Command gentable writes internal/squat/table.bin, the names of popular packages,
// from the npm package npm-high-impact (MIT), unpacked on disk:
//
//	npm pack npm-high-impact && tar xzf npm-high-impact-*.tgz
//	go run ./internal/squat/gentable -from package
//
// Its list has what is downloaded a million times a week or what 500 packages
// depend on, most downloaded first. The format of the table is described in
// internal/squat/table.go.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/portalctl/portalctl/internal/spec"
)

func main() {
	from := flag.String("from", "", "unpacked npm-high-impact: the `DIR` with its package.json")
	to := flag.String("to", "internal/squat/table.bin", "`FILE` to write")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "gentable:", err)
		os.Exit(1)
	}
}

// item is a line of the list, a JavaScript array of texts with one on each line.
var item = regexp.MustCompile(`(?m)^\s*'([^'\\]+)',?$`)

func run(from, to string) error {
	src, err := os.ReadFile(filepath.Join(from, "lib", "top.js"))
	if err != nil {
		return err
	}
	class := map[string]byte{}
	var names []string
	for i, m := range item.FindAllSubmatch(src, -1) {
		name := string(m[1])
		if !spec.IsIdent(name) || class[name] != 0 {
			return fmt.Errorf("%q is not a name, or is there twice", name)
		}
		class[name] = 'a' + byte(bits.Len(uint(i)))
		names = append(names, name)
	}
	if len(names) < 10_000 {
		return fmt.Errorf("only %d names in %s: is its form another one now?", len(names), from)
	}
	slices.Sort(names)
	var text bytes.Buffer
	last := ""
	for _, name := range names {
		same := 0
		for same < min(len(last), len(name), 90) && last[same] == name[same] {
			same++
		}
		text.Write([]byte{class[name], byte('!' + same)})
		text.WriteString(name[same:] + "\n")
		last = name
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(text.Bytes()); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(to, out.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d names, the last is %s, %d bytes\n", to, len(names), strings.TrimSpace(last), out.Len())
	return nil
}
