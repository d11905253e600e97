package plugin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
	"github.com/portalctl/portalctl/internal/testkit/signing"
)

// The review says whether the registry signed the version; what it does not show is
// unknown, and never fine.
func TestSignature(t *testing.T) {
	key, other := signing.NewKey(t), signing.NewKey(t)
	tgz := npmregistry.Pack(manifest(nil))
	const id = "plugin-x@1.0.0"
	by := func(k *signing.Key, integrity string) any {
		return []any{map[string]any{"keyid": k.ID, "sig": k.Sign(t, id, integrity)}}
	}
	good := by(key, npmregistry.Integrity(tgz))
	keys := signing.Document(t, key)
	for name, c := range map[string]struct {
		keys       string
		signatures any
		attested   bool
		code       int
		row, why   string
	}{
		"valid":               {keys: keys, signatures: good, row: "valid, by the registry's key " + key.ID + "; nobody attests where it was built"},
		"of another tarball":  {keys: keys, signatures: by(key, "sha512-x"), row: "wrong: has a signature", why: "do not adopt: who published it is not who it says: it has a signature of the registry that is not one of its hash [registry: dist.signatures]"},
		"by an unknown key":   {keys: keys, signatures: by(other, npmregistry.Integrity(tgz)), row: "wrong: is signed by the key", why: "do not adopt: who published it is not who it says: it is signed by the key"},
		"missing":             {keys: keys, row: "missing: is not signed by the registry, which has keys to sign with", why: "look closer: it is not signed by the registry, which has keys to sign with [registry: dist.signatures]"},
		"neither":             {row: "unknown: the registry has neither a signature nor keys"},
		"without keys":        {signatures: good, row: "unknown: it is signed by the key"},
		"no version document": {keys: keys, code: 404, row: "unknown: the registry does not show who signed it"},
		"no keys to parse":    {keys: "{", signatures: good, row: "unknown: the registry's keys cannot be had: it is not the JSON that is expected"},
		"attested, and not shown": {keys: keys, signatures: good, attested: true,
			row: "valid, by the registry's key " + key.ID + "; attested, unknown: its attestations cannot be had"},
	} {
		t.Run(name, func(t *testing.T) {
			reg := npmregistry.New(t)
			reg.PublishAs(manifest(nil), tgz)
			dist := map[string]any{"signatures": c.signatures}
			if c.attested {
				dist["attestations"] = map[string]any{"url": reg.URL + "/x"}
			}
			doc, err := json.Marshal(map[string]any{"name": "plugin-x", "version": "1.0.0", "dist": dist})
			if err != nil {
				t.Fatal(err)
			}
			answer := func(path, text string, code int) {
				reg.Fail(path, -1, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					if code != 0 {
						w.WriteHeader(code)
					}
					fmt.Fprint(w, text)
				})
			}
			answer("/plugin-x/1.0.0", string(doc), c.code)
			if answer("/-/npm/v1/keys", c.keys, 0); c.keys == "" {
				answer("/-/npm/v1/keys", "", 404)
			}
			r, err := New(t.Context(), input(t, reg), []Wanted{{Name: "plugin-x"}})
			if err != nil {
				t.Fatal(err)
			}
			v := r.Reviews[0]
			if got := v.Signature.text(); !strings.HasPrefix(got, c.row) {
				t.Errorf("%q, want %q", got, c.row)
			}
			if got := reasons(v); !strings.Contains(got, c.why) || c.why == "" && strings.Contains(got, "signed") {
				t.Errorf("reasons:\n%s\nwant %q", got, c.why)
			}
			unknown := strings.Contains(fmt.Sprint(v.Unknown), "who signed it")
			if want := v.Signature.State == signedUnknown; unknown != want {
				t.Errorf("unknown: %v, of %+v", v.Unknown, v.Signature)
			}
		})
	}
}
