package osv

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Match finds what the database says about packages. Both are sliced before
// the engine sees them: it reads only the records that name one of the
// packages, and only the packages that a record names. It compares each record
// with each package, which takes seconds for a portal, so that it gets them in
// several parts, each with the records of its own packages.
func (d *Database) Match(ctx context.Context, packages []Package) ([]Hit, error) {
	asked, err := questions(packages)
	if err != nil {
		return nil, err
	}
	s, err := d.slice(ctx, asked)
	if err != nil {
		return nil, notOurs(ctx, err, "the OSV database could not be read")
	}
	dir, err := os.MkdirTemp("", "portalctl-osv-")
	if err != nil {
		return nil, incomplete(err, "there is no room for temporary files").WithNext("Set TMPDIR to a folder that can be written")
	}
	cleanup := func() { os.RemoveAll(dir) }
	jobs, err := s.write(dir)
	if err != nil {
		cleanup()
		return nil, incomplete(err, "there is no room for temporary files").WithNext("Set TMPDIR to a folder that can be written, with some space")
	}
	list, err := runEngine(ctx, jobs, cleanup)
	if err != nil {
		return nil, notOurs(ctx, err, "osv-scanner's engine failed")
	}
	return s.hits(list)
}

// notOurs is err, unless it is because the user has had enough.
func notOurs(ctx context.Context, err error, what string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return incomplete(err, "%s", what).WithNext("Renew the OSV database; if that does not help, report this")
}

// questions are the packages, each once, sorted.
func questions(packages []Package) ([]Package, error) {
	list := slices.Clone(packages)
	slices.SortFunc(list, comparePackages)
	list = slices.Compact(list)
	for _, p := range list {
		if !sayable(p) {
			return nil, incomplete(nil, "%q is no version of a package that OSV can be asked for", p.Name+"@"+p.Version).
				WithNext("Correct the entry in yarn.lock; yarn install does it")
		}
	}
	return list, nil
}

func comparePackages(a, b Package) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
}

// slice is the part of the database and of the lock that the engine gets.
type slice struct {
	packages []Package
	entries  []sliced
}

type sliced struct {
	file   string // for messages
	id     string
	names  []string
	text   []byte
	engine []byte // the text that the engine gets
}

// slice copies the records that name one of the packages.
func (d *Database) slice(ctx context.Context, asked []Package) (*slice, error) {
	s := &slice{}
	hashes := make([]uint64, 0, len(asked))
	for _, p := range asked {
		hashes = append(hashes, hashName(p.Name))
	}
	slices.Sort(hashes)
	postings, err := d.index.find(slices.Compact(hashes))
	if err != nil {
		return nil, err
	}
	known := map[uint64]bool{}
	numbers := make([]uint32, 0, len(postings))
	for _, p := range postings {
		known[p.hash] = true
		numbers = append(numbers, p.entry)
	}
	wanted := map[string]bool{}
	for _, p := range asked {
		if known[hashName(p.Name)] {
			s.packages = append(s.packages, p)
			wanted[p.Name] = true
		}
	}
	slices.Sort(numbers)
	for _, n := range slices.Compact(numbers) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		e, err := d.index.entry(n)
		if err != nil {
			return nil, err
		}
		text, file, err := d.source.read(e)
		if err != nil {
			return nil, err
		}
		t, err := trim(text)
		if err != nil {
			return nil, recordError{file, err}
		}
		names := t.names()
		if !slices.ContainsFunc(names, func(name string) bool { return wanted[name] }) {
			continue
		}
		engine, err := json.Marshal(t)
		if err != nil {
			return nil, recordError{file, err}
		}
		s.entries = append(s.entries, sliced{file, t.ID, names, text, engine})
	}
	return s, nil
}

// partSize is how many packages the engine gets at once: at 48 what a run costs
// at least and what it costs by the square are about the same.
const partSize = 48

// write makes the engine's inputs below dir, one folder a part. Without any
// packages there is still one, for the canary.
func (s *slice) write(dir string) ([]job, error) {
	byName := map[string][]int{}
	for i, e := range s.entries {
		for _, name := range e.names {
			byName[name] = append(byName[name], i)
		}
	}
	var jobs []job
	for first := 0; first == 0 || first < len(s.packages); first += partSize {
		j := job{dir: filepath.Join(dir, strconv.Itoa(first)), packages: s.packages[first:min(first+partSize, len(s.packages))]}
		var entries []int
		for _, p := range j.packages {
			entries = append(entries, byName[p.Name]...)
		}
		slices.Sort(entries)
		entries = slices.Compact(entries)
		texts := [][]byte{[]byte(canaryRecord)}
		for _, i := range entries {
			texts = append(texts, s.entries[i].engine)
		}
		if err := j.write(texts); err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// hits turns the engine's answer into ours, if it can be believed.
func (s *slice) hits(list []found) ([]Hit, error) {
	byID := map[string][]Package{}
	for _, f := range list {
		byID[f.id] = append(byID[f.id], f.pkg)
	}
	return s.collect(byID)
}

// collect reads the advisories of the records that hit.
func (s *slice) collect(byID map[string][]Package) ([]Hit, error) {
	var hits []Hit
	for _, e := range s.entries {
		pkgs, ok := byID[e.id]
		if !ok {
			continue
		}
		a, withdrawn, err := parseAdvisory(e.text)
		if err == nil && a.ID != e.id {
			err = errTwice
		}
		if err != nil {
			return nil, incomplete(err, "the record %s of the OSV database cannot be read", e.file)
		}
		delete(byID, e.id)
		if withdrawn {
			continue
		}
		for _, p := range pkgs {
			hits = append(hits, Hit{Package: p, Advisory: a})
		}
	}
	for id := range byID {
		return nil, incomplete(nil, "osv-scanner's engine found %s, which is not in the OSV database", id)
	}
	sortHits(hits)
	return hits, nil
}

func sortHits(hits []Hit) {
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(comparePackages(a.Package, b.Package), cmp.Compare(a.Advisory.ID, b.Advisory.ID))
	})
}
