package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/portalctl/portalctl/internal/bench/parity"
)

func benchBump(args []string) error {
	fs := flag.NewFlagSet("bump", flag.ExitOnError)
	runs := fs.Int("runs", 9, "runs of each")
	manifest := fs.String("manifest", "", "release manifest that both bump to (a file)")
	ownBin := fs.String("bin", "", "measure this portalctl instead of building one")
	peer := fs.String("peer", "backstage-cli", "the peer's command, up to versions:bump")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *manifest == "" || fs.NArg() == 0 {
		return fmt.Errorf("usage: bump -manifest FILE [-peer COMMAND] [-runs N] TREE [TREE …]")
	}
	tmp, err := os.MkdirTemp("", "peerbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	bin, err := binary(*ownBin, tmp)
	if err != nil {
		return err
	}
	file, err := filepath.Abs(*manifest)
	if err != nil {
		return err
	}
	env := []string{"BACKSTAGE_MANIFEST_FILE=" + file, "PORTALCTL_CACHE_DIR=" + filepath.Join(tmp, "cache")}
	ourArgs := []string{bin, "versions", "bump", "--yes", "--lockfile", "skip", "--allow-downgrade", "--drop-stale-patches"}
	peerArgs := append(strings.Fields(*peer), "versions:bump", "--skip-install", "--skip-migrate")
	for n, tree := range fs.Args() {
		var ours, peers series
		var wrote [2]map[string]string
		// The first pair warms the page cache and is not counted.
		for i := range *runs + 1 {
			for side, argv := range [][]string{ourArgs, peerArgs} {
				// A folder of its own, removed at the end, and on the disk before
				// the clock starts: a project that people work in has not just
				// been copied, and files deleted a moment ago make new ones slow
				// (ext4 does not reuse their inodes for seconds).
				work := filepath.Join(tmp, fmt.Sprintf("work-%d-%d-%d", n, i, side))
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
				if side == 0 {
					ours = append(ours, s)
				} else {
					peers = append(peers, s)
				}
			}
		}
		printPair(filepath.Base(tree), "peer", ours, peers)
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
		kept = append(kept, fmt.Sprintf("    %s: ours %q, peer %q", key, ours[key], theirs))
	}
	sort.Strings(kept)
	fmt.Printf("  same target in %d of %d places\n", same, len(peers))
	for i, k := range kept {
		if i == 10 {
			fmt.Printf("    … and %d more\n", len(kept)-i)
			break
		}
		fmt.Println(k)
	}
}
