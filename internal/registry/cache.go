package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/atomicfile"
)

// cacheEntry is a packument with what is needed to revalidate it.
type cacheEntry struct {
	etag, modified string // ETag and Last-Modified
	fetched        int64  // Unix milliseconds
	p              *Packument
}

// packument gives the packument its name. A cacheEntry is used once.
func (e *cacheEntry) packument(name, address string) *Packument {
	e.p.Name, e.p.where = name, address
	return e.p
}

// cacheFile is where a packument is kept. Names are made safe for every file
// system, and told apart by a hash where that makes them equal.
func (c *Client) cacheFile(registry, name string) string {
	host := registry
	if u, err := url.Parse(registry); err == nil {
		host = u.Host
	}
	return filepath.Join(c.cfg.CacheDir, fileName(host, registry), fileName(name, name)+".pack")
}

func fileName(readable, id string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(readable))
	if len(safe) > 80 {
		safe = safe[:80]
	}
	sum := sha256.Sum256([]byte(id))
	return safe + "-" + hex.EncodeToString(sum[:6])
}

// load reads a file of the cache; nil if there is none that is whole, of this
// version's format, and for this registry and name.
func (c *Client) load(file, registry, name string) *cacheEntry {
	if c.cfg.CacheDir == "" {
		return nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	e, err := decodeEntry(raw, registry, name)
	if err != nil {
		return nil
	}
	return e
}

// Forget drops what is known of a package, here and on disk: what it says has
// turned out to be wrong, and the registry may have been put right by now.
func (c *Client) Forget(name string) {
	c.mu.Lock()
	delete(c.calls, name)
	c.mu.Unlock()
	if ep := c.cfg.Settings.Endpoint(name); c.cfg.CacheDir != "" && ep.Err() == nil && !c.cfg.Offline {
		_ = os.Remove(c.cacheFile(ep.URL, name))
		_ = os.Remove(c.missingFile(ep.URL, name))
	}
}

// missingFile is where it is kept that a registry does not have a package: beside
// where the packument would be.
func (c *Client) missingFile(registry, name string) string {
	return strings.TrimSuffix(c.cacheFile(registry, name), ".pack") + ".none"
}

// storeMissing keeps that a registry does not have a package, for runs without a
// network: they are to say what the last one with a network said. A run with a
// network asks again.
func (c *Client) storeMissing(registry, name string, now time.Time) {
	if c.cfg.CacheDir != "" {
		e := &cacheEntry{fetched: now.UnixMilli(), p: &Packument{}}
		_ = atomicfile.Cache(c.missingFile(registry, name), encodeEntry(e, registry, name))
	}
}

// store writes a packument for the next run. A cache that cannot be written is
// no reason to fail, as in Yarn.
func (c *Client) store(registry, name string, e *cacheEntry) {
	if c.cfg.CacheDir != "" {
		_ = atomicfile.Cache(c.cacheFile(registry, name), encodeEntry(e, registry, name))
		_ = os.Remove(c.missingFile(registry, name))
	}
}
