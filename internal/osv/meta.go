package osv

import (
	"encoding/json"
	"os"
	"time"

	"github.com/portalctl/portalctl/internal/atomicfile"
)

// meta is what is noted of a download, beside it.
type meta struct {
	URL  string `json:"url"`
	ETag string `json:"etag,omitempty"`
	// Digest, in hex, names the zip file that this is about.
	Digest  string    `json:"digest,omitempty"`
	Checked time.Time `json:"checked"`
}

func metaFile(zip string) string { return zip + ".meta" }

func readMeta(zip string) (meta, bool) {
	var m meta
	src, err := os.ReadFile(metaFile(zip))
	return m, err == nil && json.Unmarshal(src, &m) == nil
}

func writeMeta(zip string, m meta) error {
	src, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return atomicfile.Cache(metaFile(zip), append(src, '\n'))
}
