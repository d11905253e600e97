package live

import (
	"os"
	"path/filepath"
	"runtime"
)

// Bundle is the file of the project's Yarn: yarnPath, else what corepack has
// downloaded of that version; "" if neither is there. env is os.Getenv.
func Bundle(yarnPath, version string, env func(string) string) string {
	if yarnPath != "" {
		return yarnPath
	}
	home := env("COREPACK_HOME")
	if home == "" {
		home = filepath.Join(corepackCache(env), "node", "corepack")
	}
	for _, name := range []string{"yarn.js", "bin/yarn.js"} {
		path := filepath.Join(home, "v1", "yarn", version, filepath.FromSlash(name))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// corepackCache is where corepack's folderUtils puts its home folder.
func corepackCache(env func(string) string) string {
	if dir := env("XDG_CACHE_HOME"); dir != "" {
		return dir
	}
	if dir := env("LOCALAPPDATA"); dir != "" {
		return dir
	}
	if runtime.GOOS == "windows" {
		return filepath.Join(env("USERPROFILE"), "AppData", "Local")
	}
	return filepath.Join(env("HOME"), ".cache")
}
