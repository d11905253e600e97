// Package signing makes what a registry and a builder sign, with keys, certificates and
// a log of its own: all that internal/npmsign verifies, in the forms of the real ones.
package signing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/npmsign"
)

// Key is a registry's.
type Key struct {
	ID      string
	Expires string // "" for never
	private *ecdsa.PrivateKey
}

// NewKey is a key that never expires.
func NewKey(t testing.TB) *Key {
	k := newKey(t)
	sum := sha256.Sum256(public(t, k))
	return &Key{ID: "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), private: k}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	return k
}

func public(t testing.TB, k *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	check(t, err)
	return der
}

// Document is what a registry answers at /-/npm/v1/keys.
func Document(t testing.TB, keys ...*Key) string {
	list := []map[string]any{}
	for _, k := range keys {
		m := map[string]any{"keyid": k.ID, "keytype": "ecdsa-sha2-nistp256", "scheme": "ecdsa-sha2-nistp256",
			"key": base64.StdEncoding.EncodeToString(public(t, k.private)), "expires": nil}
		if k.Expires != "" {
			m["expires"] = k.Expires
		}
		list = append(list, m)
	}
	return text(t, map[string]any{"keys": list})
}

// Sign is the registry's signature of a version, in base64.
func (k *Key) Sign(t testing.TB, id, integrity string) string {
	return base64.StdEncoding.EncodeToString(sign(t, k.private, id+":"+integrity))
}

func sign(t testing.TB, k *ecdsa.PrivateKey, message string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(message))
	sig, err := ecdsa.SignASN1(rand.Reader, k, sum[:])
	check(t, err)
	return sig
}

// Authority certifies builders and has a log.
type Authority struct {
	key, log *ecdsa.PrivateKey
	cert     *x509.Certificate
	logID    []byte
}

// from and at are when authorities begin and when builders sign.
var (
	from = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	at   = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
)

// NewAuthority is one that nobody else knows.
func NewAuthority(t testing.TB) *Authority {
	a := &Authority{key: newKey(t), log: newKey(t)}
	sum := sha256.Sum256(public(t, a.log))
	a.logID = sum[:]
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: from, NotAfter: from.AddDate(20, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &a.key.PublicKey, a.key)
	check(t, err)
	a.cert, err = x509.ParseCertificate(der)
	check(t, err)
	return a
}

// Root trusts the authority.
func (a *Authority) Root(t testing.TB) *npmsign.Root {
	valid := map[string]any{"start": from}
	r, err := npmsign.ParseRoot([]byte(text(t, map[string]any{
		"tlogs":                  []any{map[string]any{"publicKey": map[string]any{"rawBytes": public(t, a.log), "validFor": valid}, "logId": map[string]any{"keyId": a.logID}}},
		"certificateAuthorities": []any{map[string]any{"certChain": map[string]any{"certificates": []any{map[string]any{"rawBytes": a.cert.Raw}}}, "validFor": valid}},
	})))
	check(t, err)
	return r
}

// Statement is what an attestation says. The zero values of its later members are what
// is right.
type Statement struct {
	Name, Version, Integrity string
	// Source is the repository that it says it was built from, Certified the one that
	// the certificate has, Source unless it is set.
	Source, Certified string
	// At is when it was signed, while the certificate counted from at on for ten
	// minutes; Late is how long after that it was signed.
	Late time.Duration
	// Log leaves out the log's promise where it is "none".
	Log string
	// Edit changes the bundle after it was signed.
	Edit func(bundle map[string]any)
}

// Provenance is the bundle of a builder.
func (a *Authority) Provenance(t testing.TB, s Statement) map[string]any {
	certified := s.Certified
	if certified == "" {
		certified = s.Source
	}
	key := newKey(t)
	san, err := url.Parse(certified + "/.github/workflows/release.yml@refs/heads/main")
	check(t, err)
	ext, err := asn1.MarshalWithParams(certified, "utf8")
	check(t, err)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: at, NotAfter: at.Add(10 * time.Minute), URIs: []*url.URL{san},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 12}, Value: ext}}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	check(t, err)
	return a.bundle(t, s, key, "", map[string]any{"certificate": map[string]any{"rawBytes": der}}, "https://slsa.dev/provenance/v1",
		map[string]any{"buildDefinition": map[string]any{"externalParameters": map[string]any{"workflow": map[string]any{"repository": s.Source}}}})
}

// Publication is the bundle of a registry.
func (a *Authority) Publication(t testing.TB, s Statement, k *Key) map[string]any {
	return a.bundle(t, s, k.private, k.ID, map[string]any{"publicKey": map[string]any{"hint": k.ID}},
		"https://github.com/npm/attestation/tree/main/specs/publish/v0.1", map[string]any{"name": s.Name, "version": s.Version})
}

func (a *Authority) bundle(t testing.TB, s Statement, key *ecdsa.PrivateKey, keyID string, material map[string]any, kind string, predicate any) map[string]any {
	hash, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Integrity, "sha512-"))
	check(t, err)
	payload := text(t, map[string]any{"_type": "https://in-toto.io/Statement/v1", "predicateType": kind, "predicate": predicate,
		"subject": []any{map[string]any{"name": "pkg:npm/" + strings.Replace(s.Name, "@", "%40", 1) + "@" + s.Version, "digest": map[string]string{"sha512": hex.EncodeToString(hash)}}}})
	const payloadType = "application/vnd.in-toto+json"
	sig := sign(t, key, fmt.Sprintf("DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload))
	sum := sha256.Sum256([]byte(payload))
	body := base64.StdEncoding.EncodeToString([]byte(text(t, map[string]any{"kind": "dsse", "apiVersion": "0.0.1", "spec": map[string]any{
		"signatures": []any{map[string]any{"signature": sig}}, "payloadHash": map[string]any{"algorithm": "sha256", "value": hex.EncodeToString(sum[:])}}})))
	seconds := at.Add(time.Minute + s.Late).Unix()
	logged := map[string]any{"logIndex": "7", "logId": map[string]any{"keyId": a.logID}, "integratedTime": fmt.Sprint(seconds), "canonicalizedBody": body,
		"kindVersion": map[string]string{"kind": "dsse", "version": "0.0.1"}}
	if s.Log != "none" {
		promise := fmt.Sprintf(`{"body":"%s","integratedTime":%d,"logID":"%x","logIndex":7}`, body, seconds, a.logID)
		logged["inclusionPromise"] = map[string]any{"signedEntryTimestamp": sign(t, a.log, promise)}
	}
	material["tlogEntries"] = []any{logged}
	out := map[string]any{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": material,
		"dsseEnvelope": map[string]any{"payload": []byte(payload), "payloadType": payloadType, "signatures": []any{map[string]any{"sig": sig, "keyid": keyID}}}}
	if s.Edit != nil {
		s.Edit(out)
	}
	return out
}

// Attestations is what a registry answers about those of a version.
func Attestations(t testing.TB, bundles ...map[string]any) string {
	list := []any{}
	for _, b := range bundles {
		list = append(list, map[string]any{"predicateType": "as the bundle says", "bundle": b})
	}
	return text(t, map[string]any{"attestations": list})
}

func text(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	check(t, err)
	return string(raw)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
