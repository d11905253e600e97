package live

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// A limit of 0 would have the first tarball wait for ever.
func TestLimits(t *testing.T) {
	for asked, want := range map[int]int{0: 16, -1: 16, 3: 3} {
		if got := cap(New(Config{Downloads: asked}).slots); got != want {
			t.Errorf("Downloads %d: %d are held at a time, want %d", asked, got, want)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs, want := range map[int]int{1: 1, 5: 5, 12: 8} {
		runtime.GOMAXPROCS(procs)
		if got := cap(New(Config{}).unpacking); got != want {
			t.Errorf("%d processors: %d are unpacked at a time, want %d", procs, got, want)
		}
	}
}

func TestBundle(t *testing.T) {
	dir := t.TempDir()
	put := func(elem ...string) string {
		t.Helper()
		path := filepath.Join(append([]string{dir}, elem...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	chosen := put("chosen", "v1", "yarn", "4.0.0", "yarn.js")
	put("chosen", "v1", "yarn", "1.22.0", "yarn.js", "a-folder") // not a file: the next name is looked for
	classic := put("chosen", "v1", "yarn", "1.22.0", "bin", "yarn.js")
	cached := put("cache", "node", "corepack", "v1", "yarn", "4.0.0", "yarn.js")
	local := put("local", "node", "corepack", "v1", "yarn", "4.0.0", "yarn.js")
	cache := filepath.Join("home", ".cache")
	if runtime.GOOS == "windows" {
		cache = filepath.Join("home", "AppData", "Local")
	}
	home := put(cache, "node", "corepack", "v1", "yarn", "4.0.0", "yarn.js")
	all := map[string]string{"COREPACK_HOME": "chosen", "XDG_CACHE_HOME": "cache", "LOCALAPPDATA": "local", "HOME": "home", "USERPROFILE": "home"}
	for _, tt := range []struct {
		name, yarnPath, version string
		unset                   []string
		want                    string
	}{
		{"yarnPath", "y.cjs", "4.0.0", nil, "y.cjs"},
		{"no version", "", "", nil, ""},
		{"COREPACK_HOME", "", "4.0.0", nil, chosen},
		{"a bin folder", "", "1.22.0", nil, classic},
		{"not downloaded", "", "4.1.0", nil, ""},
		{"XDG_CACHE_HOME", "", "4.0.0", []string{"COREPACK_HOME"}, cached},
		{"LOCALAPPDATA", "", "4.0.0", []string{"COREPACK_HOME", "XDG_CACHE_HOME"}, local},
		{"the home folder", "", "4.0.0", []string{"COREPACK_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"}, home},
	} {
		got := Bundle(tt.yarnPath, tt.version, func(name string) string {
			if all[name] == "" || slices.Contains(tt.unset, name) {
				return ""
			}
			return filepath.Join(dir, all[name])
		})
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
