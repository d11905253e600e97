// Package release reads the manifests of Backstage releases: which version of
// each @backstage package belongs to release 1.53.0, or to the newest one
// (main) or prerelease (next).
//
// They come from the versions host or a mirror of it (http, https or file),
// laid out as BASE/v1/releases/X/manifest.json, BASE/v1/tags/main/manifest.json
// and BASE/v1/releases/X/yarn-plugin, or from one file. Both settings, and
// what they mean, are those of the official tool (BaseURLEnv, ManifestFileEnv);
// unlike there, a base URL also holds for exact releases.
package release

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/Masterminds/semver/v3"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/semrange"
)

// DefaultBaseURL is the public versions host.
const DefaultBaseURL = "https://versions.backstage.io"

// The environment variables of the official tool that fill Config.
const (
	BaseURLEnv      = "BACKSTAGE_VERSIONS_BASE_URL"
	ManifestFileEnv = "BACKSTAGE_MANIFEST_FILE"
)

// Names of the release lines that Get knows.
const (
	mainBranch = "main"
	nextBranch = "next"
)

// ErrNotFound: there is no such release.
var ErrNotFound = errors.New("no such release")

// Manifest says which package versions make up a release. Do not change it:
// it is shared between the callers of Get.
type Manifest struct {
	ReleaseVersion string
	// Packages maps package names to exact versions.
	Packages map[string]string
	// FromCache: the host was not reached, and this is what the release line
	// was at FetchedAt. Never set for an exact release, which cannot change.
	FromCache bool
	// FetchedAt is when the host last said so; zero for files.
	FetchedAt time.Time
}

// Config says where manifests come from.
type Config struct {
	// BaseURL is a mirror of the versions host: http, https or file. "" means
	// DefaultBaseURL.
	BaseURL string
	// ManifestFile, if set, is the manifest of every release that is asked
	// for; only the Yarn plugin still comes from BaseURL.
	ManifestFile string
	// CacheDir holds what was fetched before; "" means no cache. A cache that
	// cannot be written is not an error.
	CacheDir string
	// HTTP fetches; nil means a client with default settings.
	HTTP *httpfetch.Client
	// Offline never asks the host, as does an HTTP client that is offline.
	Offline bool
	// Now is the clock of FetchedAt; nil means time.Now.
	Now func() time.Time
}

// Source answers for releases, each once: what it has read, it keeps. It is
// safe for concurrent use.
type Source struct {
	host  host
	file  string
	cache cache
	now   func() time.Time
	// recheck is how long the host may take to say that a cached release line
	// is still true. After that the cached one is used.
	recheck time.Duration

	mu    sync.Mutex
	slots map[string]*slot
}

// slot is one manifest in memory; its lock lets one caller fetch while others
// wait. Failures are not kept.
type slot struct {
	mu       sync.Mutex
	manifest *Manifest
}

// NewSource checks the settings. It reads nothing.
func NewSource(cfg Config) (*Source, error) {
	h, err := newHost(cfg)
	if err != nil {
		return nil, err
	}
	s := &Source{host: h, file: cfg.ManifestFile, now: cfg.Now, recheck: 5 * time.Second, slots: map[string]*slot{}}
	if s.now == nil {
		s.now = time.Now
	}
	if cfg.CacheDir != "" && h.dir == "" {
		s.cache = newCache(cfg.CacheDir, h.base)
	}
	return s, nil
}

// Get is the manifest of a release: "main", "next" (the higher of the lines next
// and main, as in the official tool), or an exact version, with or without
// "v". A release that does not exist is an ErrNotFound whose next step names
// the nearest ones.
func (s *Source) Get(ctx context.Context, which string) (*Manifest, error) {
	switch {
	case s.file != "":
		return s.fromFile(which)
	case which == mainBranch:
		return s.tag(ctx, mainBranch)
	case which == nextBranch:
		return s.next(ctx)
	}
	v, err := exact(which)
	if err != nil {
		return nil, err
	}
	return s.once(v, func() (*Manifest, error) { return s.exact(ctx, v) })
}

// next asks for both lines at once.
func (s *Source) next(ctx context.Context) (*Manifest, error) {
	var main, next *Manifest
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		main, err = s.tag(gctx, mainBranch)
		return err
	})
	g.Go(func() (err error) {
		next, err = s.tag(gctx, nextBranch)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if semrange.Above(next.ReleaseVersion, main.ReleaseVersion) {
		return next, nil
	}
	return main, nil
}

// tag is the manifest of a release line.
func (s *Source) tag(ctx context.Context, line string) (*Manifest, error) {
	return s.once(line, func() (*Manifest, error) { return s.line(ctx, line) })
}

func (s *Source) once(key string, get func() (*Manifest, error)) (*Manifest, error) {
	s.mu.Lock()
	sl := s.slots[key]
	if sl == nil {
		sl = &slot{}
		s.slots[key] = sl
	}
	s.mu.Unlock()
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.manifest == nil {
		m, err := get()
		if err != nil {
			return nil, err
		}
		sl.manifest = m
	}
	return sl.manifest, nil
}

// version parses an exact version.
func version(which string) (*semver.Version, error) {
	v, err := semrange.ParseVersion(which)
	if err != nil {
		return nil, fault.New("%.60q is not a Backstage release", which).
			WithNext("Name main, next, or an exact version such as 1.50.0")
	}
	return v, nil
}

// exact normalises an exact version.
func exact(which string) (string, error) {
	v, err := version(which)
	if err != nil {
		return "", err
	}
	return v.Original(), nil
}
