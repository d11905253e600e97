package release

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/atomicfile"
)

const (
	manifestExt = ".json"
	pluginExt   = ".yarn-plugin.js"
)

// cache is the folder of one base URL: releases/X.json and
// releases/X.yarn-plugin.js as they were fetched, lines/main.json with what is
// needed to ask again. The zero cache holds nothing. What cannot be read or
// is damaged counts as absent, what cannot be written is left out.
type cache struct{ dir string }

// cachedLine is a release line and when the host last confirmed it.
type cachedLine struct {
	ETag     string          `json:"etag"`
	Fetched  time.Time       `json:"fetched"`
	Manifest json.RawMessage `json:"manifest"`

	manifest *Manifest
}

// newCache separates base URLs: a mirror may differ from the public host.
func newCache(dir, base string) cache {
	host := "host"
	if u, err := url.Parse(base); err == nil {
		u.User = nil // a new password is not a new host
		base, host = u.String(), u.Hostname()
	}
	sum := sha256.Sum256([]byte(base))
	name := strings.Map(func(r rune) rune {
		if validPart(string(r)) || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(host))
	return cache{dir: filepath.Join(dir, name+"-"+hex.EncodeToString(sum[:6]))}
}

// manifest is an exact release, as it was stored; nil for none.
func (c cache) manifest(version string) *Manifest {
	body, at := c.load(version+manifestExt, maxManifest)
	if body == nil {
		return nil
	}
	m, err := parse(body)
	if err != nil || m.ReleaseVersion != version {
		return nil
	}
	m.FetchedAt = at
	return m
}

// load is a file of releases/, or nil, and when it was stored.
func (c cache) load(name string, limit int64) ([]byte, time.Time) {
	if c.dir == "" {
		return nil, time.Time{}
	}
	path := filepath.Join(c.dir, "releases", name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, time.Time{}
	}
	body, err := readFile(path, limit)
	if err != nil {
		return nil, time.Time{}
	}
	return body, info.ModTime()
}

func (c cache) save(name string, body []byte) { c.write(filepath.Join("releases", name), body) }

// versions lists the cached exact releases.
func (c cache) versions() []string {
	if c.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(c.dir, "releases"))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if v, ok := strings.CutSuffix(e.Name(), manifestExt); ok {
			out = append(out, v)
		}
	}
	return out
}

func (c cache) line(name string) *cachedLine {
	if c.dir == "" {
		return nil
	}
	body, err := readFile(filepath.Join(c.dir, "lines", name+".json"), 2*maxManifest)
	if err != nil {
		return nil
	}
	var l cachedLine
	if err := json.Unmarshal(body, &l); err != nil {
		return nil
	}
	if l.manifest, err = parse(l.Manifest); err != nil || l.Fetched.IsZero() {
		return nil
	}
	return &l
}

func (c cache) saveLine(name, etag string, at time.Time, manifest []byte) {
	body, err := json.Marshal(cachedLine{ETag: etag, Fetched: at.UTC().Truncate(time.Second), Manifest: manifest})
	if err == nil {
		c.write(filepath.Join("lines", name+".json"), body)
	}
}

// write keeps a file, where it can.
func (c cache) write(rel string, body []byte) {
	if c.dir != "" {
		_ = atomicfile.Cache(filepath.Join(c.dir, rel), body)
	}
}
