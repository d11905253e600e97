package live

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/portalctl/portalctl/internal/relock"
)

// bundle writes a file with builtin patches in the way of Yarn's own bundle.
func bundle(t *testing.T, patch string) string {
	t.Helper()
	var packed bytes.Buffer
	w := brotli.NewWriter(&packed)
	if _, err := w.Write([]byte(patch)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`function f(){return typeof v>"u"&&(v=require("zlib").brotliDecompressSync(Buffer.from("%s","base64")).toString()),v}`+
		`new Map([[u.makeIdent(null,"resolve").identHash,f]])`, base64.StdEncoding.EncodeToString(packed.Bytes()))
	file := filepath.Join(t.TempDir(), "yarn.cjs")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

const onePatch = "diff --git a/x.js b/x.js\n--- a/x.js\n+++ b/x.js\n@@ -1,1 +1,1 @@\n-old\n+new\n"

func TestPatchHashesAreKept(t *testing.T) {
	file, dir := bundle(t, onePatch), t.TempDir()
	first := patchStore{bundle: file, dir: dir}
	want, err := first.hash("resolve", "1.22.8")
	if err != nil || len(want) != 6 {
		t.Fatalf("hash %q, %v", want, err)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "patches-*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v", kept, err)
	}

	second := patchStore{bundle: file, dir: dir}
	if got, err := second.hash("resolve", "1.22.8"); got != want || err != nil || second.set != nil {
		t.Errorf("hash %q, %v; the bundle was searched: %v", got, err, second.set != nil)
	}

	for _, spoiled := range []string{"", "{", `{"resolve@1.22.8":"no hash"}`, `{"resolve@1.22.8":"12345678"}`} {
		if err := os.WriteFile(kept[0], []byte(spoiled), 0o600); err != nil {
			t.Fatal(err)
		}
		s := patchStore{bundle: file, dir: dir}
		if got, err := s.hash("resolve", "1.22.8"); got != want || err != nil {
			t.Errorf("with %q kept: %q, %v", spoiled, got, err)
		}
	}

	other := patchStore{bundle: bundle(t, strings.ReplaceAll(onePatch, "new", "newer")), dir: dir}
	if _, err := other.hash("resolve", "1.22.8"); err != nil || other.set == nil {
		t.Errorf("another bundle was not searched: %v", err)
	}
}

// A bundle that is not there yet is known by its text, and its hashes are kept as
// those of the file would be.
func TestBundleText(t *testing.T) {
	file, dir := bundle(t, onePatch), t.TempDir()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	brought := patchStore{bundle: filepath.Join(t.TempDir(), "none"), text: text, dir: dir}
	want, err := brought.hash("resolve", "1.22.8")
	if err != nil || len(want) != 6 {
		t.Fatalf("hash %q, %v", want, err)
	}
	s := patchStore{bundle: file, dir: dir}
	if got, err := s.hash("resolve", "1.22.8"); got != want || err != nil || s.set != nil {
		t.Errorf("of the file %q, %v; it was searched: %v", got, err, s.set != nil)
	}
}

func TestReplacedBundleKeepsNothing(t *testing.T) {
	file, dir := bundle(t, onePatch), t.TempDir()
	s := patchStore{bundle: file, dir: dir}
	if err := s.load(); err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(bundle(t, strings.ReplaceAll(onePatch, "new", "newer")))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, other, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.hash("resolve", "1.22.8"); err != nil {
		t.Fatal(err)
	}
	if kept, _ := filepath.Glob(filepath.Join(dir, "patches-*")); len(kept) != 0 {
		t.Errorf("kept %v under the hash of another file", kept)
	}
}

func TestNoPatches(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "yarn.cjs")
	if err := os.WriteFile(empty, []byte("no patches"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*patchStore{
		"no bundle":         {},
		"missing bundle":    {bundle: filepath.Join(t.TempDir(), "gone.cjs")},
		"not a Yarn":        {bundle: empty},
		"not for a package": {bundle: bundle(t, onePatch)},
	} {
		if _, err := s.hash("typescript", "5.0.4"); !errors.Is(err, relock.ErrNoPatches) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
