package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/ui"
)

// plans collects the findings of one lock by what is to be done about them.
type plans struct {
	b     *builder
	m     *model
	order []osv.Package
	of    map[osv.Package][]*Finding
	made  map[string]*action
	list  []*action
	// names are the packages of a command, entries the lines of resolutions.
	names   map[*action][]string
	entries map[*action][][2]string
	// parents are those of names that others ask for the package through.
	parents map[*action][]string
	// jumps are the major steps of resolutions.
	jumps map[*action][]string
	// releases are the first ones that will do, "" for the newest.
	releases map[*action]string
	// edits are the lines of the project's own that an action changes.
	edits map[*action][]lineEdit
	// breaking are packages of which a fix is a major step.
	breaking map[osv.Package]bool
}

func newPlans(b *builder, m *model) *plans {
	return &plans{b: b, m: m, of: map[osv.Package][]*Finding{}, made: map[string]*action{},
		names: map[*action][]string{}, entries: map[*action][][2]string{}, parents: map[*action][]string{}, jumps: map[*action][]string{},
		releases: map[*action]string{}, edits: map[*action][]lineEdit{}, breaking: map[osv.Package]bool{}}
}

func (p *plans) add(pkg osv.Package, f *Finding) {
	if len(p.of[pkg]) == 0 {
		p.order = append(p.order, pkg)
	}
	p.of[pkg] = append(p.of[pkg], f)
}

// actions decides for each package: one move that ends all of its findings, if
// there is one.
func (p *plans) actions() []*action {
	for _, pkg := range p.order {
		if p.m.Leftover {
			p.leftover(p.of[pkg])
			continue
		}
		var list, none, open []*Finding
		for _, f := range p.of[pkg] {
			switch {
			case f.Malicious():
				p.malware(pkg, f)
			case f.Fixed == "" && f.Above != "":
				open = append(open, f)
			case f.Fixed == "":
				none = append(none, f)
			default:
				list = append(list, f)
			}
		}
		if len(open) > 0 {
			p.above(pkg, open)
		}
		if len(none) > 0 {
			p.noFix(pkg, none)
		}
		if len(list) > 0 {
			p.move(pkg, list)
		}
	}
	p.agree()
	for _, a := range p.list {
		p.complete(a)
		p.offRelease(a)
	}
	return p.list
}

// leftover is about a lock that no Yarn reads, whatever it has: its folder is a
// workspace of a project with a lock of its own.
func (p *plans) leftover(list []*Finding) {
	a := p.action(deleteLock, "", list)
	a.Title = fmt.Sprintf("Delete %s: Yarn does not read it, because %s is a workspace of the project above it", p.m.Path, p.m.dir())
	a.Steps = []string{"git" + p.b.opts.at("") + " rm " + ui.ShellWord(p.m.Path)}
}

// action is the one of a kind and key, made at the first call.
func (p *plans) action(kind actionKind, key string, list []*Finding) *action {
	key = string(kind) + "\x00" + key
	a := p.made[key]
	if a == nil {
		a = &action{Kind: kind, Lockfile: p.m.Path}
		p.made[key] = a
		p.list = append(p.list, a)
	}
	for _, f := range list {
		f.Action = a
	}
	a.Findings = append(a.Findings, list...)
	return a
}

func (p *plans) malware(pkg osv.Package, f *Finding) {
	a := p.action(dropMalware, pkg.Name+"@"+pkg.Version, []*Finding{f})
	a.Title = fmt.Sprintf("Take %s@%s out: it is malware", pkg.Name, pkg.Version)
	what := "do not install this branch anywhere"
	if f.Status == statusPresent && p.b.in.Base != nil || p.b.in.Base == nil {
		what = "it is on your main branch: stop deploying and installing it"
	}
	a.Steps = []string{
		what + "; where it was installed (laptops, CI runners, images), treat the machine as compromised",
		"rotate every secret that those machines could read: npm and git tokens, cloud keys, CI secrets, database passwords",
		"pin " + pkg.Name + " to a version that is not in " + f.Advisory.ID + ", or drop what asks for it, run " + p.install() + ", and commit " + p.m.Path,
	}
}

// accepted is for how many days an ignore is proposed.
const accepted = 90

// noFix says how to live with what nobody has fixed: by replacing what asks for
// it, or an ignore with an end.
func (p *plans) noFix(pkg osv.Package, list []*Finding) {
	a := p.action(noFix, pkg.Name, list)
	a.Title = "No version fixes " + pkg.Name
	days := accepted
	if d := p.b.in.Decisions; d != nil && d.Policy.Window > 0 {
		days = min(days, d.Policy.Window)
	}
	a.Steps = []string{"replace what asks for it" + p.direct(a.Findings) + ", or accept it for a while in .portalctl.yaml:",
		"  audit:", "    ignore:"}
	seen := map[string]bool{}
	for _, f := range a.Findings {
		if seen[f.Advisory.ID] {
			continue
		}
		seen[f.Advisory.ID] = true
		a.Steps = append(a.Steps, "      - id: "+f.Advisory.ID, "        package: "+quoted(pkg.Name),
			"        reason: why it is harmless here", "        owner: your team",
			"        expires: "+p.b.opts.Now.AddDate(0, 0, days).UTC().Format(time.DateOnly))
	}
}

// above says where to look for a fix that the advisories do not name: they end
// with the last version that is affected.
func (p *plans) above(pkg osv.Package, list []*Finding) {
	last := list[0].Above
	for _, f := range list {
		if semrange.CompareText(f.Above, last) > 0 {
			last = f.Above
		}
	}
	a := p.action(lookAbove, pkg.Name+"\x00"+last, list)
	a.Title = "Move " + pkg.Name + " above " + last + ", the last version that is affected"
	a.Steps = []string{"npm view " + pkg.Name + " versions   # is there one above " + last + "? audit --online looks, too"}
	a.Steps = append(a.Steps, p.resolveAgain([]string{pkg.Name})...)
	a.Steps = append(a.Steps, "if there is none, replace what asks for it"+p.direct(a.Findings))
}

// direct names the direct dependencies through which a package comes.
func (p *plans) direct(list []*Finding) string {
	var names []string
	for _, f := range list {
		for _, w := range f.Where.Paths {
			if len(w.Steps) > 1 && !slices.Contains(names, w.Steps[0].Name) {
				names = append(names, w.Steps[0].Name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (it comes with " + english.Some(names, 3) + ")"
}

// move finds what keeps a package from the version that ends all of list. What
// the lock alone can end comes apart from what takes more; and when no single
// version ends all, each finding is looked at alone.
func (p *plans) move(pkg osv.Package, list []*Finding) {
	admitted := pick(list, func(f *Finding) bool { return f.Admitted })
	if to := p.b.target(advisories(admitted), pkg); len(admitted) < len(list) && to != "" && p.m.admitted(pkg, to) {
		p.moveTo(pkg, to, admitted)
		list = pick(list, func(f *Finding) bool { return !f.Admitted })
	}
	if to := p.b.target(advisories(list), pkg); to != "" {
		p.moveTo(pkg, to, list)
		return
	}
	for _, f := range list {
		p.breaking[pkg] = p.breaking[pkg] || jump(pkg.Version, f.Fixed) != ""
	}
	for _, f := range list {
		p.moveTo(pkg, f.Fixed, []*Finding{f})
	}
}

func advisories(list []*Finding) []*osv.Advisory {
	out := make([]*osv.Advisory, len(list))
	for i, f := range list {
		out[i] = f.Advisory
	}
	return out
}

func (p *plans) moveTo(pkg osv.Package, to string, list []*Finding) {
	if p.m.Tool != "" {
		a := p.action(updateLock, "", list)
		p.names[a] = append(p.names[a], pkg.Name)
		return
	}
	asks := p.m.asks(pkg, to)
	if len(asks) == 0 {
		a := p.action(updateLock, "unasked", list)
		a.Title, a.Steps = "Bring the lock in line: nothing asks for these packages now", []string{"portalctl check --fix" + p.inDir()}
		return
	}
	switch worst := asks[0].hold; worst {
	case free:
		a := p.action(updateLock, "", list)
		p.names[a] = append(p.names[a], pkg.Name)
	case byRange:
		// One package of a release moved alone meets the others as nobody has
		// tested them.
		if strings.HasPrefix(pkg.Name, "@backstage/") && p.m.onRelease() {
			p.release(pkg, to, list)
			return
		}
		p.edit(pkg, to, asks, list)
	case byResolution, byPatch:
		p.edit(pkg, to, asks, list)
	case byRelease:
		p.release(pkg, to, list)
	default:
		if p.bump(pkg, to, asks, list) || p.plugins(pkg, list) {
			return
		}
		// Who takes the safe ones has no need to test the others.
		key := ""
		if p.breaking[pkg] || jump(pkg.Version, to) != "" {
			key = breakingKey
		}
		a := p.action(addResolution, key, list)
		for _, ask := range asks {
			if ask.hold != free {
				p.entries[a] = append(p.entries[a], p.entry(ask, pkg, to))
				if step := jump(pkg.Version, to); step != "" {
					p.jumps[a] = append(p.jumps[a], pkg.Name+" "+pkg.Version+" → "+to)
				}
			}
		}
	}
}

// edit moves ranges of the project's own.
func (p *plans) edit(pkg osv.Package, to string, asks []ask, list []*Finding) {
	v, err := semrange.ParseVersion(to)
	if err != nil {
		return
	}
	var steps []string
	var edits []lineEdit
	add := func(place, format string, args ...any) {
		if s := fmt.Sprintf(format, args...); !slices.Contains(steps, s) {
			steps = append(steps, s)
			edits = append(edits, lineEdit{place, pkg.Name, to, s})
		}
	}
	for _, ask := range asks {
		switch ask.hold {
		case byRange:
			if spec.Catalog.In(ask.Range) {
				add(catalogPlace(ask), ".yarnrc.yml: move the catalog entry of %s to ^%s", ask.Name, to)
				continue
			}
			spec, out := pkgjson.Retarget(spec.Read(ask.Range), v, pkgjson.Options{})
			if out.Verdict != pkgjson.Changed {
				spec = "^" + to
			}
			add(p.m.linePlace(ask), "%s: %q: %q → %q", p.m.at(ask.Pos), ask.Name, ask.Range, spec)
		case byResolution:
			key, old, value := p.resolution(ask, pkg, v)
			add("resolutions "+key, "%s: resolutions: %q: %q → %q", p.manifest(), key, old, value)
		case byPatch:
			add("patch "+ask.Name+" "+pkg.Version, "make your patch of %s again for %s: %s", ask.Name, to, p.run("yarn patch "+ask.Name+"@npm:"+to))
		}
	}
	a := p.action(editRange, pkg.Name+"\x00"+to+"\x00"+strings.Join(steps, "\n"), list)
	a.Title = fmt.Sprintf("Move %s to %s", pkg.Name, to)
	a.Steps, p.edits[a] = append(steps, p.install()), edits
	a.Caution = jump(pkg.Version, to)
}
