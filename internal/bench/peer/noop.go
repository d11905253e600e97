package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func lockFlagSet(name string, runs int) (*flag.FlagSet, lockFlags) {
	fs := flag.NewFlagSet(name, flag.ExitOnError)
	cache, _ := os.UserCacheDir()
	return fs, lockFlags{
		runs:     fs.Int("runs", runs, "runs of each"),
		dir:      fs.String("dir", "", "keep recordings and Yarns here (default "+filepath.Join(cache, "portalctl-parity")+")"),
		versions: fs.String("versions", "", "a folder with release manifests, laid out as the versions host serves them"),
		plugin:   fs.String("plugin", "", "the Backstage Yarn plugin, for trees that lack theirs"),
		yarn:     fs.String("yarn", "", "run Yarn by this command, such as corepack yarn, instead of its bundle by node"),
		bin:      fs.String("bin", "", "measure this portalctl instead of building one"),
		latency:  fs.Duration("latency", defaultLatency, "what the registry takes for each answer"),
	}
}

// benchNoop measures locks that are in order: nothing is to be found but that.
func benchNoop(args []string) error {
	fs, common := lockFlagSet("noop", 5)
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return errors.New("usage: noop [-versions DIR] [-plugin FILE] [-runs N] TREE [TREE …]")
	}
	ctx := context.Background()
	lab, err := openLockLab(ctx, common)
	if err != nil {
		return err
	}
	defer lab.close()
	for _, from := range fs.Args() {
		t, err := lab.openTree(ctx, from)
		if err != nil {
			return err
		}
		sides := t.sides("versions", "lock", "--check")[:2]
		err = t.compete(t.dir, sides, *common.runs)
		if errors.Is(err, errYarn) {
			// Ours alone still says something.
			fmt.Printf("%s: %v\n", t.name, err)
			sides = sides[1:]
			err = t.compete(t.dir, sides, *common.runs)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		printSides(t.name+": versions lock --check on a lock in order", "40× wall, 80 MB", sides)
	}
	printMissed(lab)
	return nil
}
