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

// format is the first line of cached facts. It changes with what is read of a
// tarball.
const format = "portalctl facts 1\n"

// maxCached is the largest cached file that is read, and what it may unpack to.
const maxCached = 64 << 20

// Cache keeps what was read of published versions, one file each, as JSON.
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

// Load reads what was kept of a package into v, and reports whether there is
// something that is whole and of this key.
func (c Cache) Load(name, key string, v any) bool {
	if c.Dir == "" {
		return false
	}
	raw, err := repofile.Read(c.file(name, key), maxCached)
	if err != nil {
		return false
	}
	body, ok := bytes.CutPrefix(raw, []byte(c.Format+key+"\n"))
	if !ok {
		return false
	}
	if n, err := s2.DecodedLen(body); err != nil || n > maxCached {
		return false
	}
	text, err := s2.Decode(nil, body)
	return err == nil && json.Unmarshal(text, v) == nil
}

// Store keeps v for the next run. A cache that cannot be written is no reason to
// fail.
func (c Cache) Store(name, key string, v any) {
	if c.Dir == "" {
		return
	}
	if text, err := json.Marshal(v); err == nil {
		_ = atomicfile.Cache(c.file(name, key), append([]byte(c.Format+key+"\n"), s2.EncodeBetter(nil, text)...))
	}
}
