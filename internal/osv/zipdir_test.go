package osv

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// pack makes a zip file of n records, every third stored.
func pack(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range n {
		h := &zip.FileHeader{Name: fmt.Sprintf("GHSA-%d.json", i), Method: zip.Deflate}
		if i%3 == 0 {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, `{"id":"GHSA-%d","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"p%d"}}]}`, i, i%1000)
	}
	if _, err := z.Create("README.md"); err != nil {
		t.Fatal(err)
	}
	if err := z.SetComment("a comment with PK\x05\x06 in it"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestZip compares with archive/zip, on both sides of the 65,535 entries that
// the format has room for without its 64-bit fields.
func TestZip(t *testing.T) {
	for _, n := range []int{0, 1, 2500, 66_000} {
		src := pack(t, n)
		f := bytes.NewReader(src)
		d, err := findDirectory(f, f.Size())
		if err != nil {
			t.Fatal(n, err)
		}
		want, err := zip.NewReader(f, f.Size())
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		var u unpacker
		err = d.each(f, func(e entry) error {
			w := want.File[i]
			i++
			at, _ := w.DataOffset()
			if uint64(e.size) != w.UncompressedSize64 || uint64(e.packed) != w.CompressedSize64 || e.crc != w.CRC32 || e.method != w.Method || e.offset >= at {
				t.Fatalf("%s: %+v, want %+v", w.Name, e, w.FileHeader)
			}
			if i > 100 {
				return nil
			}
			got, err := u.read(f, e)
			if err != nil {
				t.Fatal(w.Name, err)
			}
			r, err := w.Open()
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(r); err != nil || !bytes.Equal(got, text) || entryName(u.raw) != w.Name {
				t.Fatalf("%s is %q, want %q, %v", entryName(u.raw), got, text, err)
			}
			return nil
		})
		if err != nil || i != n {
			t.Fatalf("%d records of %d, %v", i, n, err)
		}
		x, err := buildIndex(t.Context(), f, d)
		if err != nil || x.npm != n {
			t.Fatalf("%d records of %d, %v", x.npm, n, err)
		}
		list, err := x.find([]uint64{hashName("p7")})
		if wantN := max(0, (n-8)/1000+min(1, n/8)); err != nil || len(list) != wantN {
			t.Errorf("%d postings of p7, want %d, %v", len(list), wantN, err)
		}
	}
}

// TestZipDamage: whatever bytes change, records come as they were or not at all.
func TestZipDamage(t *testing.T) {
	testkit.SkipRace(t)
	good := pack(t, 40)
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 3000 {
		src := slices.Clone(good)
		for range 1 + r.IntN(3) {
			src[r.IntN(len(src))] = byte(r.IntN(256))
		}
		if r.IntN(10) == 0 {
			src = src[:r.IntN(len(src))]
		}
		f := bytes.NewReader(src)
		d, err := findDirectory(f, f.Size())
		if err != nil {
			refused++
			continue
		}
		if _, err := d.digest(f); err != nil {
			t.Fatal(err)
		}
		x, err := buildIndex(t.Context(), f, d)
		if err != nil {
			refused++
			continue
		}
		// What a name or a date in the directory says is of no consequence, but
		// one that no longer ends in .json hides a record.
		if x.npm+x.foreign < 38 {
			t.Fatalf("%d of 40 records", x.npm)
		}
	}
	if refused < 1000 {
		t.Errorf("only %d of 3000 were refused", refused)
	}
}
