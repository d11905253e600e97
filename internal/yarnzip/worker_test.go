package yarnzip_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/yarnzip"
)

// TestAgainstYarnsWorker compares random tarballs, most of them odd, with the
// code of a real Yarn (a bundle in PORTALCTL_YARN, node in the PATH):
//
//	PORTALCTL_YARN=…/yarn.js PORTALCTL_TARBALLS=5000 go test -run Worker -v ./internal/yarnzip
func TestAgainstYarnsWorker(t *testing.T) {
	yarn := os.Getenv("PORTALCTL_YARN")
	if yarn == "" {
		t.Skip("set PORTALCTL_YARN to the bundle of a Yarn 4")
	}
	count, err := strconv.Atoi(os.Getenv("PORTALCTL_TARBALLS"))
	if err != nil {
		count = 500
	}
	seed, _ := strconv.ParseUint(os.Getenv("PORTALCTL_SEED"), 10, 64)
	r := rand.New(rand.NewPCG(seed, 7))
	dir := t.TempDir()
	var paths strings.Builder
	tarballs := make([][]byte, count)
	for i := range tarballs {
		tarballs[i] = randomTarball(r)
		path := filepath.Join(dir, fmt.Sprintf("%d.tgz", i))
		if err := os.WriteFile(path, tarballs[i], 0o644); err != nil {
			t.Fatal(err)
		}
		paths.WriteString(path + "\n")
	}
	cmd := exec.Command("node", "testdata/worker.mjs", yarn)
	cmd.Stdin = strings.NewReader(paths.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(answers) != count {
		t.Fatalf("%d answers to %d tarballs", len(answers), count)
	}
	var equal, fail, left int
	for i, yarns := range answers {
		ours, err := yarnzip.Checksum(context.Background(), tarballs[i], "x", yarnzip.Stored)
		switch {
		case err == nil && ours == yarnzip.Stored+"/"+yarns:
			equal++
		case errors.Is(err, yarnzip.ErrArchive) && yarns[0] == '!':
			fail++
		case errors.Is(err, yarnzip.ErrUnsupported):
			left++
		default:
			t.Errorf("tarball %d: got %q and %v, Yarn has %s", i, ours, err, yarns)
		}
	}
	t.Logf("%d equal, %d fail in both, %d left to Yarn", equal, fail, left)
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

func randomName(r *rand.Rand) string {
	root := pick(r, "package/", "package/", "package/", "package/", "foo/", "./package/", "package//", "package/./", "", "/", "../", "package/../", ".")
	if chance(r, 60) {
		root = "package/"
	}
	return root + pick(r, "a", "b", "lib", "lib/a.js", "lib/b.js", "lib/sub/c.js", "link", "link/x", "link/lib/y", "link2", "link3/q",
		"package.json", "d", "d/e", "d/e/f", "d/", "lib/", "é.js", "bad\xff\xfe.js", "bad\xe2\x82", "😀", "\xf0\x9f\x98",
		"..a", "a b", "\xed\xa0\x80z", "nl\nx", "del\x7f", "ctl\x01")
}

func randomTarget(r *rand.Rand) string {
	return pick(r, "lib", "a", "link", "../x/lib", "/etc/passwd", "/node_modules/x/lib", "nope", "./d", "..", ".", "nope/deeper",
		"link2", "../../..", "d/e/../../lib", "\xff\xc3\xa9", "link3", "../y")
}

func randomRecords(r *rand.Rand) tarEntry {
	var pairs []string
	for range 1 + r.IntN(3) {
		pairs = append(pairs, pick(r,
			[]string{"path", randomName(r)}, []string{"path", "package/" + randomName(r)}, []string{"linkpath", randomTarget(r)},
			[]string{"comment", strings.Repeat("é", r.IntN(9000))}, []string{"path", ""}, []string{"mtime", "1.5"}, []string{"size", "0"},
			[]string{"size", strconv.Itoa(r.IntN(2000))}, []string{"SCHILY.dev", "5"})...)
	}
	e := records(pick[byte](r, 'x', 'x', 'x', 'X', 'g'), pairs...)
	if chance(r, 5) {
		e.body = e.body[1:]
	}
	return e
}

func randomBody(r *rand.Rand) string {
	n := pick(r, 0, r.IntN(1500), r.IntN(1500), 512, 1024, 1500+r.IntN(40_000))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

func randomEntries(r *rand.Rand) []tarEntry {
	var es []tarEntry
	if chance(r, 15) {
		es = append(es, randomRecords(r))
	}
	if chance(r, 8) {
		es = append(es, long(pick[byte](r, 'L', 'L', 'N'), pick(r, randomName(r), "package/"+strings.Repeat("z", 150)+"/a.js", "package/a\x00b\nc")))
	}
	if chance(r, 5) {
		es = append(es, long('K', randomTarget(r)))
	}
	e := tarEntry{name: randomName(r)}
	switch kind := r.IntN(100); {
	case kind < 62:
		e.body = randomBody(r)
		if chance(r, 15) {
			e.typ = pick[byte](r, 0, '7', 'S', 'Z', 'D')
		}
	case kind < 74:
		e.typ = '5'
		e.name = strings.TrimRight(e.name, "/") + "/"
	case kind < 90:
		e.typ = '2'
		e.link = pick(r, randomTarget(r), randomTarget(r), randomTarget(r), "")
	default:
		e.typ = pick[byte](r, '1', '3', '6')
		if e.typ == '1' {
			e.link = "package/a"
		}
	}
	randomHeader(r, &e)
	return append(es, e)
}

func randomHeader(r *rand.Rand, e *tarEntry) {
	if chance(r, 30) {
		e.mode = pick(r, "0000755\x00", "0000100\x00", "    755 ", "0104755\x00", "\x80\x00\x00\x00\x00\x00\x01\xED", "755z\x00\x00\x00\x00", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xF0", "\x90\x00\x00\x00\x00\x00\x00\x00")
	}
	if chance(r, 5) {
		n := len(e.body)
		e.size = pick(r, fmt.Sprintf("%o ", n), fmt.Sprintf("   %o", n), "\x80"+strings.Repeat("\x00", 8)+string([]byte{byte(n >> 16), byte(n >> 8), byte(n)}),
			"-1", "-7777", "\u00a0"+fmt.Sprintf("%o", n), "\xFF"+strings.Repeat("\xFF", 11))
	}
	if chance(r, 15) {
		e.prefix = pick(r, "package", "package/lib", "pre/fix")
	}
	e.magic = pick(r, "", "", "ustar  \x00", "\x00")
	e.badSum = chance(r, 1)
	if chance(r, 5) {
		e.edit = pick(r,
			func(h []byte) { h[475] = 0; copy(h[476:], "00000000001\x00junk") },
			func(h []byte) { h[329] = 0x90 },
			func(h []byte) { h[108] = 0x81 },
			func(h []byte) { copy(h[157:], "oops") })
	}
}

func randomTarball(r *rand.Rand) []byte {
	var b []byte
	if chance(r, 70) {
		b = tarOf(file("package.json", "{}"))
	}
	for range 1 + r.IntN(10) {
		b = append(b, tarOf(randomEntries(r)...)...)
		if chance(r, 2) {
			b = append(b, make([]byte, 512)...)
		}
	}
	switch r.IntN(10) {
	case 0:
		b = b[:1+r.IntN(len(b))]
	case 1:
		b = append(append(b, eof...), tarOf(file("after", "abc"))...)
	case 2:
	default:
		b = append(b, eof...)
	}
	switch r.IntN(10) {
	case 0:
		at := r.IntN(len(b))
		return slices.Concat(gz(b[:at]), gz(b[at:]))
	case 1:
		return bytes.Clone(b)
	case 2:
		return append(gz(b), pick(r, "\x00\x00", "\x00junk", "junk", "\x1f\x8b")...)
	}
	return gz(b)
}
