package parity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/yarnpatch"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

// Source is the plainest relock.Source: it asks a registry without cache,
// retry or check, so that a run shows the solver alone.
type Source struct {
	Registry string
	// Bundle is the yarn.js whose builtin patches count.
	Bundle string

	builtins func() (*yarnpatch.BuiltinSet, error)
	slots    chan struct{}
	mu       sync.Mutex
	packs    map[string]*packument
	sums     map[string]string
}

// NewSource asks registry.
func NewSource(registry, bundle string) *Source {
	builtins := sync.OnceValues(func() (*yarnpatch.BuiltinSet, error) {
		cjs, err := os.ReadFile(bundle)
		if err != nil {
			return nil, err
		}
		return yarnpatch.Builtins(cjs)
	})
	return &Source{Registry: registry, Bundle: bundle, builtins: builtins, slots: make(chan struct{}, 24), packs: map[string]*packument{}, sums: map[string]string{}}
}

type packument struct {
	DistTags map[string]string          `json:"dist-tags"`
	Raw      map[string]json.RawMessage `json:"versions"`
	Time     map[string]string          `json:"time"`
}

// Packument asks once for each name.
func (s *Source) Packument(ctx context.Context, name string) (relock.Packument, error) {
	s.mu.Lock()
	p := s.packs[name]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	body, err := s.get(ctx, s.Registry+"/"+strings.ReplaceAll(name, "/", "%2f"))
	if err != nil {
		return nil, err
	}
	p = &packument{}
	if err := json.Unmarshal(body, p); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.packs[name] = p
	s.mu.Unlock()
	return p, nil
}

func (s *Source) get(ctx context.Context, address string) ([]byte, error) {
	s.slots <- struct{}{}
	defer func() { <-s.slots }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, res.Status)
	}
	return io.ReadAll(res.Body)
}

// Checksum downloads the tarball and builds the archive that Yarn would.
func (s *Source) Checksum(ctx context.Context, req relock.ChecksumRequest) (string, error) {
	key := req.Name + "@" + req.Version + " " + req.CacheKey + req.Patch
	if req.Own != nil {
		key += req.Own.ID
	}
	s.mu.Lock()
	sum := s.sums[key]
	s.mu.Unlock()
	if sum != "" {
		return sum, nil
	}
	tgz, err := s.get(ctx, req.Manifest.Tarball)
	if err != nil {
		return "", err
	}
	patch := req.Own
	if req.Patch != "" {
		if patch, err = s.patch(req.Name, req.Version); err != nil {
			return "", err
		}
	}
	if patch != nil && req.MissingFails {
		patch = patch.Strict()
	}
	if patch == nil {
		sum, err = yarnzip.Checksum(ctx, tgz, req.Name, req.CacheKey)
	} else {
		sum, err = yarnzip.PatchedChecksum(ctx, bytes.NewReader(tgz), int64(len(tgz)), req.Name, req.CacheKey, patch, yarnzip.DefaultLimits())
	}
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.sums[key] = sum
	s.mu.Unlock()
	return sum, nil
}

// PatchHash reads the patches of the bundle.
func (s *Source) PatchHash(_ context.Context, name, version, _ string) (string, error) {
	p, err := s.patch(name, version)
	if err != nil {
		return "", err
	}
	return p.Hash, nil
}

func (s *Source) patch(name, version string) (*yarnpatch.Patch, error) {
	set, err := s.builtins()
	if err != nil {
		return nil, err
	}
	p, ok, err := set.Patch(name, version)
	if err == nil && !ok {
		err = relock.ErrNoPatches
	}
	return p, err
}

func (p *packument) Versions() []string {
	list := make([]string, 0, len(p.Raw))
	for v := range p.Raw {
		list = append(list, v)
	}
	return list
}

func (p *packument) Tag(name string) (string, bool) { v, ok := p.DistTags[name]; return v, ok }

func (p *packument) Published(v string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, p.Time[v])
	return at, err == nil
}

func (p *packument) Deprecated(v string) bool {
	var m struct {
		Deprecated any `json:"deprecated"`
	}
	_ = json.Unmarshal(p.Raw[v], &m)
	return m.Deprecated != nil && m.Deprecated != "" && m.Deprecated != false
}

func (p *packument) Manifest(v string) (*relock.Manifest, error) {
	raw, ok := p.Raw[v]
	if !ok {
		return nil, fmt.Errorf("the registry lacks version %s", v)
	}
	m, err := registry.ParseManifest(raw)
	if err != nil {
		return nil, err
	}
	return relock.NewManifest(m), nil
}
