package production

import (
	"fmt"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/release"
)

// upgradeItems are those about staying up to date, and the way back.
func upgradeItems() []item {
	return []item{
		{checkItem{"upgrade-slot", areaOperations, "Upgrades have a slot: something makes them on a schedule",
			"Backstage releases each month; who upgrades when there is time is a year behind.",
			nextSlot,
			3, profileTeam}, upgradeSlot},
		{checkItem{"upgrade-distance", areaOperations, "The portal is at most three releases behind, by its lock",
			"Security fixes are made for the newest releases; each release that is skipped makes the next upgrade dearer.",
			"Run portalctl's versions changes, which says what the way breaks, then versions bump",
			2, profileTeam}, upgradeDistance},
		{checkItem{"database-snapshot", areaOperations, "The database is copied before an upgrade",
			"Some migrations have no way back: without a copy the old release cannot run again.",
			nextSnapshot,
			4, profileTeam}, databaseSnapshot},
	}
}

const (
	nextSlot     = "Add a scheduled workflow that runs portalctl's slot (portalctl's init writes one), or Renovate with a rule for @backstage packages"
	nextSnapshot = "Run portalctl's snapshot create in the job that deploys, before the new release starts (portalctl's init writes an example; docs/snapshot.md)"
	// maxBehind is how many main releases a portal may be behind.
	maxBehind = 3
)

var (
	bots   = pattern.New(`^(\.github/|\.gitlab/)?(renovate\.json5?|\.renovaterc(\.json5?)?)$|^\.github/dependabot\.ya?ml$`)
	bumps  = pattern.New(`portalctl(\s+\S+)*\s+versions\s+bump|portalctl(\s+\S+)*\s+slot\b[^\n]*\s(--yes|-y)\b|versions:bump|backstage/actions/\S*bump`)
	copies = pattern.New(`portalctl(\s+\S+)*\s+snapshot\s+create|\bpg_dump(all)?\b|\bvelero\s+backup|\bpgbackrest\b|\bbarman\b|\bwal-g\b|create-db-snapshot|create-db-cluster-snapshot|gcloud\s+sql\s+backups`)
)

func upgradeSlot(v *view) outcome {
	for _, fl := range v.flows() {
		for _, s := range fl.steps {
			if e, ok := s.at(bumps()); ok && !fl.scheduled.IsZero() {
				return pass("CI makes the upgrade on a schedule", e, evidencePlace{fl.scheduled, "schedule"})
			}
		}
	}
	var off []problem
	for _, f := range v.repo.match(func(n string) bool { return bots().MatchString(n) }) {
		pos, isOff := leavesOut(f)
		if !isOff {
			return pass("a bot keeps the dependencies moving", evidencePlace{f.pos(1, 0), f.base()})
		}
		off = append(off, problem{pos: pos, name: f.base(), message: f.base() + " leaves the @backstage packages out", next: nextSlot})
	}
	if e, fl, ok := v.step(bumps()); ok {
		return fail(problem{pos: e.Pos, name: fl.base(), message: "CI can make the upgrade, but runs it only by hand", next: "Give the workflow a schedule"})
	}
	if len(off) > 0 {
		return fail(off...)
	}
	return v.noStep("upgrade-slot", "a scheduled upgrade", nextSlot)
}

func upgradeDistance(v *view) outcome {
	stand := v.in.Standing
	pos := v.manifest()
	if b := v.in.Project.Backstage; b != nil && b.VersionPos.Line > 0 {
		pos = fault.Pos{File: "backstage.json", Line: b.VersionPos.Line, Col: b.VersionPos.Col}
	}
	if stand.Release == "" {
		return unknown("which release the portal is on is not known", "Run portalctl versions status"+v.opts.At, evidencePlace{pos, "release"})
	}
	e := evidencePlace{pos, "release " + stand.Release}
	if stand.Differs {
		e = evidencePlace{fault.Pos{File: "yarn.lock", Line: 1}, stand.Difference()}
	}
	n, err := release.Behind(stand.Release, v.in.Newest)
	if v.in.Newest == "" || err != nil {
		return unknown("the newest release is not known offline", "Run portalctl versions status"+v.opts.At+", which asks for it", e)
	}
	behind := fmt.Sprintf("%s is %s behind %s", stand.Release, english.Count(n, "release"), v.in.Newest)
	switch {
	case n <= maxBehind && v.in.Current:
		return pass(behind, e)
	case n <= maxBehind:
		return unknown(behind+", the newest that is known offline; there may be newer ones", "Run portalctl versions status"+v.opts.At+", which asks for it", e)
	}
	return fail(problem{pos: e.Pos, name: stand.Release, message: "the portal is too far back: " + behind,
		next: "Run portalctl versions changes" + v.opts.At + ", which says what the way breaks"})
}

func databaseSnapshot(v *view) outcome {
	if client, at, known, ok := v.config().text("backend.database.client"); ok && known && client != "pg" && v.config().settled() {
		return notApplicable("there is no database that outlives an upgrade", at)
	}
	if e, fl, ok := v.step(copies()); ok {
		if strings.Contains(e.Text, "--dry-run") {
			return fail(problem{pos: e.Pos, name: fl.base(), message: "CI says what it would copy, and copies nothing", next: "Take --dry-run out of the command"})
		}
		return pass("CI copies the database", e)
	}
	for _, o := range v.objects() {
		if o.err != nil {
			continue
		}
		if in(o.kind, "ScheduledBackup", "Backup", "Schedule", "RecurringJob") {
			return pass("a "+o.kind+" copies the database", evidencePlace{keyPos(o.root, "kind"), "kind: " + o.kind})
		}
		if o.kind == "CronJob" || o.kind == "Job" {
			for i, l := range o.file.lines() {
				if copies().MatchString(l) {
					return pass("a "+o.kind+" copies the database", evidencePlace{o.file.pos(i+1, 0), path.Base(o.file.name)})
				}
			}
		}
	}
	return unknown("nothing in the repository copies the database; its platform may", nextSnapshot+", or attest the backup that there is")
}
