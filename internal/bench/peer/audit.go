package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/bench/parity"
)

const osvScanner = "github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.4.0"

// benchAudit measures an audit against osv-scanner's offline scan of the same
// locks, with the same database: a synthetic one as large as OSV's, and the
// small one of -records.
func benchAudit(b *bench, args []string) (err error) {
	count := b.Int("count", 250_000, "records of the large database")
	records := b.String("records", "", "a folder of real OSV records (*.json) that both databases begin with")
	peer := b.String("peer", "", "an osv-scanner 2.4.0 instead of building one")
	keep := b.String("keep", "", "keep the databases in this folder, and use those that are there")
	if err := b.start(args, "[-records DIR] [-count N] [-peer FILE] [-keep DIR]"); err != nil {
		return err
	}
	lab := &auditLab{bench: b}
	if *peer != "" {
		lab.peer, err = filepath.Abs(*peer)
	} else {
		lab.peer = filepath.Join(b.tmp, "osv-scanner")
		err = command(b.tmp, []string{"GOBIN=" + b.tmp}, "go", "install", "-trimpath", "-ldflags", "-s -w", osvScanner)
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
	for _, from := range b.Args() {
		tree := filepath.Join(b.tmp, "trees", filepath.Base(from))
		if err := parity.CopyTree(from, tree); err != nil {
			return err
		}
		lock, locks, err := auditLocks(tree)
		if err != nil {
			return err
		}
		dir := filepath.Join(cmp.Or(*keep, b.tmp), filepath.Base(from))
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
	*bench
	peer string
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
			if strings.HasPrefix(p.Package.Version, "0.0.0-use") {
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
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	var out []string
	for _, f := range doc.Findings {
		out = append(out, f.Advisory+" "+f.Package+" "+f.Version)
	}
	return sortedSet(out), nil
}

func sortedSet(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// setDifference says what one of two sorted lists lacks, at most ten of it.
func setDifference(a, b []string) string {
	var lines []string
	lacks := func(list, other []string, who string) {
		for _, s := range list {
			if _, has := slices.BinarySearch(other, s); !has {
				lines = append(lines, "\n  only "+who+": "+s)
			}
		}
	}
	lacks(a, b, "osv-scanner")
	lacks(b, a, "portalctl")
	if len(lines) > 10 {
		lines = append(lines[:10], fmt.Sprintf("\n  and %d more", len(lines)-10))
	}
	return strings.Join(lines, "")
}
