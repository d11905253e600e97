package registry

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/portalctl/portalctl/internal/jsonscan"
)

// blockSize is how much JSON is compressed together: large enough that
// manifests, which resemble each other, shrink to a tenth, and small enough
// that one of them is had in microseconds.
const blockSize = 64 << 10

// maxMembers is how many versions, times and tags a packument may have each. The
// largest known ones have some 20,000; a few bytes of JSON are enough for one, and
// what is kept of it is ten times as much.
const maxMembers = 200_000

var errNoVersions = errors.New("the document has no versions")

// errUnpublished: the registry remembers the name only.
var errUnpublished = errors.New("the package was unpublished")

// readPackument reads a packument of at most limit bytes and keeps the part of
// it that Manifest shows.
func readPackument(r io.Reader, limit int64) (*Packument, error) {
	b := builder{s: jsonscan.New(r, limit), p: &Packument{DistTags: map[string]string{}}, times: map[string]int64{}}
	if err := b.s.Object(b.member); err != nil {
		return nil, err
	}
	if err := b.s.AtEnd(); err != nil {
		return nil, err
	}
	b.flush()
	switch {
	case b.unpublished && len(b.p.entries) == 0:
		return nil, errUnpublished
	case !b.hasVersions:
		return nil, errNoVersions
	}
	for i := range b.p.entries {
		b.p.entries[i].published = b.times[b.p.entries[i].version]
	}
	return b.p, nil
}

type builder struct {
	s           *jsonscan.Scanner
	p           *Packument
	times       map[string]int64 // Unix milliseconds
	block       []byte           // manifests that are not yet compressed
	packed      []byte
	hasVersions bool
	unpublished bool
}

func (b *builder) member(key []byte) error {
	switch string(key) {
	case "name":
		name, _, err := b.s.Text()
		b.p.name = name
		return err
	case "dist-tags":
		return b.objectOrSkip(func(key []byte) error {
			if len(b.p.DistTags) >= maxMembers {
				return jsonscan.ErrTooLarge
			}
			tag := string(key)
			version, ok, err := b.s.Text()
			if ok {
				b.p.DistTags[tag] = version
			}
			return err
		})
	case "time":
		return b.objectOrSkip(func(key []byte) error {
			if len(b.times) >= maxMembers {
				return jsonscan.ErrTooLarge
			}
			version := string(key)
			if version == "unpublished" {
				b.unpublished = true
			}
			text, ok, err := b.s.Text()
			if ok {
				if t, err := time.Parse(time.RFC3339, text); err == nil {
					b.times[version] = t.UnixMilli()
				}
			}
			return err
		})
	case "versions":
		ok, err := b.s.IsObject()
		if !ok || err != nil {
			return err
		}
		b.hasVersions = true
		return b.s.Object(b.version)
	}
	return b.s.Skip()
}

func (b *builder) objectOrSkip(each func([]byte) error) error {
	ok, err := b.s.IsObject()
	if !ok || err != nil {
		return err
	}
	return b.s.Object(each)
}

// version adds one manifest, without the fields that nobody reads.
func (b *builder) version(key []byte) error {
	if len(b.p.entries) >= maxMembers {
		return jsonscan.ErrTooLarge
	}
	version := string(key)
	ok, err := b.s.IsObject()
	if !ok || err != nil {
		return err
	}
	e := entry{version: version, block: int32(len(b.p.blocks)), off: int32(len(b.block))}
	if err := b.fields(manifestField, &e); err != nil {
		return err
	}
	e.size = int32(len(b.block)) - e.off
	b.p.entries = append(b.p.entries, e)
	if len(b.block) >= blockSize {
		b.flush()
	}
	return nil
}

// fields copies the members of an object that keep names. e is the version
// they belong to, nil inside dist.
func (b *builder) fields(keep func([]byte) bool, e *entry) error {
	b.block = append(b.block, '{')
	first := true
	err := b.s.Object(func(key []byte) (err error) {
		if !keep(key) {
			return b.s.Skip()
		}
		if !first {
			b.block = append(b.block, ',')
		}
		first = false
		b.block = append(b.block, '"')
		b.block = append(b.block, key...) // keep names have nothing to escape
		b.block = append(b.block, '"', ':')
		start := len(b.block)
		if e != nil && string(key) == "dist" {
			return b.dist()
		}
		deprecated := e != nil && string(key) == "deprecated"
		b.block, err = b.s.Raw(b.block)
		if deprecated && err == nil {
			e.deprecated = truthy(b.block[start:])
		}
		return err
	})
	b.block = append(b.block, '}')
	return err
}

func (b *builder) dist() error {
	c, err := b.s.Next()
	if err != nil {
		return err
	}
	if c == '{' {
		return b.fields(distField, nil)
	}
	b.block, err = b.s.Raw(b.block)
	return err
}

func (b *builder) flush() {
	if len(b.block) > 0 {
		// Cloned: the encoder's buffer has room for a block that does not shrink.
		b.packed = s2.Encode(b.packed[:cap(b.packed)], b.block)
		b.p.blocks = append(b.p.blocks, bytes.Clone(b.packed))
		b.block = b.block[:0]
	}
}

func manifestField(key []byte) bool {
	switch string(key) {
	case "name", "version", "dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta",
		"dependenciesMeta", "bin", "os", "cpu", "libc", "scripts", "gypfile", "deprecated", "dist", "backstage",
		"license", "licenses":
		return true
	}
	return false
}

func distField(key []byte) bool {
	switch string(key) {
	case "tarball", "integrity", "shasum":
		return true
	}
	return false
}

// truthy is JavaScript's, which is how Yarn reads "deprecated".
func truthy(raw []byte) bool {
	switch string(raw) {
	case `""`, "false", "null", "0", "-0":
		return false
	}
	return true
}
