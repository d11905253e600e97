package yarncli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
)

const scratchPrefix = "portalctl-yarn-"

// newScratch makes an empty folder that only this user can enter. Yarn takes
// settings, and with them code, from the rc files of every folder above, so no
// folder above may be open to other users, as the system's folder for temporary
// files often is. Nor may the folder be
// inside avoid, the project.
func newScratch(base, cache, avoid string) (string, error) {
	if base == "" {
		base = scratchBase(cache, avoid)
	}
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", scratchFault(base, err)
	}
	removeOld(base)
	dir, err := os.MkdirTemp(base, scratchPrefix)
	if err == nil {
		// Yarn resolves its working directory: compare like with like.
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", scratchFault(base, err)
	}
	return dir, nil
}

func scratchFault(base string, err error) error {
	return fault.Wrap(fault.Cause(err), fault.Pos{File: base}, "no scratch folder for Yarn could be made").
		WithNext("Free some space on the disk, or point TMPDIR at a folder that can be written.")
}

// scratchBase is the folder for temporary files, else cache, else the default of
// that.
func scratchBase(cache, avoid string) string {
	candidates := []string{os.TempDir()}
	if abs, err := filepath.Abs(cache); err == nil && cache != "" {
		candidates = append(candidates, abs)
	}
	if dir, err := os.UserCacheDir(); err == nil {
		candidates = append(candidates, filepath.Join(dir, "portalctl"))
	}
	for _, c := range candidates {
		if _, inside := within(avoid, c); !private(c) || avoid != "" && inside {
			continue
		}
		return c
	}
	return candidates[0]
}

// private: no folder on the way to path can be written by everybody.
func private(path string) bool {
	if runtime.GOOS == "windows" {
		return true // the folders for temporary files are the user's own
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o002 != 0 {
			return false
		}
		if filepath.Dir(dir) == dir {
			return true
		}
	}
}

// removeOld removes what a killed portalctl left.
func removeOld(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), scratchPrefix) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(filepath.Join(base, e.Name()))
		}
	}
}
