package yarnzip_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnpatch"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

func checksum(tgz []byte, lim yarnzip.Limits) (string, error) {
	return yarnzip.ChecksumAt(context.Background(), bytes.NewReader(tgz), int64(len(tgz)), "x", yarnzip.Stored, nil, lim)
}

func TestLimits(t *testing.T) {
	tgz := pack(file("a.js", strings.Repeat("a", 1000)), dir("lib"), file("lib/b.js", "b"), symlink("l", strings.Repeat("t", 90)))
	if _, err := checksum(tgz, yarnzip.DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		set  func(*yarnzip.Limits)
		want string
	}{
		"unpacked":           {func(l *yarnzip.Limits) { l.Unpacked = 5000 }, "unpacks to more than 5000 bytes"},
		"unpacked, streamed": {func(l *yarnzip.Limits) { l.Unpacked = 5000; l.Buffer = 0 }, "unpacks to more than 5000 bytes"},
		"entries":            {func(l *yarnzip.Limits) { l.Entries = 4 }, "more than 4 files"},
		"path":               {func(l *yarnzip.Limits) { l.Path = 20 }, "path of more than 20 bytes"},
		"names":              {func(l *yarnzip.Limits) { l.Names = 150 }, "more than 150 bytes together"},
		"symlink":            {func(l *yarnzip.Limits) { l.Path = 80 }, "symlink of more than 80 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			lim := yarnzip.DefaultLimits()
			c.set(&lim)
			sum, err := checksum(tgz, lim)
			if !errors.Is(err, yarnzip.ErrLimit) || !strings.Contains(err.Error(), c.want) || fault.NextOf(err) == "" {
				t.Errorf("got %q and %v, want ErrLimit with %q and a next step", sum, err, c.want)
			}
		})
	}
}

// zeros is n zero bytes.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), z.n))
	clear(p[:n])
	z.n -= int64(n)
	return n, nil
}

// bomb is a tarball of one file of size bytes that packs to a thousandth.
func bomb(t testing.TB, size int64) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	e := tarEntry{name: "package/bomb", size: fmt.Sprintf("%011o\x00", size)}
	_, _ = w.Write(e.bytes())
	if _, err := io.Copy(w, &zeros{size}); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	return b.Bytes()
}

func TestBombTakesLittleMemory(t *testing.T) {
	tgz := bomb(t, 300<<20)
	lim := yarnzip.DefaultLimits()
	lim.TempDir = t.TempDir()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := checksum(tgz, lim); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("a file of 300 MiB took %d kB of memory", used>>10)
	}
	lim.Unpacked = 100 << 20
	if _, err := checksum(tgz, lim); !errors.Is(err, yarnzip.ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
}

func TestLiesAboutItsSize(t *testing.T) {
	tgz := pack(file("a.js", strings.Repeat("a", 20_000)), file("b.js", "b"))
	want, err := checksum(tgz, yarnzip.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	small := yarnzip.DefaultLimits()
	small.Buffer = 4096
	// The size of the last gzip member says nothing of the ones before it.
	tar := tarOf(file("package.json", "{}\n"), file("a.js", strings.Repeat("a", 20_000)), file("b.js", "b"))
	members := append(gz(tar), gz(eof)...)
	for name, lim := range map[string]yarnzip.Limits{"small buffer": small, "default": yarnzip.DefaultLimits()} {
		if got, err := checksum(members, lim); got != want || err != nil {
			t.Errorf("%s: got %q and %v, want %q", name, got, err, want)
		}
	}
	// An entry that claims more than there is ends with the stream.
	e := tarEntry{name: "package/a.js", size: "77777777777\x00", body: "abc"}
	if _, err := checksum(gz(tarOf(e)), yarnzip.DefaultLimits()); err != nil {
		t.Error(err)
	}
}

func TestSymlinkLoops(t *testing.T) {
	for name, entries := range map[string][]tarEntry{
		"itself":    {symlink("a", "a"), file("a/b", "b")},
		"each":      {symlink("a", "b"), symlink("b", "a"), file("a/c", "c")},
		"growing":   {symlink("a", "a/a"), file("a/c", "c")},
		"by parent": {dir("d"), symlink("d/a", "../d/a/b"), file("d/a/x", "x")},
	} {
		t.Run(name, func(t *testing.T) {
			sum, err := checksum(pack(entries...), yarnzip.DefaultLimits())
			if !errors.Is(err, yarnzip.ErrUnsupported) && !errors.Is(err, yarnzip.ErrArchive) {
				t.Errorf("got %q and %v", sum, err)
			}
		})
	}
}

func TestManySymlinksEnd(t *testing.T) {
	var entries []tarEntry
	for i := range 40 {
		entries = append(entries, symlink(fmt.Sprintf("l%d", i), fmt.Sprintf("l%d/../l%d", i+1, i+1)))
	}
	entries = append(entries, file("l0/x", "x"))
	if _, err := checksum(pack(entries...), yarnzip.DefaultLimits()); err != nil &&
		!errors.Is(err, yarnzip.ErrUnsupported) && !errors.Is(err, yarnzip.ErrArchive) {
		t.Error(err)
	}
}

func TestClockInTheZip(t *testing.T) {
	// The second symlink is made where the first one leads, and Yarn sets the
	// time of the first.
	_, err := checksum(pack(symlink("a", "b"), symlink("a", "c")), yarnzip.DefaultLimits())
	if !errors.Is(err, yarnzip.ErrUnsupported) || !strings.Contains(err.Error(), "time of day") {
		t.Errorf("got %v, want ErrUnsupported for the time of day", err)
	}
}

func TestClockInThePatchedZip(t *testing.T) {
	p, err := yarnpatch.New([]yarnpatch.Source{{Text: diff("f", "@@ -1 +1 @@", "-f", "+F")}}, "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	tgz := pack(file("f", "f\n"), symlink("a", "b"), symlink("a", "c"))
	_, err = yarnzip.ChecksumAt(context.Background(), bytes.NewReader(tgz), int64(len(tgz)), "x", yarnzip.Stored, p, yarnzip.DefaultLimits())
	if !errors.Is(err, yarnzip.ErrUnsupported) || !strings.Contains(err.Error(), "time of day") {
		t.Errorf("got %v, want ErrUnsupported for the time of day", err)
	}
}

func TestOtherCacheKeys(t *testing.T) {
	for _, k := range []string{"10", "8", "10c9", "", "10c0/"} {
		_, err := yarnzip.Checksum(context.Background(), pack(), "x", k)
		if !errors.Is(err, yarnzip.ErrUnsupported) || !strings.Contains(fault.NextOf(err), "Yarn") {
			t.Errorf("cache key %q: got %v, want ErrUnsupported", k, err)
		}
	}
}

func TestDamaged(t *testing.T) {
	for name, tgz := range map[string][]byte{
		"empty":        nil,
		"one byte":     {0x1f},
		"gzip header":  {0x1f, 0x8b},
		"no deflate":   {0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0},
		"bad data":     flip(pack(file("a.js", strings.Repeat("abc", 500))), -20),
		"cut":          pack(file("a.js", "a"))[:80],
		"wrong length": flip(pack(file("a.js", "a")), -1),
	} {
		for _, buffer := range []int64{0, 8 << 20} {
			lim := yarnzip.DefaultLimits()
			lim.Buffer = buffer
			if sum, err := checksum(tgz, lim); !errors.Is(err, yarnzip.ErrArchive) || fault.NextOf(err) == "" {
				t.Errorf("%s: got %q and %v, want ErrArchive", name, sum, err)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	tgz := pack(file("a.js", "a"))
	if _, err := yarnzip.Checksum(ctx, tgz, "x", yarnzip.Stored); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// failing fails once half of it was read.
type failing struct{ *bytes.Reader }

var errDisk = errors.New("the disk is gone")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off > f.Size()/2 {
		return 0, errDisk
	}
	return f.Reader.ReadAt(p[:min(len(p), 512)], off)
}

func TestReadError(t *testing.T) {
	tgz := pack(tarEntry{name: "package/a", body: string(randomBytes(100_000))})
	_, err := yarnzip.ChecksumAt(context.Background(), failing{bytes.NewReader(tgz)}, int64(len(tgz)), "x", yarnzip.Stored, nil, yarnzip.DefaultLimits())
	if !errors.Is(err, errDisk) || errors.Is(err, yarnzip.ErrArchive) {
		t.Errorf("got %v, want the error of the reader alone", err)
	}
}

func TestNoRoomToSpill(t *testing.T) {
	lim := yarnzip.DefaultLimits()
	lim.Buffer = 0
	lim.TempDir = t.TempDir() + "/missing"
	_, err := checksum(pack(file("a", "1"), file("b", "2"), file("a", "3")), lim)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(fault.NextOf(err), "temporary") {
		t.Errorf("got %v, want the error of the temporary file", err)
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}
