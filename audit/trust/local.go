package trust

import (
	"fmt"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// local is git-source for what lies in folders: link:, portal: and file:. What is
// in the repository is its own code. What is outside of it is different on every
// machine, and an archive is what nobody can read in a review.
func (c *checker) local(l *yarnlock.Lock, e *yarnlock.Entry) {
	if l.Kind != yarnlock.Berry || !ofYarn(l) {
		return
	}
	r := e.Resolution.Parsed()
	if !r.Protocol.Is(spec.Link, spec.Portal, spec.File) {
		return
	}
	at := r.Selector()
	if source := r.Source(); source != "" {
		at = source
	}
	at = strings.ReplaceAll(at, `\`, "/")
	from := path.Join(c.in.Prefix, path.Dir(l.File))
	in := false
	if by, ok := spec.ParseLocator(r.Bind("locator")); ok {
		var folder string
		if folder, in = by.Workspace(); in {
			from = path.Join(from, folder)
		}
	}
	name := e.Keys[0].Name
	i := issue{pos: l.Pos(e), name: name, added: !c.was.seen[identity(e)+"\x00local"]}
	to := path.Join(from, at)
	switch {
	case !in || path.IsAbs(at) || strings.Contains(at, ":") || to == ".." || strings.HasPrefix(to, "../"):
		i.rule, i.kind = ruleGit, "outside"
		i.message = fmt.Sprintf("%s comes from %s, which is not in the repository: it is another one on every machine", name, at)
		i.next = "Use a published version of it, or keep its folder in the repository"
	case strings.HasSuffix(at, ".tgz"), strings.HasSuffix(at, ".tar.gz"), strings.HasSuffix(at, ".tar"), strings.HasSuffix(at, ".zip"):
		i.rule, i.kind = ruleGit, "archive"
		i.message = fmt.Sprintf("%s comes from the archive %s, which no registry has and no reviewer can read", name, at)
		i.next = "Use a published version of it, or keep its folder in the repository"
	default:
		return
	}
	c.add(i)
}
