package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

// The counts are those of `yarn workspaces list` of Yarn 4.17.1.
func TestCorpora(t *testing.T) {
	tests := []struct {
		corpus, release string
		count           int
		some            []string
	}{
		{"demo", "1.54.0-next.3", 5, []string{"app", "backend"}},
		{"demo-1.43", "1.43.0-next.2", 3, []string{"app", "backend"}},
		{"gitlab-plugin", "1.48.3", 4, []string{"@immobiliarelabs/backstage-plugin-gitlab"}},
		{"janus-plugins", "1.35.0", 7, []string{"app", "backend"}},
		{"ortelius-v1", "1.14.1", 3, []string{"app", "backend"}},
		{"rhdh", "1.52.0", 9, []string{"app", "backend"}},
		{"self-service-v1", "1.29.0", 4, []string{"app", "backend"}},
		{"showcase-v6", "1.35.1", 88, []string{"app", "backend", "e2e-tests"}},
	}
	for _, tt := range tests {
		t.Run(tt.corpus, func(t *testing.T) {
			p, err := Open(testshared.Dir(t, "corpus/"+tt.corpus))
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Workspaces) != tt.count || p.Backstage.Version != tt.release || p.Lockfile == "" {
				t.Errorf("%d workspaces, release %s, want %d and %s", len(p.Workspaces), p.Backstage.Version, tt.count, tt.release)
			}
			for _, name := range tt.some {
				if p.ByName(name) == nil {
					t.Errorf("no workspace %s", name)
				}
			}
		})
	}
}

// 10,000 workspaces open in a time that grows with their number.
func TestManyWorkspaces(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10,000 files")
	}
	testkit.Linear(t, 10_000, func(n int) func() {
		root := manyWorkspaces(t, n)
		return func() {
			p, err := Open(root)
			if err != nil {
				t.Fatal(err)
			}
			if last := p.Workspaces[len(p.Workspaces)-1].Rel; len(p.Workspaces) != n+1 || p.Workspaces[0].Rel != "." || n == 10_000 && last != "plugins/p9999" {
				t.Errorf("%d workspaces, the last is %s", len(p.Workspaces), last)
			}
		}
	})
}

func manyWorkspaces(t testing.TB, n int) string {
	t.Helper()
	root := tree(t, "-- package.json --\n{\"name\": \"root\", \"workspaces\": [\"packages/*\", \"plugins/**\"]}\n-- packages/x --\n-- plugins/x --\n")
	var deps []string
	for d := range 30 {
		deps = append(deps, fmt.Sprintf("    \"@backstage/plugin-%d\": \"^1.2.3\"", d))
	}
	list := strings.Join(deps, ",\n")
	var group errgroup.Group
	group.SetLimit(8)
	for i := range n {
		group.Go(func() error {
			dir := filepath.Join(root, [...]string{"packages", "plugins"}[i%2], fmt.Sprintf("p%d", i))
			src := fmt.Sprintf("{\n  \"name\": \"@s/p%d\",\n  \"version\": \"1.0.0\",\n  \"dependencies\": {\n%s\n  }\n}\n", i, list)
			return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "package.json"), []byte(src), 0o644))
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return root
}

func BenchmarkOpen(b *testing.B) {
	root := manyWorkspaces(b, 10_000)
	var p *Project
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if p, err = Open(root); err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MB-held")
	runtime.KeepAlive(p)
}
