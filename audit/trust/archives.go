package trust

import (
	"fmt"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// An Archive is a package that a change commits as Yarn keeps it in its cache.
type Archive struct {
	// Path is from the root, with forward slashes.
	Path string
	// SHA512 is that of its bytes, in hexadecimal; "" where it is not checked out,
	// or a pointer of Git LFS.
	SHA512 string
}

// archiveName is how Yarn 2 and later name an archive (slugifyLocator, and
// Cache.getVersionFilename or getChecksumFilename): the package, ten digits of its
// locator's hash, and the start of its checksum or the key of the cache.
var archiveName = pattern.New(`^(.+)-[0-9a-f]{10}-([0-9a-f]{8,10}|[0-9]{1,2}(?:c[0-9])?)\.zip$`)

// IsArchive reports whether a file has the name of an archive in Yarn's cache.
func IsArchive(name string) bool { return archiveName().MatchString(path.Base(name)) }

// archives is about packages that the change commits as Yarn's archives: Yarn
// installs those and fetches nothing. It compares them with the lock's checksums
// (YN0018), unless checksumBehavior says otherwise (seen with Yarn 4.4.1,
// --immutable); what has no checksum there is pinned by nothing. So one that is
// not what the lock pins is an error, and one that is what the base's lock pins
// already is none.
// What is left has a checksum that came with it: Yarn never asked a registry.
func (c *checker) archives() {
	if c.off(ruleIntegrity) || c.in.Base == nil {
		return
	}
	was, now := digests(c.in.Base.Locks), digests(c.in.Head.Locks)
	var brought, other, absent []string
	for _, a := range c.in.Archives {
		switch {
		case a.SHA512 == "":
			absent = append(absent, a.Path)
		case was[a.SHA512]:
		case now[a.SHA512]:
			brought = append(brought, a.Path)
		case c.installs(a):
			other = append(other, a.Path)
		}
	}
	const compare = "Compare them: remove the archives, run yarn install with an empty cache, and see that git status shows no change"
	c.archive(other, "mismatch", false, "%s is not what the lock has the checksum of", compare)
	c.archive(brought, "archive", len(c.in.Base.Archives) > 0, "the change brings %s, which Yarn installs instead of what the registry has", compare)
	c.archive(absent, "archive", len(c.in.Base.Archives) > 0, "%s is not checked out, or a pointer of Git LFS: it is not known what Yarn installs", "Run git lfs pull, or check out all of the cache")
}

func (c *checker) archive(list []string, kind string, weak bool, format, next string) {
	if len(list) == 0 {
		return
	}
	what := list[0]
	if n := len(list) - 1; n > 0 {
		what += fmt.Sprintf(" (and %d more)", n)
	}
	c.add(issue{rule: ruleIntegrity, pos: posOf(list[0]), name: path.Base(list[0]), kind: kind, added: true, weak: weak,
		message: fmt.Sprintf(format, what), next: next})
}

// installs reports whether some entry is of the package that an archive is named
// after: what no entry is of is never installed.
func (c *checker) installs(a Archive) bool {
	slug := archiveName().FindStringSubmatch(path.Base(a.Path))[1]
	for _, l := range c.in.Head.Locks {
		if l.Kind != yarnlock.Berry {
			continue
		}
		for _, e := range l.Entries {
			name := strings.ReplaceAll(e.Resolution.Name, "/", "-") + "-"
			rest, ok := strings.CutPrefix(slug, name)
			if _, version, npm := e.Package(); ok && (!npm || !strings.HasPrefix(rest, "npm-") || rest == "npm-"+version) {
				return true
			}
		}
	}
	return false
}

// digests are the checksums that locks of Yarn 2 and later have.
func digests(locks []*yarnlock.Lock) map[string]bool {
	out := map[string]bool{}
	for _, l := range locks {
		for _, e := range l.Entries {
			if l.Kind == yarnlock.Berry && e.Checksum != "" {
				out[e.Checksum[strings.LastIndexByte(e.Checksum, '/')+1:]] = true
			}
		}
	}
	return out
}
