package npmsign

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"net/url"
	"strings"
)

// byBuilder verifies provenance: what a builder signed with a key of some minutes, for
// which sigstore certified which source it builds.
func (a Attestation) byBuilder(s Subject, root *Root) (source string, err error) {
	raw := a.certificate()
	if raw == nil {
		return "", notKnown("its attestation names neither a key nor a certificate")
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return "", notKnown("the certificate of its attestation cannot be read")
	}
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return "", notKnown("the certificate of its attestation has a key that is not one for ECDSA")
	}
	if !(Key{public: key}).verifies(a.message(), a.sig) {
		return "", wrong("tampered", "has an attestation whose signature is not one of it")
	}
	at, unknown := a.logged(root)
	if _, bad := unknown.(*Wrong); bad {
		return "", unknown
	}
	if unknown != nil {
		at = cert.NotBefore // then at least who issued it can be told
	}
	if !root.issued(cert, at) {
		return "", notKnown("the certificate of its attestation does not come from an authority that is known here, or did not count when it signed")
	}
	certified, said := certifiedSource(cert), a.source()
	switch {
	case !a.Provenance():
		return certified, unknown
	case certified == "" || said == "":
		return "", notKnown("its attestation does not name the source")
	case !SameSource(said, certified):
		return "", wrong("source", "has an attestation of a build from %s, which the builder's certificate gives as %s", short(said), short(certified))
	case s.Repository == "":
		return certified, notKnown("it was built from %s, and its package.json names no repository to compare with", short(certified))
	case !SameSource(s.Repository, certified):
		return "", wrong("source", "was built from %s, and its package.json gives %s as its repository", short(certified), short(s.Repository))
	}
	return certified, unknown
}

// certificate is the builder's, in DER.
func (a Attestation) certificate() []byte {
	m := a.bundle.Material
	switch {
	case m.Certificate != nil:
		return m.Certificate.RawBytes
	case m.Chain != nil && len(m.Chain.Certificates) > 0:
		return m.Chain.Certificates[0].RawBytes
	}
	return nil
}

// The extensions of sigstore's certificates (Fulcio's oid-info.md): the address of the
// source, and before 2023 the name of the repository and who vouches for it.
var (
	oidSource     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 12}
	oidRepository = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 5}
	oidIssuer     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 1}
)

const githubActions = "https://token.actions.githubusercontent.com"

// certifiedSource is the address of the source that a builder's certificate names.
func certifiedSource(cert *x509.Certificate) string {
	source, repository, issuer := "", "", ""
	for _, e := range cert.Extensions {
		switch {
		case e.Id.Equal(oidSource):
			_, _ = asn1.Unmarshal(e.Value, &source)
		case e.Id.Equal(oidRepository):
			repository = string(e.Value)
		case e.Id.Equal(oidIssuer):
			issuer = string(e.Value)
		}
	}
	if source == "" && repository != "" && issuer == githubActions {
		return "https://github.com/" + repository
	}
	return source
}

// source is where the statement says that the version was built from: GitHub's workflow
// in SLSA 1, GitLab's project in SLSA 0.2 (libnpmpublish's provenance.js).
func (a Attestation) source() string {
	var p struct {
		BuildDefinition struct {
			ExternalParameters struct {
				Workflow struct{ Repository string }
			}
		}
		Invocation struct {
			ConfigSource struct{ URI string }
		}
	}
	if json.Unmarshal(a.statement.Predicate, &p) != nil {
		return ""
	}
	uri := p.Invocation.ConfigSource.URI
	if i := strings.LastIndex(uri, "@refs/"); i >= 0 {
		uri = uri[:i]
	}
	return cmp.Or(p.BuildDefinition.ExternalParameters.Workflow.Repository, uri)
}

// SameSource reports whether two addresses, as package.json and builders write them,
// are of one repository.
func SameSource(a, b string) bool {
	x, y := repository(a), repository(b)
	return x != "" && x == y
}

// repository is what the ways of writing a repository's address have in common: host
// and path in lower case. npm's short forms are those of hosted-git-info; a folder
// of a repository (…/tree/main/x) stands for the repository.
func repository(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, host := range []string{"github", "gitlab", "bitbucket"} {
		if rest, ok := strings.CutPrefix(s, host+":"); ok {
			suffix := map[string]string{"bitbucket": ".org"}[host]
			s = "https://" + host + cmp.Or(suffix, ".com") + "/" + rest
		}
	}
	s = strings.TrimPrefix(s, "git+")
	switch {
	case strings.Contains(s, "://"):
	case strings.Contains(s, "@") && strings.Contains(s, ":"): // git@host:path
		host, path, _ := strings.Cut(s[strings.IndexByte(s, '@')+1:], ":")
		s = "ssh://" + host + "/" + path
	case strings.Count(s, "/") == 1:
		s = "https://github.com/" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	path := strings.Trim(u.Path, "/")
	for _, folder := range []string{"/-/", "/tree/", "/blob/"} {
		path, _, _ = strings.Cut(path, folder)
	}
	if path = strings.TrimSuffix(path, ".git"); path == "" {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.") + "/" + path
}
