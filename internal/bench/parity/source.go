package parity

import (
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock/live"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// NewSource asks a registry, a URL, as a real run does, and keeps nothing on disk.
// bundle is the yarn.js whose builtin patches count.
func NewSource(url, bundle string) (*live.Source, error) {
	settings, err := yarnrc.Load(filepath.Join(os.TempDir(), "nobody"), []string{
		"HOME=" + filepath.Join(os.TempDir(), "nobody"), "YARN_NPM_REGISTRY_SERVER=" + url,
	})
	if err != nil {
		return nil, err
	}
	client, err := registry.New(registry.Config{Settings: settings, HTTP: httpfetch.New(httpfetch.Config{}), Concurrency: 24})
	if err != nil {
		return nil, err
	}
	return live.New(live.Config{Registry: client, Bundle: bundle}), nil
}
