package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"context"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/txn/txntest"
	"github.com/portalctl/portalctl/internal/ui"
	"syscall"
)

// gainOf publishes gain@1.2.0 with another tarball.
func (p *lockPortal) gainOf(tgz []byte) {
	p.reg.publishAs(map[string]any{"name": "gain", "version": "1.2.0", "dependencies": depMap([]string{"inner@^2.0.0"})}, tgz)
}

// A tarball of 3 MB that unpacks to 3 GB, with the integrity that the registry
// announced: refused, in bounded memory and time, and nothing stays on disk.
func TestLockTarballBomb(t *testing.T) {
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
	start, peak := time.Now(), peakHeap()
	p.mustFail("gain@npm:1.2.0, asked for by app", "the tarball is too large", "--lockfile yarn")
	took, grown := time.Since(start), peak()
	if grown > 64<<20 {
		t.Errorf("it took %d MB of memory", grown>>20)
	}
	if took > 2*time.Minute {
		t.Errorf("it took %v", took)
	}
	t.Logf("refused after %v, the heap grew by %d MB", took, grown>>20)

	p.gainOf(npmTarball(map[string]any{"name": "gain", "version": "1.2.0", "dependencies": depMap([]string{"inner@^2.0.0"})}))
	if err := os.RemoveAll(filepath.Join(p.cache, "registry")); err != nil {
		t.Fatal(err)
	}
	p.mustHeal()
}

// peakHeap watches the heap until the function is called that it returns,
// which says by how many bytes the heap has grown at most.
func peakHeap() (grown func() int64) {
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
		return int64(peak - start)
	}
}

// Names in a tarball that climb out of it: Yarn leaves them out, and so they
// do not change the checksum; no file appears anywhere.
func TestLockTarballPathTraversal(t *testing.T) {
	p := newLockPortal(t)
	evil := "portalctl-evil-" + filepath.Base(p.dir)

	harmless := []tarFile{{"package/package.json", `{"name":"gain","version":"1.2.0"}`}, {"package/index.js", "x"}}
	hostile := []tarFile{
		{"../" + evil, "x"}, {"../../../../../../../../tmp/" + evil, "x"}, {filepath.ToSlash(os.TempDir()) + "/" + evil, "x"},
		harmless[0],
		{"package/../../../" + evil, "x"}, {"package/lib/../../../" + evil, "x"}, {"package/..", ""}, {evil, "x"},
		harmless[1],
	}

	p.gainOf(tarballOf(harmless...))
	p.mustLock()
	want := p.lockText()
	p.reset()
	p.gainOf(tarballOf(hostile...))
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

// bigTarball is one that is put into a temporary file while in use.
func bigTarball() []byte {
	noise := make([]byte, 4<<20)
	_, _ = rand.New(rand.NewSource(1)).Read(noise)
	return tarballOf(tarFile{"package/package.json", "{}"}, tarFile{"package/noise", string(noise)})
}

// A cache that cannot be written costs time, no more.
func TestLockWithoutCache(t *testing.T) {
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
	p := newLockPortal(t)
	p.gainOf(bigTarball())
	missing := filepath.Join(p.tmp, "missing")
	t.Setenv("TMPDIR", missing)
	p.mustFail("gain@npm:1.2.0, asked for by app", "cannot keep a downloaded tarball", missing, "TMPDIR")
	t.Setenv("TMPDIR", p.tmp)
	p.mustLock()
	p.noLitter()
}

// Every operation of the write fails once: the lock is as before, or, where the
// failure does not matter, complete.
func TestLockWithFailingOperations(t *testing.T) {
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
