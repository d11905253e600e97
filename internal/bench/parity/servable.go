package parity

import (
	"context"
	"regexp"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/semrange"
)

// noChecksums resolves without downloading a tarball.
type noChecksums struct{ relock.Source }

func (noChecksums) Checksum(context.Context, relock.ChecksumRequest) (string, error) {
	return "10c0/none", nil
}

// culprit finds in an error the registry package that asks for something the
// registry lacks.
var culprit = regexp.MustCompile(`asked for by (\S+) (\d+\.\d+\.\d+\S*?): `)

// MakeServable pins packages of the tree at dir to older versions, by
// resolutions in the root package.json, until the registry, which is partial,
// has everything that is asked for. It returns the pins.
func MakeServable(ctx context.Context, dir, registry, yarn string, now time.Time, source relock.Source, policy relock.Policy) (map[string]string, error) {
	pins := map[string]string{}
	for {
		_, err := Solve(ctx, dir, registry, yarn, now, noChecksums{source}, policy)
		if err == nil {
			return pins, nil
		}
		m := culprit.FindStringSubmatch(err.Error())
		if m == nil || len(pins) > 60 {
			return pins, err
		}
		older, perr := olderThan(ctx, source, m[1], m[2])
		if perr != nil || older == "" {
			return pins, err
		}
		pins[m[1]] = older
		if err := resolve(dir, m[1], older); err != nil {
			return pins, err
		}
	}
}

func olderThan(ctx context.Context, source relock.Source, name, version string) (string, error) {
	p, err := source.Packument(ctx, name)
	if err != nil {
		return "", err
	}
	limit, err := semrange.ParseVersion(version)
	if err != nil {
		return "", err
	}
	var best *semver.Version
	for _, text := range p.Versions() {
		v, err := semrange.ParseVersion(text)
		if err == nil && v.Prerelease() == "" && semrange.Compare(v, limit) < 0 && (best == nil || semrange.Compare(v, best) > 0) {
			best = v
		}
	}
	if best == nil {
		return "", nil
	}
	return best.Original(), nil
}

// resolve sets an entry of resolutions.
func resolve(dir, name, version string) error {
	return Edit{Workspace: ".", Section: "resolutions", Name: name, To: version}.Apply(dir)
}
