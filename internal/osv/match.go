package osv

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Match finds what the database says about packages. Both are sliced before
// the engine sees them: it reads only the records that name one of the
// packages, and only the packages that a record names.
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
	if err := s.write(filepath.Join(dir, "osv-scanner", "npm", "all.zip")); err != nil {
		cleanup()
		return nil, incomplete(err, "there is no room for temporary files").WithNext("Set TMPDIR to a folder that can be written, with some space")
	}
	list, err := runEngine(ctx, dir, s.packages, cleanup)
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
	names    []string
	texts    map[string][]byte // by id
	entries  []sliced
}

type sliced struct {
	name string
	text []byte
}

// slice copies the records that name one of the packages.
func (d *Database) slice(ctx context.Context, asked []Package) (*slice, error) {
	s := &slice{texts: map[string][]byte{}}
	wanted := map[string]bool{}
	seen := map[uint32]bool{}
	var numbers []uint32
	for _, p := range asked {
		of := d.index.of(p.Name)
		if len(of) == 0 {
			continue
		}
		s.packages = append(s.packages, p)
		wanted[p.Name] = true
		for _, n := range of {
			if !seen[n] {
				seen[n] = true
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text, name, err := d.source.read(d.index.entries[n])
		if err != nil {
			return nil, err
		}
		r, err := scanRecord(text)
		if err != nil {
			return nil, recordError{name, err}
		}
		if slices.ContainsFunc(r.names, func(name string) bool { return wanted[name] }) {
			s.entries = append(s.entries, sliced{name, text})
		}
	}
	return s, nil
}

// write makes the engine's database.
func (s *slice) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	z := zip.NewWriter(f)
	for i, e := range append(s.entries[:len(s.entries):len(s.entries)], sliced{text: []byte(canaryRecord)}) {
		size := uint64(len(e.text))
		// The engine skips what is not called .json, whatever the directory said.
		w, err := z.CreateRaw(&zip.FileHeader{
			Name: strconv.Itoa(i) + ".json", Method: zip.Store, CRC32: crc32.ChecksumIEEE(e.text), CompressedSize64: size, UncompressedSize64: size,
		})
		if err == nil {
			_, err = w.Write(e.text)
		}
		if err != nil {
			f.Close()
			return err
		}
	}
	err = z.Close()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// hits turns the engine's answer into ours, if it can be believed.
func (s *slice) hits(list []found) ([]Hit, error) {
	asked := map[Package]bool{}
	for _, p := range s.packages {
		asked[p] = true
	}
	canary := false
	byID := map[string][]Package{}
	for _, f := range list {
		switch {
		case f == found{canaryID, Package{canaryName, canaryHit}}:
			canary = true
		case !asked[f.pkg] || f.id == canaryID:
			return nil, incomplete(nil, "osv-scanner's engine found %s in %s@%s, which was not asked for", f.id, f.pkg.Name, f.pkg.Version)
		default:
			byID[f.id] = append(byID[f.id], f.pkg)
		}
	}
	if !canary {
		return nil, incomplete(nil, "osv-scanner's engine did not find the vulnerable package that was planted").
			WithNext("Renew the OSV database; if that does not help, report this: the engine's silence means nothing")
	}
	return s.collect(byID)
}

// collect reads the advisories of the records that hit.
func (s *slice) collect(byID map[string][]Package) ([]Hit, error) {
	var hits []Hit
	for _, e := range s.entries {
		if !mayHave(e.text, byID) {
			continue
		}
		a, withdrawn, err := parseAdvisory(e.text)
		if err != nil {
			return nil, incomplete(err, "the record %s of the OSV database cannot be read", e.name)
		}
		pkgs, ok := byID[a.ID]
		if !ok {
			continue
		}
		delete(byID, a.ID)
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

// mayHave spares records without a hit from being decoded.
func mayHave(text []byte, ids map[string][]Package) bool {
	r, err := recordID(text)
	return err != nil || ids[r] != nil
}

func sortHits(hits []Hit) {
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(comparePackages(a.Package, b.Package), cmp.Compare(a.Advisory.ID, b.Advisory.ID))
	})
}

// recordID is the id of a record, without decoding the rest.
func recordID(text []byte) (id string, err error) {
	s := scanner{src: bytes.TrimSpace(text)}
	err = s.object(func(key []byte) (err error) {
		if string(key) != "id" {
			return s.skip()
		}
		id, err = s.text()
		return err
	})
	return id, err
}
