package published

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"

	"github.com/klauspost/compress/s2"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/repofile"
)

// format is the first line of cached facts. It changes with what is read of a
// tarball.
const format = "portalctl facts 1\n"

// MaxCached is the largest cached file that is read, and what it may unpack to.
const MaxCached = 64 << 20

// Cache keeps what was read of published versions, one file each.
type Cache struct {
	// Dir is where the files are, "" for nowhere.
	Dir string
	// Format is the first line of a file, with its end; Ext the end of its name.
	Format, Ext string
}

func (c Cache) file(name, key string) string {
	sum := sha256.Sum256([]byte(key))
	safe := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' {
			return c
		}
		return '_'
	}, strings.ToLower(name))
	return filepath.Join(c.Dir, safe[:min(len(safe), 80)]+"-"+hex.EncodeToString(sum[:10])+c.Ext)
}

// Bytes reads what was kept of a package, and reports whether there is something
// that is whole and of this key.
func (c Cache) Bytes(name, key string) ([]byte, bool) {
	if c.Dir == "" {
		return nil, false
	}
	raw, err := repofile.Read(c.file(name, key), MaxCached)
	if err != nil {
		return nil, false
	}
	body, ok := bytes.CutPrefix(raw, []byte(c.Format+key+"\n"))
	if !ok {
		return nil, false
	}
	text, err := Unpack(body)
	return text, err == nil
}

// Unpack is what a cached file has compressed.
func Unpack(raw []byte) ([]byte, error) {
	if n, err := s2.DecodedLen(raw); err != nil || n > MaxCached {
		return nil, errors.New("it is damaged")
	}
	return s2.Decode(nil, raw)
}

// Keep keeps a text for the next run. A cache that cannot be written is no reason
// to fail.
func (c Cache) Keep(name, key string, text []byte) {
	if c.Dir != "" {
		_ = atomicfile.Cache(c.file(name, key), append([]byte(c.Format+key+"\n"), s2.EncodeBetter(nil, text)...))
	}
}

// Load is Bytes for what Store kept, as JSON.
func (c Cache) Load(name, key string, v any) bool {
	text, ok := c.Bytes(name, key)
	return ok && json.Unmarshal(text, v) == nil
}

// Store is Keep for a value.
func (c Cache) Store(name, key string, v any) {
	if text, err := json.Marshal(v); err == nil {
		c.Keep(name, key, text)
	}
}

// memory is what was read in this run, by the key of what is published.
type memory[T any] struct {
	mu    sync.Mutex
	known map[string]*T
}

// of is what is known of a version: from this run, from the cache if that fits, or
// what read makes of the tarball.
func (m *memory[T]) of(at Found, cache Cache, fits func(*T) bool, read func() (*T, error)) (*T, error) {
	key := at.Key()
	m.mu.Lock()
	v := m.known[key]
	m.mu.Unlock()
	if v != nil {
		return v, nil
	}
	if v = new(T); !cache.Load(at.Name, key, v) || !fits(v) {
		var err error
		if v, err = read(); err != nil {
			return nil, err
		}
		cache.Store(at.Name, key, v)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]*T{}
	}
	m.known[key] = v
	return v, nil
}
