package osv

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ossf/osv-schema/bindings/go/osvschema"

	"github.com/portalctl/portalctl/internal/sorting"
)

// Match finds what the database says about packages. Only the records that
// name one of the packages are read, and each is held against the packages of
// its names alone.
func (d *Database) Match(ctx context.Context, packages []Package) ([]Hit, error) {
	asked, err := questions(packages)
	if err != nil {
		return nil, err
	}
	list, err := d.candidates(ctx, asked)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, incomplete(err, "the OSV database could not be read").
			WithNext("Renew the OSV database; if that does not help, report this")
	}
	return judge(ctx, list, asked)
}

// questions are the packages, each once, sorted.
func questions(packages []Package) ([]Package, error) {
	list := slices.Clone(packages)
	sorting.By(list, comparePackages)
	list = slices.Compact(list)
	for _, p := range list {
		if !expressible(p) {
			return nil, incomplete(nil, "%q is not a version of a package that OSV can be asked for", p.Name+"@"+p.Version).
				WithNext("Correct the entry in yarn.lock; yarn install does it")
		}
	}
	return list, nil
}

// expressible reports whether a package can be asked for: its name is one
// word, and its version word characters, dots, plus and minus. What is more,
// such as a range or another locator, is a mistake in the lock that would have
// the answer be "nothing found".
func expressible(p Package) bool {
	name := strings.TrimPrefix(p.Name, "@")
	if name == "" || p.Version == "" || len(p.Name) > 512 || len(p.Version) > 512 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c == 0x7f || strings.ContainsRune(`@,:"\`, c) {
			return false
		}
	}
	for _, c := range p.Version {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.ContainsRune("_-.+", c):
		default:
			return false
		}
	}
	return true
}

func comparePackages(a, b Package) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
}

// candidate is a record that names a package which was asked for: as the
// engine reads it, and as we do.
type candidate struct {
	file     string // for messages
	engine   *osvschema.Vulnerability
	advisory *Advisory
	// withdrawn records apply to nothing.
	withdrawn bool
}

// candidates reads the records that name one of the packages.
func (d *Database) candidates(ctx context.Context, asked []Package) ([]candidate, error) {
	wanted := map[string]bool{}
	hashes := make([]uint64, 0, len(asked))
	for _, p := range asked {
		wanted[p.Name] = true
		hashes = append(hashes, hashName(p.Name))
	}
	slices.Sort(hashes)
	postings, err := d.index.find(slices.Compact(hashes))
	if err != nil {
		return nil, err
	}
	numbers := make([]uint32, len(postings))
	for i, p := range postings {
		numbers[i] = p.entry
	}
	slices.Sort(numbers)
	var list []candidate
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
		c, err := newCandidate(file, text)
		if err != nil {
			return nil, recordError{file, err}
		}
		if slices.ContainsFunc(c.names(), func(name string) bool { return wanted[name] }) {
			list = append(list, c)
		}
	}
	return list, nil
}

// newCandidate reads a record twice, by two readers.
func newCandidate(file string, text []byte) (candidate, error) {
	v, err := engineRecord(text)
	if err != nil {
		return candidate{}, err
	}
	a, withdrawn, err := parseAdvisory(text)
	switch {
	case err != nil:
		return candidate{}, err
	case a.ID != v.Id || withdrawn != (v.Withdrawn != nil):
		return candidate{}, errReaders
	}
	return candidate{file, v, a, withdrawn}, nil
}

// judge holds each record against the packages that it names. The engine and
// we both answer, each by its own reading of the record and its own order of
// versions: one of them alone could be wrong unseen, so that two answers to one
// question are not an answer.
func judge(ctx context.Context, list []candidate, asked []Package) ([]Hit, error) {
	byName := map[string][]Package{}
	for _, p := range asked {
		byName[p.Name] = append(byName[p.Name], p)
	}
	type key struct {
		id  string
		pkg Package
	}
	seen := map[key]bool{}
	var hits []Hit
	for _, c := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, name := range c.names() {
			for _, p := range byName[name] {
				yes, err := c.affects(p)
				if err != nil {
					return nil, err
				}
				if k := (key{c.advisory.ID, p}); yes && !seen[k] {
					seen[k] = true
					hits = append(hits, Hit{Package: p, Advisory: c.advisory})
				}
			}
		}
	}
	sortHits(hits)
	return hits, nil
}

// names are the packages that the record is about, each once, sorted.
func (c candidate) names() []string {
	var names []string
	for _, a := range c.engine.GetAffected() {
		names = append(names, a.GetPackage().GetName())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// affects is the answer of both.
func (c candidate) affects(p Package) (bool, error) {
	theirs, err := engineAffects(c.engine, p)
	if err != nil {
		return false, incomplete(err, "the record %s cannot be judged", c.file).
			WithNext("Renew the OSV database; if that does not help, report this")
	}
	if ours := !c.withdrawn && c.advisory.Affects(p); ours != theirs {
		return false, incomplete(nil, "whether %s applies to %s@%s is not certain: %s", c.advisory.ID, p.Name, p.Version, disagreement(ours)).
			WithNext("Read %s and look whether the version is affected; renew the OSV database, and if that does not help, report this", c.advisory.URL)
	}
	return theirs, nil
}

func disagreement(ours bool) string {
	yes, no := "osv-scanner's matcher", "portalctl's own reading of the record"
	if ours {
		yes, no = no, yes
	}
	return fmt.Sprintf("%s says yes, %s says no", yes, no)
}

func sortHits(hits []Hit) {
	sorting.By(hits, func(a, b Hit) int {
		return cmp.Or(comparePackages(a.Package, b.Package), cmp.Compare(a.Advisory.ID, b.Advisory.ID))
	})
}
