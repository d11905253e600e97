package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/bench/parity"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/workspace"
)

// benchLock measures how long a lock takes after edits of package.json, and
// after the bump to another release.
func benchLock(b *bench, args []string) error {
	count := b.Int("edits", 12, "edits of package.json; 0 for none")
	seed := b.Uint64("seed", 1, "chooses the edits; the next one is taken where Yarn fails")
	release := b.String("release", "", "also bump to this release (needs -versions)")
	standIn := b.Bool("stand-in", false, "serve what the registry lacks of the release in the shape of the nearest version")
	ctx := context.Background()
	lab, err := openLockLab(ctx, b, args, "[-edits N] [-seed N] [-release X -versions DIR [-stand-in]] [-plugin FILE]")
	if err != nil {
		return err
	}
	defer lab.front.close()
	if *release != "" && lab.versions == "" {
		return errors.New("-release needs -versions")
	}
	for _, from := range b.Args() {
		t, err := lab.openTree(ctx, from)
		if err != nil {
			return err
		}
		if *count > 0 {
			if err := t.benchEdits(ctx, *count, *seed); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		if *release != "" {
			if *standIn {
				file := filepath.Join(lab.versions, "v1", "releases", *release, "manifest.json")
				versions, err := parity.Versions(file)
				if err != nil {
					return err
				}
				lab.front.standIn(versions)
			}
			if err := t.benchRelease(ctx, *release); err != nil {
				return fmt.Errorf("%s to %s: %w", t.name, *release, err)
			}
		}
	}
	printMissed(lab)
	return nil
}

// benchEdits takes the first seed whose edits Yarn gets through.
func (t *lockTree) benchEdits(ctx context.Context, count int, seed uint64) error {
	for last := seed + 10; ; seed++ {
		edited := filepath.Join(t.lab.tmp, fmt.Sprintf("edited-%s-%d", t.name, seed))
		edits, err := t.edit(ctx, edited, count, seed)
		if err != nil {
			return err
		}
		sides := t.sides("versions", "lock", "--resolve", "highest")
		err = t.compete(edited, sides)
		if errors.Is(err, errYarn) && seed < last {
			fmt.Printf("%s, seed %d: %v\n", t.name, seed, err)
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range edits {
			fmt.Printf("  %s\n", e)
		}
		printSides(fmt.Sprintf("%s: the lock after %d edits, seed %d", t.name, len(edits), seed), "8× wall against warm Yarn, 250 MB", sides)
		return nil
	}
}

// edit copies the tree and makes edits that the registry can serve.
func (t *lockTree) edit(ctx context.Context, to string, count int, seed uint64) ([]parity.Edit, error) {
	in, err := parity.Open(t.dir, t.lab.front.proxy.URL, t.yarn.Version, t.lab.now)
	if err != nil {
		return nil, err
	}
	source, err := t.source()
	if err != nil {
		return nil, err
	}
	ed := &parity.Editor{Project: in.Project, Source: source, Rand: rand.New(rand.NewPCG(seed, 42))}
	for _, e := range in.Lock.Entries {
		if name, _, ok := e.Package(); ok {
			ed.Names = append(ed.Names, name)
		}
	}
	slices.Sort(ed.Names)
	ed.Names = slices.Compact(ed.Names)
	if len(in.Settings.Plugins) > 0 {
		ed.Bound = in.Release
	}
	var edits []parity.Edit
	unservable, handedOver := 0, 0
	for len(edits) < count {
		e, err := ed.Next(ctx)
		if err != nil {
			return nil, err
		}
		switch err := t.try(ctx, source, e); {
		case err == nil:
			edits = append(edits, e)
		case relock.AsUnsupported(err) != nil:
			handedOver++
			fmt.Printf("  left out, for Yarn alone: %s: %v\n", e, err)
		default:
			unservable++
			fmt.Printf("  left out, the registry cannot serve it: %s: %v\n", e, err)
		}
	}
	fmt.Printf("%s, seed %d: %d edits; %d left out that the registry cannot serve, %d for Yarn alone\n",
		t.name, seed, len(edits), unservable, handedOver)
	if err := parity.CopyTree(t.dir, to); err != nil {
		return nil, err
	}
	for _, e := range edits {
		if err := e.Apply(to); err != nil {
			return nil, err
		}
	}
	return edits, nil
}

// try makes one edit alone.
func (t *lockTree) try(ctx context.Context, source relock.Source, e parity.Edit) error {
	dir, err := os.MkdirTemp(t.lab.tmp, "try")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := parity.CopyTree(t.dir, dir); err != nil {
		return err
	}
	if err := e.Apply(dir); err != nil {
		return err
	}
	return t.solve(ctx, dir, source)
}

// benchRelease moves the package.json files to a release first; both tools
// then start from the same tree.
func (t *lockTree) benchRelease(ctx context.Context, release string) error {
	if err := t.useManifest(release); err != nil {
		return err
	}
	bumped := filepath.Join(t.lab.tmp, "bumped-"+t.name)
	if err := parity.CopyTree(t.dir, bumped); err != nil {
		return err
	}
	env := append(t.env[:len(t.env):len(t.env)], "PORTALCTL_CACHE_DIR="+filepath.Join(t.lab.tmp, "caches", "bump"))
	if _, err := measure(bumped, env, []string{t.lab.bin, "versions", "bump", "--release", release, "--yes",
		"--lockfile", "skip", "--allow-downgrade", "--drop-stale-patches"}); err != nil {
		return err
	}
	moved, err := editsBetween(t.dir, bumped)
	if err != nil {
		return err
	}
	pins, kept, err := t.makeServable(ctx, bumped, moved)
	if err != nil {
		return err
	}
	fmt.Printf("%s to %s: %d ranges move; %d do not, since the registry cannot serve them\n", t.name, release, len(moved)-len(kept), len(kept))
	for _, e := range kept {
		fmt.Printf("  kept: %s\n", e)
	}
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		fmt.Printf("  pinned in the tree of both, since the registry lacks what newer ones need: %s@%s\n", name, pins[name])
	}
	sides := t.sides("versions", "lock", "--resolve", "highest")
	if err := t.compete(bumped, sides); err != nil {
		return err
	}
	printSides(fmt.Sprintf("%s: the lock after a bump to %s, %d pins", t.name, release, len(pins)), "5× wall against warm Yarn, 250 MB", sides)
	return nil
}

// makeServable takes back what the partial registry cannot serve: ranges of
// the project itself, and by resolutions what other packages ask for.
func (t *lockTree) makeServable(ctx context.Context, dir string, moved []parity.Edit) (pins map[string]string, kept []parity.Edit, err error) {
	pins = map[string]string{}
	source, err := t.source()
	if err != nil {
		return nil, nil, err
	}
	for {
		more, err := parity.MakeServable(ctx, dir, t.lab.front.proxy.URL, t.yarn.Version, t.lab.now, source, relock.Highest{})
		maps.Copy(pins, more)
		if err == nil {
			return pins, kept, nil
		}
		before := len(kept)
		for _, e := range moved {
			if !strings.Contains(err.Error(), " "+e.Name+"@npm:"+e.To+", asked for by ") || slices.Contains(kept, e) {
				continue
			}
			kept = append(kept, e)
			back := e
			back.From, back.To = e.To, e.From
			if err := back.Apply(dir); err != nil {
				return nil, nil, err
			}
		}
		if len(kept) == before {
			return nil, nil, err
		}
	}
}

// editsBetween are the ranges that differ between two copies of a tree.
func editsBetween(from, to string) ([]parity.Edit, error) {
	a, err := workspace.Open(from)
	if err != nil {
		return nil, err
	}
	b, err := workspace.Open(to)
	if err != nil {
		return nil, err
	}
	var edits []parity.Edit
	for i, w := range a.Workspaces {
		now := map[string]string{}
		for _, d := range b.Workspaces[i].File.AllDeps() {
			now[string(d.Section)+" "+d.Name] = d.Spec
		}
		for _, d := range w.File.AllDeps() {
			if spec := now[string(d.Section)+" "+d.Name]; spec != d.Spec {
				edits = append(edits, parity.Edit{Workspace: w.Rel, Section: d.Section, Name: d.Name, From: d.Spec, To: spec})
			}
		}
	}
	return edits, nil
}

// printMissed says what the registry did not have.
func printMissed(l *lockLab) {
	missed := l.front.proxy.Missed()
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(missed)) {
		lines = append(lines, fmt.Sprintf("%d %s", missed[path], strings.ReplaceAll(path, "%2f", "/")))
	}
	fmt.Printf("the registry lacks %d of what was asked for\n", len(lines))
	if len(lines) > 0 {
		printSome(lines, 20, "  ")
	}
}
