package snapportal

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// SecretWatch looks for planted passwords wherever they must not be.
type SecretWatch struct {
	Texts []string
}

// In looks into a text.
func (w *SecretWatch) In(t *testing.T, what, text string) {
	t.Helper()
	for _, secret := range w.Texts {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows the password %q:\n%s", what, secret, text)
		}
	}
}

// Watch samples the arguments of every process from now to the end of the test.
// Those that run already are looked at once: what is to be found is started later.
func (w *SecretWatch) Watch(t *testing.T) {
	stop, done := make(chan struct{}), make(chan struct{})
	var found []string
	samples := 0
	known := map[string]bool{}
	look := func() map[string]bool {
		now := map[string]bool{}
		entries, _ := os.ReadDir("/proc")
		for _, e := range entries {
			name := e.Name()
			if name[0] < '0' || name[0] > '9' {
				continue
			}
			if now[name] = true; known[name] {
				continue
			}
			samples++
			src, _ := os.ReadFile(filepath.Join("/proc", name, "cmdline"))
			for _, secret := range w.Texts {
				if bytes.Contains(src, []byte(secret)) {
					found = append(found, strings.ReplaceAll(string(src), "\x00", " "))
				}
			}
		}
		return now
	}
	known = look()
	go func() {
		defer close(done)
		for {
			now := look()
			// The number of one that has ended may be another's next time.
			maps.DeleteFunc(known, func(name string, _ bool) bool { return !now[name] })
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-done
		for _, f := range found {
			t.Errorf("a password in the arguments of a process: %s", f)
		}
		t.Logf("%d arguments of processes looked at", samples)
	})
}

// InFiles looks into all files below the folders that are not dumps: those hold
// the portal's own data.
func (w *SecretWatch) InFiles(t *testing.T, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			src, _ := os.ReadFile(path)
			for _, secret := range w.Texts {
				if bytes.Contains(src, []byte(secret)) {
					t.Errorf("%s holds the password %q", path, secret)
				}
			}
			return nil
		})
	}
}
