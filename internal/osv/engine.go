package osv

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/google/osv-scanner/v2/pkg/osvscanner"
)

// The canary is planted in every run of the engine: an answer counts only if
// the one version is found and the other is not. No package can have this name:
// npm's begin with no underscore.
const (
	canaryName = "_portalctl-canary"
	canaryID   = "PORTALCTL-CANARY-1"
	canaryHit  = "1.0.0"
	canaryMiss = "2.0.0"

	canaryRecord = `{"schema_version":"1.5.0","id":"` + canaryID + `","modified":"2020-01-01T00:00:00Z",` +
		`"affected":[{"package":{"ecosystem":"npm","name":"` + canaryName + `"},` +
		`"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"` + canaryMiss + `"}]}]}]}`
)

// found is what the engine says: a record by its id, and the package.
type found struct {
	id  string
	pkg Package
}

// job is one run of the engine.
type job struct {
	dir      string
	packages []Package
}

// engineMu: the engine's logger is a global of its own, so that only one run
// may go on at a time.
var engineMu sync.Mutex

// runEngine has osv-scanner match the packages of each job against its
// database. The engine knows no context: when ctx ends, the run goes on
// unheard. cleanup is called when it is over.
func runEngine(ctx context.Context, jobs []job, cleanup func()) ([]found, error) {
	type answer struct {
		found []found
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		defer cleanup()
		engineMu.Lock()
		defer engineMu.Unlock()
		var a answer
		for _, j := range jobs {
			if a.err = ctx.Err(); a.err != nil {
				break
			}
			var list []found
			if list, a.err = j.run(); a.err != nil {
				break
			}
			a.found = append(a.found, list...)
		}
		done <- a
	}()
	select {
	case a := <-done:
		return a.found, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run is one run of the engine, and the reasons not to believe it.
func (j job) run() ([]found, error) {
	list, err := scan(j.dir, j.packages)
	if err != nil {
		return nil, err
	}
	asked := make(map[Package]bool, len(j.packages))
	for _, p := range j.packages {
		asked[p] = true
	}
	canary := false
	out := list[:0]
	for _, f := range list {
		switch {
		case f == found{canaryID, Package{canaryName, canaryHit}}:
			canary = true
		case !asked[f.pkg] || f.id == canaryID:
			return nil, fmt.Errorf("it found %s in %s@%s, which was not asked for", f.id, f.pkg.Name, f.pkg.Version)
		default:
			out = append(out, f)
		}
	}
	if !canary {
		return nil, errors.New("it did not find the vulnerable package that was planted, so its silence means nothing")
	}
	return out, nil
}

// write makes the database of a run.
func (j job) write(records [][]byte) error {
	path := filepath.Join(j.dir, "osv-scanner", "npm", "all.zip")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	z := zip.NewWriter(f)
	for i, text := range records {
		size := uint64(len(text))
		// The engine skips what is not called .json, whatever it was called before.
		w, err := z.CreateRaw(&zip.FileHeader{
			Name: strconv.Itoa(i) + ".json", Method: zip.Store, CRC32: crc32.ChecksumIEEE(text), CompressedSize64: size, UncompressedSize64: size,
		})
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			f.Close()
			return err
		}
	}
	err = z.Close()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// scan calls the engine; its database is osv-scanner/npm/all.zip below dir.
func scan(dir string, packages []Package) (list []found, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it broke down: %v", r)
		}
	}()
	lock := filepath.Join(dir, "yarn.lock")
	if err := os.WriteFile(lock, yarnLock(packages), 0o600); err != nil {
		return nil, err
	}
	// Without one, the engine looks for a configuration of its own.
	config := filepath.Join(dir, "osv-scanner.toml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		return nil, err
	}
	log := &complaints{}
	osvscanner.SetLogger(log)
	result, err := osvscanner.DoScan(osvscanner.ScannerActions{
		LockfilePaths:         []string{"yarn.lock:" + lock},
		NoIgnore:              true,
		CompareOffline:        true,
		LocalDBPath:           dir,
		PluginNetworkDisabled: true,
		ConfigOverridePath:    config,
		ExperimentalScannerActions: osvscanner.ExperimentalScannerActions{
			PluginsNoDefaults:  true,
			PluginsEnabled:     []string{"javascript/yarnlock"},
			TransitiveScanning: osvscanner.TransitiveScanningActions{Disabled: true},
		},
	})
	if err != nil && !errors.Is(err, osvscanner.ErrVulnerabilitiesFound) {
		return nil, err
	}
	if text := log.first(); text != "" {
		return nil, errors.New(text)
	}
	for _, source := range result.Results {
		for _, p := range source.Packages {
			pkg := Package{Name: p.Package.Name, Version: p.Package.Version}
			for _, v := range p.Vulnerabilities {
				list = append(list, found{id: v.GetId(), pkg: pkg})
			}
		}
	}
	return list, nil
}

// yarnLock is a lock that installs the packages, and the canary.
func yarnLock(packages []Package) []byte {
	var b strings.Builder
	b.WriteString("# yarn lockfile v1\n")
	for _, p := range append(packages[:len(packages):len(packages)], Package{canaryName, canaryHit}, Package{canaryName, canaryMiss}) {
		fmt.Fprintf(&b, "\n\"%s@%s\":\n  version \"%s\"\n", p.Name, p.Version, p.Version)
	}
	return []byte(b.String())
}

// sayable reports whether the engine reads the package from a lock as it is:
// its parser cuts a header at @ and comma, and takes a version to be word
// characters, dots, plus and minus.
func sayable(p Package) bool {
	name := strings.TrimPrefix(p.Name, "@")
	if name == "" || p.Version == "" || len(p.Name) > 512 || len(p.Version) > 512 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c == 0x7f || strings.ContainsRune(`@,:"\`, c) {
			return false
		}
	}
	for _, c := range p.Version {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.ContainsRune("_-.+", c):
		default:
			return false
		}
	}
	return true
}

// complaints is a slog.Handler that keeps warnings and errors. The engine
// skips a record that it cannot read with no more than a warning.
type complaints struct {
	mu   sync.Mutex
	list []string
}

func (c *complaints) first() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.list) == 0 {
		return ""
	}
	return c.list[0]
}

func (c *complaints) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}

func (c *complaints) Handle(_ context.Context, r slog.Record) error {
	// OSV's algorithm has a record without versions apply to none.
	if r.Level >= slog.LevelWarn && !strings.Contains(r.Message, "does not have any ranges or versions") {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.list = append(c.list, r.Message)
	}
	return nil
}

func (c *complaints) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c *complaints) WithGroup(string) slog.Handler      { return c }
