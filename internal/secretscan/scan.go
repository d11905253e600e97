// Package secretscan finds secrets that stand in files as they are: tokens by their
// shape, with the rules of gitleaks, and by the structure of the files that a portal
// has, values of keys that name a secret, passwords in addresses, private keys and the
// data of Kubernetes Secrets. It says where and of what kind; what it found is in
// nothing that it returns.
package secretscan

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"
)

// The bounds of a scan. What is beyond them is not looked at, and Result.Partial says
// so.
const (
	maxFile    = 16 << 20 // bytes of a file
	maxWork    = 24 << 20 // bytes that regular expressions look at, all rules together
	maxPlaces  = 100_000  // words that a rule may begin at
	maxHits    = 1000
	maxDecoded = 4 << 20 // bytes of base64
)

// Hit is a secret. Line and Column count from 1, the column in characters.
type Hit struct {
	// Rule is the id of what found it: one of this package's, or of gitleaks.
	Rule         string
	Line, Column int
	// What says what it is, in a few words that do not have it: "the value of
	// POSTGRES_PASSWORD".
	What string
}

// The rules of this package.
const (
	// ruleLiteral: the value of a key that names a secret.
	ruleLiteral = "secret-literal"
	// RuleDefault: such a value that everybody knows, such as changeme: no leak, and no
	// protection.
	RuleDefault = "default-password"
	ruleURL     = "url-password"
	ruleKey     = "private-key"
	ruleHeader  = "authorization-header"
)

// Result is what a file has.
type Result struct {
	// Hits are in the order of the file, one for each secret.
	Hits []Hit
	// Partial says that the file is larger, or has more in it, than is looked at.
	Partial bool
}

// found is a hit before it is known to be the only one for its text.
type found struct {
	rule, what string
	start, end int // of the secret, in the file
}

type scanner struct {
	file
	src     []byte
	hits    []found
	work    int
	partial bool
	// decoded counts the bytes that were base64; inside says that src is one of these.
	decoded int
	inside  bool
	claimed map[int]bool // values that were judged by more than their line
}

// Scan looks for secrets in a file of a repository. name is its path, with forward
// slashes; what kind of file it is decides what is looked for. Locks, pictures,
// installed packages and what is no text have nothing.
func Scan(name string, content []byte) Result {
	f := fileOf(name)
	if f.kind == skipped || bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0 {
		return Result{}
	}
	s := &scanner{file: f, src: content, claimed: map[int]bool{}}
	if len(content) > maxFile {
		s.src, s.partial = content[:maxFile], true
	}
	s.look()
	return s.result()
}

// look finds all words that a rule may begin at in one pass, and asks the rules there.
func (s *scanner) look() {
	if !s.inside {
		s.schema, s.sealed = isSchema(s.src), bytes.Contains(s.src, []byte("encryptedData:"))
		s.kubernetes()
	}
	places, all := index().find(s.src, maxPlaces)
	s.partial = s.partial || !all
	byRule := map[int][]int{}
	for _, p := range places {
		for _, owner := range index().owners[p.word] {
			switch {
			case owner >= 0:
				byRule[owner] = append(byRule[owner], p.at)
			case s.test: // nothing of it is in use
			case owner == ownPair:
				s.pair(p.at, p.at+len(index().words[p.word]))
			case owner == ownURL:
				s.url(p.at)
			case owner == ownKey:
				s.key(p.at)
			case owner == ownLogin:
				s.login(p.at + len(index().words[p.word]))
			}
		}
	}
	for _, r := range slices.Sorted(maps.Keys(byRule)) {
		s.shape(table()[r], byRule[r])
	}
	if !s.inside && !s.test && !s.prose && s.kind != source {
		s.base64()
	}
}

func (s *scanner) add(rule, what string, start, end int) {
	if len(s.hits) >= 4*maxHits {
		s.partial = true
		return
	}
	s.hits = append(s.hits, found{rule, what, start, end})
}

// rank prefers the rule that says most of a text which several have found.
func (f found) rank() int {
	switch f.rule {
	case RuleDefault, ruleLiteral:
		return 2
	case ruleHeader, ruleURL:
		return 1
	}
	return 0
}

// result has one hit for each text, and no text in any of them.
func (s *scanner) result() Result {
	slices.SortStableFunc(s.hits, func(a, b found) int { return cmp.Or(a.start-b.start, a.rank()-b.rank()) })
	var kept []found
	for _, f := range s.hits {
		if n := len(kept); n > 0 && f.start < kept[n-1].end {
			if f.rank() < kept[n-1].rank() {
				f.end = max(f.end, kept[n-1].end)
				kept[n-1] = f
			}
			kept[n-1].end = max(kept[n-1].end, f.end)
			continue
		}
		kept = append(kept, f)
	}
	if len(kept) > maxHits {
		kept, s.partial = kept[:maxHits], true
	}
	r := Result{Partial: s.partial}
	line, column, at := 1, 1, 0
	for _, f := range kept {
		for i := bytes.IndexByte(s.src[at:f.start], '\n'); i >= 0; i = bytes.IndexByte(s.src[at:f.start], '\n') {
			line, column, at = line+1, 1, at+i+1
		}
		column += utf8.RuneCount(s.src[at:f.start])
		at = f.start
		hit := Hit{Rule: f.rule, Line: line, Column: column, What: f.what}
		for _, other := range kept {
			if other.rule != RuleDefault && bytes.Contains([]byte(hit.What), s.src[other.start:other.end]) {
				hit.What = "a secret"
			}
		}
		r.Hits = append(r.Hits, hit)
	}
	return r
}
