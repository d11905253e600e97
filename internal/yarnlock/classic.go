package yarnlock

import (
	"strings"

	"github.com/portalctl/portalctl/internal/spec"
)

// classicEntry reads the entry that starts at the current line.
func (p *parser) classicEntry() (*Entry, error) {
	e := p.newEntry()
	rest, err := p.classicKeys(e)
	if err != nil {
		return nil, err
	}
	if rest != "" {
		return nil, p.fail(p.at, "expected an entry, found a value for %s", brief(e.Keys[0].String())).WithNext("%s", nextRewrite)
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.members(e); err != nil {
		return nil, err
	}
	if e.Version == "" {
		if p.done {
			return nil, p.cutShort("the last entry has no version")
		}
		return nil, p.badEntry(e, "the entry has no version")
	}
	if p.prev == len(p.src) && !strings.HasSuffix(p.src, "\n") && shortIntegrity(e.Integrity) {
		return nil, p.cutShort("the last integrity is not complete")
	}
	e.Resolution, e.classic = classicLocator(e), true
	return e, p.noExtraTwins(e)
}

// classicKeys reads "a@1, b@2:" and returns what follows the colon.
func (p *parser) classicKeys(e *Entry) (rest string, err error) {
	p.keyBuf = p.keyBuf[:0]
	for s := p.text; ; {
		var key string
		if key, rest, err = p.classicKey(s); err != nil {
			return "", err
		}
		if key == "" {
			return "", p.fail(p.at, "an empty key").WithNext("%s", nextRewrite)
		}
		if len(p.keyBuf) == 0 {
			e.sortKey = key
		}
		p.keyBuf = append(p.keyBuf, spec.ParseClassicKey(key))
		if !hasPrefix(rest, ",") {
			break
		}
		if s = trim(rest[1:]); s == "" {
			return "", p.fail(p.at+len(p.text), "expected another key after the comma").WithNext("%s", nextRewrite)
		}
	}
	e.Keys = carve(&p.keys, p.keyBuf)
	if !hasPrefix(rest, ":") {
		return "", p.noColon(rest)
	}
	return trim(rest[1:]), nil
}

// classicKey takes a key off s, the end of the current line. What follows it
// is returned trimmed, and starts with the colon if there is one.
func (p *parser) classicKey(s string) (key, rest string, err error) {
	if s[0] == '"' {
		key, n, err := p.quoted(s)
		return key, trim(s[min(n, len(s)):]), err
	}
	n := strings.IndexAny(s, ": ,")
	if n < 0 {
		n = len(s)
	}
	if !bareToken(s[:n]) {
		return "", "", p.fail(p.at+len(p.text)-len(s), "%q cannot be a key without quotes", brief(s[:n])).WithNext("%s", nextRewrite)
	}
	return s[:n], trim(s[n:]), nil
}

// bareToken reports whether Yarn 1's tokeniser reads s as one string.
func bareToken(s string) bool {
	return s != "" && (isLetter(s[0]) || strings.IndexByte("/.-", s[0]) >= 0) &&
		!hasPrefix(s, "true") && !hasPrefix(s, "false") && !strings.ContainsAny(s, ": ,\t")
}

// classicLocator says where a Classic entry comes from, in Berry's terms.
func classicLocator(e *Entry) Locator {
	for _, k := range e.Keys {
		if !ClassicExotic(k.Range) {
			if real, ok := k.Alias(); ok {
				return Locator{Name: real.Name, Reference: spec.NPM.Of(e.Version)}
			}
			return Locator{Name: k.Name, Reference: spec.NPM.Of(e.Version)}
		}
	}
	ref := e.Resolved
	if ref == "" {
		ref = e.Keys[0].Range
	}
	return Locator{Name: e.Keys[0].Name, Reference: ref}
}

// ClassicExotic reports whether Yarn 1 takes a range for something other than
// a registry package: a URL, git, a path, a hosted repository (user/repo).
func ClassicExotic(rng string) bool {
	return !spec.NPM.In(rng) && strings.ContainsAny(rng, ":/")
}

// shortIntegrity reports whether the last hash of an integrity is shorter than
// its algorithm says.
func shortIntegrity(s string) bool {
	last := s[strings.LastIndexByte(s, ' ')+1:]
	size := map[string]int{"sha1": 28, "sha256": 44, "sha384": 64, "sha512": 88}
	algorithm, hash, _ := strings.Cut(last, "-")
	hash, _, _ = strings.Cut(hash, "?")
	return len(hash) < size[algorithm]
}
