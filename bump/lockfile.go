package bump

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Lockfile is what happens to yarn.lock. Where portalctl decides the versions,
// it says what changes in it; where Yarn does, only that it does.
type Lockfile struct {
	// Mode is "native" (portalctl writes it), "yarn" or "skip".
	Mode string `json:"mode"`
	// State is "unchanged", "pending" (it changes when the plan is applied),
	// "written", "skipped" or "absent" (there is no yarn.lock).
	State string `json:"state"`
	// Yarn is the program that writes it, as a person would name it.
	Yarn string `json:"yarn,omitempty"`
	// Why says why Yarn writes it though portalctl was to.
	Why string `json:"why,omitempty"`
	// Blocked is what will keep Yarn from writing it, as far as can be told
	// without running it.
	Blocked string `json:"blocked,omitempty"`

	*LockChange

	alone bool // there is no plan but the lock's
	// Of a lock that Yarn has written: how many @backstage packages of the
	// release it has, and how many of them at the release's version only.
	ofRelease, onRelease int
}

// OffByYarn is how many @backstage packages Yarn has put, or left, off the
// release.
func (l Lockfile) OffByYarn() int { return l.ofRelease - l.onRelease }

// TakeYarnLock counts what Yarn made of the lock: Yarn takes the newest version
// that a range admits, and carets admit more than the release. A lock that
// cannot be read is Yarn's all the same, and not counted.
func (p *Plan) TakeYarnLock(text []byte) {
	lock, err := yarnlock.Parse("yarn.lock", text)
	if err != nil {
		return
	}
	var s Status
	s.compare(Input{Lock: lock}, p.release)
	if c := p.Lockfile.LockChange; c != nil {
		c.OfRelease, c.OnRelease = s.Packages, s.OnRelease
		return
	}
	p.Lockfile.ofRelease, p.Lockfile.onRelease = *s.Packages, *s.OnRelease
}

// LockChange is what a lock is like whose versions portalctl decides.
type LockChange struct {
	Added   []relock.Package `json:"added"`
	Removed []relock.Package `json:"removed"`
	Changed []relock.Update  `json:"changed"`
	// OnRelease of OfRelease packages of the release have its version only. Both
	// are nil where nothing was compared: the release is not known, or the lock has
	// none of its packages.
	OnRelease *int `json:"onRelease"`
	OfRelease *int `json:"ofRelease"`
	// OffRelease are copies of packages that a range keeps off the release;
	// Ahead are copies newer than the release, which are never lowered.
	OffRelease []offCopy `json:"offRelease"`
	Ahead      []offCopy `json:"ahead"`
	// Duplicates are the names with several versions.
	DuplicatesBefore int                `json:"duplicatesBefore"`
	DuplicatesAfter  int                `json:"duplicatesAfter"`
	Duplicates       []relock.Duplicate `json:"duplicates"`
	// InstallScripts are new packages that run code when they are installed.
	InstallScripts []relock.Package `json:"installScripts"`
}

// offCopy is a copy of a package that is not the release's version.
type offCopy struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Release string `json:"release"`
	// Reason is "range" (a range excludes the release's version), "ahead",
	// "one copy" (a singleton that must be one), "unavailable" (the registry
	// lacks the release's version) or "locked" (the lock has another version,
	// though every range admits the release's).
	Reason string  `json:"reason"`
	Asks   []askBy `json:"asks"`
}

// askBy is a package that asks for a copy.
type askBy struct {
	Range string `json:"range"`
	// Excludes says that the range does not admit the release's version.
	Excludes bool `json:"excludes"`
	// Path leads from a workspace to the package that asks: "app", "x@1.0.0".
	Path []string `json:"path"`
	// Place is where the range stands, if that is in the portal.
	Place string `json:"place,omitempty"`
	// Fix says what would put the copy on the release.
	Fix string `json:"fix,omitempty"`
}

func (l *Lockfile) setResult(r *relock.Result) {
	c := &LockChange{
		Added: r.Added, Removed: r.Removed, Changed: r.Updated, InstallScripts: r.InstallScripts,
		OffRelease: offCopies(r.OffRelease), Ahead: offCopies(r.Ahead),
		DuplicatesBefore: len(r.DuplicatesBefore), DuplicatesAfter: len(r.DuplicatesAfter), Duplicates: r.DuplicatesAfter,
	}
	if r.OfRelease > 0 {
		c.OnRelease, c.OfRelease = &r.OnRelease, &r.OfRelease
	}
	l.LockChange = c
}

func offCopies(list []relock.Off) []offCopy {
	out := make([]offCopy, len(list))
	for i, o := range list {
		out[i] = offCopy{Name: o.Name, Version: o.Version, Release: o.Release, Reason: string(o.Reason)}
		for _, d := range o.Asks {
			ask := askBy{Range: spec.Bare(d.Range), Excludes: d.Excludes, Place: d.Pos, Fix: d.Fix}
			for _, s := range d.Path {
				step := s.Name
				if s.Version != "" {
					step += "@" + s.Version
				}
				ask.Path = append(ask.Path, step)
			}
			out[i].Asks = append(out[i].Asks, ask)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return byData(out[i].Name, out[j].Name) })
	return out
}

// sentence is one line on the lock for a report.
func (l Lockfile) sentence() string {
	by := "portalctl"
	seeded := l.Mode == "yarn" && l.LockChange != nil
	switch {
	case seeded:
		by += " and " + l.Yarn
	case l.Mode == "yarn":
		by = l.Yarn
	}
	var s string
	switch l.State {
	case "pending":
		if l.alone {
			s = "not in line with the package.json files"
			break
		}
		s = "will be brought in line by " + by + " when the plan is applied"
		if l.Blocked != "" {
			s = "cannot be brought in line here: " + l.Blocked
		}
	case "written":
		s = "brought in line by " + by
	case "absent":
		s = "there is none; yarn install will make it"
	case "skipped":
		s = "left as it is (--lockfile skip); run yarn install to bring it in line"
	default:
		s = "in line, unchanged"
		if l.LockChange == nil {
			s = "unchanged (not compared with the package.json files)"
		}
	}
	switch {
	case l.Why == "":
	case seeded:
		s += "\n  not by portalctl alone: " + l.Why
	default:
		s += "\n  not by portalctl: " + l.Why
	}
	if l.Mode == "yarn" && !seeded && l.State == "pending" && l.Blocked == "" {
		s += "\n  Yarn takes the newest versions that the ranges admit, not the release's"
	}
	if l.ofRelease > 0 {
		s += fmt.Sprintf("\n  on the release: %d of %d @backstage packages", l.onRelease, l.ofRelease)
	}
	if c := l.LockChange; c != nil {
		switch {
		case l.State == "unchanged":
		case len(c.Added)+len(c.Removed)+len(c.Changed) == 0:
			s += "\n  packages: the same; ranges, fields, checksums or order change"
			if l.State == "pending" {
				s += " (--dry-run --diff shows them)"
			}
		default:
			s += fmt.Sprintf("\n  packages: %d added, %d removed, %d changed", len(c.Added), len(c.Removed), len(c.Changed))
		}
		if c.OfRelease != nil && *c.OfRelease > 0 {
			s += fmt.Sprintf("\n  on the release: %d of %d @backstage packages", *c.OnRelease, *c.OfRelease)
		}
		s += fmt.Sprintf("\n  names with several versions: %d", c.DuplicatesAfter)
		if c.DuplicatesBefore != c.DuplicatesAfter {
			s += fmt.Sprintf(" (before: %d)", c.DuplicatesBefore)
		}
	}
	return s
}

// offLines says for each copy off the release who keeps it there, and what
// would change that.
func (l Lockfile) offLines() []string {
	var out []string
	for _, o := range l.OffRelease {
		line := fmt.Sprintf("%s %s, not %s", o.Name, o.Version, o.Release)
		if len(o.Asks) == 0 {
			out = append(out, line)
			continue
		}
		a := o.Asks[0]
		line += fmt.Sprintf(": %s asks for %s", strings.Join(a.Path, " → "), a.Range)
		if a.Place != "" {
			line += " (" + a.Place + ")"
		}
		if n := len(o.Asks) - 1; n > 0 {
			line += fmt.Sprintf(", and %s", english.Count(n, "other"))
		}
		out = append(out, line)
		for _, fix := range o.fixes() {
			out = append(out, "    fix: "+fix)
		}
	}
	return out
}

// fixes are the different things to do about a copy: all of them, for one is
// not enough while another range holds the copy. What a long list leaves out
// is in the JSON form.
func (o offCopy) fixes() []string {
	const most = 4
	var list []string
	for _, a := range o.Asks {
		if a.Fix != "" && !slices.Contains(list, a.Fix) {
			list = append(list, a.Fix)
		}
	}
	if len(list) > most {
		list = append(list[:most-1:most-1], fmt.Sprintf("%d more (see --format json)", len(list)-most+1))
	}
	return list
}
