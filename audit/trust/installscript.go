package trust

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/capability"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// installScript reports scripts that a package has got, or has changed: they run on
// the machine of everybody who installs the portal.
func (c *checker) installScript(b *brought) {
	if c.off(ruleScript) {
		return
	}
	runs := c.runsScripts(b.lock, b.name)
	for _, s := range b.now.Scripts {
		old, had := oldScript(b, s)
		i := issue{rule: ruleScript, pos: b.lock.Pos(b.entry), name: b.name, kind: s.Name, added: true, note: !runs,
			next: "Read it before you install it" + b.diff()}
		switch {
		case len(b.before) > 0 && len(b.was) == 0: // that it could not be read is said elsewhere
			i.message = fmt.Sprintf("%s runs %s%s", b.id(), scriptText(s), doing(s))
		case !had && len(b.before) == 0:
			i.message = fmt.Sprintf("%s, which the change brings, runs %s%s", b.id(), scriptText(s), doing(s))
		case !had:
			i.message = fmt.Sprintf("%s runs %s, which %s did not%s", b.id(), scriptText(s), strings.Join(b.before, " and "), doing(s))
		case old.Command != s.Command:
			i.message = fmt.Sprintf("%s runs %s, where %s ran %s%s", b.id(), scriptText(s), b.before[0], quoted(old.Command), doing(s))
		case moreThan(s.Reaches, old.Reaches):
			i.message = fmt.Sprintf("%s runs %s as %s did, but that does more now%s", b.id(), scriptText(s), b.before[0], doing(s))
		case old.Text != s.Text:
			i.message = fmt.Sprintf("%s runs %s as %s did, and the code of it has changed", b.id(), scriptText(s), b.before[0])
			i.note = true
		default:
			continue
		}
		if !runs {
			i.message += "; the portal's settings keep it from running"
		}
		c.add(i)
	}
}

// scriptText is a script in words.
func scriptText(s capability.Script) string {
	switch {
	case s.Name != capability.GypFile:
		return quoted(s.Command) + " when it is installed (" + s.Name + ")"
	case s.Command != "":
		return "node-gyp when it is installed, whose " + s.Name + " runs " + quoted(s.Command)
	}
	return "node-gyp when it is installed (" + s.Name + ")"
}

// doing is what the script's own files reach.
func doing(s capability.Script) string {
	if len(s.Reaches) == 0 {
		return ""
	}
	return ": it " + inWords(s.Reaches)
}

func quoted(command string) string {
	return "`" + english.Short(english.Plain(strings.ReplaceAll(command, "`", "'")), 120) + "`"
}

// oldScript is the script of that name that the base's newest version has.
func oldScript(b *brought, s capability.Script) (capability.Script, bool) {
	for _, was := range b.was {
		for _, o := range was.Scripts {
			if o.Name == s.Name {
				return o, true
			}
		}
	}
	return capability.Script{}, false
}

// moreThan reports whether a has a kind that b lacks.
func moreThan(a, b []capability.Kind) bool {
	return slices.ContainsFunc(a, func(k capability.Kind) bool { return !slices.Contains(b, k) })
}

// runsScripts reports whether the package managers of a lock run the scripts of a
// package: by the settings beside and above it, or by dependenciesMeta.
func (c *checker) runsScripts(l *yarnlock.Lock, name string) bool {
	runs := true
	for _, s := range c.heads {
		dir := path.Dir(s.file)
		above := dir == "." || l.File == dir || strings.HasPrefix(l.File, dir+"/")
		berry := path.Base(s.file) == berryFile
		if above && berry == (l.Kind == yarnlock.Berry && ofYarn(l)) && !s.runsScripts() {
			runs = false
		}
	}
	if runs {
		return true
	}
	doc := c.now.beside(l.File)
	if doc == nil {
		return false
	}
	for _, m := range doc.Members("dependenciesMeta") {
		of := m.Name
		if d, ok := spec.ParseDescriptor(of); ok {
			of = d.Name
		}
		if v, ok := m.Value.Get("built"); ok && v.Bool() && of == name {
			return true
		}
	}
	return false
}
