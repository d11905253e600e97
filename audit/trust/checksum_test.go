package trust

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

// counting is a registry of foo 1.0.0 alone, which counts how often its tarball is asked
// for.
type counting struct {
	tgz      []byte
	dist     string // JSON of dist besides the address
	tarballs atomic.Int64
}

func (s *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, ".tgz") {
		s.tarballs.Add(1)
		_, _ = w.Write(s.tgz)
		return
	}
	docs(map[string]string{"foo": fmt.Sprintf(`{"name":"foo","versions":{"1.0.0":{"name":"foo","version":"1.0.0","dist":{%s,"tarball":"http://%s/foo/-/foo-1.0.0.tgz"}}}}`, s.dist, r.Host)})(w, r)
}

// A checksum is computed once for a content, and only for what is known to be that.
func TestKeptChecksum(t *testing.T) {
	t.Parallel()
	tgz, sri := packed("package/index.js", "module.exports = 1\n")
	other, otherSRI := packed("package/index.js", "module.exports = 2\n")
	sum := func(tgz []byte) string {
		s, err := yarnzip.Checksum(context.Background(), tgz, "foo", yarnzip.Stored)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	right, wrong := sum(tgz), sum(other)
	sha := sha1.Sum(tgz)
	integrity := func(s string) string { return fmt.Sprintf(`"integrity":%q`, s) }
	const differs = "error new lock-edited yarn.lock:5 foo@1.0.0 has another checksum in yarn.lock than what the registry has gives\n"

	// what a run says of a lock with a checksum, and how many tarballs it asked for
	run := func(t *testing.T, s *counting, dir, inLock string) (string, int64) {
		t.Helper()
		in, _ := change(t, txtar.Parse([]byte("-- head/yarn.lock --\n"+lockHead+"\"foo@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"foo@npm:1.0.0\"\n  checksum: "+inLock+"\n  languageName: node\n  linkType: hard\n")))
		in.Registry, in.ChecksumDir = client(t, s.ServeHTTP), dir
		before := s.tarballs.Load()
		r := check(t, in)
		if slices.ContainsFunc(r.Unknown, func(u finding.Unknown) bool { return u.Rule == ruleEdited }) {
			t.Error(show(r))
		}
		said := ""
		for _, f := range r.Findings {
			said += line(f) + "\n"
		}
		return said, s.tarballs.Load() - before
	}
	expect := func(t *testing.T, s *counting, dir, inLock, said string, asked int64) {
		t.Helper()
		if got, n := run(t, s, dir, inLock); got != said || n != asked {
			t.Errorf("%q with %d tarballs, want %q with %d", got, n, said, asked)
		}
	}
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, s *counting, dir string)
		said   string // of a lock that has the checksum of the first content
		asked  int64
	}{
		{"the same again", func(*testing.T, *counting, string) {}, "", 0},
		{"another content", func(_ *testing.T, s *counting, _ string) { s.tgz, s.dist = other, integrity(otherSRI) }, differs, 1},
		{"a hash more", func(_ *testing.T, s *counting, _ string) { s.dist = integrity(sri + " " + otherSRI) }, "", 1},
		{"SHA-1 alone", func(_ *testing.T, s *counting, _ string) {
			s.dist = fmt.Sprintf(`"shasum":%q`, hex.EncodeToString(sha[:]))
		}, "", 1},
		{"a damaged file", func(t *testing.T, _ *counting, dir string) {
			damage(t, dir, func(b []byte) []byte {
				return []byte(strings.ReplaceAll(string(b), strings.TrimPrefix(right, "10c0/"), strings.TrimPrefix(wrong, "10c0/")))
			})
		}, "", 1},
		{"a file cut short", func(t *testing.T, _ *counting, dir string) {
			damage(t, dir, func(b []byte) []byte { return b[:len(b)-9] })
		}, "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, dir := &counting{tgz: tgz, dist: integrity(sri)}, t.TempDir()
			expect(t, s, dir, right, "", 1)
			tt.change(t, s, dir)
			expect(t, s, dir, right, tt.said, tt.asked)
		})
	}
	t.Run("an edited lock is found without a tarball, too", func(t *testing.T) {
		t.Parallel()
		s, dir := &counting{tgz: tgz, dist: integrity(sri)}, t.TempDir()
		expect(t, s, dir, wrong, differs, 1)
		expect(t, s, dir, wrong, differs, 0)
		expect(t, s, dir, right, "", 0)
		expect(t, s, t.TempDir(), right, "", 1) // what came by another way
	})
	// Each of these is verified by another hash than one SHA-512, and never kept.
	for name, dist := range map[string]string{
		"SHA-1":           fmt.Sprintf(`"shasum":%q`, hex.EncodeToString(sha[:])),
		"SHA-1 integrity": integrity("sha1-" + base64.StdEncoding.EncodeToString(sha[:])),
		"either of two":   integrity(sri + " " + otherSRI),
		"no SHA-512":      integrity(sri[:40]) + fmt.Sprintf(`,"shasum":%q`, hex.EncodeToString(sha[:])),
	} {
		t.Run("not kept: "+name, func(t *testing.T) {
			t.Parallel()
			s, dir := &counting{tgz: tgz, dist: dist}, t.TempDir()
			for range 2 {
				expect(t, s, dir, right, "", 1)
			}
		})
	}
}

func damage(t *testing.T, dir string, how func([]byte) []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	after := how(b)
	if string(after) == string(b) {
		t.Fatal("nothing was damaged")
	}
	if err := os.WriteFile(files[0], after, 0o600); err != nil {
		t.Fatal(err)
	}
}
