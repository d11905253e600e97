package registry

import (
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/portalctl/portalctl/internal/fault"
)

// Packument is what a registry knows of a package. It is safe for concurrent
// use; nobody may change DistTags.
type Packument struct {
	Name     string
	DistTags map[string]string

	name    string // as the document says
	where   string // its address, for errors
	entries []entry
	blocks  [][]byte // s2-compressed JSON: manifests one after the other

	once  sync.Once
	index map[string]int32 // by version

	mu    sync.Mutex
	last  int32 // block that text holds
	text  []byte
	valid bool
}

// entry is one version.
type entry struct {
	version          string
	published        int64 // Unix milliseconds, 0 if unknown
	block, off, size int32
	deprecated       bool
}

// Versions are all published versions in the order of the registry.
func (p *Packument) Versions() []string {
	out := make([]string, 0, len(p.entries))
	for i := range p.entries {
		if e, ok := p.find(p.entries[i].version); ok && e == &p.entries[i] {
			out = append(out, e.version)
		}
	}
	return out
}

// find is the last entry of a version: JSON.parse keeps the last of several.
func (p *Packument) find(version string) (*entry, bool) {
	p.once.Do(func() {
		p.index = make(map[string]int32, len(p.entries))
		for i, e := range p.entries {
			p.index[e.version] = int32(i)
		}
	})
	i, ok := p.index[version]
	if !ok {
		return nil, false
	}
	return &p.entries[i], true
}

// Has reports whether a version is published.
func (p *Packument) Has(version string) bool {
	_, ok := p.find(version)
	return ok
}

// Time is when a version was published; zero if the registry does not say.
func (p *Packument) Time(version string) time.Time {
	if e, ok := p.find(version); ok && e.published != 0 {
		return time.UnixMilli(e.published).UTC()
	}
	return time.Time{}
}

// Deprecated reports whether a version is deprecated, as Yarn sees it: any
// value of the field that JavaScript takes for true.
func (p *Packument) Deprecated(version string) bool {
	e, ok := p.find(version)
	return ok && e.deprecated
}

// raw is the JSON of a version's manifest, cut down to the fields that
// Manifest has. ok is false for a version that is not published.
func (p *Packument) raw(version string) (raw json.RawMessage, ok bool) {
	e, found := p.find(version)
	if !found {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.valid || p.last != e.block {
		text, err := s2.Decode(p.text[:0:cap(p.text)], p.blocks[e.block])
		if err != nil {
			return nil, false
		}
		p.last, p.text, p.valid = e.block, text, true
	}
	return append(json.RawMessage(nil), p.text[e.off:e.off+e.size]...), true
}

// Version is the manifest of a published version. The error is a fault:
// errors.Is(err, ErrNotFound) if the version is not published.
func (p *Packument) Version(version string) (*Manifest, error) {
	raw, ok := p.raw(version)
	if !ok {
		return nil, fault.Wrap(ErrNotFound, fault.Pos{File: p.where}, "version %q of %s", version, p.Name).
			WithNext("Choose a version that is published")
	}
	m, err := ParseManifest(raw)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: p.where}, "the registry's manifest of %s@%s is not valid", p.Name, version).
			WithNext("Try again; if it happens again, tell the operator of the registry")
	}
	return m, nil
}

// check finds what no packument that this package made can have.
func (p *Packument) check() error {
	sizes := make([]int, len(p.blocks))
	for i, b := range p.blocks {
		n, err := s2.DecodedLen(b)
		if err != nil || n > maxPackument {
			return errors.New("a block is not valid")
		}
		sizes[i] = n
	}
	for _, e := range p.entries {
		if e.block < 0 || int(e.block) >= len(sizes) || e.off < 0 || e.size < 0 || int64(e.off)+int64(e.size) > int64(sizes[e.block]) {
			return errors.New("an entry is not valid")
		}
	}
	return nil
}
