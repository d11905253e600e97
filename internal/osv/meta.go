package osv

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
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
	return replaceFile(metaFile(zip), append(src, '\n'))
}

// replaceFile writes a file that is never seen half written.
func replaceFile(path string, src []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = tmp.Write(src)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
