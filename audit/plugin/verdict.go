package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
)

// level is what a verdict comes to.
type level string

// The levels. adopt has no objections, as far as is known.
const (
	adopt      level = "adopt"
	lookCloser level = "look closer"
	doNot      level = "do not adopt"
)

// verdict is a level with its reasons: those that decide first.
type verdict struct {
	Level   level    `json:"level"`
	Reasons []reason `json:"reasons"`
}

// reason is what speaks against the plugin, or for it, where Level is adopt.
type reason struct {
	Level level  `json:"level"`
	Text  string `json:"text"`
	// Where is the evidence: a place in the tarball, a member of the registry's
	// answer, or what was compared.
	Where string `json:"where"`
}

// Ages of the latest version, in months, from which on it has to be looked at.
// Backstage's community plugins call a plugin unmaintained when nobody answers for
// it; a year without a release is twelve releases of Backstage behind.
const (
	oldMonths  = 12
	deadMonths = 30
	// oldReleases is a year of Backstage's.
	oldReleases = 12
)

func (r *reviewer) judge() {
	r.judgeIdentity()
	r.judgeSignature()
	r.judgeLife()
	r.judgeFit()
	r.judgeBrings()
	r.judgeCode()
	r.judgeReaches()
	v := &r.Review.Verdict
	order := []level{doNot, lookCloser, adopt}
	slices.SortStableFunc(v.Reasons, func(a, b reason) int { return slices.Index(order, a.Level) - slices.Index(order, b.Level) })
	v.Level = adopt
	if len(v.Reasons) > 0 {
		v.Level = v.Reasons[0].Level
	}
}

func (r *reviewer) because(level level, where, format string, args ...any) {
	r.Review.Verdict.Reasons = append(r.Review.Verdict.Reasons, reason{level, fmt.Sprintf(format, args...), where})
}

func (r *reviewer) judgeIdentity() {
	id := &r.Review.Identity
	if id.Moved != "" {
		r.because(doNot, id.MovedFrom, "it moved to %s", id.Moved)
	}
	if id.Deprecated != "" {
		r.because(doNot, "registry: deprecated", "this version is deprecated: %s", id.Deprecated)
	}
	if id.Role == "" {
		r.because(lookCloser, "package.json", "nothing says that it is a Backstage package")
	}
	if id.System == "old" {
		level := lookCloser
		if id.side() == "frontend" { // the new one is not required yet
			level = adopt
		}
		r.because(level, english.Count(r.facts.Code, "file")+" of code", "its code makes no plugin of the new %s system", id.side())
	}
	for _, d := range r.Review.Differs {
		r.because(doNot, d.Where, "the tarball is not what the registry describes: %s is %s there, and %s here", d.Member, quoted(d.Registry), quoted(d.Tarball))
	}
	o := &r.Review.Origin
	r.judgeLicence(o)
	if o.Repository == "" {
		r.because(lookCloser, "package.json", "it names no repository: what is published cannot be compared with its source")
	}
}

func quoted(s string) string {
	if s == "" {
		return "absent"
	}
	return fmt.Sprintf("%q", s)
}

func (r *reviewer) judgeLife() {
	v := &r.Review.Releases
	switch months := int(r.Now.Sub(v.LatestAt).Hours() / 24 / 30.4); {
	case v.LatestAt.IsZero():
		r.because(lookCloser, "registry: time", "when its latest version was published is not known")
	case months >= deadMonths:
		r.because(doNot, "registry: time", "its latest version, %s, is from %s: no release for %d months", v.Latest, v.LatestAt.Format("2006-01-02"), months)
	case months >= oldMonths:
		r.because(lookCloser, "registry: time", "its latest version, %s, is from %s: no release for %d months", v.Latest, v.LatestAt.Format("2006-01-02"), months)
	default:
		r.because(adopt, "registry: time", "its latest version, %s, is from %s", v.Latest, v.LatestAt.Format("2006-01-02"))
	}
	switch {
	case v.Newest == "" && r.Project == nil && len(r.facts.Manifest.backstage()) > 0:
		r.because(lookCloser, "package.json: dependencies", "its @backstage ranges admit no Backstage release that is known")
	case v.Newest != "" && v.Behind > oldReleases:
		r.because(lookCloser, "package.json: dependencies", "the newest Backstage release that its ranges admit is %s, %s ago", v.Newest, english.Count(v.Behind, "release"))
	}
	if v.Latest != r.Version && v.Latest != "" {
		r.because(adopt, "registry: dist-tags.latest", "%s is not the latest version, which is %s", r.Version, v.Latest)
	}
}

func (r *reviewer) judgeFit() {
	f := &r.Review.Fit
	if r.Project != nil && !f.Applies {
		r.because(lookCloser, "backstage.json, yarn.lock", "whether it goes with the portal's release is not known")
	}
	if !f.Applies {
		return
	}
	var against []string
	where := ""
	for _, a := range f.Asks {
		switch {
		case a.Gone != "":
			r.because(lookCloser, a.Where, "it asks for %s, which left Backstage's releases with %s", a.Name, a.Gone)
		case a.Admits == "no":
			against = append(against, fmt.Sprintf("%s %s (the portal has %s)", a.Name, a.Range, has(a)))
			if where == "" {
				where = a.Where
			}
		case a.Admits == "unknown" && a.Release != "":
			r.because(lookCloser, a.Where, "whether %s of %s admits %s is not known", a.Range, a.Name, a.Release)
		}
	}
	switch {
	case len(against) > 0:
		text := fmt.Sprintf("its ranges do not admit %s: %s", r.released(), english.Some(against, 3))
		if f.Newest != "" && f.Newest != r.Version {
			text += "; " + r.Package + "@" + f.Newest + " goes with it"
		}
		r.because(lookCloser, where, "%s", text)
	case len(f.Asks) > 0:
		r.because(adopt, f.Asks[0].Where, "its %s %s %s", english.Count(len(f.Asks), "@backstage range"), english.Form(len(f.Asks), "admits", "admit"), r.released())
	}
	if len(f.Same) > 0 {
		r.because(lookCloser, "yarn.lock", "the portal has the same plugin from elsewhere: %s", strings.Join(f.Same, ", "))
	}
}

// released is the portal's release as it is named.
func (r *reviewer) released() string { return releaseText(r.ReleaseName) }

func releaseText(name string) string {
	if name == "" {
		return "what the lock has"
	}
	return "Backstage " + name
}

func has(a backstageAsk) string {
	if a.Release != "" {
		return a.Release
	}
	return strings.Join(a.Locked, ", ")
}

func (r *reviewer) judgeBrings() {
	b := &r.Review.Brings
	if r.Project != nil && !b.Applies {
		r.because(lookCloser, "yarn.lock", "what it would bring into the lock is not known: %s", b.Unknown)
	}
	for _, s := range b.Second {
		if s.Breaks != "" {
			r.because(doNot, "yarn.lock, solved", "it brings a second copy of %s (%s beside %s): %s", s.Name, strings.Join(s.Gets, ", "), strings.Join(s.Has, ", "), s.Breaks)
		}
	}
	if !b.FindingsKnown {
		r.because(lookCloser, "advisories", "whether advisories apply to what it brings is not known: %s", b.FindingsWhy)
	}
	bad := map[string][]string{}
	for _, f := range b.Findings {
		bad[f.Severity] = append(bad[f.Severity], fmt.Sprintf("%s (%s %s)", f.Advisory, f.Package, f.Version))
	}
	for _, s := range severities {
		if n := len(bad[s]); n > 0 {
			level := lookCloser
			switch s {
			case "malware":
				level = doNot
			case "medium", "low":
				level = adopt
			}
			r.because(level, "advisories", "%s of severity %s: %s", english.CountOf(n, "advisory applies", "advisories apply"), s, english.Some(bad[s], 3))
		}
	}
	if b.Applies {
		text := fmt.Sprintf("it adds %s to the lock", english.Count(len(b.Packages), "package"))
		if len(b.Packages) == 0 {
			text = "it adds nothing to the lock"
		}
		if n := len(b.Second); n > 0 {
			text += ", " + english.CountOf(n, "of them in another version beside one that is there", "of them in other versions beside those that are there")
		}
		r.because(adopt, "yarn.lock, solved", "%s", text)
	}
	for _, p := range b.Scripts {
		if p.Name != r.Package {
			r.because(lookCloser, "registry: scripts", "it brings %s, which runs code when it is installed", p.text())
		}
	}
}

func (r *reviewer) judgeCode() {
	for _, s := range r.Scripts {
		r.because(lookCloser, s.Where, "it runs code when it is installed: %s", s.text())
	}
	for _, p := range r.Review.Routes {
		path := p.Path
		if path == "" {
			path = "a path that its code does not say as a text"
		}
		level := lookCloser
		if p.Allow == "user-cookie" || harmlessPath(p.Path) && p.Allow == "unauthenticated" {
			level = adopt
		}
		when := ""
		if p.When != "" {
			when = ", where " + p.When
		}
		switch p.Allow {
		case "none":
			r.because(level, p.Where, "a route takes requests without credentials%s", when)
		case "unknown":
			r.because(level, p.Where, "what a policy for %s allows is not known%s", path, when)
		default:
			r.because(level, p.Where, "%s is open: %s%s", path, p.Allow, when)
		}
	}
	if c := r.Review.Config; c.Undeclared != "" {
		r.because(lookCloser, c.Undeclared+":1", "package.json does not name its schema (configSchema): Backstage neither checks its configuration nor knows what of it is secret")
	} else if c.Unknown != "" {
		r.because(lookCloser, c.From, "its configuration is not known in full: %s", c.Unknown)
	}
	if n := len(r.Review.Migrations.Unknown); n > 0 {
		r.because(lookCloser, r.Review.Migrations.Unknown[0], "%s could not be followed", english.CountOf(n, "step of its migrations", "steps of its migrations"))
	}
	if len(r.facts.Unread) > 0 {
		r.because(lookCloser, r.facts.Unread[0], "a part of its code could not be read")
	}
}

// harmlessPath tells the paths by which others ask whether a plugin lives.
func harmlessPath(path string) bool {
	switch strings.Trim(path, "/") {
	case "health", "healthcheck", "healthz":
		return true
	}
	return false
}
