// Package live is the relock.Source of real use: packuments and tarballs from
// the registry, checksums from tarballs or from the cache of earlier runs, and
// the builtin patches from the project's own Yarn.
package live

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/yarnpatch"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

// Config says where things are. Registry is required.
type Config struct {
	Registry *registry.Client
	// ChecksumDir keeps checksums, and the hashes of builtin patches, between
	// runs; "" keeps none.
	ChecksumDir string
	// Bundle is the file of the project's Yarn, which carries the builtin
	// patches; "" if it cannot be read. It is read as text, never run.
	Bundle string
	// BundleText is what will be at Bundle, where that is not there yet.
	BundleText []byte
	// Downloads limits the tarballs that are held at a time; 0 means 16. As
	// many are unpacked at a time as there are processors, up to 8: more would
	// take memory, not time.
	Downloads int
	// TempDir is where a large archive lies while its checksum is made, "" for the
	// system's folder for that.
	TempDir string
	// Progress, if set, is told of tarballs: those done and those known to be
	// needed so far. It is called from several goroutines.
	Progress func(done, total int)
}

// Source answers a solver. Close it when the lock is written.
type Source struct {
	cfg     Config
	sums    *yarnzip.Cache
	slots   chan struct{} // tarballs that are held
	patches patchStore

	unpacking chan struct{}

	done, total atomic.Int64
}

// New is a Source. It does no I/O.
func New(cfg Config) *Source {
	if cfg.Downloads <= 0 {
		cfg.Downloads = 16
	}
	s := &Source{cfg: cfg, sums: &yarnzip.Cache{Dir: cfg.ChecksumDir}, slots: make(chan struct{}, cfg.Downloads),
		unpacking: make(chan struct{}, min(8, runtime.GOMAXPROCS(0)))}
	s.patches = patchStore{bundle: cfg.Bundle, text: cfg.BundleText, dir: cfg.ChecksumDir}
	return s
}

// Close lets go of the checksum cache.
func (s *Source) Close() error { return s.sums.Close() }

// Packument asks the registry.
func (s *Source) Packument(ctx context.Context, name string) (relock.Packument, error) {
	p, err := s.cfg.Registry.Packument(ctx, name)
	if err != nil {
		return nil, err
	}
	return packument{p}, nil
}

// PatchHash reads the project's Yarn.
func (s *Source) PatchHash(_ context.Context, name, version, _ string) (string, error) {
	return s.patches.hash(name, version)
}

// Checksum is the checksum of the archive that Yarn would make. Only one that
// was computed from a tarball with the registry's own integrity is kept for
// later runs.
func (s *Source) Checksum(ctx context.Context, req relock.ChecksumRequest) (string, error) {
	key := yarnzip.Key{Name: req.Name, Version: req.Version, CacheKey: req.CacheKey, Integrity: req.Manifest.Integrity}
	if key.Integrity == "" && req.Manifest.Shasum != "" {
		key.Integrity = "sha1-" + req.Manifest.Shasum
	}
	patch := req.Own
	if req.Patch != "" {
		var err error
		if patch, err = s.patches.patch(req.Name, req.Version); err != nil {
			return "", err
		}
	}
	if patch != nil {
		if req.MissingFails {
			patch = patch.Strict()
		}
		key.Patch = patch.ID
	}
	if sum, ok := s.sums.Get(key); ok {
		return sum, nil
	}
	s.report(&s.total)
	defer s.report(&s.done)
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	sum, err := s.compute(ctx, req, patch)
	if errors.Is(err, yarnzip.ErrUnsupported) {
		return "", &relock.Unsupported{Construct: "new package " + req.Name + "@" + req.Version,
			Why: "its archive cannot be built here: " + err.Error()}
	}
	if req.Patch != "" && errors.Is(err, yarnpatch.ErrMisfit) {
		err = fault.Wrap(err, fault.Pos{}, "Yarn's own patch needs a file that %s %s does not have", req.Name, req.Version).
			WithNext("Move the repo to Yarn 4.17.1 or newer (yarn set version stable), or ask for an older version of %s.", req.Name)
	}
	if err != nil {
		return "", err
	}
	// What cannot be kept is downloaded again next time, no more.
	_ = s.sums.Put(key, sum)
	return sum, nil
}

func (s *Source) compute(ctx context.Context, req relock.ChecksumRequest, patch *yarnpatch.Patch) (sum string, err error) {
	m := req.Manifest
	tgz, err := s.cfg.Registry.Tarball(ctx, req.Name, req.Version, registry.Dist{
		Tarball: m.Tarball, Integrity: m.Integrity, Shasum: m.Shasum})
	if err != nil {
		if errors.Is(err, registry.ErrIntegrity) || errors.Is(err, registry.ErrNotFound) || errors.Is(err, registry.ErrInvalid) {
			s.cfg.Registry.Forget(req.Name) // the packument may be to blame
		}
		return "", err
	}
	defer func() { err = errors.Join(err, tgz.Close()) }()
	select {
	case s.unpacking <- struct{}{}:
		defer func() { <-s.unpacking }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	limits := yarnzip.DefaultLimits()
	limits.TempDir = s.cfg.TempDir
	return yarnzip.ChecksumAt(ctx, tgz, tgz.Size(), req.Name, req.CacheKey, patch, limits)
}

func (s *Source) report(counter *atomic.Int64) {
	counter.Add(1)
	if s.cfg.Progress != nil {
		s.cfg.Progress(int(s.done.Load()), int(s.total.Load()))
	}
}

// packument is a registry's packument as the solver reads it.
type packument struct{ p *registry.Packument }

func (p packument) Versions() []string { return p.p.Versions() }

func (p packument) Tag(name string) (string, bool) { v, ok := p.p.DistTags[name]; return v, ok }

func (p packument) Published(version string) (time.Time, bool) {
	at := p.p.Time(version)
	return at, !at.IsZero()
}

func (p packument) Deprecated(version string) bool { return p.p.Deprecated(version) }

func (p packument) Manifest(version string) (*relock.Manifest, error) {
	m, err := p.p.Version(version)
	if err != nil {
		return nil, err
	}
	return relock.NewManifest(m), nil
}
