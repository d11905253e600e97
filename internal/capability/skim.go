package capability

import "github.com/portalctl/portalctl/internal/jsscan"

// maxSkim is the largest file whose tokens are looked at, in bytes: a token takes more
// room than its text.
const maxSkim = 512 << 10

// skimmed notes the modules that a file loads whose syntax is not understood: its
// tokens are, mostly. The file counts as unread all the same.
func skimmed(p *Profile, file string, src []byte) {
	if len(src) > maxSkim {
		return
	}
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
