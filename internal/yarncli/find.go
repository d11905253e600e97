package yarncli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Options are what Find goes by besides the project's root.
type Options struct {
	// Settings are the project's; nil counts as none.
	Settings *yarnrc.Settings
	// PackageManager is the field of that name in the root's package.json.
	PackageManager string
	// Environ is the environment for Yarn; nil means the process's own.
	// Programs are always looked for on the process's own PATH.
	Environ []string
	// OnlyLook leaves Version empty where only running Yarn would tell it.
	OnlyLook bool
	// Files are those of the request that will follow, if yarnPath may name one of
	// them: that Yarn is then run from there.
	Files map[string][]byte
	// CacheDir is where the program keeps things between runs: the scratch folder is
	// made there where the folder for temporary files is open to others. "" is the
	// default, portalctl in the user's cache folder.
	CacheDir string
}

// source is where a Yarn comes from.
type source string

// The sources, in the order in which Find tries them.
const (
	fromYarnPath source = "yarnPath"
	fromCorepack source = "corepack"
	fromPath     source = "PATH"
)

// Yarn is a Yarn that can be run.
type Yarn struct {
	// Version is X.Y.Z, with a prerelease perhaps.
	Version string
	Source  source
	// Path is the file that is run.
	Path string

	argv     []string // the program and the arguments before Yarn's own
	environ  []string
	cache    string
	caches   []string
	onlyLook bool
	inFiles  string // the file of the request that Path will be, "" if it is there
}

// String is "Yarn 4.17.1", for messages.
func (y *Yarn) String() string { return "Yarn " + y.Version }

// Classic reports whether it is Yarn 1.
func (y *Yarn) Classic() bool { return y.major() == 1 }

func (y *Yarn) major() int {
	n, _ := strconv.Atoi(strings.SplitN(y.Version, ".", 2)[0])
	return n
}

func (y *Yarn) rcName() string {
	for _, v := range y.environ {
		if name, ok := strings.CutPrefix(v, "YARN_RC_FILENAME="); ok && name != "" && filepath.Base(name) == name {
			return name
		}
	}
	return ".yarnrc.yml"
}

// Find chooses the Yarn that the project asks for: the file that yarnPath
// names (yarn-path in a Classic .yarnrc), else the packageManager of its
// package.json through corepack, else yarn on the PATH, if that is of the
// version that packageManager asks for. Nothing of the project is executed,
// except for the file at yarnPath with --version when its name does not tell.
func Find(ctx context.Context, root string, opts Options) (*Yarn, error) {
	y := &Yarn{environ: opts.Environ, onlyLook: opts.OnlyLook, cache: opts.CacheDir}
	if y.environ == nil {
		y.environ = os.Environ()
	}
	var yarnPath string
	var at fault.Pos
	if s := opts.Settings; s != nil {
		yarnPath, at = s.YarnPath, s.YarnPathPos
		if s.CacheFolder.IsSet {
			y.caches = append(y.caches, s.CacheFolder.Value)
		}
	}
	pm := pkgjson.ParsePackageManager(opts.PackageManager)
	switch {
	case yarnPath != "":
		if rel, ok := within(root, yarnPath); ok && isScript(rel) && opts.Files[filepath.ToSlash(rel)] != nil {
			y.inFiles = filepath.ToSlash(rel)
		}
		if err := y.fromYarnPath(ctx, yarnPath, at); err != nil {
			return nil, err
		}
		return y, nil
	case opts.PackageManager != "" && pm.Name != "" && pm.Name != "yarn":
		return nil, fault.At(fault.Pos{File: filepath.Join(root, "package.json")}, "the project uses %s, not Yarn", pm.Name).
			WithNext("portalctl updates the lockfiles of Yarn only: use --lockfile skip and update the lockfile with %s.", pm.Name)
	}
	if err := y.fromSystem(ctx, root, pm); err != nil {
		return nil, err
	}
	return y, nil
}

func (y *Yarn) fromYarnPath(ctx context.Context, path string, at fault.Pos) error {
	version := versionInName(path)
	// What is not there yet cannot be asked for its version.
	if y.inFiles == "" || version == "" {
		y.inFiles = ""
		info, err := os.Stat(path)
		if err == nil && !info.Mode().IsRegular() {
			err = errors.New("it is not a file")
		}
		if err != nil {
			return unusable(err, at, path, version)
		}
	}
	y.Source, y.Path, y.argv = fromYarnPath, path, []string{path}
	if isScript(path) {
		node, err := exec.LookPath("node")
		if err != nil {
			return fault.New("Yarn (%s) needs Node.js, and there is no node on the PATH", path).
				WithNext("Install Node.js or put it on the PATH, or use --lockfile skip.")
		}
		y.argv = []string{node, path}
	}
	if y.Version = version; version != "" {
		return nil
	}
	var err error
	y.Version, err = y.askVersion(ctx, "")
	return err
}

// unusable is the error of a yarnPath that names no file. Every Yarn hands over to
// yarnPath first, and fails when that is gone.
func unusable(err error, at fault.Pos, path, version string) error {
	return fault.Wrap(fault.Cause(err), at, "yarnPath names %s, which cannot be used", path).
		WithNext("Restore that file from version control, or recreate it with: YARN_IGNORE_PATH=1 yarn set version %s --yarn-path", cmp.Or(version, "stable"))
}

func isScript(path string) bool {
	switch filepath.Ext(path) {
	case ".js", ".cjs", ".mjs":
		return true
	}
	return false
}

func (y *Yarn) fromSystem(ctx context.Context, root string, pm pkgjson.PackageManager) error {
	wants := pm.Name == "yarn"
	at := fault.Pos{File: filepath.Join(root, "package.json")}
	if wants {
		if corepack, err := exec.LookPath("corepack"); err == nil {
			y.Source, y.Path, y.argv = fromCorepack, corepack, []string{corepack, "yarn"}
			if y.Version = cleanVersion(pm.Version); y.Version != "" {
				return nil
			}
			y.Version, err = y.askVersion(ctx, pm.Raw)
			return err
		}
	}
	path, err := exec.LookPath("yarn")
	if err != nil {
		if wants {
			return fault.At(at, "the project asks for %s@%s, and there is neither corepack nor yarn on the PATH", pm.Name, pm.Version).
				WithNext("Run npm install --global corepack, or commit Yarn to the project (yarn set version %s --yarn-path), or use --lockfile skip.", pm.Version)
		}
		return fault.At(at, "no Yarn was found: no yarnPath, no packageManager, and no yarn on the PATH").
			WithNext("Add \"packageManager\": \"yarn@<version>\" to package.json and run corepack enable, or use --lockfile skip.")
	}
	y.Source, y.Path, y.argv = fromPath, path, []string{path}
	if y.Version, err = y.askVersion(ctx, pm.Raw); err != nil {
		return err
	}
	if want := cleanVersion(pm.Version); wants && want != "" && want != y.Version && !y.onlyLook {
		return fault.At(at, "the project asks for yarn@%s, and yarn on the PATH is %s", want, y.Version).
			WithNext("Run npm install --global corepack && corepack enable, or commit Yarn to the project (yarn set version %s --yarn-path), or use --lockfile skip.", want)
	}
	return nil
}

// askVersion runs --version in an empty folder, so that no plugin of the
// project is loaded. Yarn as installed by corepack goes by the packageManager
// of the folder that it is run in.
func (y *Yarn) askVersion(ctx context.Context, packageManager string) (string, error) {
	if y.onlyLook {
		return "", nil
	}
	dir, err := newScratch("", y.cache, "")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	pkg := map[string]string{"name": "scratch"}
	if packageManager != "" {
		pkg["packageManager"] = packageManager
	}
	b, err := json.Marshal(pkg)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "package.json"), b, 0o600)
	}
	if err != nil {
		return "", fault.Wrap(err, fault.Pos{File: dir}, "Yarn's version could not be asked for")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out := newOutput(newMasker(y.environ))
	var stdout bytes.Buffer
	code, err := runProcess(ctx, process{argv: append(y.argv, "--version"), dir: dir, env: y.env(envFor{}), stdout: &stdout, stderr: out})
	if ctx.Err() != nil && err == nil {
		err = ctx.Err()
	}
	if err == nil && code != 0 {
		err = out.failure(code)
	}
	version := cleanVersion(strings.TrimSpace(stdout.String()))
	if err == nil && version == "" {
		err = errors.New("it does not tell a version")
	}
	if err != nil {
		return "", fault.Wrap(err, fault.Pos{File: y.Path}, "Yarn could not be started").
			WithNext("Run %s --version to see why, or use --lockfile skip.", strings.Join(y.argv, " "))
	}
	return version, nil
}

// Line is the program and the arguments that run Yarn with args.
func (y *Yarn) Line(args ...string) []string { return append(slices.Clone(y.argv), args...) }
