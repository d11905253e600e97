package relock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// offline is a source that has nothing.
type offline struct{ asked []string }

var errOffline = fmt.Errorf("no network in this test: %w", registry.ErrOffline)

func (o *offline) Packument(_ context.Context, name string) (Packument, error) {
	o.asked = append(o.asked, name)
	return nil, errOffline
}

func (o *offline) Checksum(context.Context, ChecksumRequest) (string, error) {
	return "", errOffline
}

func (o *offline) PatchHash(context.Context, string, string, string) (string, error) {
	return "", ErrNoPatches
}

// openProject reads a project folder as the command will.
func openProject(t testing.TB, dir string) *Input {
	t.Helper()
	project, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := yarnrc.Load(project.Root, []string{"HOME=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join(project.Root, "yarn.lock"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	lock, err := yarnlock.Parse("yarn.lock", src)
	if err != nil {
		t.Fatal(err)
	}
	in := &Input{
		Project: project, Lock: lock, Settings: settings,
		YarnVersion: project.RootWorkspace().File.PackageManager.Version,
		Now:         time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		ReadFile: func(rel string) ([]byte, error) {
			return os.ReadFile(filepath.Join(project.Root, filepath.FromSlash(rel)))
		},
	}
	if project.Backstage != nil {
		in.BackstageVersion = project.Backstage.Version
	}
	return in
}

func TestCorporaStayByteIdentical(t *testing.T) {
	for _, name := range []string{
		"demo", "demo-1.43", "gitlab-plugin", "rhdh", "rhdh/.ci", "rhdh/dynamic-plugins", "rhdh/e2e-tests",
	} {
		t.Run(name, func(t *testing.T) {
			dir := testshared.Dir(t, "corpus/"+name)
			in := openProject(t, dir)
			source := &offline{}
			start := time.Now()
			res, err := Solve(t.Context(), in, source, Highest{})
			t.Logf("solved in %v, asked %v", time.Since(start), source.asked)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := os.ReadFile(filepath.Join(dir, "yarn.lock"))
			if string(res.Lock) != string(want) {
				t.Errorf("lock changed: %+v %+v %+v", res.Added, res.Removed, res.Updated)
				os.WriteFile(filepath.Join(os.TempDir(), "relock-got.lock"), res.Lock, 0o644)
			}
		})
	}
}
