package template

import (
	"bytes"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
)

// bag is the lines of a file with how often each is there, without what says nothing
// about which template a file comes from: white space, the commas at the ends of lines
// of JSON, the versions of @backstage packages. So a file that was indented anew, or
// whose keys were sorted, has the same bag.
type bag struct {
	lines map[string]int
	size  int
}

var backstageDep = pattern.New(`^"(@backstage/[^"]+)":\s*"[^"]*"$`)

func bagOf(text []byte) bag {
	b := bag{lines: map[string]int{}}
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		s := strings.TrimSuffix(strings.Join(strings.Fields(string(line)), " "), ",")
		if s == "" {
			continue
		}
		if m := backstageDep().FindStringSubmatch(s); m != nil {
			s = m[1]
		}
		b.lines[s]++
		b.size++
	}
	return b
}

// common is how many lines two bags share.
func common(a, b bag) int {
	if len(a.lines) > len(b.lines) {
		a, b = b, a
	}
	n := 0
	for line, k := range a.lines {
		n += min(k, b.lines[line])
	}
	return n
}

// alike is how much of two texts is in both, from 0 to 1.
func alike(a, b bag) float64 {
	if a.size == 0 || b.size == 0 {
		return 0
	}
	return 2 * float64(common(a, b)) / float64(a.size+b.size)
}
