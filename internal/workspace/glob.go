package workspace

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
)

// globSet is the workspaces field of one package.json, as Yarn 4 reads it
// (Workspace.setup calls fast-glob): every negated pattern applies to all
// others, whatever the order. Patterns are relative to the file's folder.
type globSet struct {
	positive, negative []glob
}

// glob is a pattern without braces, split at the slashes.
type glob []string

// maxPatterns limits what the braces of one pattern may expand to.
const maxPatterns = 1000

const nextPattern = "Correct the pattern in workspaces, then run the command again."

// compile reads the patterns of f. What Yarn's matcher would take but ours
// would read differently is an error, not a guess.
func compile(f *pkgjson.File) (globSet, error) {
	var set globSet
	for i, text := range f.Workspaces {
		pattern, negated := strings.CutPrefix(text, "!")
		if strings.HasPrefix(pattern, "(") {
			pattern, negated = text, false // !(a|b) is a group, as in fast-glob
		}
		if why := unsupported(pattern); why != "" {
			return set, fault.At(f.WorkspacePos(i), "workspaces pattern %q: %s", text, why).WithNext("%s", nextPattern)
		}
		expanded, ok := expandBraces(pattern, maxPatterns)
		if !ok {
			return set, fault.At(f.WorkspacePos(i), "workspaces pattern %q: it stands for more than %d patterns", text, maxPatterns).WithNext("%s", nextPattern)
		}
		for _, p := range expanded {
			g, why := split(p)
			switch {
			case why != "":
				return set, fault.At(f.WorkspacePos(i), "workspaces pattern %q: %s", text, why).WithNext("%s", nextPattern)
			case negated:
				set.negative = append(set.negative, g)
			case len(g) > 0: // "." is the folder itself, which is there anyway
				set.positive = append(set.positive, g)
			}
		}
	}
	return set, nil
}

func unsupported(pattern string) string {
	switch {
	case pattern == "":
		return "it is empty"
	case pattern[0] == '!' && !strings.HasPrefix(pattern, "!("):
		return "it starts with more than one !"
	case hasGroup(pattern) && !plainGroups(pattern):
		return `a group such as @(a|b) must be closed and hold neither / nor {}: write one pattern for each`
	case pattern[0] == '/' || (len(pattern) > 1 && pattern[1] == ':'):
		return "it must be relative to the folder of this package.json"
	}
	return ""
}

// plainGroups reports whether the groups of a pattern lie within its segments.
func plainGroups(pattern string) bool {
	depth := 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		case '/', '{', '}':
			if depth > 0 {
				return false
			}
		}
	}
	return depth == 0
}

func split(pattern string) (g glob, why string) {
	segments := strings.Split(pattern, "/")
	for i, seg := range segments {
		switch {
		case seg == "" || seg == ".":
		case seg == "..":
			return nil, "folders outside of the project are not supported"
		case seg == "**" && len(g) > 0 && g[len(g)-1] == "**":
		case hasGroup(seg):
			if i < len(segments)-1 {
				seg += more
			}
			g = append(g, seg)
		case !doublestar.ValidatePattern(seg):
			return nil, fmt.Sprintf("%q is not a valid glob", seg)
		default:
			g = append(g, seg)
		}
	}
	return g, ""
}

// base is the number of leading segments without wildcards. The search starts
// below them, and negated patterns are not asked about them.
func (g glob) base() int {
	for i, seg := range g {
		if hasMeta(seg) {
			return i
		}
	}
	return len(g)
}

func hasMeta(seg string) bool { return strings.ContainsAny(seg, `*?[{\(`) }

// match reports whether g stands for the folder whose path has these segments.
// With dot, wildcards match names that start with a dot as well. A last "**"
// stands for the folder before it too.
func (g glob) match(path []string, dot bool) bool {
	// The lists are short, and "**" are seldom more than one: no table needed,
	// but the walk over "**" must not nest, hence the single way back.
	gi, pi := 0, 0
	backG, backP := -1, 0
	for pi < len(path) {
		switch {
		case gi < len(g) && g[gi] == "**":
			backG, backP = gi, pi
			gi++
			continue
		case gi < len(g) && matchSegment(g[gi], path[pi], dot):
			gi++
			pi++
			continue
		case backG >= 0 && (dot || !strings.HasPrefix(path[backP], ".")):
			backP++
			gi, pi = backG+1, backP
			continue
		}
		return false
	}
	for gi < len(g) && g[gi] == "**" {
		gi++
	}
	return gi == len(g)
}

func matchSegment(pattern, name string, dot bool) bool {
	if !hasMeta(pattern) {
		return pattern == name
	}
	if hasGroup(pattern) {
		return matchExt(pattern, name, dot)
	}
	if strings.HasPrefix(name, ".") && !dot && !strings.HasPrefix(pattern, ".") {
		return false
	}
	return doublestar.MatchUnvalidated(pattern, name)
}

// ignored reports whether Yarn would not look at the folder: node_modules, .git
// and .yarn, and what a negated pattern names.
func (s globSet) ignored(path []string) bool {
	switch path[len(path)-1] {
	case "node_modules", ".git", ".yarn":
		return true
	}
	for _, g := range s.negative {
		if g.match(path, true) {
			return true
		}
	}
	return false
}

// includes reports whether the folder rel (slashes forward) is one that find
// would list, by its path alone.
func (s globSet) includes(rel string) bool {
	path := strings.Split(rel, "/")
	for _, g := range s.positive {
		base := g.base()
		if len(path) == base && base < len(g) || !g.match(path, false) {
			continue
		}
		hidden := s.ignored(path)
		for n := base + 1; n < len(path); n++ {
			hidden = hidden || s.ignored(path[:n])
		}
		if !hidden {
			return true
		}
	}
	return false
}
