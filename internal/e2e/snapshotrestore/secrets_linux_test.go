package snapshotrestore

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/testkit/snapportal"
	"github.com/portalctl/portalctl/snapshot"
)

// Planted secrets are nowhere: not in the command lines or environments of the
// snapportal.Children while they run, in the snapshot, in the output, or in what is left
// in the temporary folder.
func TestSnapshotSecrets(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	t.Parallel()
	p := newSnapPortal(t)
	p.Enlarge(15000)
	temp := t.TempDir()
	for i, kv := range p.Environ {
		if strings.HasPrefix(kv, "TMPDIR=") {
			p.Environ[i] = "TMPDIR=" + temp
		}
	}
	// A server that is made there runs as another user when the test is root.
	for _, dir := range []string{temp, filepath.Dir(temp)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.Environ = append(p.Environ, "PGPASSWORD=0ther-s3cret", "GITHUB_TOKEN=t0ken-s3cret", "PORTALCTL_ADMIN_DSN="+p.Cluster.Target().DSN()+" password=adm1n-s3cret")
	planted := []string{snapportal.DBPassword, "0ther-s3cret", "t0ken-s3cret", "adm1n-s3cret"}
	programs := map[string]bool{}
	for _, args := range [][]string{{"create", "--name", "one"}, {"verify", "--rehearse"}} {
		run := p.Start(args...)
	sampling:
		for {
			for pid, line := range snapportal.Children(run.Cmd.Process.Pid) {
				program, rest, _ := strings.Cut(line, "\x00")
				if filepath.Base(program) == "portalctl" {
					continue // between fork and exec the child is us
				}
				programs[filepath.Base(program)] = true
				for _, secret := range planted {
					if strings.Contains(rest, secret) {
						t.Errorf("process %d (%s) has %s in its command line or environment", pid, program, secret)
					}
				}
			}
			select {
			case <-run.Ended:
				break sampling
			case <-time.After(2 * time.Millisecond):
			}
		}
		if code := run.Cmd.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("%v: %d\n%s", args, code, run.Out)
		}
		for _, secret := range planted {
			if strings.Contains(run.Out.String(), secret) {
				t.Errorf("%v prints %s", args, secret)
			}
		}
	}
	for _, want := range []string{"pg_dump", "pg_restore", "initdb"} {
		if !programs[want] {
			t.Errorf("%s was not seen while it ran: %v", want, programs)
		}
	}
	for _, dir := range []string{p.Dir, temp, envValue(p.Environ, "HOME"), envValue(p.Environ, "PORTALCTL_CACHE_DIR")} {
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			if strings.HasSuffix(path, ".zst") {
				whole := filepath.Join(t.TempDir(), "whole")
				if err := snapshot.Decompress(context.Background(), path, whole); err != nil {
					t.Error(err)
				}
				if src, err = os.ReadFile(whole); err != nil {
					t.Error(err)
				}
			}
			for _, secret := range planted {
				if bytes.Contains(src, []byte(secret)) {
					t.Errorf("%s holds %s", path, secret)
				}
			}
			return nil
		})
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left in the temporary folder: %v", left)
	}
}

func envValue(environ []string, name string) string {
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}
