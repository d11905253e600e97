package yarncli

import (
	"bytes"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// versionInName is the version in a name such as yarn-4.17.1.cjs, "" if it has
// none.
func versionInName(path string) string {
	name := filepath.Base(path)
	for _, ext := range []string{".js", ".cjs", ".mjs", ".exe"} {
		name = strings.TrimSuffix(name, ext)
	}
	rest, ok := strings.CutPrefix(name, "yarn-")
	if !ok {
		return ""
	}
	return cleanVersion(rest)
}

// cleanVersion is s if it is an exact version, else "": packageManager may be
// a URL, a yarnPath may be named yarn-stable.cjs.
func cleanVersion(s string) string {
	if _, err := semrange.ParseVersion(s); err != nil {
		return ""
	}
	version, _, _ := strings.Cut(s, "+")
	return version
}

type lockKind int

const (
	noLock lockKind = iota
	classicLock
	berryLock
)

func kindOf(lock []byte) lockKind {
	switch {
	case bytes.HasPrefix(lock, []byte("__metadata:")), bytes.Contains(lock, []byte("\n__metadata:")):
		return berryLock
	case bytes.Contains(lock, []byte("# yarn lockfile v1")):
		return classicLock
	}
	return noLock
}

// fits refuses a Yarn of the other kind than the lockfile's: it would rewrite
// the whole file in its own format.
func (y *Yarn) fits(root string, lock []byte) error {
	at := fault.Pos{File: filepath.Join(root, "yarn.lock")}
	switch k := kindOf(lock); {
	case k == berryLock && y.Classic():
		return fault.At(at, "the lockfile is one of Yarn 2 or later, and the Yarn that was found (%s) is %s", y.Path, y.Version).
			WithNext("Name the project's Yarn in package.json (\"packageManager\": \"yarn@<version>\") and run corepack enable, or use --lockfile skip.")
	case k == classicLock && !y.Classic():
		return fault.At(at, "the lockfile is one of Yarn 1, and the Yarn that was found (%s) is %s", y.Path, y.Version).
			WithNext("Add \"packageManager\": \"yarn@1.22.22\" to package.json, or migrate the project first (yarn install), or use --lockfile skip.")
	}
	return nil
}

// Declared is the version of the Yarn that Find would choose, as far as the
// project says it without anything being run: by the name of the file at
// yarnPath, else by packageManager. "" if it does not say.
func Declared(s *yarnrc.Settings, packageManager string) string {
	if s != nil && s.YarnPath != "" {
		return versionInName(s.YarnPath)
	}
	pm := pkgjson.ParsePackageManager(packageManager)
	if pm.Name != "yarn" {
		return ""
	}
	return cleanVersion(pm.Version)
}
