package setup

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/slot"
)

// docParts are what a team reads: the month of an upgrade, and the form of a decision.
func docParts(f *Facts) []part {
	rfc := part{kind: kindDocs, path: f.At("docs/rfc/0000-template.md"), serves: "check production", why: "the form in which decisions about the portal are written", text: rfcText}
	if at := f.decisions(); at != "" && !f.has(rfc.path) {
		rfc.none, rfc.why = true, "decisions are written down in "+at
	}
	return []part{
		{kind: kindDocs, path: f.At("docs/upgrade-slot.md"), serves: "slot", why: "the month of the team that upgrades the portal", text: f.month()},
		rfc,
	}
}

var decisionFolder = pattern.New(`(?i)^(rfcs?|adrs?|decisions|architecture-decisions|decision-records)$`)

// decisions is the folder in which the repository has RFCs or decision records already,
// "" for none.
func (f *Facts) decisions() string {
	for _, dir := range []string{".", "docs", f.Portal, f.At("docs")} {
		list, err := fs.ReadDir(f.Files, dir)
		if err != nil {
			continue
		}
		for _, e := range list {
			if !e.IsDir() || !decisionFolder().MatchString(e.Name()) {
				continue
			}
			name := path.Join(dir, e.Name())
			files, _ := fs.ReadDir(f.Files, name)
			for _, file := range files {
				if ext := path.Ext(file.Name()); ext == ".md" || ext == ".adoc" {
					return name
				}
			}
		}
	}
	return ""
}

// proof are the scripts of package.json that slot runs as the portal's proof.
func (f *Facts) proof() []string {
	if src, err := fs.ReadFile(f.Files, f.At(finding.ConfigFile)); err == nil {
		if named, err := slot.ParseConfig(finding.ConfigFile, src); err == nil && named != nil {
			return named
		}
	}
	root := f.Project.RootWorkspace().File
	return slot.ProofOf(func(name string) bool { return root.Scripts[name] != "" })
}

// month is the page of the monthly upgrade. It names what was found, and nothing that an
// upgrade moves: the page would be out of date with each.
func (f *Facts) month() string {
	in := f.in()
	proof := "no script of package.json: name some in `.portalctl.yaml`, as `slot: {proof: [tsc]}`"
	if list := f.proof(); len(list) > 0 {
		proof = "`" + strings.Join(list, "`, `") + "`"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `
# The upgrade slot

Backstage has a release each month. This is how ours gets into the portal: one person, one
branch, one pull request to `+"`%[1]s`"+`, one window if the database migrates.

## Before the slot: what is coming

    portalctl slot%[2]s --plan

The verdict is *quiet*, *needs hands* or *needs a window*, with its reasons. Put the slot into
the calendar by it; where it needs hands, ask those whose plugins it names.

## The slot

    portalctl slot%[2]s --yes
    portalctl slot status%[2]s --format markdown

1. The first command makes the branch, with a commit for each step, and runs the portal's own
   proof: %[3]s.
   After an interruption, or a commit of yours on the branch, run it again: it repeats what
   changed.
2. The second prints the text of the pull request. Paste it, and work through its checklist.
3. What is left to do by hand is in the text, with the lines. `+"`portalctl versions changes%[2]s`"+` says
   more about each.
`, f.Branch, in, proof)
	b.WriteString(f.day(in))
	fmt.Fprintf(&b, `
## Between the slots

| what | where |
| --- | --- |
| known vulnerabilities, and what a change brings | `+"`portalctl audit%[1]s`"+` in each pull request |
| versions and structure | `+"`portalctl check%[1]s`"+` in each pull request |
| what is missing before production | `+"`portalctl check production%[1]s`"+` |
| whether these files are still there and current | `+"`portalctl init%[1]s --check`"+` |

Renovate and Dependabot leave the @backstage packages to the slot: they would move
package.json alone, and leave backstage.json, the app template and the migrations behind.
`, in)
	return b.String()
}

// day is what is to be done with the databases on the day of the deployment.
func (f *Facts) day(in string) string {
	head := "\n## The day: deploy, and the way back\n\n"
	switch f.Database.Client {
	case "better-sqlite3", "sqlite3":
		return head + "app-config keeps the plugins' data in SQLite (" + strings.Join(f.Database.Configs, ", ") + "): what is in memory is gone with each\nstart, and a file is copied by `portalctl snapshot create" + in + "` while the portal is stopped. Before production, see\n`portalctl check production" + in + "`.\n"
	case "pg":
		config, named := "", ""
		if len(f.Database.Configs) > 0 {
			config, named = " $CONFIG", "    CONFIG=\"--config "+strings.Join(f.Database.Configs, " --config ")+"\"\n"
		}
		text := head + named + "    portalctl slot deploy" + in + config + `   # before the roll-out: a copy that is proven, the forecast, go or no-go
    portalctl slot verify` + in + config + ` --health https://portal.example.com   # after it

` + "The first ends in `go`, `go, with a window of N minutes` or `no-go`, with its reasons. The\nsecond says whether the migrations ran as foreseen; where they did not, it has the way back, with\nits commands.\n"
		if len(f.Database.Variables) > 0 {
			text += "\nBoth connect as the portal does, and need of the environment what it needs:\n`" + strings.Join(f.Database.Variables, "`, `") + "`.\n"
		}
		return text
	}
	return head + "Which database the portal has is not in the repository's app-config. Name the files that\nproduction starts with: `portalctl slot deploy" + in + " --config FILE` before the roll-out,\n`portalctl slot verify" + in + " --config FILE` after it.\n"
}

const rfcText = `
# RFC 0000: the title, as what will be true

| | |
| --- | --- |
| state | proposed, accepted, declined, or replaced by RFC NNNN |
| author | who answers questions |
| decided | the day, and by whom |
| areas | plugins, packages or teams that it concerns |

Copy this file to the next free number; the text of the pull request is where it is discussed.

## What it is about

What is in the way today, for whom, and how that shows. Facts, not solutions.

## What is proposed

What will be true afterwards, in a few sentences; then the details that a reviewer needs.

## What it costs

- Packages and plugins that come or go, and who owns them
- What the monthly upgrade has to look at from then on
- Data, permissions and secrets that it touches

## What else was considered

Each with the reason why it was not chosen; doing nothing is one of them.

## How it comes, and how it goes

The steps until it is in production, and how to take it back.
`
