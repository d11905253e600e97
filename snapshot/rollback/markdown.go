package rollback

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/snapshot"
)

// Markdown is ROLLBACK.md: the plan for people, complete without portalctl.
func (p *Plan) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Rollback to %s\n", report.Escape(p.Snapshot))
	line("Databases as of %s%s.", p.Taken.UTC().Format(time.RFC3339), p.ofPortal())
	line("Code: %s.\n", report.Escape(strings.TrimPrefix(p.Deploy(), "Deploy ")))
	line("Run it: `portalctl snapshot restore`, or without portalctl `sh rollback.sh`. The steps below are what both do:")
	line("they look up what was migrated, and bring that back and nothing else.\n")

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
	line("The failed state is kept: `…%sTIME`. Keep it as long as a row of it may be needed, then drop it by hand. Nothing here does.", snapshot.FailedSuffix)
	for _, t := range p.Targets {
		line("\n    %s", oneLine(t.dropCommand("TIME", "")))
	}
	line("")
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
		p.writeForecast(b)
	case len(p.Targets) == 0 && p.Compared == "release":
		line("Nothing: the release to come brings no migration that the snapshot lacks. Deploying the old code is enough.\n")
	case len(p.Targets) == 0:
		line("Nothing: every database of the snapshot has its migrations. Deploying the old code is enough.\n")
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
			line("- rows lost: %s", report.Escape(t.LossSummary()))
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
	if text := p.UnknownText(); text != "" {
		line("- %s", report.Escape(text))
	}
	if len(p.Leftovers)+len(p.Notes)+len(p.Unknown) > 0 {
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
	case leftBeside:
		if l.Whole {
			return l.Name + " was left by an interrupted restore and never used; it is whole, and the next restore uses it"
		}
		return l.Name + " was left by an interrupted restore and never used: the next restore drops it"
	case leftBlocked:
		return l.Name + " takes no connections, as an interrupted restore left it: the next restore opens or replaces it"
	}
	return l.Name + " is what an earlier restore replaced; it is kept"
}

func (p *Plan) writeSteps(b *strings.Builder) {
	line := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	line("## Steps\n")
	if len(p.Steps) == 0 {
		line("%s.\n", report.Escape(p.Deploy()))
		return
	}
	line("Before: copy this folder to a machine with %s that reaches the %s, and", p.needs(), p.reaches())
	line("paste the commands into one shell in this folder, one after the other. The shell goes on when one fails: read what")
	line("each prints, and stop at an error. Each step says how to back out of it.\n")
	if len(p.Servers) > 0 {
		line("No password is on a command line: put it into a file of mode 0600, with the line `HOST:PORT:*:USER:PASSWORD`, and")
		line("`export PGPASSFILE=FILE` first. psql does not ask for it (-w).\n")
	}
	line("```sh")
	for i, s := range p.Servers {
		p.writeLogin(b, i, s)
	}
	line("TIME=$(date -u +%%Y%%m%%d_%%H%%M%%S)")
	line("sha256sum -c SHA256SUMS")
	line("%s", (&stepWriter{Plan: p}).script("--check"))
	line("```\n")
	for i, s := range p.Steps {
		line("### %d. %s (expected: %s)\n", i+1, s.Title, s.Expected)
		// Not indented into the list: a here-document ends at its word alone.
		line("```sh")
		for _, c := range s.Commands {
			line("%s", c)
		}
		line("```\n")
		line("Check: %s.\n", s.Check)
		line("To back out: %s.\n", s.BackOut)
		for _, c := range s.BackOutCommands {
			line("    %s", strings.ReplaceAll(c, "\n", "\n    "))
		}
		if len(s.BackOutCommands) > 0 {
			line("")
		}
	}
}

// writeLogin is how the commands reach a server: variables of libpq, with
// several servers in a function for each.
func (p *Plan) writeLogin(b *strings.Builder, i int, s snapshot.Server) {
	user, role, hint := s.User, "", passwordHint(s.PasswordVariable)
	for _, t := range p.all() {
		if t.Server == i && t.was.Role != "" {
			role = t.was.Role
		}
	}
	if s.AdminUser != "" {
		user, role = s.AdminUser, ""
		hint = "   # the role of --admin-dsn, with its own password: " + oneLine(s.User) + " alone may not go back"
	}
	login := fmt.Sprintf("export PGHOST=%s PGPORT=%d PGUSER=%s PGSSLMODE=%s", ui.ShellQuote(s.Host), s.Port, ui.ShellQuote(user), ui.ShellQuote(cmp.Or(s.SSLMode, "prefer")))
	switch {
	case s.CA != nil:
		login += ` PGSSLROOTCERT="$PWD"/` + ui.ShellQuote(s.CA.Name)
	case len(p.Servers) > 1:
		login += " PGSSLROOTCERT="
	}
	switch {
	case role != "":
		login += " PGOPTIONS=" + ui.ShellQuote("-c role="+role)
	case len(p.Servers) > 1:
		login += " PGOPTIONS="
	}
	if len(p.Servers) > 1 {
		fmt.Fprintf(b, "server_%d() { %s; }%s\n", i+1, login, hint)
		return
	}
	fmt.Fprintf(b, "%s%s\n", login, hint)
}

func (p *Plan) needs() string {
	var out []string
	files := false
	for _, t := range p.all() {
		if t.Kind == kindSQLite {
			files = true
		} else if len(out) == 0 {
			out = append(out, fmt.Sprintf("psql and pg_restore %d or newer", p.Servers[t.Server].VersionNum/10000))
		}
	}
	if files {
		out = append(out, "sqlite3 (or python3)")
	}
	return strings.Join(append(out, "zstd"), ", ")
}

func (p *Plan) reaches() string {
	if len(p.Servers) == 0 {
		return "files"
	}
	return "database server"
}

func passwordHint(variable string) string {
	if variable == "" {
		return ""
	}
	return "   # its password is that of $" + variable
}

func (p *Plan) writeProperties(b *strings.Builder) {
	var rows [][]string
	for _, t := range p.Targets {
		if t.Kind != kindDatabase {
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
