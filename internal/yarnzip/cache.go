package yarnzip

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/fault"
)

// Cache keeps checksums between runs, so that a package is downloaded once.
// It is one append-only file, read whole at the first use: a line an entry,
// each with a sum of its own, so that what another process or a full disk left
// half-written is ignored. Several goroutines and several processes may use it
// at once. The zero Cache with a Dir is ready; an empty Dir keeps nothing.
//
// An entry holds for exactly one content of the tarball, for its key has the
// registry's integrity: call Put only with the checksum of a tarball that was
// verified against that integrity.
type Cache struct {
	// Dir is the folder of the file; it is made when it is first needed.
	Dir string

	mu     sync.Mutex
	loaded bool
	lines  map[string]string // the key's part of a line to the whole line
	file   *os.File
}

// Key names a checksum.
type Key struct {
	Name, Version string
	// CacheKey is Yarn's, for example Stored.
	CacheKey string
	// Integrity is the registry's dist.integrity, or its shasum in the same
	// form ("sha1-…").
	Integrity string
	// Patch is the ID of the yarnpatch.Patch, empty for the package as it is.
	Patch string
}

const (
	cacheFile = "checksums-1"
	// maxCache is the size from which on the older half of the file is dropped.
	// An entry takes some 330 bytes, a portal 700 kB.
	maxCache = 32 << 20

	checkLen = 16 // hex digits
	sumLen   = 128
)

// line is the entry's text without value and check; ok is false for a key that
// is not to be kept.
func (k Key) line() (s string, ok bool) {
	if k.Name == "" || k.Version == "" || k.CacheKey == "" || k.Integrity == "" {
		return "", false
	}
	patch := k.Patch
	if patch == "" {
		patch = "-"
	}
	s = strings.Join([]string{k.CacheKey, k.Name + "@" + k.Version, strings.Join(strings.Fields(k.Integrity), ","), patch}, " ")
	clean := strings.Count(s, " ") == 3 && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F }) < 0
	return s, clean
}

// Get is the checksum that Put was given for k, in this run or an earlier one.
func (c *Cache) Get(k Key) (checksum string, ok bool) {
	key, ok := k.line()
	if !ok || c.Dir == "" {
		return "", false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.load()
	line, ok := c.lines[key]
	if !ok || line[:checkLen] != checkOf(line[checkLen+1:]) {
		return "", false
	}
	sum := line[len(line)-sumLen:]
	return k.CacheKey + "/" + sum, isHex(sum)
}

// Put keeps checksum for k, or does nothing where k lacks an integrity. An
// error means that later runs will not find it, no more.
func (c *Cache) Put(k Key, checksum string) error {
	key, ok := k.line()
	sum, prefixed := strings.CutPrefix(checksum, k.CacheKey+"/")
	if !ok || !prefixed || len(sum) != sumLen || !isHex(sum) || c.Dir == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.load()
	rest := key + " " + sum
	line := checkOf(rest) + " " + rest
	if c.lines[key] == line {
		return nil
	}
	// A newline before it as well: the line behind a torn one is whole.
	if err := c.append("\n" + line + "\n"); err != nil {
		return fault.Wrap(err, fault.Pos{}, "writing the checksum cache").
			WithNext("make sure that the folder %s can be written to and has room; without it every run downloads again", c.Dir)
	}
	c.lines[key] = line
	return nil
}

func (c *Cache) append(line string) error {
	if c.file == nil {
		if err := os.MkdirAll(c.Dir, 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(c.Dir, cacheFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		c.file = f
	}
	_, err := c.file.WriteString(line)
	return err
}

// Close lets go of the file. The Cache can be used again.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	f := c.file
	c.file = nil
	return f.Close()
}

// load reads the file once. A file that cannot be read is an empty one.
func (c *Cache) load() {
	if c.loaded {
		return
	}
	c.loaded = true
	c.lines = make(map[string]string)
	name := filepath.Join(c.Dir, cacheFile)
	data, err := os.ReadFile(name)
	if err != nil {
		return
	}
	if len(data) > maxCache {
		data = newerHalf(data)
		// If not now, then in another run. Lines that another process appends to
		// the old file meanwhile are lost to later runs.
		_ = atomicfile.Cache(name, data)
	}
	c.index(string(data))
}

// index notes where the lines are; their checks are looked at when they are
// used, for most never are.
func (c *Cache) index(data string) {
	for line := range strings.SplitSeq(data, "\n") {
		if end := len(line) - sumLen - 1; end > checkLen+1 && line[checkLen] == ' ' && line[end] == ' ' {
			c.lines[line[checkLen+1:end]] = line
		}
	}
}

func newerHalf(data []byte) []byte {
	data = data[len(data)/2:]
	return data[bytes.IndexByte(data, '\n')+1:]
}

func checkOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:checkLen/2])
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
