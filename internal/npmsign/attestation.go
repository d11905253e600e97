package npmsign

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// maxAttestations is far above what any version has: two.
const maxAttestations = 32

// Subject is the version that attestations must be about.
type Subject struct {
	Name, Version string
	// Integrity is the hash of its tarball ("sha512-…").
	Integrity string
	// Repository is the address of its source as its package.json has it.
	Repository string
}

// Attestation is one signed statement about a version.
type Attestation struct {
	bundle    bundle
	payload   []byte
	sig       []byte
	statement statement
}

// bundle is sigstore's, in the JSON form of its versions 0.1 to 0.3.
type bundle struct {
	Material struct {
		Chain *struct {
			Certificates []rawCertificate `json:"certificates"`
		} `json:"x509CertificateChain"`
		Certificate *rawCertificate `json:"certificate"`
		Entries     []entry         `json:"tlogEntries"`
	} `json:"verificationMaterial"`
	Envelope struct {
		Payload     []byte `json:"payload"`
		PayloadType string `json:"payloadType"`
		Signatures  []struct {
			Sig   []byte `json:"sig"`
			KeyID string `json:"keyid"`
		} `json:"signatures"`
	} `json:"dsseEnvelope"`
}

// statement is in-toto's, of version 0.1 or 1.
type statement struct {
	Subject []struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	} `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

// ParseAttestations reads a registry's answer about a version's attestations
// (/-/npm/v1/attestations/NAME@VERSION).
func ParseAttestations(raw []byte) ([]Attestation, error) {
	var doc struct {
		Attestations []struct {
			Bundle json.RawMessage `json:"bundle"`
		} `json:"attestations"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, errors.New("it is not the JSON that is expected")
	}
	if n := len(doc.Attestations); n == 0 || n > maxAttestations {
		return nil, fmt.Errorf("it has %d attestations", n)
	}
	out := make([]Attestation, 0, len(doc.Attestations))
	for _, d := range doc.Attestations {
		a, err := parseBundle(d.Bundle)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func parseBundle(raw []byte) (Attestation, error) {
	var a Attestation
	if err := json.Unmarshal(raw, &a.bundle); err != nil {
		return a, errors.New("an attestation of it is not a bundle of sigstore")
	}
	e := a.bundle.Envelope
	if len(e.Signatures) != 1 || e.PayloadType != "application/vnd.in-toto+json" {
		return a, errors.New("an attestation of it is not a statement with one signature")
	}
	a.payload, a.sig = e.Payload, e.Signatures[0].Sig
	if err := json.Unmarshal(a.payload, &a.statement); err != nil || len(a.statement.Subject) == 0 {
		return a, errors.New("an attestation of it says nothing of any package")
	}
	return a, nil
}

// Provenance reports whether it says from which source a version was built.
func (a Attestation) Provenance() bool {
	return strings.HasPrefix(a.statement.PredicateType, "https://slsa.dev/provenance/")
}

// Check verifies an attestation: that it is about the version, is signed by the key or
// the certificate that it names, that a builder's certificate comes from sigstore and
// counted when it was used, and that the source which the certificate names is the
// package's own. source is that source, "" for an attestation of the publication. The
// error is a *Wrong, or a *NotKnown for what could not be verified.
//
// Not verified, as a signed promise of the log stands for them: the log's proof that it
// took the entry in, and the log of certificates.
func (a Attestation) Check(s Subject, keys Keys, root *Root) (source string, err error) {
	if err := a.about(s); err != nil {
		return "", err
	}
	if id := a.bundle.Envelope.Signatures[0].KeyID; id != "" {
		return "", a.byKey(id, s, keys, root)
	}
	return a.byBuilder(s, root)
}

// about compares the statement's subject with the version (pacote: the first subject).
func (a Attestation) about(s Subject) error {
	subject := a.statement.Subject[0]
	if want := "pkg:npm/" + strings.Replace(s.Name, "@", "%40", 1) + "@" + s.Version; subject.Name != want {
		return wrong("subject", "has an attestation about another package, %q", short(subject.Name))
	}
	hash, ok := sha512Of(s.Integrity)
	if !ok {
		return notKnown("the registry gives no SHA-512 of it")
	}
	if !strings.EqualFold(subject.Digest["sha512"], hash) {
		return wrong("subject", "has an attestation about another tarball than the registry's")
	}
	return nil
}

// sha512Of is the SHA-512 in an integrity, in hexadecimal.
func sha512Of(integrity string) (string, bool) {
	for part := range strings.FieldsSeq(integrity) {
		hash, ok := strings.CutPrefix(part, "sha512-")
		hash, _, _ = strings.Cut(hash, "?")
		if raw, err := base64.StdEncoding.DecodeString(hash); ok && err == nil && len(raw) == sha512.Size {
			return hex.EncodeToString(raw), true
		}
	}
	return "", false
}

// byKey verifies what a registry's key signs: that a version was published.
func (a Attestation) byKey(id string, s Subject, keys Keys, root *Root) error {
	key, err := keys.find(id)
	if err != nil {
		return err
	}
	if !key.verifies(a.message(), a.sig) {
		return wrong("tampered", "has an attestation whose signature is not one of it")
	}
	var p struct{ Name, Version string }
	if json.Unmarshal(a.statement.Predicate, &p) == nil && p.Name != "" && (p.Name != s.Name || p.Version != s.Version) {
		return wrong("subject", "has an attestation that %s@%s was published", short(p.Name), short(p.Version))
	}
	at, err := a.logged(root)
	if err != nil && !key.Expires.IsZero() {
		return err
	}
	return key.at(at)
}

// message is what is signed (DSSE's pre-authentication encoding).
func (a Attestation) message() []byte {
	kind := a.bundle.Envelope.PayloadType
	return append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(kind), kind, len(a.payload)), a.payload...)
}

// entry is what a transparency log has of a signature.
type entry struct {
	LogIndex json.Number `json:"logIndex"`
	LogID    struct {
		KeyID []byte `json:"keyId"`
	} `json:"logId"`
	IntegratedTime json.Number `json:"integratedTime"`
	Promise        *struct {
		Signed []byte `json:"signedEntryTimestamp"`
	} `json:"inclusionPromise"`
	Body []byte `json:"canonicalizedBody"`
}

// logged is when the signature was given to the log, by the log's signed promise. No
// log's word for it, or one that is not understood, is a *NotKnown.
func (a Attestation) logged(root *Root) (time.Time, error) {
	var at time.Time
	if len(a.bundle.Material.Entries) == 0 {
		return at, notKnown("no log has its attestation")
	}
	e := a.bundle.Material.Entries[0]
	seconds, err := e.IntegratedTime.Int64()
	index, err2 := e.LogIndex.Int64()
	if e.Promise == nil || err != nil || err2 != nil || seconds <= 0 {
		return at, notKnown("its attestation has no promise of a log, so that the time of its signature is not known")
	}
	at = time.Unix(seconds, 0).UTC()
	key := root.log(e.LogID.KeyID, at)
	if key == nil {
		return time.Time{}, notKnown("the log of its attestation is none that is known here")
	}
	// The members in this order, and nothing to escape: that is its canonical JSON.
	text := fmt.Sprintf(`{"body":"%s","integratedTime":%d,"logID":"%x","logIndex":%d}`, base64.StdEncoding.EncodeToString(e.Body), seconds, e.LogID.KeyID, index)
	if !(Key{public: key}).verifies([]byte(text), e.Promise.Signed) {
		return time.Time{}, wrong("tampered", "has an attestation with a promise that is not the log's")
	}
	return at, a.entered(e.Body)
}

// entered verifies that the log's entry is of this signature and this statement.
func (a Attestation) entered(body []byte) error {
	var doc struct {
		Kind, APIVersion string
		Spec             struct {
			Content struct { // of intoto 0.0.2
				Envelope struct {
					Signatures []struct{ Sig []byte }
				}
				PayloadHash struct{ Value string }
			}
			Signatures  []struct{ Signature []byte } // of dsse 0.0.1
			PayloadHash struct{ Value string }
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return notKnown("what the log has of its attestation cannot be read")
	}
	var sig []byte
	hash := ""
	switch {
	case doc.Kind == "intoto" && doc.APIVersion == "0.0.2" && len(doc.Spec.Content.Envelope.Signatures) == 1:
		sig, _ = base64.StdEncoding.DecodeString(string(doc.Spec.Content.Envelope.Signatures[0].Sig)) // encoded twice
		hash = doc.Spec.Content.PayloadHash.Value
	case doc.Kind == "dsse" && doc.APIVersion == "0.0.1" && len(doc.Spec.Signatures) == 1:
		sig, hash = doc.Spec.Signatures[0].Signature, doc.Spec.PayloadHash.Value
	default:
		return notKnown("what the log has of its attestation is of a kind that is not known here")
	}
	sum := sha256.Sum256(a.payload)
	if string(sig) != string(a.sig) || hash != hex.EncodeToString(sum[:]) {
		return wrong("tampered", "has an attestation that is not the one which the log has")
	}
	return nil
}
