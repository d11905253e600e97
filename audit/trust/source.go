package trust

import (
	"net/url"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// The kinds of sources.
type sourceKind uint8

const (
	fromLocal    sourceKind = iota // a workspace, a folder, an offline mirror
	fromRegistry                   // a registry, perhaps at an address that the lock names
	fromURL                        // a tarball at any address
	fromGit
	fromScript // exec: a script of the repository makes the package
)

// source is where an entry says its package comes from.
type source struct {
	kind sourceKind
	// url is the address as the lock has it, without #… and without bindings;
	// "" for a registry package whose address follows from the settings.
	url          string
	scheme, host string // host in lower case, with a port if there is one
	path         string
	// user: the address has a user or password in it.
	user bool
}

// repo is the source without the commit: what somebody agreed to once.
func (s source) repo() string { return s.host + strings.TrimSuffix(s.path, ".git") }

// shown is the address for messages: never with a password.
func (s source) shown() string {
	if s.host == "" {
		return "an address that is not understood"
	}
	return s.scheme + "://" + s.host + s.path
}

func sourceOf(l *yarnlock.Lock, e *yarnlock.Entry) source {
	_, _, registry := e.Package()
	if l.Kind == yarnlock.Classic {
		if e.Resolved == "" || !strings.ContainsAny(e.Resolved, ":/") {
			return source{} // linked, or from an offline mirror
		}
		s := parseSource(e.Resolved)
		if registry && s.kind == fromURL {
			s.kind = fromRegistry
		}
		return s
	}
	ref := e.Resolution.Reference
	switch {
	case spec.Patch.In(ref): // what is patched has an entry of its own
		return source{}
	case registry:
		if at := e.Resolution.Parsed().Bind("__archiveUrl"); at != "" {
			s := parseSource(at)
			s.kind = fromRegistry
			return s
		}
		return source{kind: fromRegistry}
	case spec.Exec.In(ref):
		return source{kind: fromScript, url: ref}
	case spec.Local(ref):
		return source{}
	}
	ref, _, _ = strings.Cut(ref, "::")
	return parseSource(ref)
}

// parseSource takes an address apart: a URL, or git's user@host:path.
func parseSource(s string) source {
	body, fragment, _ := strings.Cut(s, "#")
	out := source{kind: fromURL, url: body}
	scheme, rest, ok := strings.Cut(body, ":")
	if !ok || strings.ContainsAny(scheme, "@/") { // user@host:path
		if host, p, ok := strings.Cut(body, ":"); ok && !strings.Contains(host, "/") {
			out.kind, out.scheme = fromGit, "ssh"
			out.host = strings.ToLower(host[strings.LastIndexByte(host, '@')+1:])
			out.path = "/" + strings.TrimPrefix(p, "/")
			return out
		}
		return source{kind: fromLocal}
	}
	switch scheme {
	case "file":
		return source{kind: fromLocal}
	case "github", "gitlab", "bitbucket", "gist":
		out.kind, out.scheme, out.host, out.path = fromGit, "https", scheme, "/"+rest
		return out
	}
	if scheme == "git" || scheme == "ssh" || strings.HasPrefix(scheme, "git+") {
		out.kind = fromGit
		body = scpLike(body)
	}
	u, err := url.Parse(body)
	if err != nil {
		return out // without a host: nobody allows that
	}
	out.scheme, out.host, out.path, out.user = strings.ToLower(u.Scheme), strings.ToLower(u.Host), u.Path, u.User != nil
	out.scheme = strings.TrimPrefix(out.scheme, "git+")
	if strings.HasSuffix(out.path, ".git") || strings.HasPrefix(fragment, "commit=") || out.host == "codeload.github.com" {
		out.kind = fromGit
	}
	return out
}

// scpLike turns ssh://git@host:owner/repo, which npm writes and which is no
// URL, into ssh://git@host/owner/repo.
func scpLike(s string) string {
	scheme, rest, _ := strings.Cut(s, "://")
	authority, p, _ := strings.Cut(rest, "/")
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || i+1 < len(authority) && strings.Trim(authority[i+1:], "0123456789") == "" {
		return s
	}
	return scheme + "://" + authority[:i] + "/" + authority[i+1:] + "/" + p
}

// npmHosts serve the public registry, whose tarballs all have one form.
var npmHosts = map[string]bool{"registry.npmjs.org": true, "registry.yarnpkg.com": true}

// mismatch says that a tarball's address is another package's, where it has the
// form of registries: …/<name>/-/<base>-<version>.tgz.
func (s source) mismatch(name, version string) string {
	if s.kind == fromGit || s.kind == fromLocal {
		return ""
	}
	before, file, ok := strings.Cut(s.path, "/-/")
	if !ok {
		if npmHosts[s.host] {
			return "resolves to an address that the registry does not have, " + s.shown()
		}
		return ""
	}
	if !strings.HasSuffix(before+"/", "/"+name+"/") {
		return "installs another package, " + s.shown()
	}
	// A name without a scope is not the one with a scope before it.
	if scope := path.Base(strings.TrimSuffix(before+"/", "/"+name+"/")); name[0] != '@' && strings.HasPrefix(scope, "@") {
		return "installs another package, " + s.shown()
	}
	if !npmHosts[s.host] && !strings.HasSuffix(file, ".tgz") {
		return ""
	}
	base := name[strings.LastIndexByte(name, '/')+1:]
	bare, _, _ := strings.Cut(version, "+")
	have := strings.TrimSuffix(path.Base(file), ".tgz")
	if have != base+"-"+version && have != base+"-"+bare {
		return "says version " + version + ", but resolves to " + path.Base(file)
	}
	return ""
}
