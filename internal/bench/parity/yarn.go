package parity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Yarn is a release of Yarn as its package @yarnpkg/cli-dist has it.
type Yarn struct {
	Version string
	Bundle  string // yarn.js
	home    string
	clock   string
}

// GetYarn fetches a release with npm, once.
func GetYarn(ctx context.Context, dir, version string) (*Yarn, error) {
	root := filepath.Join(dir, "yarn-"+version)
	y := &Yarn{Version: version, Bundle: filepath.Join(root, "package", "bin", "yarn.js"), home: filepath.Join(root, "home")}
	if _, err := os.Stat(y.Bundle); err != nil {
		if err := os.MkdirAll(root, 0o755); err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, "npm", "pack", "--silent", "@yarnpkg/cli-dist@"+version)
		cmd.Dir = root
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("npm pack @yarnpkg/cli-dist@%s: %w", version, err)
		}
		tar := exec.CommandContext(ctx, "tar", "xzf", strings.TrimSpace(string(out)))
		tar.Dir = root
		if err := tar.Run(); err != nil {
			return nil, err
		}
	}
	y.clock = filepath.Join(root, "clock.cjs")
	return y, os.WriteFile(y.clock, []byte(clockScript), 0o644)
}

// clockScript makes node believe in another time, which then runs on.
const clockScript = `
const real = Date, shift = Number(process.env.PARITY_NOW) - real.now();
class Shifted extends real {
  constructor(...args) { args.length ? super(...args) : super(real.now() + shift); }
  static now() { return real.now() + shift; }
}
globalThis.Date = Shifted;
`

// Run is what a run of Yarn came to.
type Run struct {
	Output  string
	Err     error // it failed
	Elapsed time.Duration
}

// Install runs Yarn in dir so that only the lock changes. What earlier runs cached
// of tarballs and metadata is kept.
func (y *Yarn) Install(ctx context.Context, dir, registry string, now time.Time) Run {
	// Yarn keeps packuments by host name, with addresses that have the port of
	// the proxy: each proxy needs a cache of its own.
	folder := filepath.Join(y.home, "global-"+registry[strings.LastIndexByte(registry, ':')+1:])
	cmd := exec.CommandContext(ctx, "node", "--require", y.clock, y.Bundle, "install", "--mode=update-lockfile")
	cmd.Dir = dir
	cmd.Env = append(Environ(registry),
		"PATH="+os.Getenv("PATH"), "HOME="+y.home, "TMPDIR="+os.TempDir(),
		fmt.Sprintf("PARITY_NOW=%d", now.UnixMilli()), "YARN_GLOBAL_FOLDER="+folder, "YARN_HTTP_RETRY=1")
	if manifest := os.Getenv("BACKSTAGE_MANIFEST_FILE"); manifest != "" {
		cmd.Env = append(cmd.Env, "BACKSTAGE_MANIFEST_FILE="+manifest)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	return Run{Output: out.String(), Err: err, Elapsed: time.Since(start)}
}

// Environ is what has Yarn write a lock from a registry on loopback and nothing
// else.
func Environ(registry string) []string {
	return []string{
		"YARN_IGNORE_PATH=1", "YARN_NPM_REGISTRY_SERVER=" + registry, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1",
		"YARN_ENABLE_TELEMETRY=0", "YARN_ENABLE_IMMUTABLE_INSTALLS=0", "YARN_ENABLE_HARDENED_MODE=0",
		"YARN_ENABLE_COLORS=0", "YARN_ENABLE_PROGRESS_BARS=0", "YARN_HTTP_TIMEOUT=120000",
	}
}

// Reason is the line of Yarn's output that says why it failed.
func (r Run) Reason() string {
	for line := range strings.Lines(r.Output) {
		if code, text, ok := strings.Cut(line, ": "); ok && strings.Contains(code, "YN") && !strings.Contains(code, "YN0000") &&
			!strings.Contains(code, "YN0013") && !strings.Contains(code, "YN0085") && !strings.Contains(code, "YN0086") &&
			!strings.Contains(code, "YN0002") && !strings.Contains(code, "YN0060") && !strings.Contains(code, "YN0073") {
			return strings.TrimSpace(text)
		}
	}
	if len(r.Output) > 300 {
		return r.Output[len(r.Output)-300:]
	}
	return r.Output
}

// Registry is the registry that npm is set up to use.
func Registry(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "npm", "config", "get", "registry").Output()
	if err != nil {
		return "", err
	}
	registry := strings.TrimSpace(string(out))
	if !strings.HasPrefix(registry, "http") {
		return "", errors.New("npm has no registry: " + registry)
	}
	return registry, nil
}
