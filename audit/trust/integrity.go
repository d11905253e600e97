package trust

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

const nextRestore = "Take the entry from the base branch, or remove it and run yarn install; find out who changed it"

// weakness is what is wrong with how an entry pins its package.
type weakness struct {
	kind, message, next string
	standing            finding.Severity
	weak                bool
}

// integrity is the rule lock-integrity.
func (c *checker) integrity(l *yarnlock.Lock, e *yarnlock.Entry, a aliases, needed map[string]bool) {
	if c.off(ruleIntegrity) {
		return
	}
	lost := c.in.Base != nil && c.lost(l, e)
	for _, w := range weaknesses(l, e, a) {
		if lost && w.kind == "missing" {
			continue
		}
		c.add(issue{rule: ruleIntegrity, pos: l.Pos(e), name: e.Keys[0].Name, kind: w.kind, message: w.message, next: w.next,
			added: !c.was.seen[identity(e)+"\x00"+w.message], standing: w.standing, weak: w.weak})
	}
	if why := c.nowhere(l, e); why != "" {
		c.add(issue{rule: ruleIntegrity, pos: l.Pos(e), name: e.Keys[0].Name, kind: "nowhere", message: why, next: nextRestore,
			added: !c.was.seen[identity(e)+"\x00"+why], standing: finding.Warning})
	}
	c.changedSum(l, e)
	if !lost {
		c.conditional(l, e, needed)
	}
	if c.in.Base != nil {
		c.edited(l, e)
	}
}

// changedSum compares with the base: what a registry has published under a
// version never changes, so that a new checksum for it is another content.
func (c *checker) changedSum(l *yarnlock.Lock, e *yarnlock.Entry) {
	list := sums(l, e)
	for _, s := range list {
		known := c.was.checksums[sumID{s.locator, s.kind}]
		if len(known) > 0 && !known[s.sum] {
			c.add(issue{rule: ruleIntegrity, pos: l.Pos(e), name: e.Keys[0].Name, kind: "changed", added: true,
				message: fmt.Sprintf("the checksum of %s is not the one that the base has for it", s.locator),
				next:    "Do not install it. A published version never changes: " + strings.ToLower(nextRestore[:1]) + nextRestore[1:]})
			return
		}
	}
	at := e.Resolution.String()
	if l.Kind == yarnlock.Berry && len(list) > 0 && list[0].kind != l.CacheKey && c.was.kinds[at] != nil && !c.was.kinds[at][list[0].kind] {
		// Yarn does not compare a checksum of another key than its own.
		c.add(issue{rule: ruleIntegrity, pos: l.Pos(e), name: e.Keys[0].Name, kind: "key", added: true,
			message: fmt.Sprintf("the checksum of %s has the key %q, which it does not have at the base: it cannot be compared", at, list[0].kind), next: nextRestore})
	}
}

// cacheKey is about the key of a whole lock. Yarn compares no checksum of another
// key than its own, so that with a new key every archive is believed. Another
// version of Yarn, or compressionLevel, brings one; by itself it is an edit.
func (c *checker) cacheKey(l *yarnlock.Lock) {
	was, had := c.was.keys[l.File]
	if c.off(ruleIntegrity) || l.Kind != yarnlock.Berry || !had || was == "" || was == l.CacheKey {
		return
	}
	explained := c.in.Base.Files == nil || c.newYarn(l.File)
	c.add(issue{rule: ruleIntegrity, pos: posOf(l.File), name: l.File, kind: "cacheKey", added: true, weak: explained,
		message: fmt.Sprintf("the cacheKey of the lock is %q, and %q at the base: none of its checksums can be compared", l.CacheKey, was),
		next:    "Take yarn.lock from the base branch and run yarn install; with another Yarn, compare its checksums on a machine that you trust"})
}

// nowhere says that a range of the registry is answered by a workspace that is
// not there: Yarn would install what the registry has, or nothing.
func (c *checker) nowhere(l *yarnlock.Lock, e *yarnlock.Entry) string {
	folder, ok := e.Resolution.Workspace()
	if !ok || !slices.ContainsFunc(e.Keys, func(k yarnlock.Descriptor) bool { return k.Is(spec.NPM) }) {
		return ""
	}
	dir, known := path.Dir(l.File), false
	at := path.Join(dir, folder)
	for _, w := range c.in.Workspaces {
		where := path.Dir(w.Pos.File)
		known = known || dir == "." || where == dir || strings.HasPrefix(where, dir+"/")
		if where == at && w.Name == e.Resolution.Name {
			return ""
		}
	}
	if !known {
		return "" // the project could not be read
	}
	return fmt.Sprintf("the entry of %s says that it is the workspace in %s, where there is none of that name", e.Keys[0], folder)
}

// weaknesses judges one entry by itself.
func weaknesses(l *yarnlock.Lock, e *yarnlock.Entry, a aliases) []weakness {
	var out []weakness
	switch {
	case !ofYarn(l):
		out = otherSum(e)
	case l.Kind == yarnlock.Classic:
		out = classicSum(e)
	default:
		out = berrySum(e)
	}
	if why := badName(e); why != "" {
		out = append(out, weakness{"name", why, nextRestore, finding.Warning, false})
	}
	if why := spelling(e); why != "" {
		out = append(out, weakness{"version", fmt.Sprintf("the entry of %s %s", e.Keys[0], why), nextRestore, finding.Warning, false})
	} else if why := mismatch(l, e, a); why != "" {
		out = append(out, weakness{"mismatch", fmt.Sprintf("the entry of %s %s", e.Keys[0], why), nextRestore, finding.Warning, false})
	}
	if l.Kind == yarnlock.Berry {
		out = append(out, outOfRange(e)...)
	}
	return out
}

// berrySum: Yarn writes a checksum for every package that it fetches
// (Project.fetchEverything), except those for some platforms alone, which it
// does not fetch everywhere (conditions), and what is linked (soft). The folder
// behind file: is part of the repository.
func berrySum(e *yarnlock.Entry) []weakness {
	const next = "Run yarn install with checksumBehavior at its default, and commit yarn.lock"
	if e.Checksum == "" {
		if e.LinkType == "soft" || e.IsWorkspace() || e.Conditions != "" || e.Resolution.Is(spec.File) {
			return nil
		}
		return []weakness{{"missing", fmt.Sprintf("%s has no checksum", e.Resolution), next, finding.Warning, false}}
	}
	_, sum, ok := strings.Cut(e.Checksum, "/")
	if !ok {
		sum = e.Checksum
	}
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != 64 {
		return []weakness{{"weak", fmt.Sprintf("the checksum of %s is not a SHA-512", e.Resolution), next, finding.Warning, false}}
	}
	return nil
}

// classicSum: Yarn 1 writes integrity since 1.10, and before that the SHA-1 of
// the tarball alone, after the # of resolved. What does not come from a
// registry has no integrity; the rule git-source is about it.
func classicSum(e *yarnlock.Entry) []weakness {
	const next = "Remove the entry and run yarn install with Yarn 1.10 or later and a registry that gives SHA-512"
	name, version, ok := e.Package()
	if !ok {
		return nil
	}
	at := name + "@" + version
	if e.Resolved == "" && e.Integrity == "" {
		// Yarn 1 asks the registry for the range anew then, every time.
		return []weakness{{"missing", at + " has neither an address nor a checksum: Yarn installs whatever its range admits that day",
			"Remove the entry and run yarn install", finding.Warning, false}}
	}
	if e.Resolved == "" || !strings.Contains(e.Resolved, "://") && e.Integrity == "" {
		return nil
	}
	if e.Integrity == "" {
		if strings.Contains(e.Resolved, "#") {
			return []weakness{{"weak", at + " is pinned by a SHA-1 alone, which can be forged", next, finding.Info, false}}
		}
		return []weakness{{"missing", at + " has no checksum", next, finding.Warning, false}}
	}
	sizes := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}
	strong, broken := false, false
	for part := range strings.FieldsSeq(e.Integrity) {
		algorithm, hash, _ := strings.Cut(part, "-")
		hash, _, _ = strings.Cut(hash, "?")
		if size := sizes[algorithm]; size > 0 {
			raw, err := base64.StdEncoding.DecodeString(hash)
			if err != nil || len(raw) != size {
				broken = true
			} else {
				strong = true
			}
		}
	}
	switch {
	case broken:
		return []weakness{{"weak", "the integrity of " + at + " is not a hash", nextRestore, finding.Warning, false}}
	case !strong:
		return []weakness{{"weak", at + " is pinned by a weak hash alone, which can be forged", next, finding.Info, false}}
	}
	return nil
}

// spelling says that a version is not written as Yarn writes it. Yarn takes v2.1.3
// for 2.1.3, while an advisory that lists versions, and whoever reads the change,
// do not. Build metadata may stand in a lock, as it stands in the registry.
func spelling(e *yarnlock.Entry) string {
	_, written, ok := e.Package()
	if !ok {
		return "" // the version is that of the package's own manifest
	}
	if v, err := semrange.ParseVersion(written); err == nil && v.Original() == written {
		return ""
	}
	if list := e.Versions(); len(list) > 0 {
		return fmt.Sprintf("has its version written as %q, which no package manager does; what is installed is %s", written, list[0])
	}
	return fmt.Sprintf("has the version %q, which is not valid: what is installed is not known", written)
}

// badName says that a package has a name that npm's registry cannot have: other
// letters look like those of a package that is known.
func badName(e *yarnlock.Entry) string {
	name, _, ok := e.Package()
	if !ok {
		return ""
	}
	scope, bare, scoped := strings.Cut(name, "/")
	if !scoped {
		scope, bare = "", name
	}
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()"
	if bare != "" && bare[0] != '.' && bare[0] != '_' && strings.Trim(strings.TrimPrefix(scope, "@"), plain) == "" && strings.Trim(bare, plain) == "" {
		return ""
	}
	return fmt.Sprintf("%q is a name that no registry has a package of", name)
}

// ofYarn tells Yarn's locks from those of other package managers, which come in
// Berry's terms.
func ofYarn(l *yarnlock.Lock) bool { return path.Base(l.File) == "yarn.lock" }

// otherSum is for the locks of npm and pnpm. npm loses hashes by itself at times
// (npm/cli #4263), so that a missing one is a warning.
func otherSum(e *yarnlock.Entry) []weakness {
	const next = "Have the package manager rewrite the entry, from a registry that gives SHA-512"
	switch algorithm, sum, _ := strings.Cut(e.Checksum, "/"); {
	case e.LinkType == "soft":
	case e.Checksum == "":
		return []weakness{{"missing", fmt.Sprintf("%s has no hash", e.Resolution), next, finding.Info, true}}
	case algorithm == "sha1":
		return []weakness{{"weak", fmt.Sprintf("%s is pinned by a weak hash alone, which can be forged", e.Resolution), next, finding.Info, true}}
	default:
		sizes := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}
		if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sizes[algorithm] {
			return []weakness{{"weak", fmt.Sprintf("the integrity of %s is not a hash", e.Resolution), next, finding.Warning, false}}
		}
	}
	return nil
}
