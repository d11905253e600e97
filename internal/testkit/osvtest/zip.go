package osvtest

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Zip packs records, by file name, as OSV publishes them.
func Zip(records map[string][]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(records)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(records[name])
		}
		if err != nil {
			panic(err) // memory does not fail
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// ZipFolder packs the *.json files of a folder.
func ZipFolder(dir string) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	records := map[string][]byte{}
	for _, file := range files {
		if records[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	return Zip(records), nil
}

// Record is a small OSV record about an npm package: all versions, or those
// below fixed.
func Record(id, ecosystem, name, fixed string, modified time.Time) []byte {
	if fixed != "" {
		fixed = fmt.Sprintf(`,{"fixed":%q}`, fixed)
	}
	return fmt.Appendf(nil, `{"schema_version":"1.5.0","id":%q,"modified":%q,"published":%q,"summary":"a flaw in %s",`+
		`"affected":[{"package":{"ecosystem":%q,"name":%q},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}%s]}]}]}`,
		id, modified.UTC().Format(time.RFC3339), modified.UTC().Format(time.RFC3339), name, ecosystem, name, fixed)
}

// zip serves the records as all.zip, with ETag and ranges.
func (s *Server) zip(w http.ResponseWriter, r *http.Request, fault string) {
	records := map[string][]byte{}
	switch fault {
	case "empty":
	case "foreign":
		records["PYSEC-1.json"] = Record("PYSEC-1", "PyPI", "django", "", time.Now())
	case "few":
		records["GHSA-1.json"] = Record("GHSA-1", "npm", "left-pad", "", time.Now())
	default:
		for id, text := range s.records {
			records[id+".json"] = text
		}
	}
	text := Zip(records)
	sum := sha256.Sum256(text)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	if fault == "cut" {
		w = &cutter{ResponseWriter: w, left: len(text)/3 + 1}
	}
	http.ServeContent(w, r, "all.zip", time.Time{}, bytes.NewReader(text))
}

// cutter breaks the connection off after some bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		if f, ok := c.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}
