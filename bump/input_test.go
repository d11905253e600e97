package bump

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// emptyRegistry knows no package.
type emptyRegistry struct{}

func (emptyRegistry) Packument(context.Context, string) (*registry.Packument, error) {
	return nil, registry.ErrNotFound
}

// openInput reads the portal in dir, with the manifests in a folder laid out as
// the versions host.
func openInput(t testing.TB, dir, versions string) Input {
	t.Helper()
	p, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Project: p, Registry: emptyRegistry{}}
	if in.Settings, err = yarnrc.Load(dir, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "yarn.lock")
	if src, err := os.ReadFile(path); err == nil {
		if in.Lock, err = yarnlock.Parse(path, src); err != nil {
			t.Fatal(err)
		}
	}
	abs, err := filepath.Abs(versions)
	if err != nil {
		t.Fatal(err)
	}
	in.Releases, err = release.NewSource(release.Config{BaseURL: "file://" + filepath.ToSlash(abs)})
	if err != nil {
		t.Fatal(err)
	}
	return in
}
