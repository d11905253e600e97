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
	"fmt"
	"os"
	"sort"
)

var benchmarks = map[string]struct {
	run  func(args []string) error
	what string
}{
	"bump":     {benchBump, "versions bump against backstage-cli versions:bump --skip-install"},
	"check":    {benchCheck, "check against yarn dedupe --check (Berry) and yarn-deduplicate --list (Yarn 1)"},
	"noop":     {benchNoop, "versions lock --check on locks in order, against yarn install --mode=update-lockfile"},
	"lock":     {benchLock, "versions lock after edits and after a release bump, against yarn install --mode=update-lockfile"},
	"audit":    {benchAudit, "audit with a database against osv-scanner's offline scan, index warm and cold"},
	"snapshot": {benchSnapshot, "snapshot create against one pg_dump -Fc after the other, and snapshot verify against pg_restore"},
	"startup":  {benchStartup, "the process alone: portalctl --version, with its slowest package initialisations"},
}

func main() {
	if len(os.Args) > 3 && os.Args[1] == runArg {
		os.Exit(runAndNote(os.Args[2:]))
	}
	if len(os.Args) > 1 {
		if b, ok := benchmarks[os.Args[1]]; ok {
			if err := b.run(os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, "peerbench:", err)
				os.Exit(2)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: go run ./internal/bench/peer BENCHMARK [FLAGS] [TREE...]")
	names := make([]string, 0, len(benchmarks))
	for name := range benchmarks {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(os.Stderr, "  %-8s %s\n", name, benchmarks[name].what)
	}
	os.Exit(2)
}
