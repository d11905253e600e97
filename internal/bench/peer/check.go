package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/portalctl/portalctl/internal/bench/parity"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// yarnDeduplicate is the peer on Yarn 1 locks.
const yarnDeduplicate = "6.0.2"

// checkLab is what the runs of the benchmark share.
type checkLab struct {
	*bench
	dir    string // of the peers
	env    []string
	plugin string
}

// benchCheck measures check against what finds duplicates today: on Berry locks
// "yarn dedupe --check" of the Yarn that the tree pins, on Classic ones
// "yarn-deduplicate --list". Both peers look at every package of the lock and at
// nothing else, as check --lockfile FILE --all does; that is compared move for
// move before a time counts. Of the tree's other runs nothing is compared: no
// peer does the same.
func benchCheck(b *bench, args []string) error {
	cache, _ := os.UserCacheDir()
	dir := b.String("dir", filepath.Join(cache, "portalctl-parity"), "keep the peers here")
	versions := b.String("versions", "", "a folder with release manifests, laid out as the versions host serves them")
	plugin := b.String("plugin", "", "the Backstage Yarn plugin, for trees that lack theirs")
	if err := b.start(args, "[-versions DIR] [-plugin FILE]"); err != nil {
		return err
	}
	l := &checkLab{bench: b, dir: filepath.Join(*dir, "peerbench"), plugin: *plugin}
	l.env = []string{
		"PORTALCTL_CACHE_DIR=" + filepath.Join(b.tmp, "cache"), "HOME=" + filepath.Join(b.tmp, "home"),
		"YARN_GLOBAL_FOLDER=" + filepath.Join(b.tmp, "yarn"), "YARN_IGNORE_PATH=1", "YARN_ENABLE_TELEMETRY=0",
		"YARN_ENABLE_COLORS=0", "YARN_ENABLE_PROGRESS_BARS=0",
	}
	if *versions != "" {
		abs, err := filepath.Abs(*versions)
		if err != nil {
			return err
		}
		l.env = append(l.env, "BACKSTAGE_VERSIONS_BASE_URL=file://"+filepath.ToSlash(abs))
	}
	for _, tree := range b.Args() {
		if err := l.compete(tree); err != nil {
			return fmt.Errorf("%s: %w", tree, err)
		}
	}
	return nil
}

// checkSide is one command of the comparison.
type checkSide struct {
	name string
	argv []string
	// ratio: what it does is what the peer does.
	ratio   bool
	samples series
}

func (l *checkLab) compete(from string) error {
	t := filepath.Join(l.tmp, "tree-"+filepath.Base(from))
	if err := parity.CopyTree(from, t); err != nil {
		return err
	}
	lock, err := readLock(filepath.Join(t, "yarn.lock"))
	if err != nil {
		return err
	}
	peer, list, err := l.peer(t, lock)
	if err != nil {
		return err
	}
	bare := []string{l.bin, "check", "--lockfile", "yarn.lock", "--all", "--strategy", "highest"}
	same, err := l.compare(t, append(slices.Clone(bare), "--format", "json"), list, lock)
	if err != nil {
		return err
	}
	sides := []*checkSide{
		{name: peer.name, argv: peer.argv},
		{name: "check --lockfile FILE --all", argv: bare, ratio: true},
	}
	if _, err := os.Stat(filepath.Join(t, pkgjson.FileName)); err == nil {
		sides = append(sides,
			&checkSide{name: "check --all", argv: []string{l.bin, "check", "--all"}, ratio: true},
			&checkSide{name: "check", argv: []string{l.bin, "check"}})
	}
	for i := range l.runs + 1 {
		for _, s := range sides {
			sample, err := measure(t, l.env, s.argv, 0, 1)
			if err != nil {
				return err
			}
			if i > 0 {
				s.samples = append(s.samples, sample)
			}
		}
	}
	fmt.Printf("%s, %d entries (%d runs each, by turns; both find the same %d moves)\n", filepath.Base(from), len(lock.Entries), l.runs, same)
	fmt.Printf("  %-34s %10s %10s %8s %10s\n", "median", "wall, ms", "cpu, ms", "MB", "wall")
	for _, s := range sides {
		fmt.Printf("  %-34s %10.1f %10.1f %8.1f", s.name, s.samples.median(wallMS), s.samples.median(cpuMS), s.samples.median(rssMB))
		if s.ratio {
			fmt.Printf(" %9.1f×", sides[0].samples.median(wallMS)/s.samples.median(wallMS))
		}
		fmt.Println()
	}
	return nil
}

// peer is the command to measure, and the one that lists what it finds.
func (l *checkLab) peer(tree string, lock *yarnlock.Lock) (*checkSide, []string, error) {
	if lock.Kind == yarnlock.Classic {
		script, err := l.deduplicate()
		argv := []string{"node", script, "--list", "yarn.lock"}
		return &checkSide{name: "yarn-deduplicate --list", argv: argv}, argv, err
	}
	y, err := prepare(context.Background(), tree, l.dir, l.plugin)
	if err != nil {
		return nil, nil, err
	}
	argv := []string{"node", y.Bundle, "dedupe", "--check"}
	return &checkSide{name: "yarn " + y.Version + " dedupe --check", argv: argv}, append(slices.Clone(argv), "--json"), nil
}

// deduplicate installs yarn-deduplicate, once.
func (l *checkLab) deduplicate() (string, error) {
	root := filepath.Join(l.dir, "yarn-deduplicate-"+yarnDeduplicate)
	script := filepath.Join(root, "node_modules", "yarn-deduplicate", "dist", "cli.js")
	if _, err := os.Stat(script); err == nil {
		return script, nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	return script, command("", nil, "npm", "install", "--prefix", root, "--no-audit", "--no-fund", "--silent", "yarn-deduplicate@"+yarnDeduplicate)
}
