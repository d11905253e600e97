package live

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/yarnpatch"
)

// patchStore answers for the builtin patches of a Yarn bundle. Finding one's
// hash means unpacking megabytes, so hashes are kept between runs, in a file
// named by the bundle's own hash.
type patchStore struct {
	bundle, dir string
	text        []byte // of the bundle, nil to read the file

	mu     sync.Mutex
	loaded bool
	err    error
	id     string // of the bundle's content
	file   string
	hashes map[string]string // name@version
	set    *yarnpatch.BuiltinSet
}

// hash is the hash of Yarn's patch of a version.
func (s *patchStore) hash(name, version string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(); err != nil {
		return "", err
	}
	key := name + "@" + version
	if h := s.hashes[key]; isPatchHash(h) {
		return h, nil
	}
	p, err := s.locked(name, version)
	if err != nil {
		return "", err
	}
	s.hashes[key] = p.Hash
	s.save()
	return p.Hash, nil
}

// patch is Yarn's patch of a version.
func (s *patchStore) patch(name, version string) (*yarnpatch.Patch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(); err != nil {
		return nil, err
	}
	return s.locked(name, version)
}

func (s *patchStore) locked(name, version string) (*yarnpatch.Patch, error) {
	if s.set == nil {
		cjs := s.text
		if cjs == nil {
			var err error
			if cjs, err = os.ReadFile(s.bundle); err != nil {
				return nil, s.unreadable(err)
			}
		}
		if sum := sha256.Sum256(cjs); bundleID(sum[:]) != s.id {
			s.file = "" // it was replaced just now: keep nothing
		}
		set, err := yarnpatch.Builtins(cjs)
		if errors.Is(err, yarnpatch.ErrNoBuiltins) {
			s.err = relock.ErrNoPatches
			return nil, s.err
		}
		if err != nil {
			return nil, err
		}
		s.set = set
	}
	p, ok, err := s.set.Patch(name, version)
	if err == nil && !ok {
		err = relock.ErrNoPatches
	}
	return p, err
}

func (s *patchStore) load() error {
	if s.loaded {
		return s.err
	}
	s.loaded, s.hashes = true, map[string]string{}
	if s.bundle == "" {
		s.err = relock.ErrNoPatches
		return s.err
	}
	var err error
	if s.id, err = s.bundleHash(); err != nil {
		s.err = s.unreadable(err)
		return s.err
	}
	if s.dir == "" {
		return nil
	}
	s.file = filepath.Join(s.dir, "patches-"+s.id+".json")
	if src, err := os.ReadFile(s.file); err == nil {
		kept := map[string]string{}
		if json.Unmarshal(src, &kept) == nil {
			maps.Copy(s.hashes, kept)
		}
	}
	return nil
}

// bundleHash reads the bundle in pieces: what is known of it needs no 3 MB of
// memory.
func (s *patchStore) bundleHash() (string, error) {
	if s.text != nil {
		sum := sha256.Sum256(s.text)
		return bundleID(sum[:]), nil
	}
	f, err := os.Open(s.bundle)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 128<<10)); err != nil {
		return "", err
	}
	return bundleID(h.Sum(nil)), nil
}

func bundleID(sum []byte) string { return hex.EncodeToString(sum[:16]) }

func (s *patchStore) unreadable(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return relock.ErrNoPatches
	}
	return fault.Wrap(err, fault.Pos{File: s.bundle}, "the project's Yarn cannot be read").
		WithNext("Make the file readable, then run the command again.")
}

// save keeps the hashes; what fails here costs time in the next run.
func (s *patchStore) save() {
	if s.file == "" {
		return
	}
	src, err := json.Marshal(s.hashes)
	if err == nil {
		_ = atomicfile.Cache(s.file, src)
	}
}

// isPatchHash guards against a file that somebody else changed: six hex
// digits.
func isPatchHash(h string) bool {
	_, err := hex.DecodeString(h)
	return err == nil && len(h) == 6
}
