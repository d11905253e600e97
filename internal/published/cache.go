package published

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/s2"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/repofile"
)

// format is the first line of a cached file. It changes with what is read of a
// tarball.
const format = "portalctl facts 1\n"

// maxCached is the largest cached file that is read, and what it may unpack to.
const maxCached = 64 << 20

func (r *Reader) file(name, key string) string {
	sum := sha256.Sum256([]byte(key))
	safe := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' {
			return c
		}
		return '_'
	}, strings.ToLower(name))
	return filepath.Join(r.CacheDir, safe[:min(len(safe), 80)]+"-"+hex.EncodeToString(sum[:10])+".facts")
}

// load reads cached facts; nil if there are none that are whole and of this key.
func (r *Reader) load(name, key string) *Facts {
	if r.CacheDir == "" {
		return nil
	}
	raw, err := repofile.Read(r.file(name, key), maxCached)
	if err != nil {
		return nil
	}
	body, ok := bytes.CutPrefix(raw, []byte(format+key+"\n"))
	if !ok {
		return nil
	}
	if n, err := s2.DecodedLen(body); err != nil || n > maxCached {
		return nil
	}
	text, err := s2.Decode(nil, body)
	if err != nil {
		return nil
	}
	f := &Facts{}
	if json.Unmarshal(text, f) != nil || f.Name != name {
		return nil
	}
	return f
}

// store keeps facts for the next run. A cache that cannot be written is no reason to
// fail.
func (r *Reader) store(name, key string, f *Facts) {
	if r.CacheDir == "" {
		return
	}
	if text, err := json.Marshal(f); err == nil {
		_ = atomicfile.Cache(r.file(name, key), append([]byte(format+key+"\n"), s2.EncodeBetter(nil, text)...))
	}
}
