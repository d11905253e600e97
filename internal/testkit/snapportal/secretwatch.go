package snapportal

import (
	"bytes"
	"io/fs"
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
func (w *SecretWatch) Watch(t *testing.T) {
	stop, done := make(chan struct{}), make(chan struct{})
	var found []string
	samples := 0
	go func() {
		defer close(done)
		for {
			files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			samples += len(files)
			for _, f := range files {
				src, _ := os.ReadFile(f)
				for _, secret := range w.Texts {
					if bytes.Contains(src, []byte(secret)) {
						found = append(found, strings.ReplaceAll(string(src), "\x00", " "))
					}
				}
			}
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
