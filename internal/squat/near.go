package squat

import (
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/spec"
)

// Near is what a name may be taken for. ok is false for a name that is known
// itself, that is in a scope which is known, as nobody else publishes there, or that
// is like no other.
func (x *Index) Near(name string) (m Match, ok bool) {
	if _, known := x.bits[name]; known {
		return Match{}, false
	}
	scope, base := spec.SplitScope(name)
	switch {
	case base == "":
		return Match{}, false
	case scope != "":
		return x.nearScope(scope)
	}
	sk := skeleton(base)
	if t := x.skels[sk]; t != "" {
		return Match{t, differs(name, t)}, true
	}
	if t := x.affixed(base); t != "" {
		return Match{t, "it is that name with js, node or npm added"}, true
	}
	if t := x.bare[base]; t != "" {
		return Match{t, "it is that name without its scope"}, true
	}
	if t := x.slip(base); t != "" {
		return Match{t, "one letter is another, missing, too many, or has changed places with the next"}, true
	}
	return Match{}, false
}

// differs says how two names of one skeleton differ.
func differs(name, target string) string {
	switch {
	case strings.HasPrefix(target, "@"):
		return "the scope is part of its name"
	case plain(name) == plain(target):
		return "only the separators differ"
	}
	return "letters or digits are replaced by some that look like them"
}

func (x *Index) nearScope(scope string) (Match, bool) {
	if x.owned[scope] {
		return Match{}, false
	}
	sk := skeleton(scope)
	if t := x.scopes[sk]; t != "" {
		return Match{"@" + t, "its scope looks the same"}, true
	}
	for _, t := range x.list {
		if min(len(scope), len(t)) >= shortestScope && oneSlip(scope, t) {
			return Match{"@" + t, "its scope differs in one letter"}, true
		}
	}
	for _, t := range x.list {
		if rest, ok := strings.CutPrefix(sk, skeleton(t)); ok && len(t) >= longScope && len(rest) <= 2 {
			return Match{"@" + t, "its scope has some letters more"}, true
		}
	}
	if strings.Contains(sk, skeleton(backstage)) {
		return Match{"@" + backstage, "its scope has that name in it"}, true
	}
	return Match{}, false
}

// affixed is a popular package whose name begins or ends with what is commonly
// added to names: x.js, xjs, node-x, x-npm.
func (x *Index) affixed(name string) string {
	low := strings.ToLower(name)
	for _, affix := range []string{"js", "node", "npm"} {
		for _, rest := range []string{strings.TrimSuffix(low, affix), strings.TrimPrefix(low, affix)} {
			if rest == low {
				continue
			}
			rest = strings.Trim(rest, "-_.")
			if t := x.skels[skeleton(rest)]; len(rest) >= shortest && t != "" && x.bits[t] <= affixBits {
				return t
			}
		}
	}
	return ""
}

// slip is the most popular package from whose name a name differs by one slip.
func (x *Index) slip(name string) string {
	best := ""
	for size := max(len(name)-1, shortest); size <= len(name)+1; size++ {
		for _, t := range x.sized[size] {
			if bits := x.bits[t]; bits <= slipBits && (best == "" || bits < x.bits[best]) && oneSlip(name, t) && telling(name, t) {
				best = t
			}
		}
	}
	return best
}

// oneSlip reports whether two names differ by one letter that is another, missing,
// too many, or swapped with its neighbour (a distance of 1 by Damerau and
// Levenshtein). Digits are versions: a digit more, less, or another one is no slip.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	j, k := len(a), len(b)
	for j > i && k > i && a[j-1] == b[k-1] {
		j, k = j-1, k-1
	}
	x, y := a[i:j], b[i:k]
	if !(len(x) <= 1 && len(y) == 1) && !(len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]) {
		return false
	}
	return !strings.ContainsAny(x, digits) && !strings.ContainsAny(y, digits)
}

const digits = "0123456789"

// telling reports whether a slip between two names tells anything: not in a word of
// few letters (uri-template and url-template), and not where one is for TypeScript
// what the other is for JavaScript (ldapts and ldapjs).
func telling(a, b string) bool {
	if strings.TrimSuffix(a, "ts") == strings.TrimSuffix(b, "js") || strings.TrimSuffix(a, "js") == strings.TrimSuffix(b, "ts") {
		return false
	}
	v, w := strings.FieldsFunc(a, separator), strings.FieldsFunc(b, separator)
	if len(v) != len(w) {
		return true
	}
	for i := range v {
		if v[i] != w[i] {
			return max(len(v[i]), len(w[i])) >= shortest
		}
	}
	return true
}

func separator(r rune) bool { return r == '-' || r == '_' || r == '.' }

// plain is a name without separators, in lower case.
func plain(name string) string {
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c == '-' || c == '_' || c == '.' || c == '/' || c == '@':
		case c >= 'A' && c <= 'Z':
			b = append(b, c|0x20)
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// skeleton is what names have in common that look the same: plain, and with one
// letter for those that are taken for each other.
func skeleton(name string) string {
	s := plain(name)
	if !strings.ContainsAny(s, "01") && !strings.Contains(s, "rn") && !strings.Contains(s, "vv") {
		return s
	}
	return confusables().Replace(s)
}

// The letters that look like others; a replacer costs some microseconds to make.
var confusables = sync.OnceValue(func() *strings.Replacer { return strings.NewReplacer("0", "o", "1", "l", "rn", "m", "vv", "w") })
