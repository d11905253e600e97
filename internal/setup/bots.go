package setup

import (
	"strings"

	"github.com/portalctl/portalctl/internal/dependabot"
	"github.com/portalctl/portalctl/internal/renovate"
)

// botsServe is the command that moves what the bots are to leave.
const botsServe = "slot"

// leftToSlot is why a bot leaves Backstage's packages out, for who reads its settings.
const leftToSlot = "portalctl slot moves these, with backstage.json, yarn.lock and the app template"

// botParts have Renovate and Dependabot leave Backstage's packages to the slot: they move
// package.json and the lock, and leave backstage.json, the release's other packages and
// the template behind.
func botParts(f *Facts) []part {
	var list []part
	for _, name := range renovate.Places {
		src, err := f.read(name)
		if err != nil || src == nil || !renovate.In(name, src) {
			continue // what cannot be read is said where it is a file that init edits
		}
		list = append(list, part{kind: kindBots, path: name, serves: botsServe, merge: func(old []byte) (merged, error) { return renovateMerge(name, old), nil }})
		break
	}
	for _, name := range dependabot.Places {
		if f.has(name) {
			list = append(list, part{kind: kindBots, path: name, serves: botsServe, merge: func(old []byte) (merged, error) { return f.dependabotMerge(name, old), nil }})
			break
		}
	}
	if len(list) == 0 {
		list = append(list, part{kind: kindBots, path: "renovate.json", serves: botsServe, none: true, why: "the repository has no settings of Renovate or Dependabot"})
	}
	return list
}

func renovateMerge(name string, old []byte) merged {
	byHand := func(why string) merged {
		return merged{why: why + ": add this to packageRules, as the last one", paste: renovate.Rule(leftToSlot) + "\n"}
	}
	_, off, err := renovate.LeavesOut(name, old)
	switch {
	case err != nil:
		return byHand(err.Error())
	case off:
		return merged{text: old, why: "a rule leaves @backstage out"}
	}
	if maker, ok := generated(old); ok {
		return byHand("another program writes it (" + maker + ")")
	}
	text, err := renovate.LeaveOut(name, old, leftToSlot)
	if err != nil {
		return byHand(err.Error())
	}
	return merged{text: text, why: "adds a rule that leaves @backstage/** to the slot"}
}

func (f *Facts) dependabotMerge(name string, old []byte) merged {
	byHand := func(why string) merged {
		return merged{why: why + ": add this to each entry of npm", paste: dependabot.Ignore(leftToSlot)}
	}
	n, off, err := dependabot.LeavesOut(name, old, f.isPortal)
	switch {
	case err != nil:
		return byHand(err.Error())
	case n == 0:
		return merged{text: old, why: "it has no entry for the portal's packages"}
	case off:
		return merged{text: old, why: "it ignores @backstage/*"}
	}
	if maker, ok := generated(old); ok {
		return byHand("another program writes it (" + maker + ")")
	}
	text, err := dependabot.LeaveOut(name, old, f.isPortal, leftToSlot)
	if err != nil {
		return byHand(err.Error())
	}
	return merged{text: text, why: "ignores @backstage/* in what it updates"}
}

// isPortal reports whether a folder of Dependabot's is the portal, or one of its packages.
func (f *Facts) isPortal(dir string) bool {
	dir = strings.Trim(dir, "/")
	return f.Portal == "." || dir == f.Portal || strings.HasPrefix(dir, f.Portal+"/") || strings.Contains(dir, "*")
}
