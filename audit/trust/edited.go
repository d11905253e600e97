package trust

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// body is what an entry says of its package besides where it is: what the
// package asks for, and its executables. A published version never changes it.
// How ranges are written differs between versions of Yarn.
func body(e *yarnlock.Entry) string {
	var b strings.Builder
	for _, list := range [][]yarnlock.Dep{e.Dependencies, e.OptionalDependencies} {
		lines := make([]string, 0, len(list))
		for _, d := range list {
			lines = append(lines, d.Name+"@"+spec.Bare(d.Range))
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, "\n") + "\x00")
	}
	for _, x := range e.Bin {
		b.WriteString(x.Name + "=" + strings.TrimPrefix(x.Path, "./") + "\n")
	}
	return b.String()
}

// edited compares with the base: an entry of the same version that asks for
// something else was written by hand, unless another Yarn or packageExtensions
// explain it.
func (c *checker) edited(l *yarnlock.Lock, e *yarnlock.Entry) {
	was := c.was.bodies[identity(e)]
	if _, _, ok := e.Package(); !ok || len(was) == 0 || was[body(e)] || !ofYarn(l) || c.extended(l) {
		return
	}
	c.add(issue{rule: ruleIntegrity, pos: l.Pos(e), name: e.Keys[0].Name, kind: "edited", added: true,
		message: fmt.Sprintf("%s asks for other packages, or has other executables, than at the base, where it is the same version", e.Resolution), next: nextRestore})
}

// extended reports whether something else than an edit may have changed what
// entries of a lock ask for.
func (c *checker) extended(l *yarnlock.Lock) bool {
	version, had := c.was.versions[l.File]
	if c.in.Base.Files == nil || !had || version != l.Version || c.newYarn(l.File) {
		return true
	}
	const key = "packageExtensions"
	for dir := path.Dir(l.File); ; dir = path.Dir(dir) {
		rc := path.Join(dir, berryFile)
		head, base := c.head[rc], c.base[rc]
		if !bytes.Equal(head, base) && (bytes.Contains(head, []byte(key)) || bytes.Contains(base, []byte(key))) {
			return true
		}
		if dir == "." || dir == "/" {
			return false
		}
	}
}

// lockVersion is about a lock that is said to be older than it was: Yarn resolves
// the packages of such a lock anew, and writes checksums as they come.
func (c *checker) lockVersion(l *yarnlock.Lock) {
	was, had := c.was.versions[l.File]
	if c.off(ruleIntegrity) || l.Kind != yarnlock.Berry || !had || l.Version >= was {
		return
	}
	c.add(issue{rule: ruleIntegrity, pos: posOf(l.File), name: l.File, kind: "version", added: true,
		weak:    c.in.Base.Files == nil || c.newYarn(l.File),
		message: fmt.Sprintf("the lock says that it is of version %d, and is of %d at the base: Yarn takes it for one that an older Yarn wrote", l.Version, was),
		next:    "Take yarn.lock from the base branch and run yarn install"})
}

// required are the names that some entry of a lock asks for in a way that must
// not fail. A package for some platforms alone is asked for as an optional one.
func required(l *yarnlock.Lock) map[string]bool {
	out := map[string]bool{}
	for _, e := range l.Entries {
		for _, d := range e.Dependencies {
			if !e.Optional(d.Name) {
				out[d.Name] = true
			}
		}
	}
	return out
}

// conditional is about an entry that has no checksum because it is for some
// platforms alone (conditions), and that something cannot do without: the
// conditions were put there to be rid of the checksum.
func (c *checker) conditional(l *yarnlock.Lock, e *yarnlock.Entry, needed map[string]bool) {
	if l.Kind != yarnlock.Berry || !ofYarn(l) || e.Checksum != "" || e.Conditions == "" || !strings.Contains(e.Resolution.Reference, string(spec.NPM)) {
		return
	}
	why := ""
	if !slices.ContainsFunc(strings.Split(e.Conditions, " & "), func(s string) bool {
		key, value, ok := strings.Cut(strings.Trim(s, "()"), "=")
		return ok && value != "" && slices.Contains([]string{"os", "cpu", "libc"}, key)
	}) {
		why = fmt.Sprintf("the conditions of %s are not ones that Yarn writes, and it has no checksum", e.Resolution)
	} else if slices.ContainsFunc(e.Keys, func(k yarnlock.Descriptor) bool { return needed[k.Name] }) {
		why = fmt.Sprintf("%s has no checksum because it is for some platforms alone (%s), and what asks for it cannot do without it", e.Resolution, e.Conditions)
	}
	if why == "" {
		return
	}
	c.add(issue{rule: ruleIntegrity, pos: l.Pos(e), name: e.Keys[0].Name, kind: "conditions", added: !c.was.unpinned[identity(e)], standing: finding.Info,
		message: why, next: nextRestore})
}

// lost is about an entry that had a checksum at the base, as the same version.
func (c *checker) lost(l *yarnlock.Lock, e *yarnlock.Entry) bool {
	if len(sums(l, e)) > 0 || !c.was.pinned[e.Resolution.String()] || e.LinkType == "soft" || ofYarn(l) && e.Conditions == "" {
		return false
	}
	if ofYarn(l) {
		c.add(issue{rule: ruleIntegrity, pos: l.Pos(e), name: e.Keys[0].Name, kind: "missing", added: true,
			message: fmt.Sprintf("%s lost its checksum: the entry says now that it is for some platforms only (%s)", e.Resolution, e.Conditions), next: nextRestore})
	} else {
		c.add(issue{rule: ruleIntegrity, pos: l.Pos(e), name: e.Keys[0].Name, kind: "missing", added: true,
			message: fmt.Sprintf("%s lost its hash, which it has at the base", e.Resolution), next: nextRestore})
	}
	return true
}
