package yarnrc

import (
	"cmp"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/secret"
)

// registries is who is asked for which package, and as whom.
type registries struct {
	server lateURL            // npmRegistryServer
	scopes map[string]*scoped // npmScopes, by scope without @
	byURL  map[string]yarnAuth
	top    yarnAuth // npmAuthToken, npmAuthIdent, npmAlwaysAuth

	npmServer lateURL
	npmScopes map[string]lateURL // by scope without @
	npmAuth   []npmAuth
}

// scoped is an entry of npmScopes.
type scoped struct {
	server lateURL
	auth   yarnAuth
	age    Setting[time.Duration]
}

// yarnAuth is a set of Yarn's npmAuth settings.
type yarnAuth struct {
	token, ident lateSecret
	always       bool
}

func (a yarnAuth) isSet() bool { return a.token.isSet || a.ident.isSet }

// npmAuth is a credential that .npmrc gives for URLs below prefix.
type npmAuth struct {
	prefix  string // //host/path, without a slash at the end
	header  secret.Text
	missing []string // unset variables: the credential cannot be used
	pos     fault.Pos
}

// lateURL is a registry's URL without user and password, or why there is none.
type lateURL struct {
	url    string
	shown  string      // how messages show it, where that is not url
	header secret.Text // from user and password in the URL
	pos    fault.Pos
	err    error
}

func (u lateURL) isSet() bool { return u.url != "" || u.err != nil }

// scope is the npmScopes entry for a package, nil if there is none.
func (r *registries) scope(pkg string) *scoped {
	if name := scopeOf(pkg); name != "" {
		return r.scopes[name]
	}
	return nil
}

func scopeOf(pkg string) string {
	if rest, ok := strings.CutPrefix(pkg, "@"); ok {
		if name, _, ok := strings.Cut(rest, "/"); ok {
			return name
		}
	}
	return ""
}

func (d *decoder) registries(npm *npmConfig) registries {
	r := registries{
		scopes: map[string]*scoped{}, byURL: map[string]yarnAuth{}, npmScopes: map[string]lateURL{},
		server: d.registryURL(d.raw("npmRegistryServer"), "npmRegistryServer"),
		top:    d.yarnAuth("", d.raw),
	}
	for _, m := range d.members(d.raw("npmScopes"), "npmScopes") {
		name := "npmScopes." + m.key
		d.shape(m.val, name, "npmRegistryServer", "npmAuditRegistry", "npmPublishRegistry", "npmMinimalAgeGate",
			"npmAlwaysAuth", "npmAuthIdent", "npmAuthToken")
		r.scopes[m.key] = &scoped{
			server: d.registryURL(m.val.get("npmRegistryServer"), name+".npmRegistryServer"),
			auth:   d.yarnAuth(name+".", m.val.get),
			age:    d.duration(m.val.get("npmMinimalAgeGate"), name+".npmMinimalAgeGate", time.Minute),
		}
	}
	for _, m := range d.members(d.raw("npmRegistries"), "npmRegistries") {
		name := "npmRegistries." + m.key
		d.shape(m.val, name, "npmAlwaysAuth", "npmAuthIdent", "npmAuthToken")
		key := strings.TrimSuffix(m.key, "/")
		if u := parseRegistry(key, m.pos, name); u.url != "" {
			key = u.url // without user and password
		}
		r.byURL[key] = d.yarnAuth(name+".", m.val.get)
	}
	r.addNPM(d, npm)
	return r
}

func (d *decoder) yarnAuth(prefix string, get func(string) *value) yarnAuth {
	return yarnAuth{
		token:  d.secret(get("npmAuthToken"), prefix+"npmAuthToken"),
		ident:  d.secret(get("npmAuthIdent"), prefix+"npmAuthIdent"),
		always: d.boolean(get("npmAlwaysAuth"), prefix+"npmAlwaysAuth").Value,
	}
}

func (d *decoder) registryURL(v *value, name string) lateURL {
	s := d.secret(v, name)
	if s.err != nil {
		return lateURL{pos: s.pos, err: s.err}
	}
	if v == nil {
		return lateURL{}
	}
	marked, _ := substitute(v.text, d.marked) // it went well without marks
	return d.address(marked, v.text, s.pos, name)
}

// address is the registry's URL that a marked text gives.
func (d *decoder) address(marked, written string, pos fault.Pos, name string) lateURL {
	if err := d.refuse(marked, pos, name); err != nil {
		return lateURL{pos: pos, err: err}
	}
	out := parseRegistry(unmarked(marked), pos, name)
	if out.err == nil && strings.IndexByte(marked, begin) >= 0 {
		out.shown = shown(written)
	}
	return out
}

// parseRegistry checks a registry's URL. It does not quote a wrong one, which
// may hold a password.
func parseRegistry(raw string, pos fault.Pos, name string) lateURL {
	if raw == "" {
		return lateURL{}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return lateURL{pos: pos, err: fault.At(pos, "%s is not the URL of a registry", name).
			WithNext("Write it as https://host/path")}
	}
	out := lateURL{pos: pos}
	if u.User != nil {
		password, _ := u.User.Password()
		out.header = basic(u.User.Username() + ":" + password)
		u.User = nil
	}
	u.RawQuery, u.Fragment = "", ""
	out.url = strings.TrimSuffix(u.String(), "/") // Yarn's normalizeRegistry
	return out
}

// addNPM collects what .npmrc says of registries and credentials.
func (r *registries) addNPM(d *decoder, npm *npmConfig) {
	for _, key := range slices.Sorted(maps.Keys(npm.vals)) {
		v, ok := npm.get(key)
		if !ok {
			continue
		}
		if key == "registry" {
			r.npmServer = d.npmURL(v, key)
		} else if scope, ok := strings.CutSuffix(key, ":registry"); ok && strings.HasPrefix(scope, "@") {
			r.npmScopes[scope[1:]] = d.npmURL(v, key)
		}
		if prefix, ok := strings.CutPrefix(key, "//"); ok {
			if i := strings.LastIndexByte(prefix, ':'); i > 0 {
				r.addNPMAuth(npm, "//"+prefix[:i], prefix[i+1:])
			}
		}
	}
	if r.npmServer.url != "" {
		// Credentials without a host, as old versions of npm and Yarn 1 have
		// them, belong to the registry of the same settings.
		_, rest, _ := strings.Cut(r.npmServer.url, ":")
		for _, field := range []string{"_authToken", "_auth", "_password"} {
			if _, ok := npm.get(field); ok {
				r.npmAuth = append(r.npmAuth, npmCredential(npm, "", strings.TrimSuffix(rest, "/"), field))
			}
		}
	}
}

func (d *decoder) npmURL(v npmValue, key string) lateURL {
	if len(v.missing) > 0 {
		return lateURL{pos: v.pos, err: fault.At(v.pos, "%s: environment variable %s is not set", key, v.missing[0]).
			WithNext("Set %s", v.missing[0])}
	}
	return d.address(cmp.Or(v.marked, v.text), cmp.Or(v.written, v.text), v.pos, key)
}

func (r *registries) addNPMAuth(npm *npmConfig, host, field string) {
	switch field {
	case "_authToken":
	case "_auth":
		if _, ok := npm.get(host + ":_authToken"); ok {
			return
		}
	case "_password":
		for _, better := range []string{":_authToken", ":_auth"} {
			if _, ok := npm.get(host + better); ok {
				return
			}
		}
		if _, ok := npm.get(host + ":username"); !ok {
			return
		}
	default:
		return
	}
	r.npmAuth = append(r.npmAuth, npmCredential(npm, host+":", strings.TrimSuffix(host, "/"), field))
}

// npmCredential makes the header that npm sends: _authToken as Bearer, _auth
// and username with _password (base64) as Basic.
func npmCredential(npm *npmConfig, keyPrefix, urlPrefix, field string) npmAuth {
	v, _ := npm.get(keyPrefix + field)
	out := npmAuth{prefix: urlPrefix, missing: v.missing, pos: v.pos}
	switch field {
	case "_authToken":
		out.header = secret.New("Bearer " + v.text)
	case "_auth":
		out.header = secret.New("Basic " + v.text)
	case "_password":
		user, _ := npm.get(keyPrefix + "username")
		password, err := base64.StdEncoding.DecodeString(v.text)
		if err != nil {
			password = []byte(v.text)
		}
		out.header = basic(user.text + ":" + string(password))
		out.missing = append(out.missing, user.missing...)
	}
	return out
}

func basic(userAndPassword string) secret.Text {
	return secret.New("Basic " + base64.StdEncoding.EncodeToString([]byte(userAndPassword)))
}
