package snapshot

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A quarter of what exceeds 32 MB is compressed well, the small databases first, and the
// window is not larger than a database needs.
func TestEffortsAreShared(t *testing.T) {
	const mb = 1 << 20
	for _, tt := range []struct {
		data []int64 // MB
		well []int64 // MB, -1 for all
	}{
		{[]int64{132}, []int64{25}},
		{[]int64{335, 14, 3, 0}, []int64{63, -1, -1, 0}},
		{[]int64{10, 10, 10, 2}, []int64{0, 0, 0, 0}},
		{[]int64{20, 20, 20, 20}, []int64{12, 0, 0, 0}},
		{[]int64{1000, 300, 32}, []int64{0, 293, -1}},
		{nil, nil},
	} {
		data := make([]int64, len(tt.data))
		var sum, well int64
		for i, n := range tt.data {
			data[i], sum = n*mb, sum+n
		}
		for i, e := range efforts(data) {
			got := e.well / mb
			if e.well == math.MaxInt64 {
				got = -1
			}
			well += min(e.well, data[i]) / mb
			if got != tt.well[i] {
				t.Errorf("%v: %d MB of %d are compressed well, want %d", tt.data, got, tt.data[i], tt.well[i])
			}
			if int64(e.window) > max(mb, 4*data[i]) || e.window > mostWindow || data[i] > mostWindow && e.window != mostWindow {
				t.Errorf("%d MB: a window of %d", tt.data[i], e.window)
			}
		}
		if well*4 > sum {
			t.Errorf("%v: %d MB are compressed well", tt.data, well)
		}
	}
}

// Bytes that are compressed already are hex digits in a dump: nothing repeats,
// and half of it is air.
func TestHexIsStoredInHalf(t *testing.T) {
	raw := make([]byte, 1<<19)
	_, _ = rand.NewChaCha8([32]byte{}).Read(raw)
	f, err := store(t.TempDir(), "x.zst", strings.NewReader(fmt.Sprintf("%x", raw)), quickly(1<<20), nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.RawSize != 1<<20 || f.Size > 11*f.RawSize/20 {
		t.Errorf("%d of %d bytes", f.Size, f.RawSize)
	}
}

// Whatever the effort, what is stored is what was written: at the borders of
// the part that is compressed well, too.
func TestStoredInTwoFramesIsTheSame(t *testing.T) {
	var text strings.Builder
	for i := range 40000 {
		fmt.Fprintf(&text, "%d\tcomponent:default/%x\n", i, i*i)
	}
	n := int64(text.Len())
	var sizes []int64
	for _, well := range []int64{0, 1, n / 2, n - 1, n, n + 1, math.MaxInt64} {
		dir := t.TempDir()
		f, err := store(dir, "x.zst", strings.NewReader(text.String()), effort{well: well, window: 1 << 20}, nil)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, "x")
		if err := Decompress(t.Context(), filepath.Join(dir, "x.zst"), to); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		if f.RawSize != n || !bytes.Equal(got, []byte(text.String())) {
			t.Errorf("%d bytes well: %d of %d came back", well, len(got), n)
		}
		src, err := os.ReadFile(filepath.Join(dir, "x.zst"))
		if err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(src)); f.SHA256 != sum || f.Size != int64(len(src)) {
			t.Errorf("%d bytes well: recorded %s of %d bytes, is %s of %d", well, f.SHA256, f.Size, sum, len(src))
		}
		sizes = append(sizes, f.Size)
	}
	if slices.Min(sizes[4:]) >= sizes[0] {
		t.Errorf("sizes %v: compressing well gains nothing", sizes)
	}
}
