package yarnzip_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/portalctl/portalctl/internal/yarnzip"
)

func TestSpool(t *testing.T) {
	data := randomBytes(10_000)
	for _, limit := range []int64{0, 4096, 9_999, 10_000} {
		dir := t.TempDir()
		s := &yarnzip.Spool{Limit: limit, Dir: dir}
		for rest := data; len(rest) > 0; {
			n := min(700, len(rest))
			if m, err := s.Write(rest[:n]); m != n || err != nil {
				t.Fatal(m, err)
			}
			rest = rest[n:]
		}
		if s.Size() != int64(len(data)) {
			t.Errorf("limit %d: size %d", limit, s.Size())
		}
		all, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
		if err != nil || !bytes.Equal(all, data) {
			t.Errorf("limit %d: read otherwise than written (%v)", limit, err)
		}
		part := make([]byte, 50)
		if n, err := s.ReadAt(part, 9_980); n != 20 || err != io.EOF || !bytes.Equal(part[:n], data[9_980:]) {
			t.Errorf("limit %d: ReadAt across the end gave %d, %v", limit, n, err)
		}
		if n, err := s.ReadAt(part, 20_000); n != 0 || err != io.EOF {
			t.Errorf("limit %d: ReadAt behind the end gave %d, %v", limit, n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("limit %d: %s was left behind", limit, left[0].Name())
		}
	}
}

func TestSpoolUsesAFileBeyondItsLimit(t *testing.T) {
	s := &yarnzip.Spool{Limit: 100, Dir: t.TempDir() + "/missing"}
	if _, err := s.Write(make([]byte, 100)); err != nil {
		t.Errorf("within the limit: %v", err)
	}
	if _, err := s.Write([]byte{1}); !os.IsNotExist(err) {
		t.Errorf("beyond the limit: got %v, want the error of the folder", err)
	}
}
