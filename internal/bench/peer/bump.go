package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/bench/parity"
)

func benchBump(b *bench, args []string) error {
	manifest := b.String("manifest", "", "release manifest that both bump to (a file)")
	peer := b.String("peer", "backstage-cli", "the peer's command, up to versions:bump")
	if err := b.start(args, "-manifest FILE [-peer COMMAND]"); err != nil {
		return err
	}
	if *manifest == "" {
		return errors.New("bump needs -manifest FILE")
	}
	file, err := filepath.Abs(*manifest)
	if err != nil {
		return err
	}
	env := []string{"BACKSTAGE_MANIFEST_FILE=" + file, "PORTALCTL_CACHE_DIR=" + filepath.Join(b.tmp, "cache")}
	ourArgs := []string{b.bin, "versions", "bump", "--yes", "--lockfile", "skip", "--allow-downgrade", "--drop-stale-patches"}
	peerArgs := append(strings.Fields(*peer), "versions:bump", "--skip-install", "--skip-migrate")
	for n, tree := range b.Args() {
		var took [2]series
		var wrote [2]map[string]string
		// The first pair warms the page cache and is not counted.
		for i := range b.runs + 1 {
			for side, argv := range [][]string{ourArgs, peerArgs} {
				// A folder of its own, removed at the end, and on the disk before
				// the clock starts: a project that people work in has not just
				// been copied, and files deleted a moment ago make new ones slow
				// (ext4 does not reuse their inodes for seconds).
				work := filepath.Join(b.tmp, fmt.Sprintf("work-%d-%d-%d", n, i, side))
				if err := parity.CopyTree(tree, work); err != nil {
					return err
				}
				settle()
				s, err := measure(work, env, argv)
				if err != nil {
					return err
				}
				if i == 0 {
					if wrote[side], err = ranges(work); err != nil {
						return err
					}
					continue
				}
				took[side] = append(took[side], s)
			}
		}
		printPair(filepath.Base(tree), "peer", took[0], took[1])
		compareRanges(wrote[0], wrote[1])
	}
	return nil
}

// ranges is every @backstage range in a tree, by file, section and name.
func ranges(root string) (map[string]string, error) {
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "package.json" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(src, &m); err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		for _, section := range []string{"dependencies", "devDependencies", "peerDependencies", "optionalDependencies"} {
			var deps map[string]string
			if json.Unmarshal(m[section], &deps) != nil {
				continue
			}
			for name, spec := range deps {
				if strings.HasPrefix(name, "@backstage/") {
					out[rel+" "+section+" "+name] = spec
				}
			}
		}
		return nil
	})
	return out, err
}

var full = regexp.MustCompile(`^[\^~=v]*(\d+\.\d+\.\d+\S*)$`)

// compareRanges says where both went to the same version, where ours kept a
// range that admits it, and where they differ.
func compareRanges(ours, peers map[string]string) {
	same, kept := 0, []string{}
	for key, theirs := range peers {
		a, b := full.FindStringSubmatch(ours[key]), full.FindStringSubmatch(theirs)
		if ours[key] == theirs || (a != nil && b != nil && a[1] == b[1]) {
			same++
			continue
		}
		kept = append(kept, fmt.Sprintf("%s: ours %q, peer %q", key, ours[key], theirs))
	}
	slices.Sort(kept)
	fmt.Printf("  same target in %d of %d places\n", same, len(peers))
	if len(kept) > 0 {
		printSome(kept, 10, "    ")
	}
}
