package yarnrc

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/secret"
)

// Endpoint is where a package's metadata is asked for, and as whom.
type Endpoint struct {
	// URL is the registry without a slash at the end, user or password.
	URL string

	shown   string
	setAt   fault.Pos
	classic bool

	header secret.Text
	nearby []npmAuth // credentials for other paths of the same host
	hint   string
	err    error
}

// Endpoint chooses the registry of a package as Yarn does: the scope's
// npmRegistryServer, then the general one, then the default. Three of Yarn's
// rules surprise. A scope in npmScopes without npmRegistryServer asks the
// default server, not the general npmRegistryServer. npmRegistries matches a
// registry's whole URL, with or without protocol, never a prefix. Credentials
// go along with scoped packages, but with others only if npmAlwaysAuth says so.
//
// Yarn 1 goes by npm's rules: @scope:registry, then registry, and the credentials
// with the longest matching prefix.
//
// The scope "jsr", for which Yarn has a registry of its own built in, has none
// here.
func (s *Settings) Endpoint(pkg string) Endpoint {
	r := &s.auth
	server, fromYarn := r.choose(pkg)
	e := Endpoint{URL: server.url, shown: server.shown, setAt: server.pos, classic: s.Classic, err: server.err}
	if server.err != nil {
		return e
	}
	u, err := url.Parse(server.url)
	if err != nil {
		e.err = fault.At(server.pos, "the registry's URL is not valid").WithNext("Write it as https://host/path")
		return e
	}
	if fromYarn && u.Scheme == "http" && !s.HTTPAllowed(u.Hostname()) {
		e.err = fault.At(server.pos, "Yarn does not send plain http requests to %s", e.host(u.Hostname())).
			WithNext("Use https, or add %s to unsafeHttpWhitelist in .yarnrc.yml", e.host(u.Hostname()))
		return e
	}
	noProtocol := strings.TrimPrefix(server.url, u.Scheme+":")
	e.fromYarn(r, pkg, server.url, noProtocol, fromYarn)
	if e.header.IsZero() && e.err == nil {
		e.header = server.header
	}
	best := -1
	for i, a := range r.npmAuth {
		if hostOf(a.prefix) != hostOf(noProtocol) {
			continue
		}
		if len(a.missing) > 0 {
			e.hint = fmt.Sprintf("Set the environment variable %s, which the credentials in %s use", a.missing[0], a.pos)
			continue
		}
		e.nearby = append(e.nearby, a)
		if below(noProtocol, a.prefix) && (best < 0 || len(a.prefix) > len(r.npmAuth[best].prefix)) {
			best = i
		}
	}
	if e.header.IsZero() && e.err == nil && best >= 0 {
		e.header = r.npmAuth[best].header
	}
	return e
}

// choose is the registry for a package, and whether Yarn would choose it too.
func (r *registries) choose(pkg string) (lateURL, bool) {
	def := lateURL{url: DefaultRegistry}
	scope := r.scope(pkg)
	npmScope, hasNPMScope := r.npmScopes[scopeOf(pkg)]
	switch {
	case scope != nil && scope.server.isSet():
		return scope.server, true
	case hasNPMScope && npmScope.isSet():
		return npmScope, false
	case scope == nil && r.server.isSet():
		return r.server, true
	case r.npmServer.isSet():
		return r.npmServer, false
	}
	return def, true
}

// fromYarn is Yarn's getAuthenticationHeader.
func (e *Endpoint) fromYarn(r *registries, pkg, server, noProtocol string, yarnsChoice bool) {
	var auth yarnAuth
	scope := r.scope(pkg)
	exact, ok := r.byURL[server]
	if !ok {
		exact, ok = r.byURL[noProtocol]
	}
	switch {
	case scope != nil && scope.auth.isSet():
		auth = scope.auth
	case ok:
		auth = exact
	case yarnsChoice:
		auth = r.top
	}
	if !auth.isSet() {
		return
	}
	if scopeOf(pkg) == "" && !auth.always {
		e.hint = "Set npmAlwaysAuth: true beside the credentials: without it Yarn sends them for scoped packages only"
		return
	}
	login := auth.token
	if !login.isSet {
		login = auth.ident
	}
	switch {
	case login.err != nil:
		e.err = login.err
	case auth.token.isSet:
		e.header = secret.New("Bearer " + login.Reveal())
	case strings.Contains(login.Reveal(), ":"):
		e.header = basic(login.Reveal())
	default:
		e.header = secret.New("Basic " + login.Reveal())
	}
}

// Shown is the registry's URL as it is written, where variables are in it, else
// "": what they hold is for no message.
func (e Endpoint) Shown() string { return e.shown }

// ShownHost is the host as Shown has it.
func (e Endpoint) ShownHost() string { return e.host("") }

// host is the endpoint's host as messages show it.
func (e Endpoint) host(host string) string {
	if e.shown == "" {
		return host
	}
	_, rest, ok := strings.Cut(e.shown, "://")
	if !ok {
		return e.shown // all of it is a variable
	}
	host, _, _ = strings.Cut(rest, "/")
	return host
}

// SetAt is where the endpoint's registry is named: a file and line, or a
// variable. Zero for the default.
func (e Endpoint) SetAt() fault.Pos { return e.setAt }

// Err is why the endpoint cannot be used: a variable that is not set, or a URL
// that is none. Commands that do not need the endpoint do not see it.
func (e Endpoint) Err() error { return e.err }

// HasAuth reports whether credentials are known for the endpoint.
func (e Endpoint) HasAuth() bool { return !e.header.IsZero() }

// AuthHint says what to do when the registry asks for credentials; it names
// hosts and settings, never a secret.
func (e Endpoint) AuthHint() string {
	host := e.URL
	if u, err := url.Parse(e.URL); err == nil {
		host = e.host(u.Host)
	}
	switch {
	case e.HasAuth():
		return fmt.Sprintf("Check that the token for %s is valid and may read the package", host)
	case e.hint != "":
		return e.hint
	}
	if e.classic {
		return fmt.Sprintf("Give a token for %s: //%s/:_authToken in .npmrc", host, host)
	}
	return fmt.Sprintf("Give a token for %s: npmAuthToken under npmRegistries or npmScopes in .yarnrc.yml", host)
}

// Authorize adds the credentials to a request for something below the
// endpoint's URL: same scheme, host, port and path prefix. Elsewhere on the
// same host only credentials that .npmrc gives for that very path are added;
// to other hosts, none.
func (e Endpoint) Authorize(req *http.Request) {
	u, err := url.Parse(e.URL)
	if err != nil || req.URL == nil || req.URL.Scheme != u.Scheme || hostPort(req.URL) != hostPort(u) || e.err != nil {
		return
	}
	path := req.URL.EscapedPath()
	for segment := range strings.SplitSeq(req.URL.Path, "/") {
		if segment == "." || segment == ".." {
			return // a server may read it as another path
		}
	}
	if below("//x"+path, "//x"+u.EscapedPath()) {
		if !e.header.IsZero() {
			req.Header.Set("Authorization", e.header.Reveal())
		}
		return
	}
	best := npmAuth{}
	for _, a := range e.nearby {
		if below("//"+req.URL.Host+path, a.prefix) && len(a.prefix) > len(best.prefix) {
			best = a
		}
	}
	if !best.header.IsZero() {
		req.Header.Set("Authorization", best.header.Reveal())
	}
}

// below reports whether a URL is prefix or continues it with whole segments.
// Both have the form //host/path.
func below(u, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return len(u) >= len(prefix) && strings.EqualFold(hostOf(u), hostOf(prefix)) &&
		strings.HasPrefix(pathOf(u), pathOf(prefix)) &&
		(len(pathOf(u)) == len(pathOf(prefix)) || pathOf(u)[len(pathOf(prefix))] == '/')
}

func hostOf(noProtocol string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(noProtocol, "//"), "/")
	return strings.ToLower(host)
}

func pathOf(noProtocol string) string {
	rest := strings.TrimPrefix(noProtocol, "//")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return ""
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}
