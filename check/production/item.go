package production

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// area is a part of the checklist.
type area string

// The areas, in the order of reports.
const (
	areaTechDocs     area = "techdocs"
	areaPlugins      area = "plugins"
	areaSecurity     area = "security"
	areaOperations   area = "operations"
	areaOrganisation area = "organisation"
)

// title is the area's heading.
func (a area) title() string {
	return map[area]string{
		areaTechDocs: "TechDocs", areaPlugins: "Plugins", areaSecurity: "Permissions and security",
		areaOperations: "Operations", areaOrganisation: "Organisation",
	}[a]
}

// areas are all areas, in the order of reports.
func areas() []area {
	return []area{areaTechDocs, areaPlugins, areaSecurity, areaOperations, areaOrganisation}
}

// Profile says what a portal is for, and so what counts against it.
type Profile string

// The profiles. What counts in one counts in those after it.
const (
	profileDemo       Profile = "demo"
	profileTeam       Profile = "team"
	profileEnterprise Profile = "enterprise"
	// advice counts in none.
	advice Profile = "advice"
)

// Profiles are the words for --profile, the default first.
func Profiles() []string {
	return []string{string(profileTeam), string(profileDemo), string(profileEnterprise)}
}

func (p Profile) rank() int {
	return map[Profile]int{profileDemo: 0, profileTeam: 1, profileEnterprise: 2, advice: 3}[p]
}

// checkItem is one line of the checklist.
type checkItem struct {
	ID   string `json:"id"`
	Area area   `json:"area"`
	// Title says what holds when the item is passed, Why what it is good for, Fix what
	// to do where it is not.
	Title string `json:"title"`
	Why   string `json:"why"`
	Fix   string `json:"fix"`
	// Level is the level of maturity that the item belongs to, 1 to maxLevel; 0 for
	// advice, which no level needs.
	Level int `json:"level"`
	// From is the first profile in which a failure counts.
	From Profile `json:"from"`
}

// url is where the item is explained.
func (i checkItem) url() string {
	return "https://github.com/portalctl/portalctl/blob/main/docs/production-items.md#" + i.ID
}

// severity is that of the item's findings in a profile.
func (i checkItem) severity(p Profile) finding.Severity {
	if i.From.rank() > p.rank() {
		return finding.Info
	}
	return finding.Warning
}

// item is a row of the table: look reads the repository.
type item struct {
	checkItem
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
	verdict      verdict
	reason, next string
	evidence     []evidencePlace
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
func pass(reason string, evidence ...evidencePlace) outcome {
	return outcome{verdict: verdictPass, reason: reason, evidence: evidence}
}

// fail is what lines of the repository say.
func fail(problems ...problem) outcome { return outcome{verdict: verdictFail, problems: problems} }

// missing is a failure because something is not there, at the place where it would be
// looked for.
func missing(pos fault.Pos, name, message, next string) outcome {
	return outcome{verdict: verdictFail, absent: true, problems: []problem{{pos: pos, name: name, message: message, next: next}}}
}

// unknown is what the repository does not say.
func unknown(reason, next string, evidence ...evidencePlace) outcome {
	return outcome{verdict: verdictUnknown, reason: reason, next: next, evidence: evidence}
}

func notApplicable(reason string, evidence ...evidencePlace) outcome {
	return outcome{verdict: verdictNotApplicable, reason: reason, evidence: evidence}
}

// judged is fail with the problems, if there are any, and pass else.
func judged(problems []problem, reason string, evidence []evidencePlace) outcome {
	if len(problems) > 0 {
		o := fail(problems...)
		o.evidence = evidence
		return o
	}
	return pass(reason, evidence...)
}

// settle makes an outcome the item's result and findings. The rules for all items are
// here: no pass without evidence, and what an attestation may say.
func (it item) settle(o outcome, opts Options) (itemResult, []finding.Finding) {
	res := itemResult{checkItem: it.checkItem, Verdict: o.verdict, Reason: o.reason, Next: o.next, Evidence: o.evidence,
		Counts: it.severity(opts.Profile).Fails(), Attestation: opts.Config.attestation(it.ID), Seconds: o.seconds}
	if res.Verdict == verdictPass && len(res.Evidence) == 0 {
		res.Verdict, res.Reason, res.Next = verdictUnknown, noEvidence, "Report this as a fault of portalctl"
	}
	a := res.Attestation
	if a != nil && a.counts(opts.Now) && (res.Verdict == verdictUnknown || res.Verdict == verdictFail && o.absent) {
		res.Verdict, res.Next = verdictAttested, ""
		res.Reason = fmt.Sprintf("%s attests it until %s: %s", a.Owner, a.Expires, a.URL)
		res.Evidence = append(res.Evidence, evidencePlace{a.Pos, "attested by " + a.Owner + ": " + a.URL})
		return res, nil
	}
	if a != nil && !a.counts(opts.Now) && res.Verdict == verdictUnknown {
		res.Verdict = verdictFail
		o.problems = []problem{{pos: a.Pos, name: it.ID, key: attestationKey,
			message: fmt.Sprintf("the attestation of %s ended on %s, and no file shows it", a.Owner, a.Expires),
			next:    "Look at " + a.URL + " again and give the attestation a new day, or take it out"}}
	}
	if res.Verdict != verdictFail {
		return res, nil
	}
	var list []finding.Finding
	res.Evidence = nil // what is right does not matter beside it
	for _, p := range o.problems {
		list = append(list, finding.Finding{Rule: it.ID, Severity: it.severity(opts.Profile), Pos: p.pos, Name: p.name, Key: p.key,
			Message: p.message, Next: p.next})
		res.Evidence = append(res.Evidence, evidencePlace{p.pos, p.message})
	}
	if len(o.problems) > 0 {
		res.Reason, res.Next = o.problems[0].message, o.problems[0].next
	}
	return res, list
}

// noEvidence is the reason of a pass that showed nothing. Tests fail on it.
const noEvidence = "the item was passed without evidence, so that it cannot be relied on"
