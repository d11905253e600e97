package release

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/fault"
)

// maxPlugin is the largest Yarn plugin that is accepted, in bytes.
const maxPlugin = 16 << 20

// pluginPath is where the Yarn plugin of a release is on the host.
func pluginPath(version string) string { return "v1/releases/" + version + "/yarn-plugin" }

// YarnPlugin is the code of the Backstage Yarn plugin of an exact release. It
// is never run here; it is checked only for being a Yarn plugin at all, not a
// page that a proxy puts in its place.
func (s *Source) YarnPlugin(ctx context.Context, version string) ([]byte, error) {
	v, err := exact(version)
	if err != nil {
		return nil, err
	}
	if code, _ := s.cache.load(v+pluginExt, maxPlugin); code != nil && checkPlugin(code) == nil {
		return code, nil
	}
	rel := pluginPath(v)
	got, err := s.host.get(ctx, rel, "", maxPlugin)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(noPlugin{}, fault.Pos{File: s.host.at(rel)}, "there is no Yarn plugin for Backstage release %s", v).
			WithNext("Check that the host has this file, then run: yarn plugin import %s", s.host.at(rel))
	case err != nil:
		return nil, s.unreachable(ctx, err, "the Yarn plugin of release "+v)
	}
	if err := checkPlugin(got.body); err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: s.host.at(rel)}, "this is not a Yarn plugin").WithNext(wrongAnswerStep)
	}
	if s.host.dir == "" {
		s.cache.save(v+pluginExt, got.body)
	}
	return got.body, nil
}

// noPlugin is an ErrNotFound about a release that may well exist: a mirror often
// has the manifests only.
type noPlugin struct{}

func (noPlugin) Error() string { return "no such file" }
func (noPlugin) Unwrap() error { return ErrNotFound }

// checkPlugin looks for what every Yarn plugin has: module.exports and a
// factory.
func checkPlugin(code []byte) error {
	switch {
	case isHTML(code):
		return errors.New("an HTML page")
	case !utf8.Valid(code) || bytes.IndexByte(code, 0) >= 0:
		return errors.New("not a text")
	case !bytes.Contains(code, []byte("module.exports")) || !bytes.Contains(code, []byte("factory")):
		return errors.New("JavaScript without module.exports and factory")
	}
	return nil
}
