package release

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
)

// Known lists the releases that are known without guessing, in ascending
// order: all of a file mirror, else the cached ones and the current main and
// next. The host has no list to ask for.
func (s *Source) Known(ctx context.Context) []string {
	list := s.listed()
	if s.host.dir == "" {
		ctx, cancel := context.WithTimeout(ctx, s.recheck)
		defer cancel()
		for _, line := range []string{mainBranch, nextBranch} {
			if m, err := s.tag(ctx, line); err == nil {
				list = append(list, m.ReleaseVersion)
			}
		}
	}
	versions := parseAll(list)
	out := make([]string, len(versions))
	for i, v := range versions {
		out[i] = v.Original()
	}
	return slices.Compact(out)
}

// listed are the exact releases at hand: those of a mirror on disk, or of the cache.
func (s *Source) listed() []string {
	if s.host.dir == "" {
		return s.cache.versions()
	}
	entries, err := os.ReadDir(filepath.Join(s.host.dir, "v1", "releases"))
	if err != nil {
		return nil
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.Name()
	}
	return out
}

// parseAll sorts what is a version and drops the rest.
func parseAll(list []string) []*semver.Version {
	var out []*semver.Version
	for _, s := range list {
		if v, err := semrange.ParseVersion(s); err == nil {
			out = append(out, v)
		}
	}
	sort.Slice(out, func(i, j int) bool { return semrange.Compare(out[i], out[j]) < 0 })
	return out
}

// unknown is the error for a release that the host does not have.
func (s *Source) unknown(ctx context.Context, version, place string) error {
	f := fault.Wrap(ErrNotFound, fault.Pos{File: place}, "Backstage %s", version)
	near := nearest(s.Known(ctx), version)
	if len(near) == 0 {
		return f.WithNext("Name main, next, or a release that exists")
	}
	return f.WithNext("Name main, next, or one of the nearest known releases: %s", strings.Join(near, ", "))
}

// nearest is up to three known releases below version and two above it, in
// ascending order. Prereleases are named only to who asks for one, or if there
// is nothing else.
func nearest(known []string, version string) []string {
	asked, err := semrange.ParseVersion(version)
	if err != nil {
		return nil
	}
	var list []*semver.Version
	for _, v := range parseAll(known) {
		if asked.Prerelease() != "" || v.Prerelease() == "" {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		list = parseAll(known)
	}
	at := sort.Search(len(list), func(i int) bool { return semrange.Compare(list[i], asked) >= 0 })
	var out []string
	for _, v := range list[max(at-3, 0):min(at+2, len(list))] {
		out = append(out, v.Original())
	}
	return out
}
