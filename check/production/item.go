package production

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// Area is a part of the checklist.
type Area string

// The areas, in the order of reports.
const (
	TechDocs     Area = "techdocs"
	Plugins      Area = "plugins"
	Security     Area = "security"
	Operations   Area = "operations"
	Organisation Area = "organisation"
)

// Title is the area's heading.
func (a Area) Title() string {
	return map[Area]string{
		TechDocs: "TechDocs", Plugins: "Plugins", Security: "Permissions and security",
		Operations: "Operations", Organisation: "Organisation",
	}[a]
}

// Areas are all areas, in the order of reports.
func Areas() []Area { return []Area{TechDocs, Plugins, Security, Operations, Organisation} }

// Profile says what a portal is for, and so what counts against it.
type Profile string

// The profiles. What counts in one counts in those after it.
const (
	Demo       Profile = "demo"
	Team       Profile = "team"
	Enterprise Profile = "enterprise"
	// advice counts in none.
	advice Profile = "advice"
)

// Profiles are the words for --profile, the default first.
func Profiles() []string { return []string{string(Team), string(Demo), string(Enterprise)} }

func (p Profile) rank() int {
	return map[Profile]int{Demo: 0, Team: 1, Enterprise: 2, advice: 3}[p]
}

// Item is one line of the checklist.
type Item struct {
	ID   string
	Area Area
	// Title says what holds when the item is passed, Why what it is good for, Fix what
	// to do where it is not.
	Title, Why, Fix string
	// Level is the level of maturity that the item belongs to, 1 to MaxLevel; 0 for
	// advice, which no level needs.
	Level int
	// From is the first profile in which a failure counts.
	From Profile
}

// URL is where the item is explained.
func (i Item) URL() string {
	return "https://github.com/portalctl/portalctl/blob/main/docs/production-items.md#" + i.ID
}

// severity is that of the item's findings in a profile.
func (i Item) severity(p Profile) finding.Severity {
	if i.From.rank() > p.rank() {
		return finding.Info
	}
	return finding.Warning
}

// item is a row of the table: look reads the repository.
type item struct {
	Item
	look func(*view) outcome
}

// table has all items, in the order of reports: one list an area, each in a file of
// its own.
func table() []item {
	var all []item
	for _, list := range [][]item{techdocsItems(), pluginItems(), securityItems(), operationsItems(), organisationItems()} {
		all = append(all, list...)
	}
	return all
}

// outcome is what an item saw. Use the constructors.
type outcome struct {
	verdict      Verdict
	reason, next string
	evidence     []Evidence
	problems     []problem
	// absent: nothing was found, which an attestation can answer. What files say is
	// not attested away.
	absent bool
	// seconds is of a probe: how long the shortest waits; 0 for what is none.
	seconds int
}

// problem is one thing that is wrong: it becomes one finding.
type problem struct {
	pos fault.Pos
	// name is what it is about: a package, a key, a file. key tells two apart that
	// are about one name in one file.
	name, key string
	message   string
	next      string
}

// pass needs evidence: settle makes a pass without it unknown.
func pass(reason string, evidence ...Evidence) outcome {
	return outcome{verdict: Pass, reason: reason, evidence: evidence}
}

// fail is what lines of the repository say.
func fail(problems ...problem) outcome { return outcome{verdict: Fail, problems: problems} }

// missing is a failure because something is not there, at the place where it would be
// looked for.
func missing(pos fault.Pos, name, message, next string) outcome {
	return outcome{verdict: Fail, absent: true, problems: []problem{{pos: pos, name: name, message: message, next: next}}}
}

// unknown is what the repository does not say.
func unknown(reason, next string, evidence ...Evidence) outcome {
	return outcome{verdict: Unknown, reason: reason, next: next, evidence: evidence}
}

func notApplicable(reason string, evidence ...Evidence) outcome {
	return outcome{verdict: NotApplicable, reason: reason, evidence: evidence}
}

// judged is fail with the problems, if there are any, and pass else.
func judged(problems []problem, reason string, evidence []Evidence) outcome {
	if len(problems) > 0 {
		o := fail(problems...)
		o.evidence = evidence
		return o
	}
	return pass(reason, evidence...)
}

// settle makes an outcome the item's result and findings. The rules for all items are
// here: no pass without evidence, and what an attestation may say.
func (it item) settle(o outcome, opts Options) (Result, []finding.Finding) {
	res := Result{Item: it.Item, Verdict: o.verdict, Reason: o.reason, Next: o.next, Evidence: o.evidence,
		Counts: it.severity(opts.Profile).Fails(), Attestation: opts.Config.attestation(it.ID), Seconds: o.seconds}
	if res.Verdict == Pass && len(res.Evidence) == 0 {
		res.Verdict, res.Reason, res.Next = Unknown, noEvidence, "Report this as a fault of portalctl"
	}
	a := res.Attestation
	if a != nil && a.counts(opts.Now) && (res.Verdict == Unknown || res.Verdict == Fail && o.absent) {
		res.Verdict, res.Next = Attested, ""
		res.Reason = fmt.Sprintf("%s attests it until %s: %s", a.Owner, a.Expires, a.URL)
		res.Evidence = append(res.Evidence, Evidence{a.Pos, "attested by " + a.Owner + ": " + a.URL})
		return res, nil
	}
	if a != nil && !a.counts(opts.Now) && res.Verdict == Unknown {
		res.Verdict = Fail
		o.problems = []problem{{pos: a.Pos, name: it.ID, key: attestationKey,
			message: fmt.Sprintf("the attestation of %s ended on %s, and no file shows it", a.Owner, a.Expires),
			next:    "Look at " + a.URL + " again and give the attestation a new day, or take it out"}}
	}
	if res.Verdict != Fail {
		return res, nil
	}
	var list []finding.Finding
	res.Evidence = nil // what is right does not matter beside it
	for _, p := range o.problems {
		list = append(list, finding.Finding{Rule: it.ID, Severity: it.severity(opts.Profile), Pos: p.pos, Name: p.name, Key: p.key,
			Message: p.message, Next: p.next})
		res.Evidence = append(res.Evidence, Evidence{p.pos, p.message})
	}
	if len(o.problems) > 0 {
		res.Reason, res.Next = o.problems[0].message, o.problems[0].next
	}
	return res, list
}

// noEvidence is the reason of a pass that showed nothing. Tests fail on it.
const noEvidence = "the item was passed without evidence, so that it cannot be relied on"
