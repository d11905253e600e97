package snapshots

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/snapshot"
)

// Every kind of file of a snapshot: a flipped bit, a cut end and a file that is
// gone are found by verify, and the bytes as they were are fine again.
func TestSnapshotDamage(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	p.Must("create", "--name", "one")
	p.Must("verify", "--rehearse")
	s := p.Newest()
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(s.Dir, name)
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		kind := name
		if i := strings.Index(name, ".dump.zst"); i > 0 {
			kind = "dump"
		} else if strings.HasSuffix(name, ".globals.sql.zst") {
			kind = "globals"
		}
		if kinds[kind] {
			continue
		}
		kinds[kind] = true
		bits := []int{0, len(src) / 3, len(src) / 2, len(src) - 1}
		for _, at := range bits {
			flipped := append([]byte{}, src...)
			flipped[at] ^= 4
			p.damaged(t, fmt.Sprintf("%s: bit of byte %d", name, at), path, flipped)
		}
		for _, size := range []int{0, 1, len(src) / 2, len(src) - 1} {
			p.damaged(t, fmt.Sprintf("%s: cut to %d bytes", name, size), path, src[:size])
		}
		if name != snapshot.VerifyFile {
			p.damaged(t, name+": gone", path, nil)
		}
		if err := os.WriteFile(path, src, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errOut := p.Run("verify"); code != 0 {
			t.Fatalf("%s as it was: %d\n%s%s", name, code, out, errOut)
		}
	}
	for _, kind := range []string{"dump", "globals", snapshot.ManifestFile, snapshot.SumsFile, snapshot.VerifyFile, "ROLLBACK.md", "rollback.sh", snapshot.PlanSumsFile} {
		if !kinds[kind] {
			t.Errorf("no %s was damaged: the files are %v", kind, entries)
		}
	}

	// A dump that was never whole, with sums that fit: only reading it to its end
	// tells.
	dump := filepath.Join(s.Dir, s.Manifest.Databases[0].Dump.Name)
	whole := filepath.Join(t.TempDir(), "whole")
	if err := snapshot.Decompress(t.Context(), dump, whole); err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int64{100, 40_000} {
		info, err := os.Stat(whole)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(whole, info.Size()-cut); err != nil {
			t.Fatal(err)
		}
		m := *s.Manifest
		m.Databases = append([]snapshot.Database{}, s.Manifest.Databases...)
		f := compressTo(t, whole, dump)
		sums := filepath.Join(s.Dir, snapshot.SumsFile)
		text, err := os.ReadFile(sums)
		if err != nil {
			t.Fatal(err)
		}
		old := p.Newest().Manifest.Databases[0].Dump
		if err := os.WriteFile(sums, []byte(strings.Replace(string(text), old.SHA256, f.SHA256, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		f.Name = old.Name
		m.Databases[0].Dump = f
		forge(t, s.Dir, &m)
		if code, out, errOut := p.Run("verify"); code != 1 || !strings.Contains(out, "is as it was written, but cannot be read") {
			t.Errorf("a dump that lacks its last %d bytes: %d\n%s%s", cut, code, out, errOut)
		}
	}
}

// compressTo writes the file from compressed to the file to.
func compressTo(t *testing.T, from, to string) snapshot.File {
	t.Helper()
	src, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := enc.EncodeAll(src, nil)
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return snapshot.File{Size: int64(len(text)), SHA256: snapshot.SHA256(text), RawSize: int64(len(src))}
}

// damaged wants verify to find what is wrong with a file, nil content meaning
// that it is gone.
func (p *snapPortal) damaged(t *testing.T, what, path string, content []byte) {
	t.Helper()
	var err error
	if content == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	code, out, errOut := p.Run("verify", "--snapshot", "one")
	// Of a list of sums and a file that disagree, either may be the damaged one.
	named := strings.Contains(out+errOut, filepath.Base(path)) || strings.HasSuffix(path, "SUMS")
	if code != 1 && code != 2 || !named {
		t.Errorf("%s: exit code %d\n%s%s", what, code, out, errOut)
	}
}
