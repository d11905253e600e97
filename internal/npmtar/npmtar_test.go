package npmtar

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

type entry struct {
	name, text string
	kind       byte
}

func tarball(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Size: int64(len(e.text)), Mode: 0o644}
		if e.kind == 0 {
			h.Typeflag = tar.TypeReg
		} else if e.kind != tar.TypeCont {
			h.Size, h.Linkname = 0, e.text
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(e.text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func all(string) bool { return true }

func TestRead(t *testing.T) {
	t.Parallel()
	src := tarball(t, entry{name: "package/package.json", text: "{}"}, entry{name: "package/dist/a.d.ts", text: "a"}, entry{name: "other/b", text: "b"},
		entry{name: "package/empty"}, entry{name: "top", text: "no"}, entry{name: "package/../../x", text: "no"}, entry{name: "package/dist/a.d.ts", text: "second"},
		entry{"package/link", "/etc/passwd", tar.TypeSymlink}, entry{"package/hard", "package/package.json", tar.TypeLink}, entry{"package/dir", "", tar.TypeDir}, entry{"package/contiguous", "c", tar.TypeCont})
	got, err := Read(context.Background(), bytes.NewReader(src), all, Default)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"package.json": "{}", "dist/a.d.ts": "second", "b": "b", "empty": "", "contiguous": "c"}
	for name, text := range want {
		if have, ok := got[name]; !ok || string(have) != text {
			t.Errorf("%s: %q", name, have)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files: %v", len(got), got)
	}
	got, err = Read(context.Background(), bytes.NewReader(src), func(name string) bool { return name == "b" }, Default)
	if err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	src := tarball(t, entry{name: "p/a", text: "12345"}, entry{name: "p/b", text: "12345"}, entry{name: "p/c", text: "12345"})
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		src  []byte
		lim  Limits
		want error
	}{
		"unpacked":  {context.Background(), src, Limits{1000, 100, 100, 10}, errTooLarge},
		"kept":      {context.Background(), src, Limits{1 << 20, 12, 100, 10}, errTooLarge},
		"file":      {context.Background(), src, Limits{1 << 20, 100, 4, 10}, errTooLarge},
		"entries":   {context.Background(), src, Limits{1 << 20, 100, 100, 2}, errTooLarge},
		"cancelled": {cancelled, src, Default, context.Canceled},
		"no gzip":   {context.Background(), []byte("x"), Default, errInvalid},
		"cut off":   {context.Background(), src[:len(src)/2], Default, errInvalid},
	} {
		if _, err := Read(c.ctx, bytes.NewReader(c.src), all, c.lim); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := Read(context.Background(), bytes.NewReader(src), all, Limits{1 << 20, 15, 5, 3}); err != nil {
		t.Error(err)
	}
}

// Each shows what package managers would unpack: all entries of one path, as the last
// of them may win, and contiguous files; and it says what is behind the end.
func TestEach(t *testing.T) {
	t.Parallel()
	src := tarball(t, entry{name: "package/a.js", text: "first"}, entry{name: "package/a.js", text: "second"}, entry{name: "package/big.js", text: "0123456789"},
		entry{name: "package/no.md", text: "no"}, entry{"package/link.js", "/etc/passwd", tar.TypeSymlink})
	lim := Default
	lim.File = 9
	see := func(src []byte) (string, bool) {
		out := ""
		more, err := Each(context.Background(), bytes.NewReader(src), func(name string) bool { return strings.HasSuffix(name, ".js") }, lim,
			func(name string, size int64, text []byte) { out += fmt.Sprintf("%s %d %s\n", name, size, text) })
		if err != nil {
			t.Fatal(err)
		}
		return out, more
	}
	want := "a.js 5 first\na.js 6 second\nbig.js 10 \nno.md 2 \n"
	if got, more := see(src); got != want || more {
		t.Errorf("%v %s", more, got)
	}
	// Another archive behind it, in a gzip stream of its own.
	if got, more := see(append(bytes.Clone(src), tarball(t, entry{name: "package/evil.js", text: "x"})...)); got != want || !more {
		t.Errorf("%v %s", more, got)
	}
}
