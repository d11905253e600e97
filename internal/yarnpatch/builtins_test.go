package yarnpatch

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

const small = `diff --git a/a.js b/a.js
index 1111111..2222222 100644
semver exclusivity >=1.0.0 <2.0.0-beta
--- a/a.js
+++ b/a.js
@@ -1,2 +1,2 @@
 one
-two
+TWO
diff --git a/b.js b/b.js
semver exclusivity >=2.0.0-beta
--- a/b.js
+++ b/b.js
@@ -1 +1 @@
-b
+B
`

func packed(t testing.TB, text string) string {
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// bundle is shaped as a minified release of Yarn is around its patches.
func bundle(t testing.TB, patches ...string) []byte {
	var functions, idents strings.Builder
	for i := 0; i < len(patches); i += 2 {
		fmt.Fprintf(&functions, `var v%[1]d;function f$%[1]d(){return typeof v%[1]d>"u"&&(v%[1]d=Ce("zlib").brotliDecompressSync(Buffer.from("%[2]s","base64")).toString()),v%[1]d}`,
			i, packed(t, patches[i+1]))
		fmt.Fprintf(&idents, `[H.makeIdent(%s).identHash,f$%d],`, patches[i], i)
	}
	return []byte(`#!/usr/bin/env node
var worker=Ce("zlib").brotliDecompressSync(Buffer.from("AAAA","base64"));function other(){return 1}
var nN=H.makeIdent(null,"node-gyp");if(a.identHash===nN.identHash,other)b(nN.identHash,other);` +
		functions.String() + `var m=new Map([` + strings.TrimSuffix(idents.String(), ",") + `]),yat={hooks:{}};`)
}

func TestBuiltins(t *testing.T) {
	set, err := Builtins(bundle(t, `null,"resolve"`, small, `"scope","name"`, strings.Replace(small, "TWO", "ZWEI", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"@scope/name", "resolve"}, slices.Sorted(maps.Keys(set.patches))); diff != "" {
		t.Error(diff)
	}
	if _, ok, err := set.Patch("typescript", "5.0.0"); ok || err != nil {
		t.Errorf("a package without patch: %v, %v", ok, err)
	}
	for version, want := range map[string][]string{
		"0.9.0":        nil,
		"1.0.0":        {"a.js"},
		"2.0.0-beta.1": {"b.js"},
		"2.1.0":        {"b.js"},
		"no version":   nil,
	} {
		p, ok, err := set.Patch("resolve", version)
		if err != nil || !ok {
			t.Fatal(version, ok, err)
		}
		if diff := cmp.Diff(want, p.paths()); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
		if len(p.Hash) != 6 || !strings.HasPrefix(p.ID, p.Hash) {
			t.Errorf("%s: hash %q, ID %q", version, p.Hash, p.ID)
		}
	}
}

func TestBuiltinsOfOtherFiles(t *testing.T) {
	whole := string(bundle(t, `null,"resolve"`, small))
	for name, cjs := range map[string]string{
		"empty":        "",
		"no map":       strings.Replace(whole, "identHash", "hash", -1),
		"no function":  strings.Replace(whole, "function f$0", "function g$0", 1),
		"no literal":   strings.Replace(whole, `v0=Ce("zlib").brotliDecompressSync(`, "v0=unpack(", 1),
		"no end":       whole[:strings.Index(whole, `","base64")).toString()`)],
		"not base64ed": strings.Replace(whole, `","base64")).toString()`, `","hex")).toString()`, 1),
	} {
		_, err := Builtins([]byte(cjs))
		if !errors.Is(err, ErrNoBuiltins) || fault.NextOf(err) == "" {
			t.Errorf("%s: got %v, want ErrNoBuiltins", name, err)
		}
	}
}

func TestDamagedBuiltins(t *testing.T) {
	good := packed(t, small)
	for name, cjs := range map[string][]byte{
		"no patch":   bundle(t, `null,"resolve"`, "no patch"),
		"no base64":  bytes.Replace(bundle(t, `null,"resolve"`, small), []byte(good), []byte("!"+good[1:]), 1),
		"cut brotli": bytes.Replace(bundle(t, `null,"resolve"`, small), []byte(good), []byte(good[:len(good)/2/4*4]), 1),
		"bad hunk":   bundle(t, `null,"resolve"`, strings.Replace(small, "-1,2", "-1,7", 1)),
	} {
		set, err := Builtins(cjs)
		if err != nil {
			t.Fatal(name, err)
		}
		if _, _, err := set.Patch("resolve", "1.0.0"); err == nil || fault.NextOf(err) == "" {
			t.Errorf("%s: got %v, want a fault", name, err)
		}
	}
}

func TestBuiltinsAtOnce(t *testing.T) {
	set, err := Builtins(bundle(t, `null,"resolve"`, small))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	hashes := make([]string, 8)
	for i := range hashes {
		wg.Go(func() {
			if p, _, err := set.Patch("resolve", "1.5.0"); err == nil {
				hashes[i] = p.Hash
			}
		})
	}
	wg.Wait()
	for _, h := range hashes {
		if h == "" || h != hashes[0] {
			t.Fatalf("hashes differ: %q", hashes)
		}
	}
}

// paths are the files that the patch means to touch, in its order.
func (p *Patch) paths() []string {
	var list []string
	for _, s := range p.sources {
		for _, e := range s.list {
			list = append(list, e.path)
		}
	}
	return list
}
