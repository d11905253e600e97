package relock

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// jsonPackument is a packument as the registry sends it.
type jsonPackument struct {
	DistTags map[string]string          `json:"dist-tags"`
	Raw      map[string]json.RawMessage `json:"versions"`
	Time     map[string]string          `json:"time"`
}

func (p *jsonPackument) Versions() []string {
	var list []string
	for v := range p.Raw {
		list = append(list, v)
	}
	return list
}

func (p *jsonPackument) Tag(name string) (string, bool) { v, ok := p.DistTags[name]; return v, ok }

func (p *jsonPackument) Published(v string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, p.Time[v])
	return at, err == nil
}

func (p *jsonPackument) Deprecated(v string) bool {
	var m struct{ Deprecated any }
	_ = json.Unmarshal(p.Raw[v], &m)
	return m.Deprecated != nil && m.Deprecated != "" && m.Deprecated != false
}

func (p *jsonPackument) Manifest(v string) (*Manifest, error) {
	raw, ok := p.Raw[v]
	if !ok {
		return nil, fmt.Errorf("no version %s", v)
	}
	m, err := registry.ParseManifest(raw)
	if err != nil {
		return nil, err
	}
	return NewManifest(m), nil
}

// recorded answers from a folder of packuments; checksums are those of a lock
// that is known to be right.
type recorded struct {
	dir    string
	answer *yarnlock.Lock
}

func (r *recorded) Packument(_ context.Context, name string) (Packument, error) {
	src, err := os.ReadFile(filepath.Join(r.dir, strings.ReplaceAll(name, "/", "__")+".json"))
	if err != nil {
		return nil, err
	}
	p := &jsonPackument{}
	return p, json.Unmarshal(src, p)
}

func (r *recorded) Checksum(_ context.Context, req ChecksumRequest) (string, error) {
	e := r.answer.Locate(yarnlock.Locator{Name: req.Name, Reference: "npm:" + req.Version})
	if e == nil || e.Checksum == "" || req.Patch != "" {
		return "", fmt.Errorf("%s@%s has no checksum in the expected lock", req.Name, req.Version)
	}
	return e.Checksum, nil
}

func (r *recorded) PatchHash(context.Context, string, string, string) (string, error) {
	return "", ErrNoPatches
}

func TestGolden29Edits(t *testing.T) {
	golden := testshared.Dir(t, "golden/lock/rhdh-29-edits")
	dir := t.TempDir()
	copyTree(t, testshared.Dir(t, "corpus/rhdh"), dir)
	copyTree(t, filepath.Join(golden, "edited"), dir)
	rc, err := os.ReadFile(filepath.Join(dir, ".yarnrc.yml"))
	if err != nil {
		t.Fatal(err)
	}
	rc = append(rc, "\nnpmRegistryServer: https://registry.example.com\n"...)
	if err := os.WriteFile(filepath.Join(dir, ".yarnrc.yml"), rc, 0o644); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(golden, "expected.lock"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := yarnlock.Parse("expected.lock", want)
	if err != nil {
		t.Fatal(err)
	}
	answer.Locate(yarnlock.Locator{}) // builds its index, which goroutines then share
	in := openProject(t, dir)
	res, err := Solve(t.Context(), in, &recorded{filepath.Join(golden, "packuments"), answer}, Highest{})
	if err != nil {
		t.Fatal(err)
	}
	if string(res.Lock) != string(want) {
		t.Errorf("the lock differs from what Yarn wrote (-want +got):\n%s", cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(res.Lock), "\n")))
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, path)
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), src, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
