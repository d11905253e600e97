package yarnzip_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/yarnpatch"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

// sourceText is text that packs about as well as JavaScript does.
func sourceText(n int) string {
	words := strings.Fields("function return const module exports require this value null index props state key options result undefined")
	var b strings.Builder
	x := uint32(1)
	for b.Len() < n {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&b, "%s.%s%d(", words[x>>28], words[x>>24&15], x>>12&1023)
		if x>>20&7 == 0 {
			b.WriteString(");\n")
		}
	}
	return b.String()[:n]
}

// BenchmarkChecksum counts unpacked bytes.
func BenchmarkChecksum(b *testing.B) {
	text := sourceText(1 << 20)
	for name, c := range map[string]struct {
		files, size int
	}{
		"one file of 1 MiB":        {1, 1 << 20},
		"300 files of 3 kB":        {300, 3000},
		"30 files of 1 MiB":        {30, 1 << 20},
		"20000 files of 500 bytes": {20_000, 500},
	} {
		b.Run(name, func(b *testing.B) {
			var entries []tarEntry
			for i := range c.files {
				at := i * 977 % (len(text) - c.size + 1)
				entries = append(entries, file(fmt.Sprintf("lib/d%d/f%d.js", i%100, i), text[at:at+c.size]))
			}
			tgz := pack(entries...)
			b.SetBytes(int64(c.files * c.size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := checksum(tgz, yarnzip.DefaultLimits()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRealTarballs runs over the tarballs that TestRealTarballs kept in
// PORTALCTL_TARBALL_DIR; bytes are packed ones.
func BenchmarkRealTarballs(b *testing.B) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("PORTALCTL_TARBALL_DIR"), "*@*.tgz"))
	if os.Getenv("PORTALCTL_TARBALL_DIR") == "" || len(names) == 0 {
		b.Skip("set PORTALCTL_TARBALL_DIR to a folder of tarballs")
	}
	var all [][]byte
	total := 0
	for _, n := range names {
		data, err := os.ReadFile(n)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, data)
		total += len(data)
	}
	b.SetBytes(int64(total))
	b.ReportAllocs()
	for b.Loop() {
		for _, tgz := range all {
			if _, err := checksum(tgz, yarnzip.DefaultLimits()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkBuiltins is what the first patched package of a run costs, with a
// Yarn bundle in PORTALCTL_YARN.
func BenchmarkBuiltins(b *testing.B) {
	cjs, err := os.ReadFile(os.Getenv("PORTALCTL_YARN"))
	if err != nil {
		b.Skip("set PORTALCTL_YARN to the bundle of a Yarn 4")
	}
	b.ReportAllocs()
	for b.Loop() {
		set, err := yarnpatch.Builtins(cjs)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := set.Patch("typescript", "5.9.3"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPatchedTypeScript needs PORTALCTL_YARN and a kept typescript@5.9.3.
func BenchmarkPatchedTypeScript(b *testing.B) {
	cjs, err := os.ReadFile(os.Getenv("PORTALCTL_YARN"))
	tgz, err2 := os.ReadFile(filepath.Join(os.Getenv("PORTALCTL_TARBALL_DIR"), "typescript@5.9.3.tgz"))
	if err != nil || err2 != nil {
		b.Skip("set PORTALCTL_YARN and PORTALCTL_TARBALL_DIR")
	}
	set, err := yarnpatch.Builtins(cjs)
	if err != nil {
		b.Fatal(err)
	}
	p, _, err := set.Patch("typescript", "5.9.3")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := yarnzip.ChecksumAt(context.Background(), bytes.NewReader(tgz), int64(len(tgz)), "typescript", yarnzip.Stored, p, yarnzip.DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
