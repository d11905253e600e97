package template

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/diff3"
	"github.com/portalctl/portalctl/internal/pattern"
)

// withoutDoubles is theirs without the statements and imported names that it adds to
// the base and that ours has already, wherever: teams add by hand what the template
// adds later, at another place, and a merge by line would have it twice. A name that is
// imported twice does not compile, and a plugin that is added twice does not start.
func withoutDoubles(base, ours, theirs []byte) []byte {
	have := map[string]bool{} // statements without white space
	names := map[string]map[string]bool{}
	for _, s := range anyStatements(string(ours)) {
		have[s.key] = true
		if list, from, ok := imported(s.text); ok {
			if names[from] == nil {
				names[from] = map[string]bool{}
			}
			for _, n := range list {
				names[from][n] = true
			}
		}
	}
	b, t := lines(base), lines(theirs)
	added := make([]bool, len(t))
	for _, c := range diff3.Changes(b, t) {
		for i := range c.BLen {
			added[c.B+i] = true
		}
	}
	drop := make([]bool, len(t))
	for _, s := range anyStatements(string(theirs)) {
		last := s.line + s.count
		whole := !slices.Contains(added[s.line:last], false)
		if whole && have[s.key] {
			first := s.line // with the comment above it, and the empty line below
			for first > 0 && added[first-1] && strings.HasPrefix(strings.TrimSpace(t[first-1]), "//") {
				first--
			}
			if last < len(t) && added[last] && strings.TrimSpace(t[last]) == "" {
				last++
			}
			for i := first; i < last; i++ {
				drop[i] = true
			}
			continue
		}
		_, from, ok := imported(s.text)
		if !ok || s.count < 3 {
			continue
		}
		for i := s.line + 1; i < last-1; i++ {
			name := strings.TrimSuffix(strings.TrimSpace(t[i]), ",")
			if added[i] && names[from][name] {
				drop[i] = true
			}
		}
	}
	var out strings.Builder
	for i, l := range t {
		if !drop[i] {
			out.WriteString(l)
		}
	}
	return []byte(out.String())
}

// place is a statement that may stand in any order, and its lines.
type place struct {
	text, key   string
	line, count int
}

// anyStatements are the imports and what is added to a backend, of one line or more.
func anyStatements(text string) []place {
	var out []place
	var now place
	for i, line := range lines([]byte(text)) {
		l := strings.TrimSpace(line)
		if now.count == 0 {
			if !strings.HasPrefix(l, "import ") && !strings.HasPrefix(l, "backend.add(") {
				continue
			}
			now.line = i
		}
		now.text += line
		now.count++
		if strings.HasSuffix(l, ";") {
			now.key = strings.Join(strings.Fields(now.text), "")
			out = append(out, now)
			now = place{}
		}
	}
	return out
}

var namedImport = pattern.New(`(?s)^\s*import\s+(?:type\s+)?\{(.*)\}\s*from\s*['"]([^'"]+)['"]`)

// imported are the names in the braces of an import, and its module.
func imported(statement string) (names []string, from string, ok bool) {
	m := namedImport().FindStringSubmatch(statement)
	if m == nil {
		return nil, "", false
	}
	for n := range strings.SplitSeq(m[1], ",") {
		if n = strings.TrimSpace(n); n != "" {
			names = append(names, n)
		}
	}
	return names, m[2], true
}
