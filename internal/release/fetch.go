package release

import (
	"context"
	"errors"
	"io/fs"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

const mirrorStep = "Check the network and proxy (HTTPS_PROXY), or set " + BaseURLEnv +
	" to a mirror, or " + ManifestFileEnv + " to a downloaded manifest.json"

const wrongAnswerStep = "Look at this address: a proxy or a login page may be in the way; or set " + BaseURLEnv + " or " + ManifestFileEnv

func manifestPath(version string) string { return "v1/releases/" + version + "/manifest.json" }
func linePath(line string) string        { return "v1/tags/" + line + "/manifest.json" }

// line is a release line, confirmed by the host if it can be reached.
func (s *Source) line(ctx context.Context, line string) (*Manifest, error) {
	cached := s.cache.line(line)
	fetchCtx, cancel, etag := ctx, context.CancelFunc(func() {}), ""
	if cached != nil {
		fetchCtx, cancel = context.WithTimeout(ctx, s.recheck)
		etag = cached.ETag
	}
	defer cancel()
	rel := linePath(line)
	got, err := s.host.get(fetchCtx, rel, etag, maxManifest)
	if err == nil && got.same && cached == nil {
		err = fault.At(fault.Pos{File: s.host.at(rel)}, "the host answers 304 Not Modified to a first request").WithNext(wrongAnswerStep)
	}
	switch {
	case err == nil && got.same:
		cached.manifest.FetchedAt = s.now()
		s.cache.saveLine(line, cached.ETag, s.now(), cached.Manifest) // it is confirmed
		return cached.manifest, nil
	case err != nil && cached != nil && httpfetch.Unreachable(err) && ctx.Err() == nil:
		cached.manifest.FromCache, cached.manifest.FetchedAt = true, cached.Fetched
		return cached.manifest, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(ErrNotFound, fault.Pos{File: s.host.at(rel)}, "there is no release line %s", line).
			WithNext("Check %s: it must hold v1/tags/%s/manifest.json", BaseURLEnv, line)
	case err != nil:
		return nil, s.unreachable(ctx, err, "the release line "+line)
	}
	m, err := s.accept(got.body, rel)
	if err != nil {
		return nil, err
	}
	if s.host.dir == "" {
		m.FetchedAt = s.now()
		s.cache.saveLine(line, got.etag, m.FetchedAt, got.body)
		s.cache.save(m.ReleaseVersion+manifestExt, got.body)
	}
	return m, nil
}

// exact is one release. It cannot change, so the cache is asked first, and what
// the public host would say is known for all but the newest. A mirror has its
// own say about the releases that it has, as long as it answers.
func (s *Source) exact(ctx context.Context, version string) (*Manifest, error) {
	if m := s.cache.manifest(version); m != nil {
		return m, nil
	}
	if s.host.base == DefaultBaseURL {
		if m := Known(version); m != nil {
			return m, nil
		}
	}
	rel := manifestPath(version)
	got, err := s.host.get(ctx, rel, "", maxManifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if m := Known(version); m != nil {
			return m, nil // the mirror is not whole: the release exists
		}
		return nil, s.unknown(ctx, version, s.host.at(rel))
	case err != nil:
		if m := Known(version); m != nil && httpfetch.Unreachable(err) && ctx.Err() == nil {
			return m, nil
		}
		return nil, s.unreachable(ctx, err, "release "+version)
	}
	m, err := s.accept(got.body, rel)
	if err != nil {
		return nil, err
	}
	if m.ReleaseVersion != version {
		return nil, fault.At(fault.Pos{File: s.host.at(rel)}, "this should be release %s, but says that it is %s", version, m.ReleaseVersion).
			WithNext(wrongAnswerStep)
	}
	if s.host.dir == "" {
		m.FetchedAt = s.now()
		s.cache.save(version+manifestExt, got.body)
	}
	return m, nil
}

func (s *Source) accept(body []byte, rel string) (*Manifest, error) {
	m, err := parse(body)
	if err == nil {
		return m, nil
	}
	if s.host.dir != "" {
		return nil, bad(err, s.host.at(rel), body).WithNext("Restore this file of the mirror")
	}
	return nil, bad(err, s.host.at(rel), nil).WithNext(wrongAnswerStep)
}

// unreachable explains why what could not be fetched.
func (s *Source) unreachable(ctx context.Context, err error, what string) error {
	if ctx.Err() != nil || s.host.dir != "" {
		return err
	}
	f := fault.Wrap(err, fault.Pos{}, "cannot get %s", what)
	if s.host.offline {
		return f.WithNext("Run the command once with a network, or set %s to a downloaded manifest.json", ManifestFileEnv)
	}
	if httpfetch.Unreachable(err) {
		f.Next = mirrorStep
	}
	return f
}

// fromFile is the manifest file, whatever release it is of, unless another
// exact one was asked for. The official tool does not look: it would bump to
// the file's release and say nothing.
func (s *Source) fromFile(which string) (*Manifest, error) {
	m, err := s.once("", func() (*Manifest, error) {
		body, err := readFile(s.file, maxManifest)
		if err != nil {
			return nil, fault.Wrap(err, fault.Pos{}, "%s names no readable manifest", ManifestFileEnv)
		}
		m, err := parse(body)
		if err != nil {
			return nil, bad(err, s.file, body).WithNext("Correct or unset %s", ManifestFileEnv)
		}
		return m, nil
	})
	if err != nil || which == mainBranch || which == nextBranch {
		return m, err
	}
	v, err := exact(which)
	if err != nil {
		return nil, err
	}
	if v != m.ReleaseVersion {
		return nil, fault.Wrap(ErrNotFound, fault.Pos{File: s.file}, "this is release %s, not %s", m.ReleaseVersion, v).
			WithNext("Ask for release %s, or unset %s", m.ReleaseVersion, ManifestFileEnv)
	}
	return m, nil
}
