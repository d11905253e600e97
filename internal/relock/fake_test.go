package relock

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// fakeRegistry serves packages written as lines:
//
//	name@version field…   a version; fields: dep@range, peer:dep@range,
//	                      opt:dep@range, os=linux, libc=glibc, bin=path,
//	                      script=text, deprecated, at=2026-01-02, url=address
//	tag name tag version
//
// A version is as old as the hills unless at says otherwise.
type fakeRegistry struct {
	packs  map[string]*jsonPackument
	jitter bool

	mu   sync.Mutex
	asks []ChecksumRequest // for checksums of patched packages
}

func registryOf(t testing.TB, text string) *fakeRegistry {
	t.Helper()
	r := &fakeRegistry{packs: map[string]*jsonPackument{}}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "tag":
			r.pack(f[1]).DistTags[f[2]] = f[3]
		default:
			r.version(t, f)
		}
	}
	return r
}

func (r *fakeRegistry) pack(name string) *jsonPackument {
	p := r.packs[name]
	if p == nil {
		p = &jsonPackument{DistTags: map[string]string{}, Raw: map[string]json.RawMessage{}, Time: map[string]string{}}
		r.packs[name] = p
	}
	return p
}

func (r *fakeRegistry) version(t testing.TB, f []string) {
	t.Helper()
	d, ok := spec.ParseDescriptor(f[0])
	if !ok {
		t.Fatalf("no package: %q", f[0])
	}
	base := d.Name[strings.LastIndexByte(d.Name, '/')+1:]
	m := map[string]any{"name": d.Name, "version": d.Range}
	dist := map[string]any{"tarball": yarnrc.DefaultRegistry + "/" + d.Name + "/-/" + base + "-" + d.Range + ".tgz"}
	deps, peers, optional := map[string]string{}, map[string]string{}, map[string]string{}
	at := "2020-01-01"
	for _, x := range f[1:] {
		key, val, _ := strings.Cut(x, "=")
		switch {
		case x == "deprecated":
			m["deprecated"] = "use something else"
		case key == "os", key == "cpu", key == "libc":
			m[key] = strings.Split(val, ",")
		case key == "bin":
			m["bin"] = val
		case key == "script":
			m["scripts"] = map[string]string{"install": strings.ReplaceAll(val, "_", " ")}
		case key == "at":
			at = val
		case key == "url":
			dist["tarball"] = val
		default:
			section := deps
			if rest, ok := strings.CutPrefix(x, "peer:"); ok {
				section, x = peers, rest
			} else if rest, ok := strings.CutPrefix(x, "opt:"); ok {
				section, x = optional, rest
			}
			dep, ok := spec.ParseDescriptor(x)
			if !ok {
				t.Fatalf("unknown field %q", x)
			}
			section[dep.Name] = strings.ReplaceAll(dep.Range, "_", " ")
		}
	}
	m["dependencies"], m["peerDependencies"], m["optionalDependencies"], m["dist"] = deps, peers, optional, dist
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	p := r.pack(d.Name)
	p.Raw[d.Range] = raw
	p.Time[d.Range] = at + "T00:00:00Z"
}

func (r *fakeRegistry) Packument(ctx context.Context, name string) (Packument, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.jitter {
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
	}
	p, ok := r.packs[name]
	if !ok {
		return nil, fmt.Errorf("%s: no such package", name)
	}
	return p, nil
}

func (r *fakeRegistry) Checksum(_ context.Context, req ChecksumRequest) (string, error) {
	patched := ""
	if req.Patch != "" {
		patched = "-patched"
	}
	if req.Own != nil {
		patched = "-by-" + req.Own.Hash
	}
	if patched != "" {
		r.mu.Lock()
		r.asks = append(r.asks, req)
		r.mu.Unlock()
	}
	return req.CacheKey + "/sum-of-" + req.Name + "-" + req.Version + patched, nil
}

func (r *fakeRegistry) PatchHash(_ context.Context, _, version, _ string) (string, error) {
	return "h" + strings.ReplaceAll(version, ".", ""), nil
}

// project writes the files of a txtar archive and opens them. The clock says
// 2026-11-22.
func project(t testing.TB, archive string) *Input {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return openProject(t, dir)
}

// brief is a lock in short: for each entry its keys, what they resolve to
// where that is not obvious, and "-" if it has no checksum.
func brief(t testing.TB, src []byte) string {
	t.Helper()
	lock, err := yarnlock.Parse("yarn.lock", src)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range lock.Entries {
		if e.IsWorkspace() && len(e.Keys) == 1 {
			continue
		}
		var keys []string
		for _, k := range e.Keys {
			keys = append(keys, k.String())
		}
		fmt.Fprintf(&b, "%s = %s", strings.Join(keys, ", "), e.Resolution.Reference)
		if e.Checksum == "" && e.LinkType == "hard" {
			b.WriteString(" -")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// lockOf is a lock with an entry a line: keys = version dep@range…
func lockOf(lines string) string {
	var b strings.Builder
	b.WriteString("# This file is generated by running \"yarn install\" inside your project.\n# Manual changes might be lost - proceed with caution!\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	for line := range strings.Lines(lines) {
		keys, rest, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			continue
		}
		d, _ := spec.ParseDescriptor(strings.Split(keys, ", ")[0])
		f := strings.Fields(rest)
		fmt.Fprintf(&b, "\n%q:\n  version: %s\n  resolution: \"%s@npm:%s\"\n", keys, f[0], d.Name, f[0])
		if len(f) > 1 {
			b.WriteString("  dependencies:\n")
			for _, x := range f[1:] {
				dep, _ := spec.ParseDescriptor(x)
				fmt.Fprintf(&b, "    %q: \"npm:%s\"\n", dep.Name, dep.Range)
			}
		}
		fmt.Fprintf(&b, "  checksum: 10c0/locked-%s\n  languageName: node\n  linkType: hard\n", f[0])
	}
	return b.String()
}
