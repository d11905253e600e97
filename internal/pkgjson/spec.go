package pkgjson

import (
	"net/url"
	"strings"

	"github.com/portalctl/portalctl/internal/semrange"
)

// Kind says what a dependency spec refers to.
type Kind int

// The kinds of specs.
const (
	KindUnknown   Kind = iota // a protocol or form that Yarn would refuse
	KindRange                 // "^1.0.0", "*", "", "npm:^1.0.0"
	KindTag                   // "latest", "npm:next"
	KindAlias                 // "npm:other@^1.0.0"
	KindWorkspace             // "workspace:^", "workspace:../x"
	KindPatch                 // "patch:name@npm%3A1.0.0#~/.yarn/patches/x.patch"
	KindBackstage             // "backstage:^"
	KindCatalog               // "catalog:", "catalog:name"
	KindFile                  // "file:../x", "./x", "x.tgz"
	KindLink                  // "link:../x"
	KindPortal                // "portal:../x"
	KindExec                  // "exec:./make.js"
	KindGit                   // "git@host:u/r.git", "github:u/r", "u/r", …
	KindTarball               // "https://host/x.tgz"
)

var kindNames = [...]string{
	"unknown spec", "range", "dist-tag", "alias", "workspace", "patch", "Backstage release",
	"catalog entry", "file", "link", "portal", "exec script", "git repository", "tarball",
}

// String is the kind as a report names it.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return kindNames[0]
	}
	return kindNames[k]
}

// Spec is a dependency spec taken apart. Raw is always the whole text; which
// other fields are set depends on Kind.
type Spec struct {
	Kind Kind
	Raw  string
	// Protocol is the part up to the first colon, with the colon: "npm:". It is
	// "" when none is written.
	Protocol string
	// Range is the range of KindRange, KindAlias, KindWorkspace and
	// KindBackstage ("^"), or the tag of KindTag. For an alias it may be a tag.
	Range string
	// Name is the package behind an alias, or the one that a patch changes.
	Name string
	// Inner is the spec that a patch is applied to.
	Inner *Spec
	// Path is the path of KindFile, KindLink, KindPortal, KindExec, of a
	// KindWorkspace by path, or the patch files of KindPatch.
	Path string
	// Catalog is the name of the catalog, "" for the default one.
	Catalog string
	// Params is what follows "::" (Yarn's bindings, such as __archiveUrl=…).
	Params string
}

// maxPatchDepth limits patches of patches; real ones have one or two levels.
const maxPatchDepth = 8

// ParseSpec takes a dependency spec apart as Yarn 4 reads it. It accepts any
// text: what Yarn would refuse has KindUnknown.
func ParseSpec(s string) Spec { return parseSpec(s, maxPatchDepth) }

func parseSpec(raw string, depth int) Spec {
	s := strings.TrimSpace(raw)
	spec := Spec{Raw: raw}
	if isRange(s) {
		spec.Kind, spec.Range = KindRange, s
		return spec
	}
	protocol, rest, hasProtocol := strings.Cut(s, ":")
	if hasProtocol {
		spec.Protocol = protocol + ":"
		switch protocol {
		case "npm":
			return npmSpec(spec, rest)
		case "workspace":
			spec.Kind = KindWorkspace
			if rest == "^" || rest == "~" || rest == "*" || isRange(rest) {
				spec.Range = rest
			} else {
				spec.Path = rest
			}
			return spec
		case "patch":
			return patchSpec(spec, rest, depth)
		case "backstage":
			spec.Kind = KindBackstage
			spec.Range, spec.Params, _ = strings.Cut(rest, "::")
			return spec
		case "catalog":
			spec.Kind, spec.Catalog = KindCatalog, rest
			return spec
		case "file":
			spec.Kind, spec.Path = KindFile, rest
			return spec
		case "link":
			spec.Kind, spec.Path = KindLink, rest
			return spec
		case "portal":
			spec.Kind, spec.Path = KindPortal, rest
			return spec
		case "exec":
			spec.Kind, spec.Path = KindExec, rest
			return spec
		}
	}
	switch {
	case isGit(s):
		spec.Kind = KindGit
	case protocol == "http" || protocol == "https":
		spec.Kind = KindTarball
	case isPath(s):
		spec.Kind, spec.Path, spec.Protocol = KindFile, s, ""
	case isTag(s):
		spec.Kind, spec.Range = KindTag, s
	}
	return spec
}

// npmSpec reads what follows "npm:".
func npmSpec(spec Spec, rest string) Spec {
	rest, spec.Params, _ = strings.Cut(rest, "::")
	name, rng := splitDescriptor(rest)
	switch {
	case isRange(rest):
		spec.Kind, spec.Range = KindRange, rest
	case isTag(rest):
		spec.Kind, spec.Range = KindTag, rest
	case name != "" && (isRange(rng) || isTag(rng)):
		// Without a range ("npm:@scope/name") npm and Classic take the tag
		// latest; Yarn 4 refuses it.
		if _, base := splitScope(name); base != "" {
			spec.Kind, spec.Name, spec.Range = KindAlias, name, rng
		}
	}
	return spec
}

// patchSpec reads what follows "patch:": <descriptor>#<files>[::<params>], the
// descriptor percent-encoded.
func patchSpec(spec Spec, rest string, depth int) Spec {
	spec.Kind = KindPatch
	rest, spec.Params, _ = strings.Cut(rest, "::")
	source, path, _ := strings.Cut(rest, "#")
	spec.Path = path
	if decoded, err := url.PathUnescape(source); err == nil {
		source = decoded
	}
	name, rng := splitDescriptor(source)
	spec.Name = name
	if rng != "" && depth > 0 {
		inner := parseSpec(rng, depth-1)
		spec.Inner = &inner
	}
	return spec
}

func isRange(s string) bool {
	_, err := semrange.Parse(s)
	return err == nil
}

// isTag is Yarn's TAG_REGEXP, /^(?!v)[a-z0-9._-]+$/i.
func isTag(s string) bool {
	return s != "" && s[0] != 'v' && s[0] != 'V' && isWord(s)
}

// isPath is Yarn's FILE_REGEXP or TARBALL_REGEXP: a path as such, or the name
// of an archive.
func isPath(s string) bool {
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || strings.HasPrefix(s, "~/") {
		return true
	}
	if len(s) > 2 && isLetter(s[0]) && s[1] == ':' && (s[2] == '/' || s[2] == '\\') {
		return true
	}
	archive, _, _ := strings.Cut(s, "::")
	return !strings.Contains(archive, "?") && (strings.HasSuffix(archive, ".tgz") || strings.HasSuffix(archive, ".tar.gz"))
}
