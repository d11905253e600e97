package trust

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/testkit/signing"
)

// signedRegistry has one package, and signs.
type signedRegistry struct {
	t     testing.TB
	paths map[string]string // answers by the path as it is sent
	code  map[string]int
	mu    sync.Mutex
	asked []string
}

const left = "@acme/left"

func (r *signedRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path := req.URL.EscapedPath()
	r.mu.Lock()
	r.asked = append(r.asked, path)
	r.mu.Unlock()
	text, ok := r.paths[path]
	if code := r.code[path]; code != 0 {
		w.WriteHeader(code)
	} else if !ok {
		http.Error(w, `{"error":"not found"}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, text)
}

func hashOf(version string) string {
	return "sha512-" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(version[:1], 64)))
}

// publish adds a version to the registry; dist is what its own document has besides
// the hash.
func (r *signedRegistry) publish(version, published string, dist map[string]any, repository string) {
	r.t.Helper()
	m := map[string]any{"name": left, "version": version, "dist": map[string]any{"integrity": hashOf(version), "tarball": "x"}}
	var doc struct {
		Name     string                    `json:"name"`
		Time     map[string]string         `json:"time"`
		Versions map[string]map[string]any `json:"versions"`
	}
	if old := r.paths["/@acme%2fleft"]; old != "" {
		if err := json.Unmarshal([]byte(old), &doc); err != nil {
			r.t.Fatal(err)
		}
	} else {
		doc.Name, doc.Time, doc.Versions = left, map[string]string{}, map[string]map[string]any{}
	}
	doc.Versions[version] = m
	if published != "" {
		doc.Time[version] = published
	}
	r.paths["/@acme%2fleft"] = asJSON(r.t, doc)
	own := map[string]any{"name": left, "version": version, "repository": map[string]string{"type": "git", "url": repository}}
	full := map[string]any{"integrity": hashOf(version), "tarball": "x"}
	for k, v := range dist {
		full[k] = v
	}
	own["dist"] = full
	r.paths["/@acme%2fleft/"+version] = asJSON(r.t, own)
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func lockOf(version string) string {
	return lockHead + `"@acme/left@npm:^1.0.0":
  version: ` + version + `
  resolution: "@acme/left@npm:` + version + `"
  checksum: 10/HEX(x)
  languageName: node
  linkType: hard
`
}

// The base has 1.0.0, the change 2.0.0; each case says what the registry has of them.
func TestSignature(t *testing.T) {
	key, other, ca := signing.NewKey(t), signing.NewKey(t), signing.NewAuthority(t)
	const (
		repo = "https://github.com/acme/left"
		evil = "https://github.com/mallory/left"
		day  = "2025-06-01T12:00:00Z"
	)
	sigs := func(k *signing.Key, version string) any {
		return []any{map[string]any{"keyid": k.ID, "sig": k.Sign(t, left+"@"+version, hashOf(version))}}
	}
	full := func(version string) map[string]any {
		return map[string]any{"signatures": sigs(key, version), "attestations": map[string]any{"url": "https://elsewhere.example/x", "provenance": map[string]any{}}}
	}
	built := func(version, from string) string {
		s := signing.Statement{Name: left, Version: version, Integrity: hashOf(version), Source: from}
		return signing.Attestations(t, ca.Publication(t, s, key), ca.Provenance(t, s))
	}
	const attested = "/-/npm/v1/attestations/@acme%2fleft@2.0.0"
	const next = "Do not install it before you know who published it and why that differs"
	for _, tt := range []struct {
		name string
		do   func(r *signedRegistry)
		want string
	}{
		{"all of it is there, and holds", func(r *signedRegistry) {}, ""},
		{"the signature is of another tarball", func(r *signedRegistry) {
			r.publish("2.0.0", day, map[string]any{"signatures": []any{map[string]any{"keyid": key.ID, "sig": key.Sign(t, left+"@2.0.0", hashOf("3"))}}, "attestations": full("2.0.0")["attestations"]}, repo)
		}, "error tampered: has a signature of the registry that is not one of its hash"},
		{"the hash is another one in the version's own document", func(r *signedRegistry) {
			r.publish("2.0.0", day, map[string]any{"integrity": hashOf("3"), "signatures": []any{map[string]any{"keyid": key.ID, "sig": key.Sign(t, left+"@2.0.0", hashOf("3"))}}, "attestations": full("2.0.0")["attestations"]}, repo)
		}, "error tampered: has a signature of the registry that is not one of its hash"},
		{"signed by a key that is not the registry's", func(r *signedRegistry) {
			r.publish("2.0.0", day, map[string]any{"signatures": sigs(other, "2.0.0"), "attestations": full("2.0.0")["attestations"]}, repo)
		}, "error key-unknown: is signed by the key"},
		{"the key expired after the publication", func(r *signedRegistry) { r.expire(key, "2025-07-01T00:00:00Z") }, ""},
		{"the key expired before the publication", func(r *signedRegistry) { r.expire(key, "2025-05-01T00:00:00Z") },
			"error key-expired: was published on 2025-06-01, and the key"},
		{"the key expires, and the publication is not known", func(r *signedRegistry) {
			r.paths["/@acme%2fleft"] = ""
			r.publish("1.0.0", "", nil, repo)
			r.publish("2.0.0", "", full("2.0.0"), repo)
			r.expire(key, "2025-07-01T00:00:00Z")
		}, "unknown: its key"},
		{"not signed any more", func(r *signedRegistry) {
			r.publish("2.0.0", day, map[string]any{"attestations": full("2.0.0")["attestations"]}, repo)
		}, "error unsigned: is not signed by the registry, and @acme/left@1.0.0, which the base has, is"},
		{"neither was signed, and the registry has keys", func(r *signedRegistry) {
			r.publish("1.0.0", day, nil, repo)
			r.publish("2.0.0", day, nil, repo)
		}, "warning missing: is not signed by the registry, which has keys to sign with"},
		{"a registry without signatures and keys", func(r *signedRegistry) {
			r.publish("1.0.0", day, nil, repo)
			r.publish("2.0.0", day, nil, repo)
			delete(r.paths, "/-/npm/v1/keys")
		}, "unknown: the registry has neither a signature nor keys"},
		{"signatures, but no keys", func(r *signedRegistry) {
			delete(r.paths, "/-/npm/v1/keys")
			r.publish("2.0.0", day, map[string]any{"signatures": sigs(key, "2.0.0")}, repo)
			r.publish("1.0.0", day, map[string]any{"signatures": sigs(key, "1.0.0")}, repo)
		}, "unknown: it is signed by the key"},
		{"not attested any more", func(r *signedRegistry) {
			r.publish("2.0.0", day, map[string]any{"signatures": sigs(key, "2.0.0")}, repo)
		}, "error provenance: has no attestation of who built it, and @acme/left@1.0.0, which the base has, has one: it was published in another way"},
		{"attested from now on", func(r *signedRegistry) {
			r.publish("1.0.0", day, map[string]any{"signatures": sigs(key, "1.0.0")}, repo)
		}, ""},
		{"another subject", func(r *signedRegistry) {
			r.paths[attested] = signing.Attestations(t, ca.Provenance(t, signing.Statement{Name: "right", Version: "2.0.0", Integrity: hashOf("2"), Source: repo}))
		}, `error subject: has an attestation about another package, "pkg:npm/right@2.0.0"`},
		{"another tarball", func(r *signedRegistry) {
			r.paths[attested] = signing.Attestations(t, ca.Provenance(t, signing.Statement{Name: left, Version: "2.0.0", Integrity: hashOf("3"), Source: repo}))
		}, "error subject: has an attestation about another tarball than the registry's"},
		{"another repository than package.json's", func(r *signedRegistry) { r.paths[attested] = built("2.0.0", evil) },
			"error source: was built from " + evil + ", and its package.json gives " + repo + " as its repository"},
		{"another repository, in package.json as well", func(r *signedRegistry) {
			r.publish("2.0.0", day, full("2.0.0"), evil)
			r.paths[attested] = built("2.0.0", evil)
		}, "warning moved: has " + evil + " as its source, and @acme/left@1.0.0, which the base has, has git+" + repo + ".git"},
		{"certified by nobody that is known", func(r *signedRegistry) {
			r.paths[attested] = signing.Attestations(t, signing.NewAuthority(t).Provenance(t, signing.Statement{Name: left, Version: "2.0.0", Integrity: hashOf("2"), Source: repo}))
		}, "unknown: the certificate of its attestation does not come from"},
		{"attestations that are not there", func(r *signedRegistry) { delete(r.paths, attested) }, "unknown: its attestations cannot be had"},
		{"attestations that are no JSON", func(r *signedRegistry) { r.paths[attested] = "<html>" }, "unknown: its attestations cannot be had: it is not the JSON that is expected"},
		{"attestations without end", func(r *signedRegistry) { r.paths[attested] = strings.Repeat(" ", 5<<20) }, "unknown: its attestations cannot be had: the answer is larger than allowed"},
		{"keys that are no JSON", func(r *signedRegistry) { r.paths["/-/npm/v1/keys"] = "{" }, "unknown: the registry's keys cannot be had: it is not the JSON that is expected"},
		{"keys without end", func(r *signedRegistry) { r.paths["/-/npm/v1/keys"] = strings.Repeat(" ", 5<<20) }, "unknown: the registry's keys cannot be had: the answer is larger than allowed"},
		{"keys that want a login", func(r *signedRegistry) { r.code["/-/npm/v1/keys"] = 403 }, "unknown: it is signed by the key"},
		{"a version without a document of its own", func(r *signedRegistry) { delete(r.paths, "/@acme%2fleft/2.0.0") }, "unknown: the registry does not show who signed it"},
		{"a document of another version", func(r *signedRegistry) { r.paths["/@acme%2fleft/2.0.0"] = r.paths["/@acme%2fleft/1.0.0"] },
			`unknown: the registry does not show who signed it: it is about "@acme/left@1.0.0"`},
		{"a document that is deep", func(r *signedRegistry) { r.paths["/@acme%2fleft/2.0.0"] = strings.Repeat(`{"dist":`, 100_000) }, "unknown: the registry does not show who signed it: "},
		{"signatures of another type", func(r *signedRegistry) {
			r.paths["/@acme%2fleft/2.0.0"] = `{"name":"@acme/left","version":"2.0.0","dist":{"signatures":{"keyid":1}}}`
		}, "unknown: the registry does not show who signed it: it is not the JSON that is expected"},
		{"the base's version is not shown", func(r *signedRegistry) { delete(r.paths, "/@acme%2fleft/1.0.0") }, "unknown: the registry does not show who signed the base's version of it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key.Expires = ""
			r := &signedRegistry{t: t, paths: map[string]string{"/-/npm/v1/keys": signing.Document(t, key), attested: built("2.0.0", repo)}, code: map[string]int{}}
			r.publish("1.0.0", day, full("1.0.0"), "git+"+repo+".git")
			r.publish("2.0.0", day, full("2.0.0"), repo)
			tt.do(r)
			in, _ := change(t, txtar.Parse([]byte("-- base/yarn.lock --\n"+lockOf("1.0.0")+"-- head/yarn.lock --\n"+lockOf("2.0.0"))))
			in.Registry, in.Root = client(t, r.ServeHTTP), ca.Root(t)
			result := check(t, in)
			var got []string
			for _, f := range result.Findings {
				if f.Rule == ruleSigned {
					got = append(got, fmt.Sprintf("%s %s: %s", f.Severity, f.Key, strings.TrimPrefix(f.Message, "@acme/left@2.0.0 ")))
					if !f.New || f.Pos.Line != 5 || f.Next != next {
						t.Errorf("%+v", f)
					}
				}
			}
			for _, u := range result.Unknown {
				if u.Rule == ruleSigned {
					_, why, _ := strings.Cut(u.Reason, " is not verified: ")
					got = append(got, "unknown: "+why)
				}
			}
			text := strings.Join(got, "\n")
			if tt.want == "" && text != "" || !strings.Contains("\n"+text, "\n"+tt.want) || strings.Count(text, "\n") > 1 {
				t.Errorf("got %q, want %q", text, tt.want)
			}
		})
	}
}

func (r *signedRegistry) expire(k *signing.Key, when string) {
	k.Expires = when
	r.paths["/-/npm/v1/keys"] = signing.Document(r.t, k)
}

// What the base has is not asked about, and without a base nothing is. A registry that
// fails ends the audit; one that is not to be asked leaves it unknown, once.
func TestSignatureAsks(t *testing.T) {
	key := signing.NewKey(t)
	r := &signedRegistry{t: t, paths: map[string]string{"/-/npm/v1/keys": signing.Document(t, key)}, code: map[string]int{}}
	r.publish("1.0.0", "", nil, "")
	r.publish("2.0.0", "", nil, "")
	in, _ := change(t, txtar.Parse([]byte("-- base/yarn.lock --\n"+lockOf("1.0.0")+"-- head/yarn.lock --\n"+lockOf("2.0.0"))))
	in.Registry = client(t, r.ServeHTTP)
	check(t, in)
	want := []string{"/@acme%2fleft", "/@acme%2fleft/2.0.0", "/-/npm/v1/keys", "/@acme%2fleft/1.0.0"}
	if d := cmp.Diff(want, r.asked); d != "" {
		t.Error(d)
	}
	r.asked = nil
	was := in.Base
	if in.Base = nil; len(check(t, in).Unknown) != 0 || len(r.asked) != 0 {
		t.Error("a full audit asked", r.asked)
	}
	in.Base = &in.Head
	if check(t, in); len(r.asked) != 0 {
		t.Error("asked about what the base has", r.asked)
	}
	in.Base = was
	for _, path := range []string{"/-/npm/v1/keys", "/@acme%2fleft/1.0.0", "/@acme%2fleft/2.0.0"} {
		r.code = map[string]int{path: 500}
		in.Registry = client(t, r.ServeHTTP)
		if _, err := Check(context.Background(), in); err == nil || !strings.Contains(err.Error(), "500") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
