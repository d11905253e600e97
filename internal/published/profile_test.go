package published

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/portalctl/portalctl/internal/capability"
	"github.com/portalctl/portalctl/internal/registry"
)

// A version is read once, and what was read of it is there without a network; another
// version does not stand in for one that is missing.
func TestProfiles(t *testing.T) {
	t.Parallel()
	n := serve(t, map[string]map[string]string{"1.0.0": {"package.json": `{"scripts":{"install":"node a.js"}}`, "a.js": "require('child_process')"}})
	cache := t.TempDir()
	profiles := func(offline bool) *Profiles {
		return &Profiles{Registry: n.reader(t, cache, offline).Registry, CacheDir: filepath.Join(cache, "published")}
	}
	for i, r := range []*Profiles{profiles(false), profiles(false), profiles(true)} {
		for range 2 {
			p, err := r.Read(context.Background(), name, "1.0.0")
			if err != nil || !p.Has(capability.Child) || len(p.Scripts) != 1 || len(p.Scripts[0].Reaches) != 1 {
				t.Fatal(i, p, err)
			}
		}
	}
	if got := n.tarballs.Load(); got != 1 {
		t.Errorf("%d tarballs were fetched", got)
	}
	if _, err := profiles(false).Read(context.Background(), name, "0.9.0"); !errors.Is(err, registry.ErrNotFound) {
		t.Error(err)
	}
	empty := &Profiles{Registry: n.reader(t, cache, true).Registry, CacheDir: t.TempDir()}
	if _, err := empty.Read(context.Background(), name, "1.0.0"); !errors.Is(err, registry.ErrOffline) {
		t.Error(err)
	}
}

// A tarball that is not one is an error and not kept.
func TestBrokenProfile(t *testing.T) {
	t.Parallel()
	n := serve(t, map[string]map[string]string{"1.0.0": {"package.json": "{}"}})
	n.versions["1.0.0"] = n.versions["1.0.0"][:40]
	r := &Profiles{Registry: n.reader(t, t.TempDir(), false).Registry, CacheDir: t.TempDir()}
	for range 2 {
		if _, err := r.Read(context.Background(), name, "1.0.0"); !IsBroken(err) {
			t.Error(err)
		}
	}
}

// Tarballs that were made to do harm: each is an error that says so, or what it has is
// read where it lies, within bounds.
func TestHostileTarballs(t *testing.T) {
	t.Parallel()
	whole := pack(t, map[string]string{"package.json": "{}", "a.js": "fetch('x')"})
	plain := func(name string, size int64, text string) []byte {
		var b, raw bytes.Buffer
		w := tar.NewWriter(&raw)
		if err := w.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		raw.WriteString(text)
		z := gzip.NewWriter(&b)
		_, _ = z.Write(raw.Bytes())
		_ = z.Close()
		return b.Bytes()
	}
	for name, tc := range map[string]struct {
		tgz    []byte
		broken bool
	}{
		"no archive":       {[]byte("<html>"), true},
		"cut short":        {whole[:len(whole)-30], true},
		"a size that lies": {plain("package/a.js", 1<<20, "fetch('x')"), true},
		"a huge size":      {plain("package/a.bin", 8<<30, "x"), true},
		"two archives":     {append(bytes.Clone(whole), pack(t, map[string]string{"b.js": "require('child_process')"})...), false},
		"outside":          {pack(t, map[string]string{"../../../etc/a.js": "require('fs')", "a.js": "1"}), false},
	} {
		n := serve(t, map[string]map[string]string{"1.0.0": {"package.json": "{}"}})
		n.versions["1.0.0"] = tc.tgz
		r := &Profiles{Registry: n.reader(t, t.TempDir(), false).Registry, CacheDir: t.TempDir()}
		p, err := r.Read(context.Background(), "@backstage/lib", "1.0.0")
		switch {
		case tc.broken:
			if !IsBroken(err) {
				t.Errorf("%s: %v, %v", name, p, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case name == "two archives" && (p.UnreadCount != 1 || p.Has(capability.Child)):
			t.Errorf("%s: %+v", name, p)
		}
	}
}
