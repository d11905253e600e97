package pinning

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
)

// standIn is a registry on loopback in front of a partial one. Versions that
// the other lacks, and that were asked for with add, are made up: the fields of
// the nearest version that exists, with ranges of the release's packages moved
// to the release, and a tarball that has nothing but a package.json.
type standIn struct {
	URL      string
	upstream string
	release  map[string]string

	mu    sync.Mutex
	extra map[string][]string
	docs  map[string]*document
}

// document is a packument.
type document struct {
	fields   map[string]json.RawMessage
	versions map[string]json.RawMessage
	times    map[string]string
	made     []string
}

func newStandIn(t *testing.T, upstream string, release map[string]string) *standIn {
	s := &standIn{upstream: upstream, release: release, extra: map[string][]string{}, docs: map[string]*document{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	for name, v := range release {
		s.extra[name] = []string{v}
	}
	return s
}

// add makes version up if the registry lacks it.
func (s *standIn) add(name, version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.extra[name] = append(s.extra[name], version)
	delete(s.docs, name)
}

// versions are those that can be had of a package.
func (s *standIn) versions(name string) []string {
	d, err := s.document(name)
	if err != nil {
		return nil
	}
	return sorted(d.versions)
}

// made counts the versions that were made up for the packages that somebody
// asked for.
func (s *standIn) made() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.docs {
		n += len(d.made)
	}
	return n
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	name, file, isTarball := strings.Cut(path, "/-/")
	d, err := s.document(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if !isTarball {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(d.bytes())
		return
	}
	base := name[strings.LastIndex(name, "/")+1:]
	version := strings.TrimSuffix(strings.TrimPrefix(file, base+"-"), ".tgz")
	if slices.Contains(d.made, version) {
		_, _ = w.Write(tarball(name, version))
		return
	}
	body, status, err := s.get(r.URL.EscapedPath())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (s *standIn) get(path string) ([]byte, int, error) {
	res, err := http.Get(s.upstream + path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return body, res.StatusCode, err
}

// document is the packument of name, completed.
func (s *standIn) document(name string) (*document, error) {
	s.mu.Lock()
	d, extra := s.docs[name], slices.Clone(s.extra[name])
	s.mu.Unlock()
	if d != nil {
		return d, nil
	}
	body, status, err := s.get("/" + strings.ReplaceAll(name, "/", "%2f"))
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusNotFound && len(extra) > 0:
		body = fmt.Appendf(nil, `{"name": %q, "dist-tags": {"latest": %q}}`, name, extra[0])
	case status != http.StatusOK:
		return nil, fmt.Errorf("%s: status %d", name, status)
	}
	d = &document{fields: map[string]json.RawMessage{}, versions: map[string]json.RawMessage{}, times: map[string]string{}}
	body = bytes.ReplaceAll(body, []byte(s.upstream), []byte(s.URL))
	if err := json.Unmarshal(body, &d.fields); err != nil {
		return nil, err
	}
	for key, into := range map[string]any{"versions": &d.versions, "time": &d.times} {
		if raw := d.fields[key]; raw != nil {
			if err := json.Unmarshal(raw, into); err != nil {
				return nil, err
			}
		}
	}
	for v, raw := range d.versions {
		// Published by mistake with a patch file of its own repository as a
		// dependency (@yarnpkg/core 4.9.2): nobody can install that.
		if bytes.Contains(raw, []byte("#~/.yarn/patches/")) {
			delete(d.versions, v)
		}
	}
	for _, v := range extra {
		if d.versions[v] == nil {
			if err := s.make(d, name, v); err != nil {
				return nil, err
			}
		}
	}
	s.mu.Lock()
	s.docs[name] = d
	s.mu.Unlock()
	return d, nil
}

// make adds a version after the nearest one: the highest below it, else the
// lowest above.
func (s *standIn) make(d *document, name, text string) error {
	want, err := semrange.ParseVersion(text)
	if err != nil {
		return err
	}
	var below, above *semver.Version
	for known := range maps.Keys(d.versions) {
		v := version(known)
		switch {
		case v == nil:
		case semrange.Compare(v, want) < 0 && (below == nil || semrange.Compare(below, v) < 0):
			below = v
		case semrange.Compare(v, want) > 0 && (above == nil || semrange.Compare(v, above) < 0):
			above = v
		}
	}
	if below == nil {
		below = above
	}
	fields, at := map[string]any{}, "2020-01-01T00:00:00.000Z"
	if below != nil {
		if err := json.Unmarshal(d.versions[below.Original()], &fields); err != nil {
			return err
		}
		if d.times[below.Original()] != "" {
			at = d.times[below.Original()]
		}
	}
	fields["name"], fields["version"] = name, text
	delete(fields, "deprecated")
	for _, section := range []string{"dependencies", "optionalDependencies"} {
		deps, _ := fields[section].(map[string]any)
		for dep := range deps {
			if v, ok := s.release[dep]; ok {
				deps[dep] = "^" + v
			}
		}
	}
	base := name[strings.LastIndex(name, "/")+1:]
	sum := sha512.Sum512(tarball(name, text))
	fields["dist"] = map[string]any{
		"tarball":   s.URL + "/" + name + "/-/" + base + "-" + text + ".tgz",
		"integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
	}
	raw, err := json.Marshal(fields)
	d.versions[text], d.times[text] = raw, at
	d.made = append(d.made, text)
	return err
}

func (d *document) bytes() []byte {
	all := maps.Clone(d.fields)
	all["versions"], _ = json.Marshal(d.versions)
	all["time"], _ = json.Marshal(d.times)
	body, _ := json.Marshal(all)
	return body
}

// tarball is a package with nothing but a package.json, always the same bytes.
func tarball(name, version string) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	w := tar.NewWriter(z)
	text := fmt.Appendf(nil, "{\"name\": %q, \"version\": %q}\n", name, version)
	// A buffer takes everything.
	_ = w.WriteHeader(&tar.Header{Name: "package/package.json", Mode: 0o644, Size: int64(len(text)), Format: tar.FormatUSTAR})
	_, _ = w.Write(text)
	_ = w.Close()
	_ = z.Close()
	return buf.Bytes()
}
