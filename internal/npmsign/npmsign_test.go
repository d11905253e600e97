package npmsign_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/npmsign"
	"github.com/portalctl/portalctl/internal/testkit/signing"
)

// sri is the hash of some tarball.
func sri(fill byte) string {
	return "sha512-" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(fill), 64)))
}

// outcome is "ok", "unknown: why" or "kind: why".
func outcome(t testing.TB, err error) string {
	t.Helper()
	var w *npmsign.Wrong
	var n *npmsign.NotKnown
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &w):
		return w.Kind + ": " + w.Text
	case errors.As(err, &n):
		return "unknown: " + n.Text
	}
	t.Errorf("an error of another kind: %v", err)
	return ""
}

func TestSignatures(t *testing.T) {
	const id = "left@1.0.0"
	published := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	old, now, other := signing.NewKey(t), signing.NewKey(t), signing.NewKey(t)
	old.Expires = "2024-05-02T00:00:00.000Z"
	list, err := npmsign.ParseKeys([]byte(signing.Document(t, old, now)))
	if err != nil {
		t.Fatal(err)
	}
	keys := npmsign.Keys{List: list, Told: true}
	by := func(k *signing.Key, id, integrity string) npmsign.Signature {
		return npmsign.Signature{KeyID: k.ID, Sig: k.Sign(t, id, integrity)}
	}
	for _, tt := range []struct {
		name      string
		keys      npmsign.Keys
		published time.Time
		sigs      []npmsign.Signature
		want      string
	}{
		{"valid", keys, published, []npmsign.Signature{by(now, id, sri('a'))}, "ok"},
		{"valid, its time is not known", keys, time.Time{}, []npmsign.Signature{by(now, id, sri('a'))}, "ok"},
		{"two that are valid", keys, published, []npmsign.Signature{by(now, id, sri('a')), by(old, id, sri('a'))}, "ok"},
		{"of another tarball", keys, published, []npmsign.Signature{by(now, id, sri('b'))}, "tampered"},
		{"of another version", keys, published, []npmsign.Signature{by(now, "left@1.0.1", sri('a'))}, "tampered"},
		{"one of two", keys, published, []npmsign.Signature{by(now, id, sri('a')), by(old, id, sri('b'))}, "tampered"},
		{"by another's key", keys, published, []npmsign.Signature{{KeyID: now.ID, Sig: other.Sign(t, id, sri('a'))}}, "tampered"},
		{"not base64", keys, published, []npmsign.Signature{{KeyID: now.ID, Sig: "%"}}, "tampered"},
		{"empty", keys, published, []npmsign.Signature{{KeyID: now.ID}}, "tampered"},
		{"the key expired after the publication", keys, published, []npmsign.Signature{by(old, id, sri('a'))}, "ok"},
		{"the key expired before the publication", keys, published.AddDate(0, 0, 2), []npmsign.Signature{by(old, id, sri('a'))}, "key-expired"},
		{"at the very moment", keys, published.AddDate(0, 0, 1), []npmsign.Signature{by(old, id, sri('a'))}, "key-expired"},
		{"the key expired, the publication is not known", keys, time.Time{}, []npmsign.Signature{by(old, id, sri('a'))}, "unknown"},
		{"tampered, and the publication is not known", keys, time.Time{}, []npmsign.Signature{by(old, id, sri('b'))}, "tampered"},
		{"a key that the registry does not give", keys, published, []npmsign.Signature{by(other, id, sri('a'))}, "key-unknown"},
		{"no keys", npmsign.Known(), published, []npmsign.Signature{by(other, id, sri('a'))}, "unknown"},
		{"none", keys, published, nil, "unknown"},
	} {
		if got := outcome(t, tt.keys.Check(id, sri('a'), tt.published, tt.sigs)); !strings.HasPrefix(got+":", tt.want+":") {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := outcome(t, keys.Check(id, "", published, []npmsign.Signature{by(now, id, "")})); got != "unknown: the registry gives no hash of it" {
		t.Errorf("without a hash: %s", got)
	}
}

func TestParseKeys(t *testing.T) {
	good := signing.Document(t, signing.NewKey(t))
	for name, raw := range map[string]string{
		"no JSON": "<html>", "cut": good[:len(good)/2], "empty": "", "null": "null", "no keys": `{}`, "a list": `[]`, "keys of another type": `{"keys":{}}`,
		"not base64": `{"keys":[{"keyid":"a","key":"%"}]}`, "no key": `{"keys":[{"keyid":"a","key":"AAAA"}]}`, "a day": `{"keys":[{"keyid":"a","key":"","expires":"soon"}]}`,
		"thousands": `{"keys":[` + strings.Repeat(`{},`, 2000) + `{}]}`, "deep": strings.Repeat("[", 100_000),
	} {
		if list, err := npmsign.ParseKeys([]byte(raw)); err == nil {
			t.Errorf("%s: %v", name, list)
		}
	}
	if list, err := npmsign.ParseKeys([]byte(`{"keys":[{"keyid":"a","keytype":"ed25519","key":"x"}]}`)); err != nil || len(list) != 0 {
		t.Errorf("of another type: %v, %v", list, err)
	}
}

func TestAttestations(t *testing.T) {
	ca, stranger := signing.NewAuthority(t), signing.NewAuthority(t)
	const repo = "https://github.com/acme/left"
	about := npmsign.Subject{Name: "@acme/left", Version: "1.0.0", Integrity: sri('a'), Repository: "git+https://github.com/Acme/left.git"}
	base := signing.Statement{Name: "@acme/left", Version: "1.0.0", Integrity: sri('a'), Source: repo}
	with := func(f func(*signing.Statement)) signing.Statement {
		s := base
		f(&s)
		return s
	}
	envelope := func(b map[string]any) map[string]any { return b["dsseEnvelope"].(map[string]any) }
	logged := func(b map[string]any) map[string]any {
		return b["verificationMaterial"].(map[string]any)["tlogEntries"].([]any)[0].(map[string]any)
	}
	for _, tt := range []struct {
		name string
		from *signing.Authority
		s    signing.Statement
		repo string // of package.json, the right one unless it is set; "-" for none
		want string
	}{
		{"valid", ca, base, "", "ok"},
		{"a folder of the repository", ca, base, "https://github.com/acme/left/tree/main/packages/left", "ok"},
		{"another subject", ca, with(func(s *signing.Statement) { s.Name = "@acme/right" }), "", "subject: has an attestation about another package"},
		{"another version", ca, with(func(s *signing.Statement) { s.Version = "1.0.1" }), "", "subject: has an attestation about another package"},
		{"another tarball", ca, with(func(s *signing.Statement) { s.Integrity = sri('b') }), "", "subject: has an attestation about another tarball"},
		{"another repository", ca, with(func(s *signing.Statement) { s.Source = "https://github.com/mallory/left" }), "", "source: was built from https://github.com/mallory/left, and its package.json gives"},
		{"another host", ca, base, "https://gitlab.com/acme/left", "source: was built from"},
		{"a statement that is not the certificate's", ca, with(func(s *signing.Statement) { s.Certified = "https://github.com/mallory/left" }), "", "source: has an attestation of a build from " + repo},
		{"no repository", ca, base, "-", "unknown: it was built from " + repo},
		{"an edited statement", ca, with(func(s *signing.Statement) {
			s.Edit = func(b map[string]any) {
				e := envelope(b)
				e["payload"] = []byte(strings.Replace(string(e["payload"].([]byte)), "slsa.dev", "slsa.dew", 1))
			}
		}), "", "tampered: has an attestation whose signature"},
		{"a promise of another time", ca, with(func(s *signing.Statement) {
			s.Edit = func(b map[string]any) { logged(b)["integratedTime"] = "1748779261" }
		}), "", "tampered: has an attestation with a promise"},
		{"another's entry in the log", ca, with(func(s *signing.Statement) {
			s.Edit = func(b map[string]any) {
				b["verificationMaterial"].(map[string]any)["tlogEntries"] = ca.Provenance(t, base)["verificationMaterial"].(map[string]any)["tlogEntries"]
			}
		}), "", "tampered: has an attestation that is not the one which the log has"},
		{"signed when the certificate did not count any more", ca, with(func(s *signing.Statement) { s.Late = time.Hour }), "", "unknown: the certificate"},
		{"by an authority that nobody knows", stranger, base, "", "unknown: the certificate"},
		{"no promise of the log", ca, with(func(s *signing.Statement) { s.Log = "none" }), "", "unknown: its attestation has no promise"},
		{"no promise, and another repository", ca, with(func(s *signing.Statement) { s.Log, s.Source = "none", "https://github.com/mallory/left" }), "", "source: was built from"},
		{"no entry in a log", ca, with(func(s *signing.Statement) {
			s.Edit = func(b map[string]any) { delete(b["verificationMaterial"].(map[string]any), "tlogEntries") }
		}), "", "unknown: no log"},
		{"no certificate", ca, with(func(s *signing.Statement) {
			s.Edit = func(b map[string]any) { delete(b["verificationMaterial"].(map[string]any), "certificate") }
		}), "", "unknown: its attestation names neither"},
	} {
		list, err := npmsign.ParseAttestations([]byte(signing.Attestations(t, tt.from.Provenance(t, tt.s))))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		s := about
		if tt.repo != "" {
			s.Repository = strings.TrimPrefix(tt.repo, "-")
		}
		source, err := list[0].Check(s, npmsign.Keys{}, ca.Root(t))
		if got := outcome(t, err); !strings.HasPrefix(got, tt.want) || err == nil && source != repo {
			t.Errorf("%s: %s (%s), want %s", tt.name, got, source, tt.want)
		}
	}
}

func TestPublication(t *testing.T) {
	ca, key, other := signing.NewAuthority(t), signing.NewKey(t), signing.NewKey(t)
	s := signing.Statement{Name: "left", Version: "1.0.0", Integrity: sri('a')}
	bundle := signing.Attestations(t, ca.Publication(t, s, key))
	for _, tt := range []struct{ name, expires, want string }{
		{"valid", "", "ok"}, {"expired after it", "2025-07-01T00:00:00Z", "ok"}, {"expired before it", "2025-05-01T00:00:00Z", "key-expired"},
	} {
		key.Expires = tt.expires
		keys, err := npmsign.ParseKeys([]byte(signing.Document(t, other, key)))
		if err != nil {
			t.Fatal(err)
		}
		list, err := npmsign.ParseAttestations([]byte(bundle))
		if err != nil {
			t.Fatal(err)
		}
		_, err = list[0].Check(npmsign.Subject{Name: "left", Version: "1.0.0", Integrity: sri('a')}, npmsign.Keys{List: keys, Told: true}, ca.Root(t))
		if got := outcome(t, err); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s", tt.name, got)
		}
		_, err = list[0].Check(npmsign.Subject{Name: "left", Version: "1.0.0", Integrity: sri('a')}, npmsign.Keys{List: keys[:1], Told: true}, ca.Root(t))
		if got := outcome(t, err); !strings.HasPrefix(got, "key-unknown") {
			t.Errorf("%s, without the key: %s", tt.name, got)
		}
	}
}

// What npm's registry gave out for two versions of the package sigstore, against the
// trust root and the keys that are in the binary.
func TestRealAttestations(t *testing.T) {
	for _, tt := range []struct{ file, version, integrity, source string }{
		{"sigstore-1.3.0.provenance.json", "1.3.0", "76176ffa33808b54602c7c35de5c6e9a4deb96066dba6533f50ac234f4f1f4c6b3527515dc17c06fbe2860030f410eee69ea20079bd3a2c6f3dcf3b329b10751", "https://github.com/sigstore/sigstore-js"},
		{"sigstore-1.3.0.publish.json", "1.3.0", "76176ffa33808b54602c7c35de5c6e9a4deb96066dba6533f50ac234f4f1f4c6b3527515dc17c06fbe2860030f410eee69ea20079bd3a2c6f3dcf3b329b10751", ""},
		{"sigstore-2.0.0.provenance.json", "2.0.0", "46d4e2f74c4877316640000a6fdf8a8b59f1e0847667973e9859f774dd31b8f1e0937813b777fb66a2ac67d50540fe34640966eee9fc2ccca387082b4c85cd3c", "https://github.com/sigstore/sigstore-js"},
	} {
		raw, err := os.ReadFile("testdata/" + tt.file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := npmsign.ParseAttestations(fmt.Appendf(nil, `{"attestations":[{"bundle":%s}]}`, raw))
		if err != nil {
			t.Fatal(tt.file, err)
		}
		s := npmsign.Subject{Name: "sigstore", Version: tt.version, Integrity: integrity(t, tt.integrity), Repository: "git+https://github.com/sigstore/sigstore-js.git"}
		source, err := list[0].Check(s, npmsign.Known(), npmsign.Sigstore())
		if err != nil || source != tt.source {
			t.Errorf("%s: %q, %v", tt.file, source, err)
		}
		s.Repository = "https://github.com/mallory/sigstore-js"
		if _, err = list[0].Check(s, npmsign.Known(), npmsign.Sigstore()); list[0].Provenance() != (err != nil) {
			t.Errorf("%s, another repository: %v", tt.file, err)
		}
		if _, err = list[0].Check(s, npmsign.Keys{}, signing.NewAuthority(t).Root(t)); err == nil {
			t.Errorf("%s, with nothing that is trusted: no error", tt.file)
		}
	}
}

func integrity(t *testing.T, hex string) string {
	raw := make([]byte, 64)
	if n, err := fmt.Sscanf(hex, "%x", &raw); n != 1 || err != nil {
		t.Fatal(err)
	}
	return "sha512-" + base64.StdEncoding.EncodeToString(raw)
}

func TestParseAttestations(t *testing.T) {
	ca := signing.NewAuthority(t)
	good := signing.Attestations(t, ca.Provenance(t, signing.Statement{Name: "left", Version: "1.0.0", Integrity: sri('a'), Source: "https://github.com/acme/left"}))
	many := `{"attestations":[` + strings.Repeat(`{},`, 100) + `{}]}`
	for name, raw := range map[string]string{
		"no JSON": "<html>", "cut": good[:len(good)/2], "null": "null", "none": `{"attestations":[]}`, "many": many, "no bundle": `{"attestations":[{}]}`,
		"a bundle of another form": `{"attestations":[{"bundle":[]}]}`, "no signature": strings.Replace(good, `"signatures"`, `"signatures2"`, 1),
		"no statement": strings.Replace(good, `"payload":"`, `"payload":"AAAA`, 1), "another type": strings.Replace(good, "vnd.in-toto", "vnd.in", 1),
		"deep": `{"attestations":` + strings.Repeat("[", 100_000),
	} {
		if list, err := npmsign.ParseAttestations([]byte(raw)); err == nil {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// Whatever a registry sends, there is an answer, and none of it is taken for verified.
func FuzzAttestations(f *testing.F) {
	for _, file := range []string{"sigstore-1.3.0.provenance.json", "sigstore-1.3.0.publish.json"} {
		raw, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		list, err := npmsign.ParseAttestations(fmt.Appendf(nil, `{"attestations":[{"bundle":%s}]}`, raw))
		if err != nil {
			return
		}
		if _, err := list[0].Check(npmsign.Subject{Name: "other", Version: "1.0.0", Integrity: sri('a'), Repository: "a/b"}, npmsign.Known(), npmsign.Sigstore()); err == nil {
			t.Fatal("verified")
		}
	})
}
