package ignore

import (
	"path"
	"slices"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// Decisions answer for one run. They note which ignores were used, so that they
// are not safe for concurrent use.
type Decisions struct {
	// Policy is the base's, or the head's when there is no base.
	Policy Policy
	// Note says that the base's files cannot be read and that the change
	// repairs them: then the built-in policy holds and nothing is ignored. ""
	// otherwise.
	Note string

	now time.Time
	// ignores count. added are the change's own, which do not; gone are those
	// that count and that the change takes out.
	ignores []*Ignore
	added   []*Ignore
	gone    map[*Ignore]bool
}

// Load parses the files. An error is a *fault.Error with the place in a file;
// what is not known in a file is an error too.
func Load(src Sources) (*Decisions, error) {
	head, err := parse(src.Head, src, true)
	if err != nil {
		return nil, err
	}
	d := &Decisions{now: src.Now, Policy: head.policy, ignores: head.ignores, gone: map[*Ignore]bool{}}
	if !src.HasBase {
		return d, nil
	}
	base, err := parse(src.Base, src, false)
	if err != nil {
		base = &parsed{}
		d.Note = "the decisions of the merge base cannot be read (" + err.Error() + "): the built-in policy is in force, and nothing is ignored"
	}
	d.Policy, d.ignores = base.policy, base.ignores
	d.compare(head.ignores)
	return d, nil
}

// compare tells what the change adds and takes out, and moves what stays to its
// place in the head's files, which are those that people see.
func (d *Decisions) compare(head []*Ignore) {
	left := make(map[decision][]*Ignore, len(head))
	for _, ig := range head {
		left[ig.decision()] = append(left[ig.decision()], ig)
	}
	for _, ig := range d.ignores {
		list := left[ig.decision()]
		if len(list) == 0 {
			d.gone[ig] = true
			continue
		}
		ig.Pos = list[0].Pos
		left[ig.decision()] = list[1:]
	}
	for _, ig := range head {
		if slices.Contains(left[ig.decision()], ig) {
			d.added = append(d.added, ig)
		}
	}
}

// Ignored is the ignore that sets a finding aside.
func (d *Decisions) Ignored(s Subject) (Ignore, bool) {
	var found *Ignore
	for _, ig := range d.ignores {
		// All that match are in use: none of them is to be called unused.
		if ig.Counts(d.now) && ig.matches(s) {
			ig.used = true
			if found == nil {
				found = ig
			}
		}
	}
	if found == nil {
		return Ignore{}, false
	}
	return *found, true
}

// Added is the ignore that the change itself adds for a finding. It does not
// count before it is in the base.
func (d *Decisions) Added(s Subject) (Ignore, bool) {
	for _, ig := range d.added {
		if ig.Counts(d.now) && ig.matches(s) {
			return *ig, true
		}
	}
	return Ignore{}, false
}

// Findings are about the ignores themselves, to be asked for once all findings
// went through Ignored: those that have run out (errors), those that the change
// adds (information), and those that nothing needed, which are errors when
// strict says so. partial says that not everything was looked at (production
// dependencies alone, one lock of several): then no ignore is called unused.
func (d *Decisions) Findings(strict, partial bool) []finding.Finding {
	var out []finding.Finding
	add := func(f finding.Finding, ig *Ignore) {
		f.Key = ig.key()
		if s, ok := d.Policy.Severities[f.Rule]; ok {
			f.Severity = s
		}
		if f.Severity != finding.Off {
			out = append(out, f)
		}
	}
	for _, ig := range d.ignores {
		switch {
		case d.gone[ig]:
		case !ig.Counts(d.now):
			add(ig.Expired(ig.text()), ig)
		case ig.used || partial || ig.never:
		default:
			f := ig.Unused(ig.text())
			if strict {
				f.Severity = finding.Error
			}
			add(f, ig)
		}
	}
	for _, ig := range d.added {
		add(ig.About(addedRule, "this change adds an ignore of "+ig.text()+ig.ending()+ig.Because()+"; it does not count for what the change brings",
			"Review it like the finding itself; it counts once it is in the base branch"), ig)
	}
	return out
}

// Rules are about the ignores themselves.
func Rules() []finding.Rule { return []finding.Rule{finding.IgnoreRule, finding.UnusedRule, addedRule} }

var addedRule = finding.Rule{ID: "ignore-added", Title: "ignores that the change itself adds", Severity: finding.Info}

// decision is what makes two ignores the same, wherever they stand.
type decision struct {
	id, rule, pkg, version, path, reason, owner, expires, folder string
	until                                                        int64
	osv, never, regex                                            bool
}

func (ig *Ignore) decision() decision {
	d := decision{ig.ID, ig.Rule, ig.Package, ig.Version, ig.Path, ig.Reason, ig.Owner, ig.Expires, ig.folder, 0, ig.osv, ig.never, ig.regex != nil}
	if !ig.Until.IsZero() {
		d.until = ig.Until.UnixNano()
	}
	return d
}

// text is the ignore in words: GHSA-… for lodash in yarn.lock.
func (ig *Ignore) text() string { return ig.Text(ig.Version) }

func (ig *Ignore) ending() string {
	if ig.Expires == "" {
		return " without an end"
	}
	return " until " + ig.Expires
}

func (ig *Ignore) key() string {
	return ig.ID + "\x00" + ig.Rule + "\x00" + ig.Package + "\x00" + ig.Version + "\x00" + ig.Path
}

// parsed is what a set of files says.
type parsed struct {
	policy  Policy
	ignores []*Ignore
}

func parse(files []File, src Sources, bounded bool) (*parsed, error) {
	out := &parsed{}
	for _, f := range files {
		var err error
		switch path.Base(f.Path) {
		case osvFile:
			err = out.parseOSV(f)
		case policyFile:
			err = out.parsePolicy(f, src, bounded)
		default:
			err = fault.At(fault.Pos{File: f.Path}, "this is not a file of decisions").
				WithNext("Write decisions to %s or %s", policyFile, osvFile)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
