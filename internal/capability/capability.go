// Package capability knows what the code of a published package reaches: the network,
// other programs, files, the environment, code made of text, native code, and what
// hides such things. It reads JavaScript by its syntax tree, follows aliases and names
// that are put together of constants, and runs nothing. What it cannot read it names.
package capability

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is something that code can reach, in the words of a report.
type Kind string

// The kinds, in the order of reports.
const (
	Obfuscation Kind = "obfuscation"   // names or texts that are hidden from who reads the code
	Child       Kind = "child_process" // other programs
	Native      Kind = "native"        // addons, libraries, programs that the package ships
	Eval        Kind = "eval"          // code made of text: eval, Function, vm, timers with a text
	Network     Kind = "network"
	Files       Kind = "filesystem"
	Env         Kind = "environment"
	Wasm        Kind = "wasm"
	Dynamic     Kind = "dynamic-load" // modules whose names are known only when it runs
)

// Kinds is the order of reports: what matters most first.
var Kinds = []Kind{Obfuscation, Child, Native, Eval, Network, Files, Env, Wasm, Dynamic}

// Place is where something is. Line is 0 for a file as a whole.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	// What is there, such as "node:https" or "process.env.HOME".
	What string `json:"what"`
}

// Sign is a combination that harmless packages hardly have: see Signs.
type Sign struct {
	Place
	// Key is a short word for it that does not change with the text.
	Key string `json:"key"`
}

// Unread is a file whose code was not read.
type Unread struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// Profile is what a package reaches.
type Profile struct {
	// Uses are places by kind, at most maxPlaces each, the first of each What in a
	// file. Counts are how many there were.
	Uses   map[Kind][]Place `json:"uses,omitempty"`
	Counts map[Kind]int     `json:"counts,omitempty"`
	// Signs are what looks like an attack.
	Signs []Sign `json:"signs,omitempty"`
	// Unread are files with code that could not be read: what they do is not known.
	// There are at most maxUnread; UnreadCount is how many there were.
	Unread      []Unread `json:"unread,omitempty"`
	UnreadCount int      `json:"unreadCount,omitempty"`
	// Files is the number of files with code that were read.
	Files int `json:"files"`
	// Scripts are the scripts that a package manager runs when the package is
	// installed, in the order in which it does.
	Scripts []Script `json:"scripts,omitempty"`
	// Role is that of package.json's "backstage", "" for none.
	Role string `json:"role,omitempty"`
}

// Script is run on the machine of whoever installs the package.
type Script struct {
	// Name is preinstall, install, postinstall, or "binding.gyp" for the build that
	// such a file starts where there is no install script.
	Name string `json:"name"`
	// Command is the script; of a binding.gyp, what it runs while it is read, "" if nothing.
	Command string `json:"command,omitempty"`
	// Files are the package's own files that the command names.
	Files []string `json:"files,omitempty"`
	// Reaches is what these files themselves reach.
	Reaches []Kind `json:"reaches,omitempty"`
	// Text is the SHA-256 of these files and the binding.gyp, in hex.
	Text string `json:"text,omitempty"`
}

const (
	maxPlaces = 12
	maxUnread = 12
)

// Has reports whether the package reaches something of a kind.
func (p *Profile) Has(k Kind) bool { return len(p.Uses[k]) > 0 }

// Reached are the kinds that it has, in the order of reports.
func (p *Profile) Reached() []Kind {
	var out []Kind
	for _, k := range Kinds {
		if p.Has(k) {
			out = append(out, k)
		}
	}
	return out
}

// Gained are the kinds that none of the earlier versions reach. Where what was
// before is not known, nothing is gained: the caller asks for that first.
func (p *Profile) Gained(before ...*Profile) []Kind {
	return slices.DeleteFunc(p.Reached(), func(k Kind) bool {
		return slices.ContainsFunc(before, func(b *Profile) bool { return b.Has(k) })
	})
}

// NewSigns are the signs that none of the earlier versions have.
func (p *Profile) NewSigns(before ...*Profile) []Sign {
	return slices.DeleteFunc(slices.Clone(p.Signs), func(s Sign) bool {
		return slices.ContainsFunc(before, func(b *Profile) bool {
			return slices.ContainsFunc(b.Signs, func(o Sign) bool { return o.Key == s.Key })
		})
	})
}

// Unusual are the kinds of what it reaches that plugins of its role do not: the code
// of the frontend runs in a browser, and plugins of the backend start no programs.
// It is nil for what is not a plugin.
func (p *Profile) Unusual() []Kind {
	odd := []Kind{Obfuscation, Child, Native}
	switch {
	case strings.HasPrefix(p.Role, "frontend-"), p.Role == "web-library":
		odd = append(odd, Files)
	case strings.HasPrefix(p.Role, "backend-"):
		odd = append(odd, Eval)
	default:
		return nil
	}
	return slices.DeleteFunc(p.Reached(), func(k Kind) bool { return !slices.Contains(odd, k) })
}

func (p *Profile) add(k Kind, at Place) {
	if p.Uses == nil {
		p.Uses, p.Counts = map[Kind][]Place{}, map[Kind]int{}
	}
	if slices.ContainsFunc(p.Uses[k], func(o Place) bool { return o.File == at.File && o.What == at.What }) {
		return
	}
	p.Counts[k]++
	if len(p.Uses[k]) < maxPlaces {
		p.Uses[k] = append(p.Uses[k], at)
	}
}

func (p *Profile) unread(file, why string) {
	p.UnreadCount++
	if len(p.Unread) < maxUnread {
		p.Unread = append(p.Unread, Unread{file, why})
	}
}

func (p *Profile) sign(key string, at Place) {
	if !slices.ContainsFunc(p.Signs, func(s Sign) bool { return s.Key == key }) {
		p.Signs = append(p.Signs, Sign{at, key})
	}
}

// settle puts what was found in an order that does not depend on the tarball's.
func (p *Profile) settle() {
	for _, list := range p.Uses {
		slices.SortStableFunc(list, comparePlaces)
	}
	slices.SortStableFunc(p.Signs, func(a, b Sign) int { return cmp.Or(cmp.Compare(a.Key, b.Key), comparePlaces(a.Place, b.Place)) })
	slices.SortFunc(p.Unread, func(a, b Unread) int { return cmp.Compare(a.File, b.File) })
}

func comparePlaces(a, b Place) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.What, b.What))
}
