// Peerbench measures portalctl against the tool that it replaces, on the same
// trees in the same run: ours, peer, ours, peer, …, each on a fresh copy. It
// compares what both wrote before a time counts, and prints medians and ratios.
//
//	go run ./internal/bench/peer bump -manifest M.json -peer 'node …/backstage-cli' TREE…
//	go run ./internal/bench/peer check -versions DIR TREE…
//	go run ./internal/bench/peer noop -versions DIR TREE…
//	go run ./internal/bench/peer lock -versions DIR -release X TREE…
//	go run ./internal/bench/peer audit -records DIR TREE…
//	go run ./internal/bench/peer snapshot
//
// check, noop and lock need node, npm and a registry; they run the Yarn that the
// tree's packageManager names. audit builds osv-scanner from its module; snapshot
// needs PostgreSQL.
//
// It is a tool for people, not a test: nothing here passes or fails.
package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var benchmarks = map[string]struct {
	run  func(b *bench, args []string) error
	runs int // of each side, unless -runs says otherwise
	what string
}{
	"bump":     {benchBump, 9, "versions bump against backstage-cli versions:bump --skip-install"},
	"check":    {benchCheck, 11, "check against yarn dedupe --check (Berry) and yarn-deduplicate --list (Yarn 1)"},
	"noop":     {benchNoop, 5, "versions lock --check on locks in order, against yarn install --mode=update-lockfile"},
	"lock":     {benchLock, 5, "versions lock after edits and after a release bump, against yarn install --mode=update-lockfile"},
	"audit":    {benchAudit, 5, "audit with a database against osv-scanner's offline scan, index warm and cold"},
	"snapshot": {benchSnapshot, 3, "snapshot create against one pg_dump -Fc after the other, and snapshot verify against pg_restore"},
	"startup":  {benchStartup, 21, "the process alone: portalctl --version, with its slowest package initialisations"},
}

func main() {
	if len(os.Args) > 3 && os.Args[1] == runArg {
		os.Exit(runAndNote(os.Args[2:]))
	}
	if len(os.Args) > 1 {
		if b, ok := benchmarks[os.Args[1]]; ok {
			if err := run(os.Args[1], b.runs, b.run); err != nil {
				fmt.Fprintln(os.Stderr, "peerbench:", err)
				os.Exit(2)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: go run ./internal/bench/peer BENCHMARK [FLAGS] [TREE...]")
	for _, name := range slices.Sorted(maps.Keys(benchmarks)) {
		fmt.Fprintf(os.Stderr, "  %-8s %s\n", name, benchmarks[name].what)
	}
	os.Exit(2)
}

// bench is what every benchmark has.
type bench struct {
	*flag.FlagSet
	runs int
	tmp  string // a folder that goes with it
	bin  string // the portalctl that is measured
}

func run(name string, runs int, benchmark func(*bench, []string) error) error {
	tmp, err := os.MkdirTemp("", "peerbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	b := &bench{FlagSet: flag.NewFlagSet(name, flag.ExitOnError), tmp: tmp}
	b.IntVar(&b.runs, "runs", runs, "runs of each")
	b.StringVar(&b.bin, "bin", "", "measure this portalctl instead of building one")
	return benchmark(b, os.Args[2:])
}

// start reads the arguments and sees to the portalctl to measure. A benchmark with
// a usage needs trees.
func (b *bench) start(args []string, usage string) (err error) {
	if err := b.Parse(args); err != nil {
		return err
	}
	if usage != "" && b.NArg() == 0 {
		return errors.New("usage: " + b.Name() + " " + usage + " [-runs N] [-bin FILE] TREE [TREE …]")
	}
	if b.bin == "" {
		b.bin, err = build(b.tmp)
		return err
	}
	b.bin, err = filepath.Abs(b.bin) // it runs in other folders
	return err
}

// printSome prints a line for each of the first few.
func printSome(list []string, most int, indent string) {
	if more := len(list) - most; more > 0 {
		list = append(list[:most:most], fmt.Sprintf("… and %d more", more))
	}
	fmt.Print(indent, strings.Join(list, "\n"+indent), "\n")
}
