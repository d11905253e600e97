// Package npmsign verifies what npm registries and the builders of packages sign: the
// registry's signatures of versions, and attestations of who built and published one.
//
// It asks no network. The rules are npm's own (npm audit signatures: pacote 21's
// lib/registry.js and @sigstore/verify 3), with these differences, all on the strict
// side: a key that expires and a version whose publication is not known give no
// answer, where npm takes the version for older than the key; a registry's signature
// is of the hash that the caller knows, and not of what comes with it; and what cannot
// be verified is never taken for verified.
package npmsign

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/portalctl/portalctl/internal/english"
)

// Wrong is a proof that does not hold.
type Wrong struct {
	// Kind is "tampered", "key-unknown", "key-expired", "subject" or "source".
	Kind string
	// Text is what is wrong, as the end of a sentence about the version.
	Text string
}

func (w *Wrong) Error() string { return w.Text }

// NotKnown says why there is no answer.
type NotKnown struct{ Text string }

func (n *NotKnown) Error() string { return n.Text }

func wrong(kind, format string, args ...any) error {
	return &Wrong{kind, fmt.Sprintf(format, args...)}
}

func notKnown(format string, args ...any) error { return &NotKnown{fmt.Sprintf(format, args...)} }

// Key is a public key of a registry.
type Key struct {
	// ID is how signatures name it: "SHA256:…".
	ID string
	// Expires is zero for a key that does not.
	Expires time.Time
	public  *ecdsa.PublicKey
}

// maxKeys is far above what any registry has: two.
const maxKeys = 1000

// ParseKeys reads a registry's answer about its keys (/-/npm/v1/keys). Keys of a type
// that is not known are left out: a signature by one is then by a key that is not known.
func ParseKeys(raw []byte) ([]Key, error) {
	var doc struct {
		Keys []struct {
			KeyID   string  `json:"keyid"`
			KeyType string  `json:"keytype"`
			Key     string  `json:"key"`
			Expires *string `json:"expires"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, errors.New("it is not the JSON that is expected")
	}
	if doc.Keys == nil {
		return nil, errors.New("it has no keys")
	}
	if len(doc.Keys) > maxKeys {
		return nil, fmt.Errorf("it has %d keys", len(doc.Keys))
	}
	var out []Key
	for _, k := range doc.Keys {
		if k.KeyType != "" && k.KeyType != "ecdsa-sha2-nistp256" {
			continue
		}
		key, err := newKey(k.KeyID, k.Key, k.Expires)
		if err != nil {
			return nil, err
		}
		out = append(out, key)
	}
	return out, nil
}

// newKey reads a key: its DER in base64, and when it expires.
func newKey(id, der string, expires *string) (Key, error) {
	k := Key{ID: id}
	raw, err := base64.StdEncoding.DecodeString(der)
	if err != nil {
		return k, errors.New("a key of it is not in base64")
	}
	public, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		return k, errors.New("a key of it cannot be read")
	}
	ec, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return k, errors.New("a key of it is not one for ECDSA")
	}
	k.public = ec
	if expires != nil && *expires != "" {
		if k.Expires, err = time.Parse(time.RFC3339, *expires); err != nil {
			return k, errors.New("the day on which a key of it expires cannot be read")
		}
	}
	return k, nil
}

//go:generate go run ./genroot -from $SIGSTORE_TUF -to .

// npmKeys are the keys of npm's own registry, for mirrors that hand on its signatures
// and not its keys. genroot writes them; trusted_root.LICENSE says where they come from.
//
//go:embed npm_keys.json
var npmKeys []byte

// ParseSeedKeys reads keys in the form of sigstore's TUF repository.
func ParseSeedKeys(raw []byte) ([]Key, error) {
	var doc struct {
		Keys []struct {
			KeyID     string `json:"keyId"`
			KeyUsage  string `json:"keyUsage"`
			PublicKey struct {
				RawBytes string `json:"rawBytes"`
				ValidFor struct {
					End *string `json:"end"`
				} `json:"validFor"`
			} `json:"publicKey"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	var out []Key
	for _, k := range doc.Keys {
		if !strings.HasSuffix(k.KeyUsage, ":signatures") {
			continue // npm has the same keys for attestations
		}
		key, err := newKey(k.KeyID, k.PublicKey.RawBytes, k.PublicKey.ValidFor.End)
		if err != nil {
			return nil, err
		}
		out = append(out, key)
	}
	if len(out) == 0 {
		return nil, errors.New("it has no keys")
	}
	return out, nil
}

var ofNPM = sync.OnceValue(func() []Key {
	list, _ := ParseSeedKeys(npmKeys) // TestRoot reads them
	return list
})

// Keys are those that signatures may be by.
type Keys struct {
	List []Key
	// Told says that the registry gave them, so that there are no others.
	Told bool
}

// Known are the keys that are there where a registry gives none: npm's own.
func Known() Keys { return Keys{List: ofNPM()} }

// find is the key that a signature names. err says why there is none.
func (k Keys) find(id string) (Key, error) {
	for _, key := range k.List {
		if key.ID == id {
			return key, nil
		}
	}
	if k.Told {
		return Key{}, wrong("key-unknown", "is signed by the key %q, which the registry does not give", short(id))
	}
	return Key{}, notKnown("it is signed by the key %q, and the registry gives no keys", short(id))
}

// at judges a key at the time of a signature.
func (k Key) at(signed time.Time) error {
	switch {
	case k.Expires.IsZero():
		return nil
	case signed.IsZero():
		return notKnown("its key %q expires, and when it was signed is not known", short(k.ID))
	case !signed.Before(k.Expires):
		return wrong("key-expired", "was published on %s, and the key %q that signed it expired on %s", day(signed), short(k.ID), day(k.Expires))
	}
	return nil
}

func (k Key) verifies(message, sig []byte) bool {
	sum := sha256.Sum256(message)
	return ecdsa.VerifyASN1(k.public, sum[:], sig)
}

// Signature is a registry's signature of one version, in base64.
type Signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// Check verifies a registry's signatures of a version, id (name@version), whose tarball
// has the hash integrity. As in npm all of them must hold. The error is a *Wrong or a
// *NotKnown.
func (k Keys) Check(id, integrity string, published time.Time, list []Signature) error {
	if len(list) == 0 {
		return notKnown("it has no signature")
	}
	if integrity == "" {
		return notKnown("the registry gives no hash of it")
	}
	var unknown error
	for _, s := range list {
		key, err := k.find(s.KeyID)
		if err == nil {
			err = key.at(published)
		}
		var n *NotKnown
		if errors.As(err, &n) {
			unknown = err
		}
		if key.public != nil { // what does not hold does not hold, whenever it was made
			sig, bad := base64.StdEncoding.DecodeString(s.Sig)
			if bad != nil || !key.verifies([]byte(id+":"+integrity), sig) {
				return wrong("tampered", "has a signature of the registry that is not one of its hash")
			}
		}
		if err != nil && unknown != err {
			return err
		}
	}
	return unknown
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// short bounds a text that a stranger wrote.
func short(s string) string { return english.Short(s, 80) }
