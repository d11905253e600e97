package npmsign

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// rootData is sigstore's trust root: who may certify builders, and which logs count.
// genroot writes it; trusted_root.LICENSE says where it comes from and of when it is.
//
//go:embed trusted_root.json
var rootData []byte

// Root is what attestations are verified against.
type Root struct {
	authorities []authority
	logs        []log
}

// authority certifies builders, in a span of time.
type authority struct {
	span
	roots, between *x509.CertPool
}

// log is a transparency log that promises, by a signature with a time, to take an
// entry in.
type log struct {
	span
	id  []byte
	key *ecdsa.PublicKey
}

type span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"` // zero for none
}

func (s span) has(t time.Time) bool { return !t.Before(s.Start) && (s.End.IsZero() || !t.After(s.End)) }

// ParseRoot reads a trusted_root.json of sigstore. Logs whose keys are not for ECDSA
// are left out: what only they know is not verified.
func ParseRoot(raw []byte) (*Root, error) {
	var doc struct {
		Logs []struct {
			PublicKey struct {
				RawBytes []byte `json:"rawBytes"`
				ValidFor span   `json:"validFor"`
			} `json:"publicKey"`
			LogID struct {
				KeyID []byte `json:"keyId"`
			} `json:"logId"`
		} `json:"tlogs"`
		Authorities []struct {
			CertChain struct {
				Certificates []rawCertificate `json:"certificates"`
			} `json:"certChain"`
			ValidFor span `json:"validFor"`
		} `json:"certificateAuthorities"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	r := &Root{}
	for _, l := range doc.Logs {
		key, err := x509.ParsePKIXPublicKey(l.PublicKey.RawBytes)
		if err != nil {
			return nil, err
		}
		if ec, ok := key.(*ecdsa.PublicKey); ok {
			r.logs = append(r.logs, log{l.PublicKey.ValidFor, l.LogID.KeyID, ec})
		}
	}
	for _, a := range doc.Authorities {
		pools := authority{a.ValidFor, x509.NewCertPool(), x509.NewCertPool()}
		for i, c := range a.CertChain.Certificates {
			cert, err := x509.ParseCertificate(c.RawBytes)
			if err != nil {
				return nil, err
			}
			if i == len(a.CertChain.Certificates)-1 {
				pools.roots.AddCert(cert)
			} else {
				pools.between.AddCert(cert)
			}
		}
		r.authorities = append(r.authorities, pools)
	}
	if len(r.logs) == 0 || len(r.authorities) == 0 {
		return nil, errors.New("it has no logs, or no certificates")
	}
	return r, nil
}

// Sigstore is the root of sigstore's public instance, which npm's provenance is of.
var Sigstore = sync.OnceValue(func() *Root {
	r, err := ParseRoot(rootData)
	if err != nil {
		return &Root{} // TestRoot reads it
	}
	return r
})

// issued verifies that a builder's certificate comes from an authority that counted
// at a time.
func (r *Root) issued(cert *x509.Certificate, at time.Time) bool {
	for _, a := range r.authorities {
		if !a.has(at) {
			continue
		}
		_, err := cert.Verify(x509.VerifyOptions{Roots: a.roots, Intermediates: a.between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}})
		if err == nil {
			return true
		}
	}
	return false
}

// log is the log of an ID that counted at a time.
func (r *Root) log(id []byte, at time.Time) *ecdsa.PublicKey {
	for _, l := range r.logs {
		if bytes.Equal(l.id, id) && l.has(at) {
			return l.key
		}
	}
	return nil
}

// rawCertificate is a certificate in JSON: DER in base64.
type rawCertificate struct {
	RawBytes []byte `json:"rawBytes"`
}
