package scaffold

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/repofile"
)

// format is the first line of a cached kit, and kitName what its file's name begins
// with. The format changes with what is read of a tarball.
const (
	format  = "portalctl templates 1\n"
	kitName = "create-app"
)

// cache keeps kits: a tar of their files, compressed, in which a file that two
// templates have is there once; and Yarn's releases by their hash, since many
// versions of create-app have the same.
type cache struct {
	dir string
	// kept are the releases of this run: they need not be read again.
	kept map[string][]byte
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// kits is where the tars are.
func (c *cache) kits() published.Cache {
	return published.Cache{Dir: c.dir, Format: format, Ext: ".kit"}
}

func (c *cache) blobFile(sum string) string { return filepath.Join(c.dir, "yarn-"+sum[:32]+".s2") }

// keep keeps a release of Yarn.
func (c *cache) keep(text []byte) {
	sum := sumOf(text)
	if c.kept == nil {
		c.kept = map[string][]byte{}
	}
	c.kept[sum] = text
	if c.dir != "" {
		_ = atomicfile.Cache(c.blobFile(sum), s2.EncodeBetter(nil, text))
	}
}

// blob reads a release of Yarn, which must be what it was.
func (c *cache) blob(sum string) ([]byte, error) {
	if b, ok := c.kept[sum]; ok {
		return b, nil
	}
	if c.dir == "" {
		return nil, errors.New("there is no cache")
	}
	raw, err := repofile.Read(c.blobFile(sum), published.MaxCached)
	if err != nil {
		return nil, err
	}
	text, err := published.Unpack(raw)
	if err == nil && sumOf(text) != sum {
		err = errors.New("it is damaged")
	}
	return text, err
}

// load reads a cached kit; nil if there is none that is whole and of this key.
func (c *cache) load(key string) *Kit {
	text, ok := c.kits().Bytes(kitName, key)
	if !ok {
		return nil
	}
	k := &Kit{files: map[string][]byte{}, yarn: map[string]string{}, cache: c}
	t := tar.NewReader(bytes.NewReader(text))
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return k
		}
		if err != nil {
			return nil
		}
		switch h.Typeflag {
		case tar.TypeLink:
			k.files[h.Name] = k.files[h.Linkname]
		case tar.TypeSymlink: // names a release of Yarn
			if len(h.Linkname) != 2*sha256.Size {
				return nil
			}
			if _, err := os.Stat(c.blobFile(h.Linkname)); err != nil {
				return nil
			}
			k.yarn[h.Name] = h.Linkname
		default:
			b, err := io.ReadAll(t)
			if err != nil {
				return nil
			}
			if h.Name == changelogFile {
				k.changes = b
				continue
			}
			k.files[h.Name] = b
		}
	}
}

// store keeps a kit for the next run. A cache that cannot be written is no reason
// to fail.
func (c *cache) store(key string, k *Kit) {
	if c.dir == "" {
		return
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	put := func(h *tar.Header, text []byte) bool {
		h.Size = int64(len(text))
		if w.WriteHeader(h) != nil {
			return false
		}
		_, err := w.Write(text)
		return err == nil
	}
	ok := put(&tar.Header{Name: changelogFile, Typeflag: tar.TypeReg}, k.changes)
	first := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(k.files)) {
		text := k.files[name]
		if same, there := first[string(text)]; there {
			ok = ok && put(&tar.Header{Name: name, Linkname: same, Typeflag: tar.TypeLink}, nil)
			continue
		}
		first[string(text)] = name
		ok = ok && put(&tar.Header{Name: name, Typeflag: tar.TypeReg}, text)
	}
	for _, name := range slices.Sorted(maps.Keys(k.yarn)) {
		ok = ok && put(&tar.Header{Name: name, Linkname: k.yarn[name], Typeflag: tar.TypeSymlink}, nil)
	}
	if w.Close() == nil && ok {
		c.kits().Keep(kitName, key, b.Bytes())
	}
}
