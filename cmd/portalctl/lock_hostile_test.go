package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// gainOf publishes gain@1.2.0 with another tarball.
func (p *lockPortal) gainOf(tgz []byte) {
	p.reg.PublishAs(map[string]any{"name": "gain", "version": "1.2.0", "dependencies": npmregistry.Dependencies([]string{"inner@^2.0.0"})}, tgz)
}

// A tarball of 3 MB that unpacks to 3 GB, with the integrity that the registry
// announced: refused, in bounded memory, and nothing stays on disk.
func TestLockTarballBomb(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("unpacks 2 GB")
	}
	p := newLockPortal(t)
	const member, members = 64 << 20, 48
	var bomb bytes.Buffer
	add := func(b []byte) {
		z, _ := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
		_, _ = z.Write(b)
		_ = z.Close()
	}
	var head bytes.Buffer
	if err := tar.NewWriter(&head).WriteHeader(&tar.Header{Name: "package/zeros", Mode: 0o644, Size: member * members}); err != nil {
		t.Fatal(err)
	}
	add(head.Bytes())
	at := bomb.Len()
	add(make([]byte, member))
	zeros := bytes.Clone(bomb.Bytes()[at:])
	for range members - 1 {
		bomb.Write(zeros)
	}
	add(make([]byte, 1024))
	p.gainOf(bomb.Bytes())
	peak := peakHeap()
	p.mustFail("gain@npm:1.2.0, asked for by app", "the tarball is too large", "--lockfile yarn")
	grown := peak()
	if grown > 64<<20 {
		t.Errorf("it took %d MB of memory", grown>>20)
	}
	t.Logf("refused, the heap grew by %d MB", grown>>20)

	p.gainOf(npmregistry.Pack(map[string]any{"name": "gain", "version": "1.2.0", "dependencies": npmregistry.Dependencies([]string{"inner@^2.0.0"})}))
	if err := os.RemoveAll(filepath.Join(p.cache, "registry")); err != nil {
		t.Fatal(err)
	}
	p.mustHeal()
}

// peakHeap watches the heap until the function is called that it returns,
// which says by how many bytes the heap has grown at most. It is collected as in
// portalctl meanwhile.
func peakHeap() (grown func() int64) {
	percent := debug.SetGCPercent(100)
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	start := sample[0].Value.Uint64()
	peak, stop, done := start, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-tick.C:
				metrics.Read(sample)
				peak = max(peak, sample[0].Value.Uint64())
			case <-stop:
				tick.Stop()
				return
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-done
		debug.SetGCPercent(percent)
		return int64(peak - start)
	}
}

// Names in a tarball that climb out of it: Yarn leaves them out, and so they
// do not change the checksum; no file appears anywhere.
func TestLockTarballPathTraversal(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	evil := "portalctl-evil-" + filepath.Base(p.dir)

	harmless := []npmregistry.File{{"package/package.json", `{"name":"gain","version":"1.2.0"}`}, {"package/index.js", "x"}}
	hostile := []npmregistry.File{
		{"../" + evil, "x"}, {"../../../../../../../../tmp/" + evil, "x"}, {filepath.ToSlash(os.TempDir()) + "/" + evil, "x"},
		harmless[0],
		{"package/../../../" + evil, "x"}, {"package/lib/../../../" + evil, "x"}, {"package/..", ""}, {evil, "x"},
		harmless[1],
	}

	p.gainOf(npmregistry.Tarball(harmless...))
	p.mustLock()
	want := p.lockText()
	p.reset()
	p.gainOf(npmregistry.Tarball(hostile...))
	p.mustLock()
	if d := cmp.Diff(want, p.lockText()); d != "" {
		t.Errorf("the hostile names changed the lock (-want +got):\n%s", d)
	}
	p.noLitter()
	for _, dir := range []string{filepath.Dir(p.dir), filepath.Dir(p.tmp), os.TempDir(), string(filepath.Separator), "."} {
		if _, err := os.Lstat(filepath.Join(dir, evil)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s in %s: %v", evil, dir, err)
		}
	}
}

// A symlink in a tarball that points out of it is written through within the
// archive alone, as in Yarn, or refused; never on disk.
func TestLockTarballSymlink(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	outside := t.TempDir()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range []*tar.Header{
		{Name: "package/package.json", Mode: 0o644, Size: 2},
		{Name: "package/out", Typeflag: tar.TypeSymlink, Linkname: outside},
		{Name: "package/out/evil", Mode: 0o755, Size: 2},
		{Name: "package/hard", Typeflag: tar.TypeLink, Linkname: filepath.Join(outside, "evil2")},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			_, _ = w.Write([]byte("{}"))
		}
	}
	_ = w.Close()
	_ = z.Close()
	p.gainOf(b.Bytes())
	code, out, errOut := p.run()
	if code != 0 && (code != 2 || out != "" || !strings.Contains(errOut, "gain") || p.lockText() != p.before) {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out, errOut)
	}
	if left := readTree(t, outside); len(left) > 0 {
		t.Errorf("files outside: %v", left)
	}
	p.noLitter()
}

// A manifest whose texts look like lines of a lock: they stay texts.
func TestLockHostileManifest(t *testing.T) {
	t.Parallel()
	side := testkit.SideBySide(t)
	defer side.Wait()
	const inject = "x\n  checksum: 10c0/0000\n\n\"evil@npm:1.0.0\":\n  version: 1.0.0"
	for name, field := range map[string]map[string]any{
		"bin":           {"bin": map[string]string{"tool": inject}},
		"bin name":      {"bin": map[string]string{inject: "./x"}},
		"os":            {"os": []string{inject}},
		"peer":          {"peerDependencies": map[string]string{"react": inject, inject: "*"}},
		"peer meta":     {"peerDependenciesMeta": map[string]any{inject: map[string]bool{"optional": true}}},
		"meta":          {"dependenciesMeta": map[string]any{inject: map[string]bool{"built": false}}},
		"range":         {"dependencies": map[string]string{"inner": inject}},
		"name":          {"dependencies": map[string]string{inject: "^1.0.0"}},
		"escapes":       {"dependencies": map[string]string{"inner": "\x1b]0;evil\x07own:1\x1b[2J"}},
		"tag":           {"dependencies": map[string]string{"inner": "latest\nevil"}},
		"optional name": {"optionalDependencies": map[string]string{inject: "^1.0.0"}},
	} {
		side.Run(name, func(t *testing.T) {
			p := newLockPortal(t)
			field["name"], field["version"] = "gain", "1.2.0"
			p.reg.PublishAs(field, npmregistry.Pack(field))
			code, out, errOut := p.run()
			if strings.ContainsAny(out+errOut, "\x1b\x07") {
				t.Errorf("the manifest writes to the terminal: %q %q", out, errOut)
			}
			if code != 0 {
				if code != 2 || out != "" || p.lockText() != p.before || strings.Count(strings.TrimSpace(errOut), "\n") > 2 {
					t.Errorf("exit %d, stdout %q, stderr %q", code, out, errOut)
				}
				return
			}
			lock, err := yarnlock.Parse("yarn.lock", []byte(p.lockText()))
			if err != nil {
				t.Fatalf("%v\n%s", err, p.lockText())
			}
			for _, e := range lock.Entries {
				if e.Resolution.Name == "evil" || strings.HasPrefix(e.Checksum, "10c0/0000") {
					t.Errorf("the manifest wrote into the lock:\n%s", p.lockText())
				}
			}
			if code, out, errOut := p.run("--check"); code != 0 {
				t.Errorf("the lock that was written is not in line: exit %d\n%s%s", code, out, errOut)
			}
		})
	}
}

// bigTarball is one that is put into a temporary file while in use.
func bigTarball() []byte {
	noise := make([]byte, 8<<20)
	_, _ = rand.New(rand.NewSource(1)).Read(noise)
	return npmregistry.Tarball(npmregistry.File{"package/package.json", "{}"}, npmregistry.File{"package/noise", string(noise)})
}

// A cache that cannot be written costs time, no more.
func TestLockWithoutCache(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	if err := os.WriteFile(p.cache, []byte("a file, not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.mustBeRight("without a cache")
	src, err := os.ReadFile(p.cache)
	if err != nil || string(src) != "a file, not a folder" {
		t.Errorf("the file in the cache's place: %q, %v", src, err)
	}
}

// No room for a large tarball: an error that says where.
func TestLockWithoutTempDir(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.gainOf(bigTarball())
	missing := filepath.Join(p.tmp, "missing")
	p.env = []string{"TMPDIR=" + missing}
	p.mustFail("gain@npm:1.2.0, asked for by app", "cannot keep a downloaded tarball", missing, "TMPDIR")
	p.env = nil
	p.mustLock()
	p.noLitter()
}

// Every operation of the write fails once: the lock is as before, or, where the
// failure does not matter, complete.
func TestLockWithFailingOperations(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	for _, cause := range []error{syscall.ENOSPC, syscall.EACCES} {
		failed := 0
		for n := 1; ; n++ {
			p.write("yarn.lock", p.before)
			s, out, errOut := ui.Test("")
			fsys := txntest.FailAt(txntest.NoSync(txn.OS()), n, cause)
			code := Main(txn.WithFS(context.Background(), fsys), []string{"portalctl", "versions", "lock", "-C", p.dir}, env{Streams: s, Environ: p.environ()})
			if code == 0 {
				if d := cmp.Diff(p.after, p.lockText()); d != "" {
					t.Fatalf("%v at %d: exit 0, wrong lock:\n%s", cause, n, d)
				}
				if len(fsys.Ops()) < n {
					break // there is no operation n
				}
				continue
			}
			failed++
			complete := strings.Contains(errOut.String(), "could not be removed")
			if code != 2 || out.Len() > 0 || !strings.Contains(errOut.String(), "next:") {
				t.Fatalf("%v at %d: exit %d, stdout %q, stderr %q", cause, n, code, out, errOut)
			}
			if got := p.lockText(); got != p.before && !(complete && got == p.after) {
				t.Fatalf("%v at %d: the lock is not as before:\n%s\n%s", cause, n, cmp.Diff(p.before, got), errOut)
			}
			if !complete {
				p.noLitter()
			}
			if code, _, errOut := p.run("--check"); code == 2 {
				t.Fatalf("%v at %d: the next command: %s", cause, n, errOut)
			}
		}
		if failed < 10 {
			t.Errorf("%v: only %d operations failed", cause, failed)
		}
	}
}
