package trust

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

const (
	nextHost = "Have the package resolved from a registry that is allowed; if this one is meant, add it to registries in the audit section of .portalctl.yaml on the base branch"
	nextGit  = "Use a published version of it; what a git host or web server gives can change, and no registry scans it"
)

// origin is the rules lock-host and git-source: one of them speaks about an
// entry, never both.
func (c *checker) origin(l *yarnlock.Lock, e *yarnlock.Entry) {
	s := sourceOf(l, e)
	if s.kind == fromLocal || s.url == "" {
		return
	}
	i := issue{pos: l.Pos(e), name: e.Resolution.Name, added: !c.was.seen[identity(e)+"\x00"+s.url]}
	switch s.kind {
	case fromRegistry, fromURL:
		if c.host(&i, e, s) {
			return
		}
		if s.kind == fromURL {
			c.exotic(i, "comes from the address "+s.shown()+" instead of a registry", s)
		}
	case fromGit:
		what := "comes from the git repository " + s.shown() + " instead of a registry"
		if s.scheme == "git" || s.scheme == "http" {
			what = "comes from the git repository " + s.shown() + " over a connection that anybody on the way can change"
		}
		c.exotic(i, what, s)
	case fromScript:
		c.exotic(i, "is made by a script when it is installed (exec:)", s)
	}
}

// host judges where a tarball is. It reports whether it had something to say,
// or would have if the rule were on.
func (c *checker) host(i *issue, e *yarnlock.Entry, s source) bool {
	name := e.Resolution.Name
	why, ok := c.allowed.has(name, s)
	if ok {
		return false
	}
	f := *i
	f.rule, f.next = ruleHost, nextHost
	switch {
	case s.user:
		f.kind, f.standing = "user", finding.Warning
		f.message = fmt.Sprintf("%s has a user or a password in the address it comes from, at %s", name, s.host)
		f.next = "Put credentials into the settings of the package manager, and run yarn install"
	case s.scheme == "http":
		f.kind, f.standing = "http "+s.host, finding.Warning
		f.message = fmt.Sprintf("%s comes over plain http, from %s: anybody on the way can change it", name, s.host)
		f.next = "Use the https address of the registry, and run yarn install"
	case why != "":
		f.kind, f.standing = "scope "+s.host, finding.Warning
		f.message = fmt.Sprintf("%s comes from %s, but %s", name, s.host, why)
		f.next = "Have it resolved from there: anybody can publish a package of that name elsewhere"
	case !c.allowed.strict && c.was.hosts[s.host] && s.scheme == "https" && s.kind == fromRegistry:
		return false
	case s.kind == fromURL && c.in.Base == nil && !c.allowed.strict:
		return false // git-source says it
	default:
		f.kind = s.host
		f.message = fmt.Sprintf("%s comes from %s, which is not an allowed registry", name, s.shown())
	}
	c.add(f)
	return true
}

// exotic is the rule git-source.
func (c *checker) exotic(i issue, what string, s source) {
	i.rule, i.next, i.kind = ruleGit, nextGit, s.repo()
	i.message = i.name + " " + what
	if c.was.repos[s.repo()] {
		i.weak = true // another commit of a source that somebody agreed to
		i.message += ", as before, at another commit or file"
		if !i.added {
			i.message = i.name + " " + what
		}
	}
	c.add(i)
}
