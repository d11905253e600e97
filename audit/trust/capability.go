package trust

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/capability"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/ui"
)

// words are what a kind is in a sentence.
var words = map[capability.Kind]string{
	capability.Obfuscation: "hides names or texts",
	capability.Child:       "starts other programs (child_process)",
	capability.Native:      "loads native code",
	capability.Eval:        "runs code made of text (eval)",
	capability.Network:     "reaches the network",
	capability.Files:       "reaches files",
	capability.Env:         "reads the environment",
	capability.Wasm:        "runs WebAssembly",
	capability.Dynamic:     "loads modules by names that are computed",
}

// minor are kinds that most libraries gain at some time: of them alone nobody is warned.
var minor = map[capability.Kind]bool{capability.Files: true, capability.Env: true, capability.Wasm: true, capability.Dynamic: true}

func inWords(kinds []capability.Kind) string {
	var out []string
	for _, k := range kinds {
		out = append(out, words[k])
	}
	return english.And(out)
}

// places are lines that say where a package reaches what.
func places(p *capability.Profile, kinds []capability.Kind) []string {
	var out []string
	for _, k := range kinds {
		var at []string
		for _, u := range p.Uses[k] {
			at = append(at, placeText(u))
		}
		if len(at) > 3 {
			at = at[:3]
		}
		text := string(k) + ": " + strings.Join(at, ", ")
		if n := p.Counts[k] - len(at); n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		out = append(out, text)
	}
	return out
}

func placeText(u capability.Place) string {
	if u.Line > 0 {
		return fmt.Sprintf("%s:%d %s", u.File, u.Line, u.What)
	}
	if u.What == "" || strings.HasSuffix(u.File, u.What) {
		return u.File
	}
	return u.File + " " + u.What
}

func signLines(list []capability.Sign) []string {
	var out []string
	for _, s := range list[:min(len(list), 4)] {
		out = append(out, fmt.Sprintf("%s:%d %s", s.File, s.Line, s.What))
	}
	return out
}

// alarm is the finding of a package that does what harmless ones hardly do, with all
// else that it reaches and the base did not: what one line of code does is told once.
func (c *checker) alarm(b *brought, signs []capability.Sign, kinds []capability.Kind) {
	kinds = slices.DeleteFunc(slices.Clone(kinds), func(k capability.Kind) bool { return k == capability.Obfuscation })
	verb := "brings"
	if len(b.before) > 0 {
		verb = "moves"
	}
	c.add(issue{rule: ruleCapability, pos: b.lock.Pos(b.entry), name: b.name, kind: "sign", added: true, lines: append(signLines(signs), places(b.now, kinds)...),
		message: fmt.Sprintf("%s, which the change %s, does what attacks do: %s", b.id(), verb, signs[0].What),
		next:    "Read these places before you install it" + b.diff()})
}

// diff is how to see what became of a version.
func (b *brought) diff() string {
	if len(b.before) == 0 {
		return ""
	}
	return fmt.Sprintf(": npm diff --diff=%s --diff=%s", ui.ShellWord(b.name+"@"+b.before[0]), ui.ShellWord(b.id()))
}

// newcomer reports a package that no version of was there: what harmless ones do
// not, and what plugins of its role do not. It reports whether that was said.
func (c *checker) newcomer(b *brought) bool {
	kinds := b.now.Reached()
	if len(b.now.Signs) > 0 {
		c.alarm(b, b.now.Signs, kinds)
		return true
	}
	if b.now.Role == "" || len(kinds) == 0 {
		return b.now.Role != ""
	}
	i := issue{rule: ruleCapability, pos: b.lock.Pos(b.entry), name: b.name, kind: "plugin", added: true, lines: places(b.now, kinds),
		message: fmt.Sprintf("%s, which the change brings, %s", b.id(), inWords(kinds)),
		next:    "See that it should, before it is adopted"}
	if odd := b.now.Unusual(); len(odd) > 0 {
		i.kind = "unusual"
		what := "does that"
		if len(odd) < len(kinds) {
			what = inWords(odd)
		}
		i.message += fmt.Sprintf(": a plugin of its role (%s) seldom %s", b.now.Role, what)
	} else {
		i.note = true
	}
	c.add(i)
	return true
}

// newcomers says of the packages that plugins bring along, together, what they reach.
func (c *checker) newcomers(list []*brought) {
	for _, l := range c.in.Head.Locks {
		var of []*brought
		for _, b := range list {
			if b.lock == l && len(b.now.Reached()) > 0 {
				of = append(of, b)
			}
		}
		if len(of) == 0 {
			continue
		}
		file := l.File
		var lines []string
		for _, k := range capability.Kinds {
			var names []string
			for _, b := range of {
				if b.now.Has(k) {
					names = append(names, b.id())
				}
			}
			if len(names) > 0 {
				slices.Sort(names)
				lines = append(lines, string(k)+": "+english.Some(names, 5))
			}
		}
		c.add(issue{rule: ruleCapability, pos: of[0].lock.Pos(of[0].entry), name: file, kind: "new", added: true, note: true, lines: lines,
			message: fmt.Sprintf("%s that %s new in %s %s more than compute", english.Count(len(of), "package"), english.Form(len(of), "is", "are"), file, english.Form(len(of), "does", "do")),
			next:    "See that they should"})
	}
}

// gained reports what a version reaches that those of the base do not.
func (c *checker) gained(b *brought) {
	signs, kinds := b.now.Signs, []capability.Kind(nil)
	if len(b.was) > 0 {
		signs, kinds = b.now.NewSigns(b.was...), b.now.Gained(b.was...)
	}
	switch {
	case len(signs) > 0:
		c.alarm(b, signs, kinds)
		return
	case len(kinds) == 0:
		return
	}
	major := slices.ContainsFunc(kinds, func(k capability.Kind) bool { return !minor[k] })
	key := "gained"
	if !major {
		key = "gained-minor"
	}
	c.add(issue{rule: ruleCapability, pos: b.lock.Pos(b.entry), name: b.name, kind: key, added: true, note: !major, lines: places(b.now, kinds),
		message: fmt.Sprintf("%s %s now, which %s did not", b.id(), inWords(kinds), strings.Join(b.before, " and ")),
		next:    "See what for" + b.diff()})
}
