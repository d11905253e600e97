package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"github.com/portalctl/portalctl/internal/bench/parity"
)

const osvScanner = "github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.4.0"

// benchAudit measures an audit against osv-scanner's offline scan of the same
// locks, with the same database: a synthetic one as large as OSV's, and the
// small one of -records.
func benchAudit(args []string) error {
	fs := flag.NewFlagSet("audit", flag.ExitOnError)
	runs := fs.Int("runs", 5, "runs of each")
	count := fs.Int("count", 250_000, "records of the large database")
	records := fs.String("records", "", "a folder of real OSV records (*.json) that both databases begin with")
	bin := fs.String("bin", "", "measure this portalctl instead of building one")
	peer := fs.String("peer", "", "an osv-scanner 2.4.0 instead of building one")
	keep := fs.String("keep", "", "keep the databases in this folder, and use those that are there")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return errors.New("usage: audit [-records DIR] [-count N] [-runs N] [-bin FILE] [-peer FILE] [-keep DIR] TREE [TREE …]")
	}
	tmp, err := os.MkdirTemp("", "peerbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	lab := &auditLab{tmp: tmp, runs: *runs}
	if lab.bin, err = binary(*bin, tmp); err != nil {
		return err
	}
	if *peer != "" {
		lab.peer, err = filepath.Abs(*peer)
	} else {
		lab.peer, err = install(tmp, osvScanner)
	}
	if err != nil {
		return err
	}
	var real []string
	if *records != "" {
		if real, err = filepath.Glob(filepath.Join(*records, "*.json")); err != nil || len(real) == 0 {
			return fmt.Errorf("no records in %s", *records)
		}
	}
	for _, from := range fs.Args() {
		tree := filepath.Join(tmp, "trees", filepath.Base(from))
		if err := parity.CopyTree(from, tree); err != nil {
			return err
		}
		lock, locks, err := auditLocks(tree)
		if err != nil {
			return err
		}
		dir := *keep
		if dir == "" {
			dir = tmp
		}
		dir = filepath.Join(dir, filepath.Base(from))
		for _, db := range []struct {
			name  string
			count int
		}{{"large", *count}, {"small", len(real)}} {
			if db.count == 0 {
				continue
			}
			if err := lab.compete(filepath.Base(from), tree, locks, filepath.Join(dir, db.name), db.count, real, lock); err != nil {
				return fmt.Errorf("%s, %s database: %w", from, db.name, err)
			}
		}
	}
	return nil
}

type auditLab struct {
	tmp, bin, peer string
	runs           int
}

// compete runs both by turns: ours with the index, ours without, the peer.
func (l *auditLab) compete(name, tree string, locks []string, db string, count int, real []string, lock []installed) error {
	file := filepath.Join(db, "osv-scanner", "npm", "all.zip")
	if _, err := os.Stat(file); err != nil {
		if err := generate(file, count, real, lock); err != nil {
			return err
		}
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	config := filepath.Join(l.tmp, "osv-scanner.toml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		return err
	}
	out := filepath.Join(l.tmp, "findings.json")
	ours := []string{l.bin, "audit", "--full", "--db", db, "--format", "json", "--output", out}
	peer := []string{l.peer, "scan", "source", "--offline", "--local-db-path", db, "--config", config, "--format", "json", "--output-file", out}
	for _, lock := range locks {
		peer = append(peer, "--lockfile", "yarn.lock:"+lock)
	}
	env := []string{"PORTALCTL_CACHE_DIR=" + filepath.Join(l.tmp, "cache"), "CI="}
	var warm, cold, peers series
	// The first round fills the page cache and is not counted; its findings are
	// compared, and those of every other.
	var want []string
	for i := range l.runs + 1 {
		for _, side := range []struct {
			argv []string
			cold bool
			read func([]byte) ([]string, error)
			to   *series
		}{{peer, false, peerFindings, &peers}, {ours, true, ourFindings, &cold}, {ours, false, ourFindings, &warm}} {
			if side.cold {
				if err := os.RemoveAll(file + ".index"); err != nil {
					return err
				}
			}
			if err := os.RemoveAll(out); err != nil {
				return err
			}
			s, err := measure(tree, env, side.argv, 0, 1)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(out)
			if err != nil {
				return err
			}
			got, err := side.read(text)
			if err != nil {
				return err
			}
			if want == nil {
				want = got
			}
			if d := setDifference(want, got); d != "" {
				return fmt.Errorf("%s finds something else than osv-scanner, so no times:%s", side.argv[0], d)
			}
			if i > 0 {
				*side.to = append(*side.to, s)
			}
		}
	}
	fmt.Printf("%s: %d locks, %d records, %d MB; both find the same %d (advisory, package, version)\n",
		name, len(locks), count, info.Size()>>20, len(want))
	printPair("  name index warm", "osv-scanner", warm, peers)
	printPair("  name index cold", "osv-scanner", cold, peers)
	return nil
}

// install puts a Go program at a version into dir.
func install(dir, pkg string) (string, error) {
	cmd := exec.Command("go", "install", "-trimpath", "-ldflags", "-s -w", pkg)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOBIN="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install %s: %w\n%s", pkg, err, out)
	}
	return filepath.Join(dir, "osv-scanner"), nil
}

// auditLocks are the locks of a tree, and the npm packages that they install.
func auditLocks(tree string) (list []installed, files []string, err error) {
	err = filepath.WalkDir(tree, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "yarn.lock" {
			return err
		}
		lock, err := readLock(path)
		if err != nil {
			return err
		}
		files = append(files, path)
		for _, e := range lock.Entries {
			if name, version, ok := e.Package(); ok {
				list = append(list, installed{name, version})
			}
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no yarn.lock", tree)
	}
	return list, files, err
}

// peerFindings are osv-scanner's, without the workspaces that it takes for npm
// packages.
func peerFindings(text []byte) ([]string, error) {
	var doc struct {
		Results []struct {
			Packages []struct {
				Package         struct{ Name, Version string }
				Vulnerabilities []struct{ ID string }
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	var out []string
	for _, r := range doc.Results {
		for _, p := range r.Packages {
			if p.Package.Version == "0.0.0-use.local" || strings.HasPrefix(p.Package.Version, "0.0.0-use") {
				continue
			}
			for _, v := range p.Vulnerabilities {
				out = append(out, v.ID+" "+p.Package.Name+" "+p.Package.Version)
			}
		}
	}
	return sortedSet(out), nil
}

func ourFindings(text []byte) ([]string, error) {
	var doc struct {
		Findings []struct{ Advisory, Package, Version string }
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&doc); err != nil {
		return nil, err
	}
	var out []string
	for _, f := range doc.Findings {
		out = append(out, f.Advisory+" "+f.Package+" "+f.Version)
	}
	return sortedSet(out), nil
}

func sortedSet(list []string) []string {
	sort.Strings(list)
	out := list[:0]
	for i, s := range list {
		if i == 0 || s != list[i-1] {
			out = append(out, s)
		}
	}
	return out
}

// setDifference says what one of two sorted lists lacks, at most ten of it.
func setDifference(a, b []string) string {
	in := func(list []string) map[string]bool {
		m := map[string]bool{}
		for _, s := range list {
			m[s] = true
		}
		return m
	}
	inA, inB := in(a), in(b)
	var lines []string
	for _, s := range a {
		if !inB[s] {
			lines = append(lines, "\n  only osv-scanner: "+s)
		}
	}
	for _, s := range b {
		if !inA[s] {
			lines = append(lines, "\n  only portalctl: "+s)
		}
	}
	if len(lines) > 10 {
		lines = append(lines[:10], fmt.Sprintf("\n  and %d more", len(lines)-10))
	}
	return strings.Join(lines, "")
}
