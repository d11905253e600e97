package rollback

import (
	"fmt"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/snapshot"
)

// Markdown is ROLLBACK.md: the plan for people, complete without portalctl.
func (p *Plan) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Rollback to %s\n", report.Escape(p.Snapshot))
	line("Databases as of %s%s.", p.Taken.UTC().Format(time.RFC3339), p.ofPortal())
	line("Code: %s.\n", report.Escape(strings.TrimPrefix(p.deployText(), "Deploy ")))
	line("Run it: `portalctl snapshot restore`, or without portalctl `sh rollback.sh`. The steps below are what both do.\n")

	line("## When, and who decides\n")
	line("**Trigger.** The new release does not start, its log says \"The migration directory is corrupt\", or what it")
	line("does to users is worse than what a rollback takes away (below).\n")
	line("**Who decides.** Owner: ______________ Deputy: ______________ (fill in before the upgrade)\n")
	line("**Point of no return.** The first boot of the new release: it migrates the databases, and from then on the old")
	line("release no longer starts on them. Before that boot, going back is deploying the old code and nothing else.")
	line("From then on every hour adds to what a rollback takes away.\n")
	line("**Fix forward instead** when the new release runs and one plugin is broken: pin that plugin's package to the")
	line("version before, if its migrations did not change (below), or switch it off. knex's `migrate.rollback` with the new")
	line("packages undoes a batch but throws away what the migrations moved: only if no dump can be restored.\n")

	p.writeTargets(&b)
	p.writeSteps(&b)
	p.writeProperties(&b)
	line("## Afterwards\n")
	line("The failed state is kept: `…%sTIME`. Keep it until nobody needs a row of it, then drop it by hand. Nothing here does.", failedSuffix)
	for _, t := range p.Targets {
		line("\n    %s", oneLine(t.dropCommand("TIME", "")))
	}
	return b.String()
}

func (p *Plan) ofPortal() string {
	if p.Portal == "" {
		return ""
	}
	return " of " + report.Escape(p.Portal)
}

func (p *Plan) writeTargets(b *strings.Builder) {
	line := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	line("## What comes back, and what is lost\n")
	switch {
	case p.Compared == "":
		line("Only databases whose migration tables differ from the snapshot come back. Which those are shows after the upgrade:")
		line("`portalctl snapshot plan` writes this file again with them, and rollback.sh finds them itself.\n")
	case len(p.Targets) == 0 && p.Compared == "release":
		line("Nothing: the release to come brings no migration that the snapshot lacks. Deploying the old code is enough.\n")
	case len(p.Targets) == 0:
		line("Nothing: every database has the migrations of the snapshot. Deploying the old code is enough.\n")
	case p.Compared == "release":
		line("By the migrations of the release to come, these databases change:\n")
	default:
		line("These databases were migrated since the snapshot. The others stay as they are.\n")
	}
	if len(p.Targets) > 0 {
		rows := [][]string{}
		for _, t := range p.Targets {
			rows = append(rows, []string{t.Name(), t.plugins(), snapshot.Bytes(t.Bytes), about(t.Expected.Restore), p.Migrated(t)})
		}
		_ = report.Markdown(b, []string{"database", "plugins", "size", "restore", "migrations"}, rows)
		line("")
	}
	for _, t := range p.Targets {
		line("### %s\n", report.Code(t.Name()))
		for _, c := range t.Changes {
			line("- %s: %s", report.Code(c.Table), c.text())
		}
		if t.Loss.Known {
			line("- rows since the snapshot: %s", report.Escape(t.LossSummary()))
		}
		for _, m := range t.Loss.Meaning {
			line("- %s", report.Escape(m))
		}
		line("")
	}
	if len(p.Kept) > 0 {
		var names []string
		for _, t := range p.Kept {
			names = append(names, report.Code(t.Name()))
		}
		line("Left alone, with all their rows: %s.\n", strings.Join(names, ", "))
	}
	for _, l := range p.Leftovers {
		line("- %s", report.Escape(l.String()))
	}
	for _, n := range p.Notes {
		line("- %s", report.Escape(n))
	}
	if len(p.Leftovers)+len(p.Notes) > 0 {
		line("")
	}
}

// changeSummary is how the migrations differ, in a few words.
func (t *Target) changeSummary() string {
	if len(t.Changes) == 0 {
		return "as in the snapshot"
	}
	added, removed, other := 0, 0, ""
	for _, c := range t.Changes {
		added += len(c.Added)
		removed += len(c.Removed)
		if len(c.Added)+len(c.Removed) == 0 {
			other = c.Table
		}
	}
	var parts []string
	if added > 0 {
		parts = append(parts, fmt.Sprintf("+%d", added))
	}
	if removed > 0 {
		parts = append(parts, fmt.Sprintf("-%d", removed))
	}
	if len(parts) == 0 {
		return other
	}
	return strings.Join(parts, " ")
}

func (c Change) text() string {
	var parts []string
	if len(c.Added) > 0 {
		parts = append(parts, "new "+strings.Join(c.Added, ", "))
	}
	if len(c.Removed) > 0 {
		parts = append(parts, "gone "+strings.Join(c.Removed, ", "))
	}
	if len(parts) == 0 {
		return "there or not there, without a migration in it"
	}
	return report.Escape(strings.Join(parts, "; "))
}

// String is a leftover in words.
func (l Leftover) String() string {
	switch l.Kind {
	case LeftBeside:
		if l.Whole {
			return l.Name + " was left by an interrupted restore and never used; it is whole, and the next restore uses it"
		}
		return l.Name + " was left by an interrupted restore and never used: the next restore drops it"
	case LeftBlocked:
		return l.Name + " takes no connections, as an interrupted restore left it: the next restore opens or replaces it"
	}
	return l.Name + " is what an earlier restore replaced; it is kept"
}

func (p *Plan) writeSteps(b *strings.Builder) {
	line := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	line("## Steps\n")
	if len(p.Targets) == 0 {
		line("%s.\n", report.Escape(p.deployText()))
		return
	}
	line("Before: copy this folder to a machine with %s, and set", p.needs())
	line("the connection (no password on a command line); all commands are for one shell in this folder:\n")
	line("```sh")
	for _, s := range p.Servers {
		line("export PGHOST=%s PGPORT=%d PGUSER=%s PGSSLMODE=%s   # PGPASSFILE: a file of mode 0600%s", shellQuote(s.Host), s.Port, shellQuote(s.User),
			firstOf(s.SSLMode, "prefer"), passwordHint(s.PasswordVariable))
	}
	line("TIME=$(date -u +%%Y%%m%%d_%%H%%M%%S)")
	line("sha256sum -c SHA256SUMS")
	line("```\n")
	for i, s := range p.Steps {
		line("### %d. %s (expected: %s)\n", i+1, s.Title, s.Expected)
		if len(s.Commands) > 0 {
			// Not indented into the list: a here-document ends at its word alone.
			line("```sh")
			for _, c := range s.Commands {
				line("%s", c)
			}
			line("```\n")
		}
		line("Check: %s.\n", s.Check)
	}
}

func (p *Plan) needs() string {
	for _, t := range p.Targets {
		if t.Kind != KindSQLite {
			return fmt.Sprintf("psql and pg_restore %d or newer, and zstd", p.Servers[t.Server].VersionNum/10000)
		}
	}
	return "zstd"
}

func passwordHint(variable string) string {
	if variable == "" {
		return ""
	}
	return "; the password is that of $" + variable
}

func (p *Plan) writeProperties(b *strings.Builder) {
	var rows [][]string
	for _, t := range p.Targets {
		if t.Kind != KindDatabase {
			continue
		}
		props := t.was.Properties
		settings := []string{}
		for _, s := range props.Settings {
			who := ""
			if s.Role != "" {
				who = " (" + s.Role + ")"
			}
			settings = append(settings, s.Name+"="+s.Value+who)
		}
		extensions := []string{}
		for _, e := range props.Extensions {
			extensions = append(extensions, e.Name+" "+e.Version)
		}
		limit := "none"
		if props.ConnectionLimit >= 0 {
			limit = fmt.Sprint(props.ConnectionLimit)
		}
		acl := "default"
		if props.ACL != nil {
			acl = strings.Join(props.ACL, " ")
		}
		rows = append(rows, []string{t.Name(), props.Owner, acl, limit, strings.Join(settings, ", "), strings.Join(extensions, ", ")})
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "## Properties of the databases\n\n")
	_ = report.Markdown(b, []string{"database", "owner", "privileges", "connection limit", "settings", "extensions"}, rows)
	fmt.Fprintln(b)
}
