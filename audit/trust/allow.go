package trust

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// allowlist is where packages may come from.
type allowlist struct {
	// anywhere are addresses for every package, scopes those of a scope, which
	// comes from there alone.
	anywhere []address
	scopes   map[string]address
	// strict: the policy says which, so that hosts in use do not count.
	strict bool
}

// address is https://host[:port][/path].
type address struct {
	scheme, host, path string
}

// newAllowlist takes the policy's registries, those that the settings of the
// base name, and without a policy the public registry under both of its names
// and the hosts that the locks of the base use. Without a base, the head's own
// settings stand in.
func newAllowlist(in Input, files []*settings) *allowlist {
	a := &allowlist{scopes: map[string]address{}, strict: len(in.Registries) > 0}
	for _, s := range files {
		for _, r := range s.registries {
			at, ok := parseAddress(r.url)
			if !ok {
				continue
			}
			at.path = "" // tarballs are often at another path of the host
			a.anywhere = append(a.anywhere, at)
			if _, have := a.scopes[r.scope]; r.scope != "" && !have {
				a.scopes[r.scope] = at
			}
		}
	}
	for _, r := range in.Registries {
		if at, ok := parseAddress(r); ok {
			a.anywhere = append(a.anywhere, at)
		}
	}
	for scope, r := range in.Scopes {
		if at, ok := parseAddress(r); ok {
			a.scopes[scope] = at
		}
	}
	if !a.strict {
		a.anywhere = append(a.anywhere, address{"https", "registry.npmjs.org", ""}, address{"https", "registry.yarnpkg.com", ""})
	}
	return a
}

func parseAddress(s string) (address, bool) {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return address{}, false
	}
	return address{strings.ToLower(u.Scheme), strings.ToLower(u.Host), strings.TrimRight(u.Path, "/")}, true
}

// has reports whether a source is at the address or below it.
func (a address) has(s source) bool {
	if s.scheme != a.scheme || bareHost(s.host, s.scheme) != bareHost(a.host, a.scheme) || s.user {
		return false
	}
	for part := range strings.SplitSeq(s.path, "/") {
		if part == ".." || part == "." {
			return false // a server may read it as another path
		}
	}
	return s.path == a.path || strings.HasPrefix(s.path, a.path+"/")
}

// bareHost is a host without the port that its scheme has anyway.
func bareHost(host, scheme string) string {
	return strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[scheme])
}

// has reports whether a package may come from a source, and if not, why.
func (a *allowlist) has(pkg string, s source) (why string, ok bool) {
	if scope, _, scoped := strings.Cut(pkg, "/"); scoped {
		if at, bound := a.scopes[scope]; bound {
			if at.has(s) {
				return "", true
			}
			return "packages of " + scope + " come from " + at.scheme + "://" + at.host + at.path + " alone", false
		}
	}
	if slices.ContainsFunc(a.anywhere, func(at address) bool { return at.has(s) }) {
		return "", true
	}
	return "", false
}

// local tells hosts that are the machine itself.
func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return name == "localhost" || strings.HasPrefix(name, "127.") || name == "::1" || name == "[::1]"
}
