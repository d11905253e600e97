package release

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

// host is where files below the base URL are read.
type host struct {
	// base is the URL without a slash at its end; dir is its folder when it is
	// a file URL.
	base    string
	dir     string
	http    *httpfetch.Client
	offline bool
}

// answer is one file of the host.
type answer struct {
	body []byte
	etag string
	// same: the file is still the one that the ETag names.
	same bool
}

func newHost(cfg Config) (host, error) {
	h := host{base: strings.TrimRight(cfg.BaseURL, "/"), http: cfg.HTTP}
	if h.base == "" {
		h.base = DefaultBaseURL
	}
	if h.http == nil {
		h.http = httpfetch.New(httpfetch.Config{})
	}
	h.offline = cfg.Offline || h.http.Offline()
	u, err := url.Parse(h.base)
	switch {
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "":
		return h, nil
	case err == nil && u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") && path.IsAbs(u.Path):
		h.dir = fileURLPath(u.Path)
		return h, nil
	}
	return host{}, fault.At(fault.Pos{File: httpfetch.Redact(cfg.BaseURL)}, "is not the address of a versions host").
		WithNext("Set %s to an http:// or https:// address, or to file:// and an absolute path", BaseURLEnv)
}

// fileURLPath turns the path of a file URL into one of this system:
// file:///C:/mirror is C:\mirror on Windows.
func fileURLPath(p string) string {
	if len(p) >= 3 && p[0] == '/' && p[2] == ':' && filepath.VolumeName(p[1:]) != "" {
		p = p[1:]
	}
	return filepath.FromSlash(p)
}

// at is the address of a file as messages show it.
func (h *host) at(rel string) string {
	if h.dir != "" {
		return filepath.Join(h.dir, filepath.FromSlash(rel))
	}
	return httpfetch.Redact(h.base + "/" + rel)
}

// get reads a file of at most limit bytes. A missing one is fs.ErrNotExist.
func (h *host) get(ctx context.Context, rel, etag string, limit int64) (answer, error) {
	if h.dir != "" {
		body, err := readFile(h.at(rel), limit)
		return answer{body: body}, err
	}
	if h.offline {
		return answer{}, fault.Wrap(httpfetch.ErrOffline, fault.Pos{File: h.at(rel)}, "not fetched").
			WithNext("Run the command once with a network; what it fetches is kept")
	}
	resp, err := h.http.Get(ctx, httpfetch.Request{URL: h.base + "/" + rel, ETag: etag, MaxBytes: limit})
	switch {
	case httpfetch.IsStatus(err, http.StatusNotFound), httpfetch.IsStatus(err, http.StatusGone):
		return answer{}, errors.Join(fs.ErrNotExist, err)
	case err != nil:
		return answer{}, err
	}
	return answer{body: resp.Body, etag: resp.ETag, same: resp.NotModified}, nil
}

// readFile reads a file that may be at most limit bytes long.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		var body []byte
		if body, err = io.ReadAll(io.LimitReader(f, limit+1)); err == nil {
			if int64(len(body)) > limit {
				return nil, fault.Wrap(httpfetch.ErrTooLarge, fault.Pos{File: name}, "not read").
					WithNext("Check that this is the file you mean")
			}
			return body, nil
		}
	}
	return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: name}, "cannot read").
		WithNext("Check the path, and that you may read it")
}

// isHTML recognises a page where data was expected.
func isHTML(body []byte) bool {
	s := strings.TrimLeft(string(body[:min(len(body), 512)]), " \t\r\n\ufeff")
	return strings.HasPrefix(s, "<")
}
