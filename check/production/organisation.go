package production

import (
	"bytes"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// organisationItems are the items of the area Organisation.
func organisationItems() []item {
	return []item{
		{checkItem{"contribution-guide", areaOrganisation, "There is a contribution guide",
			"Teams add plugins and templates themselves when they know how; else everything waits for the portal's team.",
			nextContribution,
			4, profileEnterprise}, contributionGuide},
		{checkItem{"rfc-process", areaOrganisation, "Decisions about the portal are written down: RFCs or decision records",
			"Who comes later sees why, and who is concerned is asked before.",
			nextRFC,
			5, profileEnterprise}, rfcProcess},
		{checkItem{"ownership", areaOrganisation, "The portal has an owner",
			"Somebody has to decide about upgrades, plugins and incidents, and be found.",
			nextOwner,
			2, profileTeam}, ownership},
		{checkItem{"slo", areaOrganisation, "There are objectives or alert rules for the portal",
			"Without them the users are the monitoring.",
			nextSLO,
			4, profileEnterprise}, slo},
	}
}

const (
	nextContribution = "Write CONTRIBUTING.md: how a plugin or a template gets in, who reviews it, what it needs"
	nextRFC          = "Add docs/rfc with a template (portalctl's init writes one), or docs/adr, and link it from the contribution guide"
	nextOwner        = "Name a team for * in CODEOWNERS, or in spec.owner of the portal's own catalog-info.yaml"
	nextSLO          = "Add a PrometheusRule, a rules file or an OpenSLO document for the portal, or attest where its objectives are"
)

func contributionGuide(v *view) outcome {
	f, ok := v.first("CONTRIBUTING.md", ".github/CONTRIBUTING.md", "docs/CONTRIBUTING.md", "docs/contributing.md", "CONTRIBUTING.adoc", "CONTRIBUTING", "docs/contributing/index.md")
	if !ok {
		return missing(v.manifest(), "CONTRIBUTING.md", "the repository has no contribution guide", nextContribution)
	}
	if _, err := f.load(); err != nil {
		return unknown("the contribution guide cannot be read: "+err.Error(), "Make it a text", evidencePlace{f.pos(1, 0), "cannot be read"})
	}
	if len(bytes.TrimSpace(f.read())) == 0 {
		return fail(problem{pos: f.pos(1, 0), name: f.base(), message: "the contribution guide is empty", next: nextContribution})
	}
	return pass("a contribution guide is there", evidencePlace{f.pos(1, 0), shorten(strings.TrimSpace(f.lines()[0]))})
}

var rfcName = pattern.New(`(?i)(^|/)(rfcs?|adrs?|decisions|architecture-decisions|decision-records)/[^/]+\.(md|adoc)$|(^|/)rfc[-_][^/]*\.md$|^\.github/ISSUE_TEMPLATE/[^/]*rfc[^/]*$`)

var rfcLink = pattern.New(`(?i)\b(rfcs?|adrs?)\b.*https?://|https?://\S*/(rfcs?|adrs?)\b`)

func rfcProcess(v *view) outcome {
	for _, f := range v.repo.match(func(n string) bool { return rfcName().MatchString(n) && !isAside(n) }) {
		return pass("decisions are written down", evidencePlace{f.pos(1, 0), path.Base(f.name)})
	}
	for _, name := range []string{"CONTRIBUTING.md", "README.md"} {
		f, ok := v.first(name)
		if !ok {
			continue
		}
		for i, l := range f.lines() {
			if rfcLink().MatchString(l) {
				return unknown("decisions are written down elsewhere, it seems", "Attest it with the address", evidencePlace{f.pos(i+1, 0), shorten(strings.TrimSpace(l))})
			}
		}
	}
	return missing(v.manifest(), "rfc", "the repository has neither RFCs nor decision records", nextRFC)
}

// placeholders are the owners that Backstage's templates come with.
var placeholders = []string{"guests", "john@example.com", "user:guest", "user:default/guest", "group:guests", "group:default/guests", "unknown"}

func ownership(v *view) outcome {
	lines, bad := v.codeowners()
	if bad != nil {
		return *bad
	}
	for _, o := range lines {
		if o.All() && len(o.Owners) > 0 {
			return pass("CODEOWNERS names who owns the repository", o.evidence())
		}
	}
	var weak []problem
	for _, e := range v.components() {
		if e.file.dir() != v.base && e.file.dir() != "." {
			continue
		}
		owner, ok := e.root.Get("spec", "owner")
		if !ok {
			continue
		}
		pos := keyPos(e.root, "spec", "owner")
		if in(owner.String(), placeholders...) || owner.String() == "" {
			weak = append(weak, problem{pos: pos, name: e.name, message: "the owner of " + e.name + " is " + shorten(owner.String()) + ", which the template came with", next: nextOwner})
			continue
		}
		return pass("the catalog names who owns the portal", evidencePlace{pos, "owner: " + shorten(owner.String())})
	}
	if len(weak) > 0 {
		return fail(weak...)
	}
	return missing(v.manifest(), "owner", "nothing says who owns the portal", nextOwner)
}

var alertFile = pattern.New(`(?i)(alerts?|rules?|slos?|slis?)[^/]*\.ya?ml$`)

func slo(v *view) outcome {
	for _, o := range v.objects() {
		if groups, ok := o.root.Get("spec", "groups"); o.err == nil && o.kind == "PrometheusRule" && ok && groups.Kind() == yamledit.Sequence && len(groups.Items()) == 0 {
			return fail(problem{pos: keyPos(o.root, "spec", "groups"), name: o.name(), message: "the PrometheusRule has no rules", next: nextSLO})
		}
		if o.err == nil && in(o.kind, "PrometheusRule", "SLO", "PrometheusServiceLevel", "ServiceLevelObjective", "AlertPolicy", "VMRule") {
			return pass("a "+o.kind+" is there", evidencePlace{keyPos(o.root, "kind"), "kind: " + o.kind})
		}
	}
	for _, t := range []*tree{v.deploy, v.repo} {
		for _, f := range t.match(func(n string) bool {
			return alertFile().MatchString(n) && !isAside(n) && !strings.HasPrefix(n, ".github/")
		}) {
			for _, d := range f.yaml() {
				groups, ok := d.root.Get("groups")
				for _, g := range groups.Items() {
					rules, _ := g.Get("rules")
					for _, r := range rules.Items() {
						if _, has := r.Get("alert"); ok && has {
							return pass("alert rules are there", evidencePlace{keyPos(r, "alert"), "alert"})
						}
					}
				}
			}
		}
	}
	return unknown("the repository has no objectives and no alert rules; they may be where alerts are kept", nextSLO)
}
