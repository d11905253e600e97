package trust

import "fmt"

// names is the rule name-confusion. A workspace is never installed from a
// registry, so that an advisory about a public package of its name is not about
// it; but whoever asks for the name with another range would get that package.
func (c *checker) names() {
	if c.off(ruleName) || c.in.Malware == nil {
		return
	}
	for _, w := range c.in.Workspaces {
		if id, ok := c.in.Malware(w.Name); ok {
			c.add(issue{rule: ruleName, pos: w.Pos, name: w.Name, kind: id,
				message: fmt.Sprintf("the workspace %s has the name of a package on npm that %s calls malicious; the workspace itself is not meant", w.Name, id),
				next:    "Ask for it with workspace: ranges alone, or give it a name in a scope that is yours"})
		}
	}
}
