package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/bench/parity"
)

// side is one of the tools with one of its caches.
type side struct {
	name string
	argv []string
	// cache names the variable of the cache folder; a cold side starts each
	// run with an empty one.
	cache   string
	cold    bool
	samples series
}

func (t *lockTree) sides(ourArgs ...string) []*side {
	ours := append([]string{t.lab.bin}, ourArgs...)
	run, peer := []string{"node", t.yarn.Bundle}, "Yarn "+t.yarn.Version
	if len(t.lab.typed) > 0 {
		run, peer = t.lab.typed, strings.Join(t.lab.typed, " ")
	}
	yarn := append(slices.Clone(run), "install", "--mode=update-lockfile")
	return []*side{
		{name: peer + " warm", argv: yarn, cache: yarnCache},
		{name: "portalctl warm", argv: ours, cache: "PORTALCTL_CACHE_DIR"},
		{name: peer + " cold", argv: yarn, cache: yarnCache, cold: true},
		{name: "portalctl cold", argv: ours, cache: "PORTALCTL_CACHE_DIR", cold: true},
	}
}

// yarnCache names the folder of Yarn's cache.
const yarnCache = "YARN_GLOBAL_FOLDER"

// errYarn: Yarn cannot do what it is asked for here.
var errYarn = errors.New("this Yarn fails")

// compete runs the sides by turns, each on a fresh copy of dir, and refuses
// times of runs whose locks differ. The first round fills the warm caches and
// is not counted.
func (t *lockTree) compete(dir string, sides []*side) error {
	var want []byte
	for i := range t.lab.runs + 1 {
		for _, s := range sides {
			if i == 0 && s.cold {
				continue
			}
			got, sample, err := t.runSide(dir, s)
			if err != nil {
				if s.cache == yarnCache && want == nil {
					return fmt.Errorf("%w: %s", errYarn, yarnReason(err))
				}
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				return fmt.Errorf("%s writes another yarn.lock than %s: no times.%s", s.name, sides[0].name, firstDifference(want, got))
			}
			if i > 0 {
				s.samples = append(s.samples, sample)
			}
		}
	}
	return nil
}

func (t *lockTree) runSide(dir string, s *side) ([]byte, sample, error) {
	work := filepath.Join(t.lab.tmp, "work")
	cache := filepath.Join(t.lab.tmp, "caches", t.name, s.cache)
	if s.cold {
		cache += "-cold"
		if err := os.RemoveAll(cache); err != nil {
			return nil, sample{}, err
		}
	}
	if err := os.RemoveAll(work); err != nil {
		return nil, sample{}, err
	}
	if err := parity.CopyTree(dir, work); err != nil {
		return nil, sample{}, err
	}
	settle()
	t.lab.front.requests()
	m, err := measure(work, append(t.env[:len(t.env):len(t.env)], s.cache+"="+cache), s.argv)
	if err != nil {
		return nil, m, err
	}
	m.requests = t.lab.front.requests()
	lock, err := os.ReadFile(filepath.Join(work, "yarn.lock"))
	return lock, m, err
}

// yarnReason is the lines of Yarn's output that say why it failed.
func yarnReason(err error) string {
	var out []string
	for line := range strings.Lines(err.Error()) {
		for _, code := range []string{"YN0001", "YN0016", "YN0027", "YN0035", "YN0080", "YN0082", "Error"} {
			if strings.Contains(line, code) && len(out) < 3 {
				out = append(out, strings.TrimSpace(line))
				break
			}
		}
	}
	if out == nil {
		return err.Error()
	}
	return strings.Join(out, "; ")
}

func firstDifference(want, got []byte) string {
	a, b := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf(" Line %d: %q, %q", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf(" %d lines, %d lines", len(a), len(b))
}

// printSides writes the medians of all sides and what they are of the first,
// warm Yarn.
func printSides(title, target string, sides []*side) {
	fmt.Printf("%s (%d runs each, by turns; every lock compared)\n", title, len(sides[0].samples))
	row := func(name, format string, cell func(series) any) {
		fmt.Printf("  %-22s", name)
		for _, s := range sides {
			fmt.Printf(" %18s", fmt.Sprintf(format, cell(s.samples)))
		}
		fmt.Println()
	}
	fmt.Printf("  %-22s", "median")
	for _, s := range sides {
		fmt.Printf(" %18s", s.name)
	}
	fmt.Println()
	row("wall, ms", "%.1f", func(s series) any { return s.median(wallMS) })
	row("cpu, ms", "%.1f", func(s series) any { return s.median(cpuMS) })
	row("largest process, MB", "%.1f", func(s series) any { return s.median(rssMB) })
	row("requests", "%.0f", func(s series) any { return s.median(func(x sample) float64 { return float64(x.requests) }) })
	if base := sides[0].samples; len(sides) > 1 {
		row("wall, against warm", "%.1f×", func(s series) any { return base.median(wallMS) / s.median(wallMS) })
		row("cpu, against warm", "%.1f×", func(s series) any { return base.median(cpuMS) / s.median(cpuMS) })
	}
	fmt.Printf("  target: %s\n", target)
}
