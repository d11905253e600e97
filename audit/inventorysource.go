package audit

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/portalctl/portalctl/internal/sbom"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// located is the package URL of an entry and the address that it is fetched from, both
// "" for what lies in the repository. An address is without user, password and query:
// all three may be secrets.
func located(l *yarnlock.Lock, e *yarnlock.Entry) (purl, address string) {
	if _, _, registry := e.Package(); !registry && ownCode(e) {
		return "", ""
	}
	loc, ok := e.Resolution.Unpatched()
	if !ok {
		return "", ""
	}
	name, version, registry := e.Package()
	if !registry {
		name, version = loc.Name, e.Version
	} else if list := e.Versions(); len(list) > 0 {
		version = list[0]
	}
	scope, base := spec.SplitScope(name)
	if scope != "" {
		scope = "@" + scope
	}
	var qualifiers packageurl.Qualifiers
	add := func(key, value string) {
		if value != "" {
			qualifiers = append(qualifiers, packageurl.Qualifier{Key: key, Value: value})
		}
	}
	if at := e.Address(); registry || isTarball(l, e) {
		address = openAddress(at)
		if from, ok := strings.CutSuffix(beforeTarball(address), "/"+name); registry && ok {
			add("repository_url", otherThanNPM(from))
		} else if !registry {
			add("download_url", address)
		}
	} else {
		address = vcs(loc.Reference)
		add("vcs_url", address)
	}
	return packageurl.NewPackageURL(packageurl.TypeNPM, scope, base, version, qualifiers, "").ToString(), address
}

// isTarball reports whether an entry that no registry has is a tarball at an address.
func isTarball(l *yarnlock.Lock, e *yarnlock.Entry) bool {
	at := e.Address()
	if l.Kind != yarnlock.Classic && at != "" {
		return !strings.Contains(at, "#commit=")
	}
	file, _, _ := strings.Cut(at, "#")
	return (strings.HasPrefix(file, "https://") || strings.HasPrefix(file, "http://")) && !strings.HasSuffix(file, ".git")
}

// openAddress is a web address without what may be a secret; "" for what is none.
func openAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment, u.RawFragment = nil, "", "", ""
	return u.String()
}

// beforeTarball is the address of the package that <address>/-/<file> is a tarball of.
func beforeTarball(address string) string {
	i := strings.LastIndex(address, "/-/")
	if i < 0 {
		return ""
	}
	return spec.Unescape(address[:i])
}

// otherThanNPM is a registry that is not the one which pkg:npm means.
func otherThanNPM(registry string) string {
	if slices.Contains([]string{"https://registry.npmjs.org", "https://registry.yarnpkg.com"}, registry) {
		return ""
	}
	return registry
}

// vcs is the address of a git repository and the commit, as SPDX writes a download
// location: git+https://host/path@commit. "" for what cannot be told.
func vcs(reference string) string {
	reference, _, _ = strings.Cut(reference, "::")
	at, fragment, _ := strings.Cut(reference, "#")
	commit := fragment
	for part := range strings.SplitSeq(fragment, "&") {
		if c, ok := strings.CutPrefix(part, "commit="); ok {
			commit = c
		}
	}
	at = strings.TrimPrefix(at, "git+")
	if rest, ok := strings.CutPrefix(at, "git@"); ok && !strings.Contains(at, "://") {
		host, path, _ := strings.Cut(rest, ":")
		at = "ssh://git@" + host + "/" + path
	}
	if rest, ok := strings.CutPrefix(at, "github:"); ok {
		at = "https://github.com/" + rest + ".git"
	}
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return ""
	}
	if u.Scheme != "ssh" || u.User.String() != "git" {
		u.User = nil
	}
	u.RawQuery = ""
	if u.Scheme != "git" {
		u.Scheme = "git+" + u.Scheme
	}
	out := u.String()
	if commit != "" && !strings.ContainsAny(commit, " =&") {
		out += "@" + commit
	}
	return out
}

// hashes are those that are of the tarball: integrity and the SHA-1 in the address of
// a lock of Yarn 1, and the integrity of the locks of npm and pnpm. The checksums of
// later Yarns are of the zip that Yarn makes, which nobody else has.
func hashes(l *Lock, e *yarnlock.Entry) []sbom.Hash {
	var out []sbom.Hash
	add := func(algorithm, sum string) {
		name := map[string]string{"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}[algorithm]
		size := map[string]int{"sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}[algorithm]
		if _, err := hex.DecodeString(sum); err != nil || len(sum) != size || e.Resolution.Is(spec.Patch) {
			return
		}
		if h := (sbom.Hash{Algorithm: name, Hex: strings.ToLower(sum)}); !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	switch {
	case l.Tool != "":
		algorithm, sum, _ := strings.Cut(e.Checksum, "/")
		add(algorithm, sum)
	case l.Lock.Kind == yarnlock.Classic:
		for part := range strings.FieldsSeq(e.Integrity) {
			algorithm, text, _ := strings.Cut(part, "-")
			text, _, _ = strings.Cut(text, "?")
			if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
				add(algorithm, hex.EncodeToString(raw))
			}
		}
		if _, sum, ok := strings.Cut(e.Resolved, "#"); ok && isTarball(l.Lock, e) {
			add("sha1", sum)
		}
	}
	slices.SortFunc(out, func(a, b sbom.Hash) int { return strings.Compare(a.Algorithm, b.Algorithm) })
	return out
}
