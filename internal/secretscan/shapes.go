package secretscan

import (
	"bytes"
	_ "embed"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/pattern"
)

//go:embed table.tsv
var tableText string

// shapeRule is a rule of gitleaks, read as its detector reads it.
type shapeRule struct {
	id       string
	entropy  float64
	group    int
	keywords []string
	path, re func() *regexp.Regexp
	allow    []allowlist
}

// allowlist says what a rule has not found.
type allowlist struct {
	target          string // "" for the secret, or match, or line
	all             bool   // all of its parts must hold, instead of one
	paths, patterns []func() *regexp.Regexp
	stopwords       []string
}

func compiledAll(text string) (list []func() *regexp.Regexp) {
	for _, t := range fields(text) {
		list = append(list, pattern.New(t))
	}
	return list
}

func fields(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x1f")
}

// general are the exceptions of all rules.
var general []allowlist

var table = sync.OnceValue(func() []shapeRule {
	list := ownShapes()
	rules := len(list)
	for line := range strings.Lines(tableText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] == "rule" {
			r := shapeRule{id: f[1], keywords: fields(f[4]), re: pattern.New(f[6])}
			r.entropy, _ = strconv.ParseFloat(f[2], 64)
			r.group, _ = strconv.Atoi(f[3])
			if f[5] != "" {
				r.path = pattern.New(f[5])
			}
			list = append(list, r)
			continue
		}
		a := allowlist{target: f[1], all: f[2] == "AND", paths: compiledAll(f[3]), patterns: compiledAll(f[4]), stopwords: fields(f[5])}
		if len(list) == rules {
			general = append(general, a)
		} else {
			list[len(list)-1].allow = append(list[len(list)-1].allow, a)
		}
	}
	return list
})

// ownShapes are tokens that gitleaks does not know.
func ownShapes() []shapeRule {
	return []shapeRule{
		{id: "docker-pat", entropy: 3, keywords: []string{"dckr_"}, re: pattern.New(`\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{24,}`)},
		{id: "sonarqube-token", entropy: 3, keywords: []string{"sqp_", "squ_", "sqa_"}, re: pattern.New(`\bsq[pua]_[a-f0-9]{40}\b`)},
	}
}

// The window around a word in which a rule looks: a line, but no more of it than this.
const (
	lead  = 256
	after = 4096
)

// shape looks for a rule around the places of its words.
func (s *scanner) shape(r shapeRule, at []int) {
	curl := strings.HasPrefix(r.id, "curl-auth")
	if r.path != nil && !r.path().MatchString(s.name) || curl && (s.test || s.prose) {
		return
	}
	done := 0
	for _, p := range at {
		if p < done {
			continue
		}
		start, end := max(0, p-lead), min(p+after, len(s.src))
		start += bytes.LastIndexByte(s.src[start:p], '\n') + 1
		// The value may be on the next line.
		if i := bytes.IndexByte(s.src[p:end], '\n'); i >= 0 {
			if k := bytes.IndexByte(s.src[p+i+1:end], '\n'); k >= 0 {
				end = p + i + 1 + k
			}
		}
		if s.work += end - start; s.work > maxWork {
			s.partial = true
			return
		}
		window := s.src[start:end]
		for _, m := range r.re().FindAllSubmatchIndex(window, 20) {
			from, to := m[0], m[1]
			if g := r.group; g > 0 && 2*g+1 < len(m) && m[2*g] >= 0 {
				from, to = m[2*g], m[2*g+1]
			} else if g == 0 {
				for k := 2; k+1 < len(m); k += 2 { // the first group that is not empty
					if m[k] >= 0 && m[k+1] > m[k] {
						from, to = m[k], m[k+1]
						break
					}
				}
			}
			secret := string(window[from:to])
			if entropy(secret) <= r.entropy && r.entropy > 0 || s.allowed(r, secret, window, m[0], m[1]) || wellKnown(secret) {
				continue
			}
			if curl {
				from += strings.IndexByte(secret, ':') + 1 // -u user:password
				if v := string(window[from:to]); reference().MatchString(v) || hollow().MatchString(v) || someWords().MatchString(v) {
					continue
				}
			}
			for from < to && (window[from] == '"' || window[from] == '\'') {
				from++ // a group that begins with its quotes
			}
			s.add(r.id, "a secret of the kind "+strings.ReplaceAll(r.id, "-", " "), start+from, start+to)
		}
		done = end
		if i := bytes.IndexByte(s.src[p:end], '\n'); i >= 0 {
			done = p + i + 1 // the next line has a window of its own
		}
	}
}

// allowed reports whether the exceptions of a rule, or those of all, are about a match.
func (s *scanner) allowed(r shapeRule, secret string, window []byte, from, to int) bool {
	for _, a := range append(general[:len(general):len(general)], r.allow...) {
		text := secret
		switch a.target {
		case "match":
			text = string(window[from:to])
		case "line":
			start := bytes.LastIndexByte(window[:from], '\n') + 1
			text = string(window[start : to+len(firstLine(window[to:]))])
		}
		checks, holds := 0, 0
		check := func(there, is bool) {
			if there {
				checks++
				if is {
					holds++
				}
			}
		}
		check(len(a.paths) > 0, anyMatch(a.paths, s.name))
		check(len(a.patterns) > 0, anyMatch(a.patterns, text))
		check(len(a.stopwords) > 0, hasAny(strings.ToLower(secret), a.stopwords))
		if holds > 0 && (!a.all || holds == checks) {
			return true
		}
	}
	return false
}

func anyMatch(list []func() *regexp.Regexp, text string) bool {
	return slices.ContainsFunc(list, func(re func() *regexp.Regexp) bool { return re().MatchString(text) })
}

func hasAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// wellKnown are examples: the token of jwt.io, and what says that it is one.
func wellKnown(secret string) bool {
	return strings.Contains(secret, "eyJzdWIiOiIxMjM0NTY3ODkwI") || strings.Contains(strings.ToUpper(secret), "EXAMPLE")
}

// entropy is Shannon's, in bits a character.
func entropy(s string) (bits float64) {
	var n [256]int
	for i := range len(s) {
		n[s[i]]++
	}
	for _, c := range n {
		if c > 0 {
			p := float64(c) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
