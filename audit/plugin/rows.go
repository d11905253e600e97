package plugin

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/english"
)

// row is a line of the review as people read it.
type row struct{ what, text, where string }

// part is a section.
type part struct {
	title string
	rows  []row
}

const unknownWord = "unknown"

// shown bounds the items of a list on the page; the JSON has all.
const shown = 8

// parts are the sections of a review, the verdict and what is not known apart.
func (v *Review) parts(p *adopter) []part {
	out := []part{
		{"What it is", v.identityRows()},
		{"Who makes it", v.originRows()},
		{"Releases", v.releaseRows()},
		{"In this portal", v.portalRows(p)},
		{"What it does", v.codeRows()},
	}
	if rows := v.otherRows(); len(rows) > 0 {
		out = append(out, part{"Others to look at", rows})
	}
	return out
}

func (v *Review) identityRows() []row {
	id := v.Identity
	rows := []row{{"role", cmp.Or(id.Role, unknownWord), id.RoleFrom}, {"plugin ID", cmp.Or(id.PluginID, unknownWord), id.IDFrom}}
	if id.Description != "" {
		rows = append(rows, row{"description", id.Description, "package.json"})
	}
	switch id.System {
	case "new":
		rows = append(rows, row{"system", "made for the new " + id.side() + " system", id.SystemFrom})
	case "old":
		rows = append(rows, row{"system", "makes no plugin of the new " + id.side() + " system", "all of its code"})
	}
	if id.Moved != "" {
		rows = append(rows, row{"moved", "to " + id.Moved, id.MovedFrom})
	}
	if id.Deprecated != "" {
		rows = append(rows, row{"deprecated", id.Deprecated, "registry: deprecated"})
	}
	return rows
}

// side is frontend for a role of that, else backend.
func (id identity) side() string {
	if strings.HasPrefix(id.Role, "frontend") {
		return "frontend"
	}
	return "backend"
}

func (v *Review) originRows() []row {
	o := v.Origin
	who := o.Author
	if len(o.Maintainers) > 0 {
		who = strings.TrimPrefix(who+"; maintained by "+english.Some(o.Maintainers, shown), "; ")
	}
	if who == "" {
		who = "not named"
		if scope, _, scoped := strings.Cut(v.Package, "/"); scoped {
			who += "; the scope is " + scope
		}
	}
	repository := cmp.Or(o.Repository, unknownWord)
	if o.Folder != "" {
		repository += ", in " + o.Folder
	}
	licence := cmp.Or(o.License, unknownWord)
	if o.LicenseFile != "" {
		licence += ", text in " + o.LicenseFile
	}
	return []row{{"owner", who, "package.json"}, {"repository", repository, "package.json"}, {"licence", licence, cmp.Or(o.LicenseFrom, "package.json")},
		{"signature", v.Signature.text(), v.Signature.Where}}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "a day that the registry does not say"
	}
	return t.Format("2006-01-02")
}

func (v *Review) releaseRows() []row {
	r := v.Releases
	rows := []row{{"this version", v.Version + ", of " + day(r.At), "registry: time"}}
	if r.Latest != v.Version {
		rows = append(rows, row{"latest", cmp.Or(r.Latest, unknownWord) + ", of " + day(r.LatestAt), "registry: dist-tags, time"})
	}
	text := english.CountOf(r.Shown, "version is shown", "versions are shown")
	switch {
	case r.partly():
		text += fmt.Sprintf(" of at least %d that the changelog names: the rhythm is %s", r.Named, unknownWord)
	case !r.FirstAt.IsZero():
		text += fmt.Sprintf(" since %s, %d in the last year", day(r.FirstAt), r.LastYear)
		if r.MedianDays >= 0 {
			text += fmt.Sprintf("; %s between two, in the median", english.Count(r.MedianDays, "day"))
		}
	}
	rows = append(rows, row{"rhythm", text, "registry: versions, time"})
	switch {
	case r.Newest == "":
	case r.Oldest == r.Newest:
		rows = append(rows, row{"made for", "Backstage " + r.Newest, "package.json: dependencies"})
	default:
		rows = append(rows, row{"made for", "Backstage " + r.Oldest + " to " + r.Newest, "package.json: dependencies"})
	}
	return rows
}

func (v *Review) portalRows(p *adopter) []row {
	const none = "not applicable: not in a portal"
	if p == nil {
		return []row{{"portal", none, ""}, {"advisories", v.findingsText(1), "advisories"}}
	}
	var rows []row
	f := v.Fit
	if len(f.Has) > 0 {
		rows = append(rows, row{"has it", "in version " + strings.Join(f.Has, ", "), "yarn.lock"})
	}
	if len(f.Same) > 0 {
		rows = append(rows, row{"has another", strings.Join(f.Same, ", "), "yarn.lock"})
	}
	rows = append(rows, v.fitRows(p)...)
	b := v.Brings
	if !b.Applies {
		return append(rows, row{"adds", unknownWord + ": " + b.Unknown, ""}, row{"advisories", v.findingsText(1), "advisories"})
	}
	const solved = "yarn.lock, solved"
	rows = append(rows, row{"adds", fmt.Sprintf("%s to %d: %s", english.Count(len(b.Packages), "package"), p.Packages, english.Some(names(b.Packages), shown)), solved})
	if len(b.Packages) == 0 {
		rows[len(rows)-1].text = "nothing: the lock has all of it"
	}
	if len(b.Second) > 0 {
		var list []string
		for _, s := range b.Second {
			mark := ""
			if s.Breaks != "" {
				mark = ", which must be one copy"
			}
			list = append(list, fmt.Sprintf("%s %s beside %s%s", s.Name, strings.Join(s.Gets, ", "), strings.Join(s.Has, ", "), mark))
		}
		rows = append(rows, row{"second copies", english.Some(list, shown), solved})
	} else {
		rows = append(rows, row{"second copies", "none", solved})
	}
	if plain := b.Plain; plain.Packages > len(b.Packages) || plain.Second > len(b.Second) {
		text := fmt.Sprintf("yarn add takes the highest versions: %s, %d in second versions", english.Count(plain.Packages, "package"), plain.Second)
		if len(plain.Breaking) > 0 {
			text += ", of which " + english.Some(plain.Breaking, shown) + " must be one copy"
		}
		rows = append(rows, row{"by yarn add", text, solved})
	}
	rows = append(rows, row{"advisories", v.findingsText(len(b.Packages)), "advisories"})
	if len(b.Licenses) > 0 {
		rows = append(rows, b.licenceRow())
	}
	scripts := "none of them"
	if len(b.Scripts) > 0 {
		scripts = english.Some(names(b.Scripts), shown)
	}
	return append(rows, row{"run on install", scripts, "registry: scripts"})
}

func names(list []pkgVersion) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.text())
	}
	return out
}

func (v *Review) fitRows(p *adopter) []row {
	f := v.Fit
	if !f.Applies {
		return []row{{"release", "which one the portal is on is " + unknownWord, "yarn.lock"}}
	}
	var no, open, gone []string
	where := "package.json"
	for i, a := range f.Asks {
		if i == 0 {
			where = a.Where
		}
		text := fmt.Sprintf("%s %s (%s here)", a.Name, a.Range, cmp.Or(has(a), "none"))
		switch {
		case a.Gone != "":
			gone = append(gone, a.Name+" (last in "+a.Gone+")")
		case a.Admits == "no":
			no = append(no, text)
		case a.Admits == "unknown":
			open = append(open, text)
		}
	}
	var text []string
	if yes := len(f.Asks) - len(no) - len(open) - len(gone); len(f.Asks) == 0 {
		text = append(text, "asks for no @backstage package")
	} else {
		text = append(text, fmt.Sprintf("%d of %s %s %s", yes, english.Count(len(f.Asks), "@backstage range"), english.Form(len(f.Asks), "admits", "admit"), releaseText(p.Release)))
	}
	if len(no) > 0 {
		text = append(text, "not: "+english.Some(no, shown))
	}
	if len(gone) > 0 {
		text = append(text, "left Backstage: "+english.Some(gone, shown))
	}
	if len(open) > 0 {
		text = append(text, unknownWord+": "+english.Some(open, shown))
	}
	rows := []row{{"release", strings.Join(text, "; "), where}}
	if f.Newest != v.Version {
		newest := "no version's ranges admit it"
		if f.Newest != "" {
			newest = f.Newest + " is the newest version whose ranges admit it"
		}
		rows = append(rows, row{"goes with it", newest, "registry: dependencies"})
	}
	return rows
}

func (v *Review) findingsText(of int) string {
	b := v.Brings
	switch {
	case !b.FindingsKnown:
		return unknownWord + ": " + b.FindingsWhy
	case len(b.Findings) == 0 && !b.Applies:
		return "none applies to the package itself; of what comes with it they are " + unknownWord
	case len(b.Findings) == 0:
		return "none applies to " + english.CountOf(max(of, 1), "package", "packages")
	}
	var list []string
	for _, f := range b.Findings {
		list = append(list, fmt.Sprintf("%s %s in %s %s", f.Severity, f.Advisory, f.Package, f.Version))
	}
	return english.Some(list, shown)
}
