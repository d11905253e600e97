package spec

import (
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

// Spec is a dependency spec of a package.json taken apart. Raw is always the
// whole text; which other fields are set depends on Kind.
type Spec struct {
	Kind Kind
	Raw  string
	// Protocol is "" when none is written.
	Protocol Protocol
	// Range is the range of KindRange, KindAlias, KindWorkspace and
	// KindBackstage ("^"), or the tag of KindTag. For an alias it may be a tag.
	Range string
	// Versions is Range as node-semver understands it, the zero Range where it
	// does not.
	Versions semrange.Range
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

// Read takes a dependency spec apart as Yarn 4 reads it. It accepts any text:
// what Yarn would refuse has KindUnknown.
func Read(s string) Spec { return read(s, maxPatchDepth) }

func read(raw string, depth int) Spec {
	s := strings.TrimSpace(raw)
	out := Spec{Raw: raw}
	if out.admit(s) {
		out.Kind = KindRange
		return out
	}
	r := Parse(s)
	rest := s[len(r.Protocol):]
	out.Protocol = r.Protocol
	switch r.Protocol {
	case NPM:
		out.npm(rest)
	case Workspace:
		out.Kind = KindWorkspace
		if rest == "^" || rest == "~" || rest == "*" {
			out.Range = rest
		} else if !out.admit(rest) {
			out.Path = rest
		}
	case Patch:
		out.patch(r, depth)
	case Backstage:
		out.Kind = KindBackstage
		out.Range, out.Params, _ = strings.Cut(rest, "::")
	case Catalog:
		out.Kind, out.Catalog = KindCatalog, rest
	case File:
		out.Kind, out.Path = KindFile, rest
	case Link:
		out.Kind, out.Path = KindLink, rest
	case Portal:
		out.Kind, out.Path = KindPortal, rest
	case Exec:
		out.Kind, out.Path = KindExec, rest
	default:
		switch {
		case isGit(s):
			out.Kind = KindGit
		case r.Protocol.Is(HTTP, HTTPS):
			out.Kind = KindTarball
		case IsPath(s) || strings.HasPrefix(s, "~/") || isArchive(s):
			out.Kind, out.Path, out.Protocol = KindFile, s, ""
		case IsTag(s):
			out.Kind, out.Range = KindTag, s
		}
	}
	return out
}

// admit notes a range that node-semver understands.
func (s *Spec) admit(text string) bool {
	if strings.IndexByte(text, ':') >= 0 {
		return false
	}
	r, err := semrange.Parse(text)
	if err != nil {
		return false
	}
	s.Range, s.Versions = text, r
	return true
}

// npm reads what follows "npm:".
func (s *Spec) npm(rest string) {
	rest, s.Params, _ = strings.Cut(rest, "::")
	switch name, rng := SplitDescriptor(rest); {
	case s.admit(rest):
		s.Kind = KindRange
	case IsTag(rest):
		s.Kind, s.Range = KindTag, rest
	case !IsIdent(name):
	case s.admit(rng):
		// Without a range ("npm:@scope/name") npm and Classic take the tag
		// latest; Yarn 4 refuses it.
		s.Kind, s.Name = KindAlias, name
	case IsTag(rng):
		s.Kind, s.Name, s.Range = KindAlias, name, rng
	}
}

// patch reads what follows "patch:": <descriptor>#<files>[::<params>], the
// descriptor percent-encoded.
func (s *Spec) patch(r Range, depth int) {
	s.Kind, s.Params, s.Path = KindPatch, r.params, r.Selector()
	source := r.Source()
	if !r.HasSource {
		source, s.Path = s.Path, ""
	}
	name, rng := SplitDescriptor(source)
	s.Name = name
	if rng != "" && depth > 0 {
		inner := read(rng, depth-1)
		s.Inner = &inner
	}
}

// IsRange is semverUtils.validRange as a yes or no.
func IsRange(s string) bool {
	var spec Spec
	return spec.admit(s)
}

// IsTag is Yarn's TAG_REGEXP, /^(?!v)[a-z0-9._-]+$/i (the look-ahead ignores
// case too).
func IsTag(s string) bool { return s != "" && s[0]|0x20 != 'v' && isWord(s) }

// IsPath is the file plugin's FILE_REGEXP, /^(?:[a-zA-Z]:[\\/]|\.{0,2}\/)/: a
// path without a protocol.
func IsPath(s string) bool {
	return strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") ||
		len(s) > 2 && isLetter(s[0]) && s[1] == ':' && (s[2] == '/' || s[2] == '\\')
}

// isArchive is the file plugin's TARBALL_REGEXP: the name of an archive.
func isArchive(s string) bool {
	archive, _, _ := strings.Cut(s, "::")
	return !strings.Contains(archive, "?") && (strings.HasSuffix(archive, ".tgz") || strings.HasSuffix(archive, ".tar.gz"))
}

// Normalize is Configuration.normalizeDependency: a semver range or a tag gets
// the default protocol, everything else stays.
func Normalize(rng string) string {
	if !NPM.In(rng) && (IsTag(rng) || IsRange(rng)) {
		return NPM.Of(rng)
	}
	return rng
}

// Qualify is Normalize for what Yarn has accepted: ranges and tags have neither
// a colon nor a slash, and whatever else a manifest or a lock may hold has one of
// them.
func Qualify(rng string) string {
	if NPM.In(rng) || strings.ContainsAny(rng, ":/") {
		return rng
	}
	return NPM.Of(rng)
}
