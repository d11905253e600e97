package spec

import "strings"

// Protocol is what a range or a reference starts with, its colon included. "" is
// none.
type Protocol string

// The protocols of Yarn and of the plugins that portals use.
const (
	NPM       Protocol = "npm:"
	Workspace Protocol = "workspace:"
	Patch     Protocol = "patch:"
	Backstage Protocol = "backstage:" // the Backstage plugin of Yarn
	Catalog   Protocol = "catalog:"
	Link      Protocol = "link:"
	Portal    Protocol = "portal:"
	File      Protocol = "file:"
	Exec      Protocol = "exec:"
	JSR       Protocol = "jsr:"
	HTTP      Protocol = "http:"
	HTTPS     Protocol = "https:"
)

// BackstageRange is the one range of Backstage that the plugin knows.
const BackstageRange = string(Backstage) + "^"

// In reports whether text starts with p.
func (p Protocol) In(text string) bool { return strings.HasPrefix(text, string(p)) }

// Cut is text without p; ok is false where it does not start so.
func (p Protocol) Cut(text string) (rest string, ok bool) {
	if p.In(text) {
		return text[len(p):], true
	}
	return text, false
}

// Of is p before text.
func (p Protocol) Of(text string) string { return string(p) + text }

// Is reports whether p is one of a list.
func (p Protocol) Is(list ...Protocol) bool {
	for _, q := range list {
		if p == q {
			return true
		}
	}
	return false
}

// Local reports whether text starts with a protocol of what the repository
// itself holds or makes.
func Local(text string) bool {
	return Workspace.In(text) || Link.In(text) || Portal.In(text) || File.In(text) || Exec.In(text)
}

// Bare is a range without npm:, which people do not write.
func Bare(rng string) string {
	rng, _ = NPM.Cut(rng)
	return rng
}
