package yarncli

import (
	"bytes"
	"path/filepath"
	"runtime"
	"strings"
)

// envFor is what the environment of a run depends on.
type envFor struct {
	root, scratch string // the project and its mirror; "" when there is none
	lock          []byte
	extra         []string
}

// env is the user's environment (proxies, tokens, NODE_OPTIONS, …) with what
// keeps Yarn to the lockfile.
func (y *Yarn) env(f envFor) []string {
	set := map[string]string{
		// This very Yarn, not one that an rc file names; the check is Yarn 1's,
		// and yarnPath wins over packageManager in every version.
		"YARN_IGNORE_PATH": "1",
		// No questions, no edits of package.json.
		"COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
		"COREPACK_ENABLE_AUTO_PIN":        "0",
		"HUSKY":                           "0",
		"HUSKY_SKIP_INSTALL":              "1",
		"NO_COLOR":                        "1",
	}
	if y.Source == fromYarnPath {
		set["SKIP_YARN_COREPACK_CHECK"] = "1"
	}
	if y.Version != "" && !y.Classic() {
		// On CI Yarn refuses to change the lockfile unless told otherwise.
		set["YARN_ENABLE_IMMUTABLE_INSTALLS"] = "false"
		set["YARN_ENABLE_IMMUTABLE_CACHE"] = "false"
		set["YARN_ENABLE_TELEMETRY"] = "0"
		set["YARN_ENABLE_PROGRESS_BARS"] = "false"
		set["YARN_ENABLE_COLORS"] = "false"
		// Packages from git are built to be packed, and a build without scripts
		// would have another checksum. No other package's scripts can run, as
		// nothing is linked.
		if !bytes.Contains(f.lock, []byte("#commit=")) {
			set["YARN_ENABLE_SCRIPTS"] = "false"
		}
		if y.major() < 3 {
			set["YARN_NODE_LINKER"] = "pnp" // the linker that writes least
		}
		// Yarn 2 and 3 refuse to run with a setting that they do not know.
		if y.major() >= 4 {
			set["YARN_ENABLE_HARDENED_MODE"] = "false"
			set["YARN_ENABLE_CONSTRAINTS_CHECKS"] = "false" // may need node_modules
		}
	}
	var out []string
	for _, kv := range append(append([]string(nil), y.environ...), f.extra...) {
		name, value, ok := strings.Cut(kv, "=")
		if _, ours := set[envKey(name)]; ours || !ok || dropped(envKey(name)) {
			continue
		}
		out = append(out, name+"="+f.moved(name, value))
	}
	for name, value := range set {
		out = append(out, name+"="+value)
	}
	return out
}

// dropped are variables that a surrounding `yarn run` sets for its own project,
// and what would contradict NO_COLOR or the run's purpose.
func dropped(name string) bool {
	switch name {
	case "FORCE_COLOR", "PROJECT_CWD", "INIT_CWD", "YARN_FROZEN_LOCKFILE", "YARN_PURE_LOCKFILE", "YARN_MODULES_FOLDER":
		return true
	}
	return false
}

// moved is the value with a path inside the project led into the mirror, for
// Yarn's own settings: YARN_CACHE_FOLDER=$CI_PROJECT_DIR/.yarn/cache is common
// on CI, and Yarn would write there.
func (f envFor) moved(name, value string) string {
	upper := strings.ToUpper(name)
	yarns := strings.HasPrefix(upper, "YARN_") || strings.HasPrefix(upper, "NPM_CONFIG_")
	if !yarns || f.root == "" || !filepath.IsAbs(value) {
		return value
	}
	for _, root := range []string{f.root, resolved(f.root)} {
		if rel, ok := within(root, value); ok {
			return filepath.Join(f.scratch, rel)
		}
	}
	return value
}

// within is path relative to dir, if it is dir or below it.
func within(dir, path string) (string, bool) {
	rel, err := filepath.Rel(dir, path)
	if err != nil || rel != "." && !filepath.IsLocal(rel) {
		return "", false
	}
	return rel, true
}

func resolved(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	return path
}

// envKey: names differ by case except on Windows.
func envKey(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// args are the arguments of the run.
func (y *Yarn) args() []string {
	switch {
	case y.Classic():
		// Yarn 1 knows no lock-only install: it links a node_modules in the
		// scratch folder.
		return []string{"install", "--ignore-scripts", "--non-interactive", "--ignore-engines", "--ignore-platform", "--no-progress"}
	case y.major() < 3:
		return []string{"install", "--json", "--skip-builds"} // --mode came with 3.0
	}
	return []string{"install", "--json", "--mode=update-lockfile"}
}
