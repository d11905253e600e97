package shipped

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// releaseServer is a folder of releases on loopback, as install.sh and the
// action see it.
type releaseServer struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]http.HandlerFunc
	asked []string
}

func newReleaseServer(t *testing.T) *releaseServer {
	t.Helper()
	s := &releaseServer{files: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.URL.Path)
		if h := s.files[r.URL.Path]; h != nil {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// releases is the path of the folder of releases, as GitHub has it.
const releases = "/portalctl/portalctl/releases"

func (s *releaseServer) url() string { return s.URL + releases }

func body(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }
}

// release serves the release of a version for this machine, whose binary is a
// script.
func (s *releaseServer) release(t *testing.T, version, script string) (archive string) {
	t.Helper()
	packed := packed(t, map[string]string{"README.md": "read me\n", "portalctl": script})
	archive = archiveName(version)
	list := fmt.Sprintf("%x  %s\n%x  portalctl_%s_plan9_mips.tar.gz\n", sha256.Sum256(packed), archive, sha256.Sum256(nil), version)
	at := releases + "/download/v" + version + "/"
	s.files[at+archive], s.files[at+"checksums.txt"] = body(packed), body([]byte(list))
	s.files[releases+"/latest/download/checksums.txt"] = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, at+"checksums.txt", http.StatusFound)
	}
	return at + archive
}

func archiveName(version string) string {
	return fmt.Sprintf("portalctl_%s_%s_%s.tar.gz", version, runtime.GOOS, runtime.GOARCH)
}

func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// needPrograms skips where the shell steps of a release cannot run.
func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skipf("there are no archives for install.sh on %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: install.sh needs it", name)
		}
	}
}

const fakeBinary = "#!/bin/sh\necho portalctl version v1.2.3\n"

func TestInstall(t *testing.T) {
	t.Parallel()
	needPrograms(t, "sh", "curl", "tar", "gzip")
	script, err := filepath.Abs(filepath.Join("..", "..", "install.sh"))
	if err != nil {
		t.Fatal(err)
	}
	page := body([]byte("<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"))
	at := releases + "/download/v1.2.3/"
	archive := at + archiveName("1.2.3")
	// An answer that ends before what its length promises, and one that just ends.
	cut := func(s *releaseServer, promised bool) http.HandlerFunc {
		whole := httptest.NewRecorder()
		s.files[archive](whole, nil)
		src := whole.Body.Bytes()
		return func(w http.ResponseWriter, _ *http.Request) {
			if promised {
				w.Header().Set("Content-Length", fmt.Sprint(len(src)))
			}
			_, _ = w.Write(src[:len(src)/2])
		}
	}
	tests := []struct {
		name string
		args []string
		bend func(t *testing.T, s *releaseServer)
		code int
		says string // on stderr; on stdout if it works
	}{
		{"a release", []string{"--version", "v1.2.3"}, nil, 0, "portalctl version v1.2.3 is in "},
		{"without the v", []string{"--version", "1.2.3"}, nil, 0, "portalctl version v1.2.3 is in "},
		{"the newest", nil, nil, 0, "next: add "},
		{"a wrong checksum", []string{"--version", "v1.2.3"}, func(t *testing.T, s *releaseServer) {
			s.files[archive] = body(packed(t, map[string]string{"portalctl": "#!/bin/sh\necho pwned\n"}))
		}, 1, "does not match its checksum"},
		{"a cut archive", nil, func(t *testing.T, s *releaseServer) { s.files[archive] = cut(s, true) }, 1, "could not be downloaded whole"},
		{"an archive that ends early", nil, func(t *testing.T, s *releaseServer) { s.files[archive] = cut(s, false) }, 1, "does not match its checksum"},
		{"a web page for the archive", nil, func(t *testing.T, s *releaseServer) { s.files[archive] = page }, 1, "What came is a web page"},
		{"a web page for the list", nil, func(t *testing.T, s *releaseServer) { s.files[at+"checksums.txt"] = page }, 1, "is not a list of checksums"},
		{"an empty list", nil, func(t *testing.T, s *releaseServer) { s.files[at+"checksums.txt"] = body(nil) }, 1, "is not a list of checksums"},
		{"a cut list", nil, func(t *testing.T, s *releaseServer) {
			s.files[at+"checksums.txt"] = body([]byte(strings.Repeat("0", 64) + "  " + archiveName("1.2.3")))
		}, 1, "is not a list of checksums"},
		{"the list of another release", []string{"--version", "v1.2.3"}, func(t *testing.T, s *releaseServer) {
			s.files[at+"checksums.txt"] = body([]byte(strings.Repeat("0", 64) + "  " + archiveName("1.2.2") + "\n"))
		}, 1, "is of the release v1.2.2, not of v1.2.3"},
		{"no such release", []string{"--version", "v9.9.9"}, nil, 3, "there is no release v9.9.9"},
		{"none for this machine", nil, func(t *testing.T, s *releaseServer) {
			s.files[at+"checksums.txt"] = body([]byte(strings.Repeat("0", 64) + "  portalctl_1.2.3_plan9_mips.tar.gz\n"))
		}, 3, "has no archive for"},
		{"listed and not there", nil, func(t *testing.T, s *releaseServer) { delete(s.files, archive) }, 1, "could not be downloaded whole"},
		{"a server that refuses", nil, func(t *testing.T, s *releaseServer) {
			s.files[at+"checksums.txt"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
		}, 1, "answers 403"},
		{"a binary that does not run", nil, func(t *testing.T, s *releaseServer) { s.release(t, "1.2.3", "#!/bin/sh\nexit 1\n") }, 1, "does not run here"},
		{"no version", []string{"--version", "main"}, nil, 2, "main is not a release"},
		{"a path for a version", []string{"--version", "v1/../../x"}, nil, 2, "is not a release"},
		{"an unknown option", []string{"--force"}, nil, 2, "there is no option --force"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newReleaseServer(t)
			s.release(t, "1.2.3", fakeBinary)
			if tt.bend != nil {
				tt.bend(t, s)
			}
			dir := filepath.Join(t.TempDir(), "my bin")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			old := filepath.Join(dir, "portalctl")
			if err := os.WriteFile(old, []byte("the old one"), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh", append([]string{script, "--to", dir}, tt.args...)...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PORTALCTL_BASE_URL=" + s.url(), "NO_PROXY=127.0.0.1"}
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run()
			if got := cmd.ProcessState.ExitCode(); got != tt.code {
				t.Errorf("exit code %d, want %d: %s", got, tt.code, stderr.String())
			}
			said, want := stderr.String(), "the old one"
			if tt.code == 0 {
				said, want = stdout.String(), fakeBinary
			} else if !strings.Contains(said, "\nnext: ") || stdout.Len() > 0 {
				t.Errorf("a refusal says what to do next, on stderr: %q, %q", said, stdout.String())
			}
			if !strings.Contains(said, tt.says) {
				t.Errorf("says %q, want %q in it", said, tt.says)
			}
			if got, err := os.ReadFile(old); err != nil || string(got) != want {
				t.Errorf("the binary is %q, %v; want %q", got, err, want)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
				t.Errorf("the folder has %v, %v; want the binary alone", left, err)
			}
			if tt.code == 2 && len(s.asked) > 0 {
				t.Errorf("a wrong call asks for %v", s.asked)
			}
		})
	}
}

// A script that comes through a pipe and breaks off does nothing.
func TestInstallCutScript(t *testing.T) {
	t.Parallel()
	needPrograms(t, "sh")
	src, err := os.ReadFile(filepath.Join("..", "..", "install.sh"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, part := range []int{len(src) / 4, len(src) / 2, len(src) * 3 / 4, len(src) - len("main \"$@\"\n")} {
		cmd := exec.Command("sh")
		cmd.Stdin = bytes.NewReader(src[:part])
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "PORTALCTL_INSTALL_DIR=" + filepath.Join(dir, "bin"), "PORTALCTL_BASE_URL=http://127.0.0.1:1"}
		out, _ := cmd.CombinedOutput()
		if _, err := os.Stat(filepath.Join(dir, "bin")); err == nil || strings.Contains(string(out), "could not be downloaded") {
			t.Errorf("the first %d bytes did something: %s", part, out)
		}
	}
}
