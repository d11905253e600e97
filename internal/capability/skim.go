package capability

import "github.com/portalctl/portalctl/internal/jsscan"

// skimmed notes the modules that a file loads whose syntax is not understood: its
// tokens are, mostly. The file counts as unread all the same.
func skimmed(p *Profile, file string, src []byte) {
	tokens, err := jsscan.Scan(file, string(src))
	if err != nil {
		return
	}
	for _, im := range jsscan.Imports(tokens) {
		if k := kindOf(trimNode(im.Module)); k != "" && !im.TypeOnly {
			p.add(k, Place{file, im.Line, im.Module})
		}
	}
}
