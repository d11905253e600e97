package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// settings is the rule yarnrc.
func (c *checker) settings(ctx context.Context) {
	if c.off(ruleYarnrc) {
		return
	}
	if c.in.Base != nil && c.in.Base.Files == nil {
		// A lock alone is the base: what the settings were is not known.
		alone := *c
		alone.in.Base, alone.bases = nil, nil
		defer func() { c.findings, c.unknown = alone.findings, alone.unknown }()
		alone.settings(ctx)
		return
	}
	known := map[string]bool{}
	for _, s := range c.bases {
		for _, w := range s.weak {
			known[w.id()] = true
		}
	}
	for _, head := range c.heads {
		was := c.match(head)
		if head.err != nil {
			c.unread(head, was)
			continue
		}
		for _, w := range head.weak {
			c.add(issue{rule: ruleYarnrc, pos: w.pos, name: w.key, kind: w.text, message: w.message, next: w.next,
				added: !known[w.id()], standing: w.standing})
		}
		c.exempt(head, was)
		c.scripts(head, was)
		c.registries(head, was)
		if c.in.Base != nil {
			c.gates(head, was)
			c.network(head, was)
		}
	}
	for _, was := range c.bases {
		if !slices.ContainsFunc(c.heads, func(s *settings) bool { return s.file == was.file }) {
			c.removed(was)
		}
	}
	c.code(ctx)
}

// match is what a file was at the base: the file at its path, else the one that
// moved there as it was, else nothing.
func (c *checker) match(head *settings) *settings {
	for _, s := range c.bases {
		if s.file == head.file {
			return s
		}
	}
	for _, s := range c.bases {
		if path.Base(s.file) == path.Base(head.file) && bytes.Equal(c.base[s.file], c.head[head.file]) {
			return s
		}
	}
	return &settings{file: head.file, gates: map[string]item{}}
}

// unread is about a file that is not understood: Yarn may read it otherwise.
func (c *checker) unread(s, was *settings) {
	pos := posOf(s.file)
	var f *fault.Error
	what := s.err.Error()
	if errors.As(s.err, &f) {
		what = f.What
		if f.Pos.Line > 0 {
			pos = f.Pos
		}
	}
	c.add(issue{rule: ruleYarnrc, pos: pos, name: path.Base(s.file), kind: "unread", added: was.err == nil, standing: finding.Warning,
		message: "the settings cannot be judged: " + what, next: "Write them as YAML, one \"name: value\" a line"})
}

// setting notes an issue about a setting.
func (c *checker) setting(pos fault.Pos, name, kind string, added, weak bool, message, next string) {
	c.add(issue{rule: ruleYarnrc, pos: pos, name: name, kind: kind, added: added, weak: weak, message: message, next: next})
}

// exempt is about packages that the minimal age does not hold for.
func (c *checker) exempt(head, was *settings) {
	before := ids(was.preapproved)
	for _, it := range head.preapproved {
		added := !before[it.id()]
		switch {
		case matchesAll(it.text):
			c.setting(it.pos, it.key, it.text, added, false, it.key+" has "+it.text+", which exempts every package from the minimal age",
				"Name the packages or the scope that must not wait")
		case added && c.in.Base != nil:
			c.setting(it.pos, it.key, it.text, true, true, it.key+" now exempts "+it.text+" from the minimal age",
				"Make sure that nobody outside the team can publish such a package")
		}
	}
}

// scripts is about code that packages run when they are installed.
func (c *checker) scripts(head, was *settings) {
	const next = "Leave it off, and name the packages that need it: dependenciesMeta.<name>.built in package.json"
	at := head.scripts
	switch {
	case on(at.text) && at.key == "enableScripts":
		added := !on(was.scripts.text)
		// Yarn before 4.17 ran them anyway.
		c.setting(at.pos, at.key, "on", added, was.runsScripts(), "enableScripts is on: every package may run code when it is installed", next)
	case on(at.text) && off(was.scripts.text):
		c.setting(at.pos, at.key, "on", true, false, at.key+" is off now: every package may run code when it is installed", next)
	case at.text == "" && off(was.scripts.text) && head.runsScripts():
		c.setting(posOf(head.file), was.scripts.key, "on", true, false, was.scripts.key+" is gone: every package may run code when it is installed", next)
	}
}

// gates is about a minimal age that the change makes shorter.
func (c *checker) gates(head, was *settings) {
	const next = "Leave it as it was; a package that must not wait can be named in npmPreapprovedPackages"
	if path.Base(head.file) != berryFile {
		return
	}
	now, before := head.gates[""], was.gates[""]
	pos := now.pos
	if pos.IsZero() {
		pos = posOf(head.file)
	}
	if age, old := head.age(), was.age(); age < old && (now.text != "" || before.text != "") && !(now.text != "" && age == 0) {
		c.setting(pos, "npmMinimalAgeGate", "lowered", true, false,
			fmt.Sprintf("the minimal age of versions is %s now, and was %s", ageText(age), ageText(old)), next)
	}
	for scope, g := range head.gates {
		age, ok := yarnrc.ParseAge(g.text)
		old, had := yarnrc.ParseAge(was.gates[scope].text)
		if scope != "" && ok && had && age < old && age > 0 {
			c.setting(g.pos, g.key, "lowered", true, false, fmt.Sprintf("%s is %s now, and was %s", g.key, ageText(age), ageText(old)), next)
		}
	}
}

// network is about who stands between Yarn and the registries, and about what
// else a change should not bring.
func (c *checker) network(head, was *settings) {
	before := ids(was.changed)
	for _, w := range head.changed {
		if !before[w.id()] {
			c.setting(w.pos, w.key, "changed", true, false, w.message, w.next)
		}
	}
	between := ids(was.network)
	for _, it := range head.network {
		if !between[it.id()] {
			c.setting(it.pos, it.key, "network", true, false, it.key+" is set by this change: all packages can go through it",
				"Make sure that it is yours; settings of a machine or of CI belong in its environment")
		}
	}
}

// registries is about where the settings send Yarn for packages.
func (c *checker) registries(head, was *settings) {
	for _, r := range head.registries {
		i := slices.IndexFunc(was.registries, func(w registrySetting) bool { return w.scope == r.scope })
		added := i < 0 || was.registries[i].text != r.text
		if !added && c.in.Base != nil {
			continue // where the base sends it too
		}
		at, ok := parseAddress(r.url)
		if !ok || r.open {
			if added && c.in.Base != nil {
				c.setting(r.pos, r.key, "registry", true, false, r.key+" is set by this change to an address that depends on the environment", "Write the address, or leave the setting as it was")
			}
			continue
		}
		if c.in.Base == nil && !c.allowed.strict {
			continue // it is what the portal has chosen
		}
		pkg := "x"
		if r.scope != "" {
			pkg = r.scope + "/x"
		}
		if _, ok := c.trusted().has(pkg, source{scheme: at.scheme, host: at.host, path: at.path}); ok {
			continue
		}
		message := fmt.Sprintf("%s sends Yarn to %s, which is not an allowed registry", r.key, at.host)
		if i >= 0 && c.in.Base != nil {
			if old, ok := parseAddress(was.registries[i].url); ok {
				message = fmt.Sprintf("%s sends Yarn to %s instead of %s", r.key, at.host, old.host)
			}
		}
		c.setting(r.pos, r.key, "registry", added, false, message,
			"Leave it as it was; if this one is meant, add it to registries in the audit section of .portalctl.yaml on the base branch")
	}
}

// trusted is the allowlist for settings. Without a base the head's own settings
// do not vouch for themselves.
func (c *checker) trusted() *allowlist {
	if c.in.Base != nil {
		return c.allowed
	}
	return newAllowlist(c.in, nil)
}

// removed is about a file with settings that is gone.
func (c *checker) removed(was *settings) {
	for _, s := range c.heads {
		if bytes.Equal(c.head[s.file], c.base[was.file]) {
			return // it moved
		}
	}
	gone := &settings{file: was.file, gates: map[string]item{}}
	c.gates(gone, was)
	c.scripts(gone, was)
	for _, r := range was.registries {
		if at, ok := parseAddress(r.url); ok && !npmHosts[at.host] && !r.open {
			c.setting(posOf(was.file), r.key, "registry", true, false, fmt.Sprintf("%s is gone with the file: packages no longer come from %s", r.key, at.host),
				"Keep the setting")
		}
	}
}

// ageText is a duration as the settings write it.
func ageText(d time.Duration) string {
	h := d.Hours()
	switch {
	case h == 0:
		return "none"
	case h >= 24 && h == float64(int(h/24))*24:
		return fmt.Sprintf("%dd", int(h/24))
	case h == float64(int(h)):
		return fmt.Sprintf("%dh", int(h))
	}
	return fmt.Sprintf("%.0fm", h*60)
}
