package slot

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/portalctl/portalctl/internal/english"
)

// bootSeconds is what a backend takes to start beside its migrations.
const bootSeconds = 30

// judge makes the line of a deployment. What could not be found out is never taken for
// good news.
func (w *deploying) judge() Go {
	g := &Go{Kind: goAhead}
	w.judgeForecast(g)
	w.judgeCopy(g)
	w.judgeProbes(g)
	if n := len(w.r.Hands); n > 0 && w.r.Branch != "" {
		g.add(goAhead, fmt.Sprintf("the run still names %s that needs hands: make sure that they are done", english.Count(n, "thing")), w.r.portalctl("slot status"))
	}
	switch g.Kind {
	case NoGo:
		g.Title = "no-go: " + english.Count(countOf(g.Reasons, NoGo), "reason")
		return *g
	case WithWindow:
		g.Minutes = int(math.Ceil((w.d.Forecast.UpTo + 2*bootSeconds) / 60))
		g.Title = "go, with a window of " + english.Count(g.Minutes, "minute")
	default:
		g.Title = "go"
	}
	if n := countOf(g.Reasons, goIf); n > 0 {
		g.Title += ", if " + english.CountOf(n, "condition holds", "conditions hold")
	}
	return *g
}

// add adds a reason; the gravest decides.
func (g *Go) add(kind Kind, text, source string) {
	g.Reasons = append(g.Reasons, reason{kind, text, source})
	g.Kind = graver(g.Kind, kind, goAhead, goIf, WithWindow, NoGo)
}

// source is the command line of the first command that begins with the words.
func (w *deploying) source(words ...string) string {
	for _, p := range w.d.Commands {
		if len(p.Args) >= len(words) && slices.Equal(p.Args[:len(words)], words) {
			return p.line() + w.r.opts.At
		}
	}
	return ""
}

func (w *deploying) judgeForecast(g *Go) {
	source := w.source("snapshot", "forecast")
	f, all := w.d.Forecast, w.forecast
	if f == nil {
		why := ""
		for _, p := range w.d.Commands {
			if p.name() == "snapshot forecast" {
				why = ": " + english.Short(p.Problem, 300)
			}
		}
		g.add(NoGo, "which migrations will run is not known"+why, source)
		return
	}
	for _, p := range all.Plugins {
		if bad := slices.Concat(p.Missing, p.Invalid); len(bad) > 0 {
			g.add(NoGo, fmt.Sprintf("knex will refuse to start %s because of %s", p.Plugin, english.Some(bad, 3)), source)
		}
	}
	for _, u := range all.Unknown {
		switch {
		case u.Near:
		case u.Settle != "": // by who rolls it out, and by nobody else
			g.add(goIf, english.Short(u.Package+": "+u.Settle+" ("+u.Why+")", 400), source)
		default:
			g.add(NoGo, "the forecast does not know all: "+english.Short(u.Package+": "+u.Why, 300), source)
		}
	}
	if f.Migrations == 0 {
		g.add(goAhead, "no migration is known to run", source)
		return
	}
	for _, d := range w.d.Databases {
		if d.Unread != "" {
			g.add(NoGo, "what has run in "+d.Name+" is not known: "+english.Short(d.Unread, 300), source)
		}
		for _, t := range d.Tables {
			if t.Locked {
				g.add(NoGo, fmt.Sprintf("%s of %s is locked: a boot is at work there, or has died", t.Name+"_lock", d.Name), w.r.portalctl("snapshot create --dry-run"))
			}
		}
	}
	text := fmt.Sprintf("%s will run in %s", english.Count(f.Migrations, "migration"), english.Count(len(f.Databases), "database"))
	if f.Seconds < 0 {
		g.add(NoGo, text+"; how long is not known: "+f.Basis, source)
	} else {
		g.add(goAhead, fmt.Sprintf("%s, for about %s and up to %s", text, inSeconds(f.Seconds), inSeconds(f.UpTo)), source)
	}
	if f.PointOfNoReturn != "" {
		g.add(WithWindow, fmt.Sprintf("the running release fails from %s on, until the new one is up: stop it, or announce the window", f.PointOfNoReturn), source)
	}
	w.judgeRolling(g, source)
}

// judgeRolling says what the running release meets while the new one boots.
func (w *deploying) judgeRolling(g *Go, source string) {
	may := 0
	for _, p := range w.forecast.Plugins {
		for _, m := range p.Migrations {
			if len(m.Reasons) > 0 && !m.PointOfNoReturn {
				may++
			}
		}
	}
	if may > 0 {
		g.add(goAhead, fmt.Sprintf("%s may fail with the running release at work, depending on rows", english.Count(may, "migration")), source)
	}
	longest, where := 0.0, ""
	for _, l := range w.forecast.Locks {
		if l.Blocks == "reads and writes" && l.Seconds > longest {
			longest, where = l.Seconds, l.Table+" of "+l.Database
		}
	}
	if longest >= 1 {
		g.add(goAhead, fmt.Sprintf("requests that read %s wait for up to %s", where, inSeconds(longest)), source)
	}
	if n := len(w.forecast.Beforehand); n > 0 {
		g.add(goAhead, english.CountOf(n, "statement", "statements")+" of SQL can be run before, which makes the boot shorter", source)
	}
}

// inSeconds is a time for people.
func inSeconds(s float64) string {
	if s < 90 {
		return fmt.Sprintf("%.0f s", math.Max(1, math.Ceil(s)))
	}
	return fmt.Sprintf("%.0f min", math.Ceil(s/60))
}

func (w *deploying) judgeCopy(g *Go) {
	source := w.source("snapshot", "create")
	for i, p := range w.refused {
		var subjects []string // of which the same is said
		first := true
		for n, q := range w.refused {
			if q.Message == p.Message {
				first = first && n >= i
				subjects = append(subjects, q.Subject)
			}
		}
		if !first {
			continue
		}
		text := p.Message
		if p.Subject != "" {
			text = english.Some(subjects, 6) + ": " + text
		}
		if p.Next != "" {
			text += ". " + p.Next
		}
		g.add(NoGo, "there is no snapshot: "+english.Short(text, 600), source)
	}
	for _, p := range w.warnings {
		switch {
		case p.Kind == "standby":
			g.add(NoGo, "nothing can be restored here: "+english.Short(p.Subject+": "+p.Message, 300), source)
		case p.Kind == "writers":
			g.add(goAhead, "the portal was at work while it was copied: what is written from then on, the way back loses", source)
		}
	}
	c := w.d.Snapshot
	if c == nil {
		return
	}
	verify := w.source("snapshot", "verify")
	for _, p := range w.problems {
		g.add(NoGo, "the snapshot cannot be restored from: "+english.Short(p, 300), verify)
	}
	switch {
	case !c.Whole:
	case c.Rehearsed:
		g.add(goAhead, fmt.Sprintf("%s in %s, restored elsewhere and found the same; the way back takes about %s", english.Count(len(c.Databases), "database"), c.Name, inSeconds(c.RestoreSeconds)), verify)
	case w.opts.NoRehearse:
		g.add(goAhead, "the snapshot is whole; that it restores is not proven, as --no-rehearse says", verify)
	default:
		g.add(NoGo, "that the snapshot restores is not proven: "+w.rehearsal, verify)
	}
	w.judgeCopied(g, source)
}

// judgeCopied compares what was copied with what is there and what will be migrated.
func (w *deploying) judgeCopied(g *Go, source string) {
	c := w.d.Snapshot
	if f := w.d.Forecast; f != nil {
		for _, d := range f.Databases {
			if have := named(w.d.Databases, d.Name); have != nil && !have.Absent && !slices.Contains(c.Databases, d.Name) {
				g.add(NoGo, d.Name+" will be migrated, and the snapshot does not have it: there is no way back for it", source)
			}
		}
	}
	for _, d := range w.manifest.Databases {
		name := title(d.Name, d.Schema, d.Path)
		have := named(w.d.Databases, name)
		if have == nil || have.Unread != "" {
			continue
		}
		was := Database{Name: name}
		for _, m := range d.Migrations {
			t := Table{Name: TableName(m.Schema, m.Table)}
			for _, row := range m.Rows {
				t.Migrations = append(t.Migrations, row.Name)
			}
			was.Tables = append(was.Tables, t)
		}
		if more, less := added(was, *have), added(*have, was); len(more)+len(less) > 0 {
			g.add(NoGo, fmt.Sprintf("the snapshot is of another state of %s: %s", name, english.Some(namesOf(append(more, less...)), 3)), source)
		}
	}
	if age := w.d.Time.Sub(c.Taken); w.opts.Snapshot != "" && age > time.Hour {
		g.add(goAhead, fmt.Sprintf("the snapshot is %s old: the way back loses what was written since", age.Round(time.Minute)), source)
	}
}

func (w *deploying) judgeProbes(g *Go) {
	f := w.d.Forecast
	if f == nil || f.Migrations == 0 || f.Seconds < 0 {
		return
	}
	source := w.source("check", "production")
	needs := int(math.Ceil(f.UpTo)) + bootSeconds
	for _, item := range cmp.Or(w.probes, &dayProduction{}).Items {
		switch {
		case item.ID != "startup-probe":
			continue
		case item.Seconds > 0 && item.Seconds < needs:
			g.add(NoGo, fmt.Sprintf("the startup probe waits for %d s, and the boot may take %d s: the pod would be killed in the middle of its migrations", item.Seconds, needs), source)
			return
		case item.Verdict == "fail" && item.Seconds == 0 && f.UpTo > 5:
			g.add(NoGo, fmt.Sprintf("%s; give it a startup probe of %d s", item.Reason, f.Startup), source)
			return
		case item.Seconds > 0 && item.Seconds < f.Startup:
			g.add(goAhead, fmt.Sprintf("the startup probe waits for %d s; %d s would leave room for a busy server", item.Seconds, f.Startup), source)
			return
		case item.Seconds > 0:
			g.add(goAhead, fmt.Sprintf("the startup probe waits for %d s", item.Seconds), source)
			return
		}
	}
	g.add(goAhead, fmt.Sprintf("how long the startup probe waits is not known here: it should be %d s (--deploy-dir DIR reads the manifests)", f.Startup), source)
}
