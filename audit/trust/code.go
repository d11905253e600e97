package trust

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// codeCheck is about the code that Yarn itself runs on every command: its own
// releases and its plugins. They stand in the repository, as one line of a few
// megabytes that nobody reads in a review.
type codeCheck struct {
	*checker
	ctx context.Context
	// done are the files that something was said of, or that are as they were.
	done map[string]bool
}

// code judges what a change does to that code.
func (c *checker) code(ctx context.Context) {
	if c.in.Base == nil {
		return
	}
	cc := &codeCheck{c, ctx, map[string]bool{}}
	for _, head := range c.heads {
		was := c.match(head)
		cc.yarnPath(head, was)
		for _, p := range head.plugins {
			cc.plugin(head, was, p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.head)) {
		if isCode(name) && !cc.done[name] && !cc.same(name, name) {
			c.setting(posOf(name), path.Base(name), "file", true, true, name+" is changed or new, and no setting that is known runs it", "Find out what it is for, or remove it")
		}
	}
}

// same reports whether a file is as it was at the base, there or elsewhere.
func (c *codeCheck) same(name, was string) bool {
	src := c.head[name]
	if old, ok := c.base[was]; ok && bytes.Equal(old, src) {
		return true
	}
	for other, old := range c.base {
		if isCode(other) && bytes.Equal(old, src) {
			return true
		}
	}
	return false
}

// beside is a path of a setting, from the root of the repository.
func beside(file, name string) string { return path.Join(path.Dir(file), name) }

// yarnPath is about the release that the settings make Yarn run.
func (c *codeCheck) yarnPath(head, was *settings) {
	at := head.yarnPath
	if at.text == "" {
		return
	}
	file := beside(head.file, at.text)
	c.done[file] = true
	src, have := c.head[file]
	_, had := c.base[file]
	switch {
	case have && c.same(file, file), !have && !had && at.text == was.yarnPath.text:
		return
	case !have:
		c.setting(at.pos, at.key, "yarn", true, false, at.key+" makes every yarn command run "+at.text+", which is not a file in .yarn/releases of this repository",
			"Keep the release in .yarn/releases, as yarn set version does")
		return
	}
	why, verified := c.release(path.Base(file), src)
	if verified {
		c.verified(at.pos, at.key, path.Base(file)+" is the release of Yarn that the registry has")
		return
	}
	next := "Compare it with yarn set version on a machine that you trust"
	if !classicRelease(file) {
		next += "; with --online it is compared with the release that the registry has"
	}
	c.setting(at.pos, at.key, "yarn", true, false, "every yarn command will run "+file+", which this change brings"+why, next)
}

// verified notes what was found to be in order, for whoever reviews.
func (c *codeCheck) verified(pos fault.Pos, name, message string) {
	c.findings = append(c.findings, Finding{finding.Finding{Rule: ruleYarnrc, Severity: finding.Info, Pos: pos, Name: name, Key: "verified",
		Message: message, Next: "Nothing has to be done"}, true, false})
}

// plugin judges an entry of plugins and its file.
func (c *codeCheck) plugin(head, was *settings, p plugin) {
	file := beside(head.file, p.path)
	c.done[file] = true
	src, have := c.head[file]
	i := slices.IndexFunc(was.plugins, func(w plugin) bool { return w.path == p.path })
	known := i >= 0 && was.plugins[i].spec == p.spec && was.plugins[i].checksum == p.checksum
	if _, had := c.base[file]; known && (!have && !had || have && c.same(file, file)) {
		return
	}
	if have && p.checksum != "" {
		sum := sha512.Sum512(src)
		if !strings.EqualFold(hex.EncodeToString(sum[:]), p.checksum) {
			c.setting(p.pos, p.name(), "plugin", true, false, "the file of the plugin "+p.name()+" does not match its checksum", "Import it again: yarn plugin import "+p.spec)
			return
		}
	}
	what := "every yarn command will run the plugin " + p.name() + ", which this change brings"
	if i >= 0 {
		what = "every yarn command will run another version of the plugin " + p.name()
	}
	why, verified := c.served(p.spec, was, src)
	if verified {
		c.verified(p.pos, p.name(), "the plugin "+p.name()+" is the file at "+p.spec)
		return
	}
	weak := i >= 0 && why == "" && have && p.checksum != "" && samePlace(p.spec, was.plugins[i].spec)
	c.setting(p.pos, p.name(), "plugin", true, weak, what+why, "Read what it does, or import it again on a machine that you trust; with --online its file is compared with what its address has")
}

func host(spec string) string {
	u, err := url.Parse(spec)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	return u.Host
}

// served compares a plugin with what its address has, if that is a place that
// somebody else than the change vouches for: a host that the change alone names
// would say whatever the change needs. why says what is wrong; it is empty when
// that cannot be told.
func (c *codeCheck) served(spec string, was *settings, src []byte) (why string, verified bool) {
	if c.in.Fetch == nil || src == nil || host(spec) == "" {
		return "", false
	}
	if !c.vouched(spec, was) {
		return " from " + host(spec) + ", a place that neither the base nor the policy names", false
	}
	have, err := c.in.Fetch(c.ctx, spec)
	switch {
	case err != nil:
		c.unknown = append(c.unknown, finding.Unknown{Rule: ruleYarnrc, Reason: fmt.Sprintf("%s cannot be read: %v", spec, err), Next: "Try again later"})
		return "", false
	case !bytes.Equal(have, src):
		return ", and the file is not the one at " + spec, false
	}
	return "", true
}
