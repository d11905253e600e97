package rollback

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/snapshot"
)

// Step is one step of the plan: what to do, with commands that can be pasted,
// how to see that it worked, how to go back from there, and how long it takes.
type Step struct {
	Title    string   `json:"title"`
	Commands []string `json:"commands"`
	Check    string   `json:"check"`
	Expected string   `json:"expected"`
	// BackOut says what to do when the step fails, or when the rollback is to end
	// here; BackOutCommands are what undoes it, by hand and only then.
	BackOut         string   `json:"backOut"`
	BackOutCommands []string `json:"backOutCommands"`
}

// timeVariable stands in commands for the moment of the rollback: the databases that
// are made carry it.
const timeVariable = "$TIME"

// withTime quotes a text in which the shell is to fill in the time.
func withTime(text string) string { return ui.ShellQuote(text, timeVariable) }

// steps are the plan in order. The commands are those of psql, pg_restore and
// zstd: they must work where portalctl is not. They hold for a plan that was
// written before the upgrade, too: the first looks up what was migrated, and the
// others do something for that alone (back N, N being the target's number in
// rollback.sh).
func (p *Plan) steps() []Step {
	w := &stepWriter{Plan: p, number: map[*Target]int{}, databaseSwaps: map[int][]string{}}
	all := p.all()
	for i, t := range all {
		// A plan that has looked shows what it found; step 1 says when that is no
		// longer all.
		if p.Compared == "live" && !slices.Contains(p.Targets, t) {
			continue
		}
		w.number[t] = i + 1
		w.add(t)
	}
	if len(w.shown) == 0 {
		return []Step{}
	}
	steps := []Step{
		{Title: "Find what was migrated", Commands: w.find(), Check: "Every database that comes back is printed. Nothing printed: nothing was migrated, deploying the old code is enough", Expected: "10 s",
			BackOut: "Nothing was changed"},
		{Title: "Stop the portal", Commands: w.stop(), Check: "The last command prints no session, and none in the minute after: Backstage asks its databases every minute" + w.filesClosed(), Expected: "1 min",
			BackOut: "Start the portal again with as many replicas as before, and resume what was suspended"},
		{Title: "Dump the failed state", Commands: w.dump, Check: "Each file is there. The failed state is kept in any case; a dump helps when that server is lost. It may be skipped", Expected: about(w.dumpMS),
			BackOut: "Remove the files failed-…, and start the portal again"},
		{Title: "Restore beside the live databases", Commands: w.restore, Check: "Every command ends with 0. Nothing live is touched", Expected: about(w.restoreMS),
			BackOut: "Remove the restored copies, and start the portal again", BackOutCommands: w.dropBeside},
		{Title: "Analyse", Commands: w.analyze, Check: "The command ends with 0", Expected: "a few seconds, within the figure above", BackOut: "As in the step before"},
		{Title: "Compare rows and schema with the snapshot", Commands: w.compare, Check: "No ERROR. An error names what differs: stop, remove the restored copies, and take another copy of the snapshot", Expected: about(w.compareMS),
			BackOut: "Remove the restored copies, and start the portal again", BackOutCommands: w.dropBeside},
		{Title: "Keep everybody out", Commands: w.block, Check: "No ERROR, and the command of step 2 prints no session. A session that this role may not end is an ERROR: have its owner or a superuser end it", Expected: "5 s",
			BackOut: "The databases are the old ones and take no connections: open them. sh rollback.sh goes on from here, too", BackOutCommands: w.open},
		{Title: "Swap the names" + w.oneTransaction(), Commands: w.swaps(), Check: w.swapCheck(), Expected: "5 s" + w.schemaTime(),
			BackOut: w.swapBackOut(), BackOutCommands: w.swapBack},
		{Title: "Look at the properties", Commands: w.look, Check: "Owner, privileges and settings are those listed below", Expected: "5 s", BackOut: "As in the step before"},
		{Title: "Deploy the old release", Commands: []string{"# " + p.Deploy()}, Check: "The image or commit is the one above, and no replica of the new release exists", Expected: "as your pipeline takes",
			BackOut: "Deploy the new release again after the swap was undone, not before: it would migrate what came back"},
		{Title: "Start one replica", Commands: []string{"kubectl scale deployment/backstage --replicas=1"}, Check: "Its log does not say \"The migration directory is corrupt\", and the portal opens", Expected: "2 min",
			BackOut: "Stop it again. What it wrote is in the databases that came back"},
		{Title: "Verify", Commands: []string{w.script("--migrated")}, Check: "Nothing is printed: every database has the migrations of the snapshot. Then start the other replicas, and resume autoscalers and GitOps with the old release in them", Expected: "1 min",
			BackOut: "What is printed was migrated again, by a replica of the new release: stop it, and begin with step 1 and another TIME"},
	}
	out := []Step{}
	for _, s := range steps {
		if len(s.Commands) == 0 {
			continue // nothing of its kind comes back
		}
		if s.BackOutCommands == nil {
			s.BackOutCommands = []string{}
		}
		out = append(out, s)
	}
	return out
}

// stepWriter collects the commands of the steps, target by target.
type stepWriter struct {
	*Plan
	shown                                        []*Target
	number                                       map[*Target]int // in rollback.sh
	dump, restore, analyze, compare, block, look []string
	open, dropBeside, swapBack, fileSwaps        []string
	databaseSwaps                                map[int][]string // by server
	dumpMS, restoreMS, compareMS                 int64
}

// guard makes a command one for a target that comes back.
func guard(n int, command string) string { return fmt.Sprintf("! back %d || %s", n, command) }

// on puts commands to a server: with several, its function is called first.
func (w *stepWriter) on(server int, commands ...string) []string {
	if len(w.Servers) < 2 || server < 0 {
		return commands
	}
	return append([]string{fmt.Sprintf("server_%d", server+1)}, commands...)
}

// script is a call of rollback.sh. With several servers it must not take the
// variables of one for all.
func (w *stepWriter) script(args string) string {
	if len(w.Servers) < 2 {
		return "sh rollback.sh " + args
	}
	return "(unset PGHOST PGPORT PGUSER PGSSLMODE PGSSLROOTCERT PGOPTIONS; sh rollback.sh " + args + ")"
}

const (
	psqlText = "psql -X -w -v ON_ERROR_STOP=1"
	anyone   = "pid <> pg_backend_pid() AND usesysid IS NOT NULL"
)

func (w *stepWriter) add(t *Target) {
	n := w.number[t]
	w.shown = append(w.shown, t)
	if slices.Contains(w.Targets, t) {
		w.dumpMS, w.restoreMS, w.compareMS = w.dumpMS+t.Expected.Dump, w.restoreMS+t.Expected.Restore, w.compareMS+t.Expected.Compare
	}
	failed := fmt.Sprintf("failed-%s-%d", timeVariable, n)
	put := func(to *[]string, command string) { *to = append(*to, w.on(t.Server, guard(n, command))...) }
	switch t.Kind {
	case kindDatabase:
		w.addDatabase(t, put)
		put(&w.dump, fmt.Sprintf("pg_dump -w -Fc -f %s -d %s", withTime(failed+".dump"), ui.ShellQuote(databaseArgument(t.Database))))
	case kindSchema:
		put(&w.dump, fmt.Sprintf("pg_dump -w -Fc -n %s -f %s -d %s", ui.ShellQuote(pg.Ident(t.Schema)), withTime(failed+".dump"), ui.ShellQuote(databaseArgument(t.Database))))
		w.swapBack = append(w.swapBack, fmt.Sprintf("psql -X -w -d %s -c %s", ui.ShellQuote(databaseArgument(t.Database)),
			withTime("BEGIN; ALTER SCHEMA "+pg.Ident(t.Schema)+" RENAME TO "+pg.Ident(besideFor(t.Schema))+"; ALTER SCHEMA "+pg.Ident(failedFor(t.Schema))+" RENAME TO "+pg.Ident(t.Schema)+"; COMMIT")))
	case kindSQLite:
		path, beside, aside := ui.ShellQuote(t.Path), withTime(t.Path+snapshot.BesideSuffix+timeVariable), t.Path+snapshot.FailedSuffix+timeVariable
		put(&w.dump, "for side in '' -wal -shm -journal; do [ ! -e "+path+"$side ] || cp -p "+path+"$side "+withTime(failed+".sqlite")+"$side; done")
		put(&w.restore, "{ [ ! -e "+path+" ] || cp -p "+path+" "+beside+"; zstd -dc "+ui.ShellQuote(t.Dump.Name)+" >"+beside+"; }")
		put(&w.compare, "sh rollback.sh --compare "+ui.ShellQuote(t.Path)+" "+beside)
		w.dropBeside = append(w.dropBeside, "rm -f "+beside)
		put(&w.fileSwaps, "[ ! -e "+path+" ] || mv "+path+" "+withTime(aside))
		put(&w.fileSwaps, "for side in -wal -shm -journal; do [ ! -e "+path+"$side ] || mv "+path+"$side "+withTime(aside)+"$side; done")
		put(&w.fileSwaps, "mv "+beside+" "+path)
		w.swapBack = append(w.swapBack, "for side in '' -wal -shm -journal; do rm -f "+path+"$side; [ ! -e "+withTime(aside)+"$side ] || mv "+withTime(aside)+"$side "+path+"$side; done")
	}
}

// besideFor and failedFor are the names in a command, with $TIME, cut as the
// server would not cut them.
func besideFor(live string) string {
	return strings.Replace(stampedName(live, snapshot.BesideSuffix), "\x00", timeVariable, 1)
}
func failedFor(live string) string {
	return strings.Replace(stampedName(live, snapshot.FailedSuffix), "\x00", timeVariable, 1)
}

func (w *stepWriter) addDatabase(t *Target, put func(*[]string, string)) {
	beside, failed := besideFor(t.Database), failedFor(t.Database)
	conn := withTime(databaseArgument(beside))
	put(&w.restore, psqlText+" -d postgres -c "+withTime(createSQL(t.was.Properties, beside)))
	put(&w.restore, fmt.Sprintf("zstd -dc %s | pg_restore --no-password --exit-on-error -d %s", ui.ShellQuote(t.Dump.Name), conn))
	put(&w.analyze, psqlText+" -d "+conn+" -c 'SET client_min_messages = error' -c ANALYZE")
	// The two are in one shell: a script that fails prints nothing, which is no
	// comparison.
	put(&w.compare, fmt.Sprintf("{ sh rollback.sh --sql compare %s || echo 'SELECT the_comparison_is_missing;'; } | %s -d %s", ui.ShellQuote(t.Name()), psqlText, conn))
	w.dropBeside = append(w.dropBeside, "psql -X -w -d postgres -c "+withTime("DROP DATABASE IF EXISTS "+pg.Ident(beside)))
	at := "datname = " + pg.Literal(t.Database)
	put(&w.block, psqlText+" -d postgres "+hereDocument([]string{
		"SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS false', datname) FROM pg_database WHERE " + at + " \\gexec",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + at + " AND " + anyone + ";"}))
	w.open = append(w.open, "psql -X -w -d postgres -c "+withTime("ALTER DATABASE "+pg.Ident(t.Database)+" ALLOW_CONNECTIONS true"))
	w.swapBack = append(w.swapBack, "psql -X -w -d postgres "+hereDocument([]string{"BEGIN;", "ALTER DATABASE " + pg.Ident(t.Database) + " RENAME TO " + pg.Ident(beside) + ";",
		"ALTER DATABASE " + pg.Ident(failed) + " RENAME TO " + pg.Ident(t.Database) + ";", "COMMIT;"}))
	put(&w.look, psqlText+" -d postgres -c "+ui.ShellQuote(`\l+ `+pg.Ident(t.Database)))
	statements := []string{
		"SELECT format('ALTER DATABASE %I RENAME TO %I', datname, " + pg.Literal(failed) + ") FROM pg_database WHERE " + at + " \\gexec",
		"SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS true', datname) FROM pg_database WHERE datname = " + pg.Literal(failed) + " \\gexec",
		fmt.Sprintf("ALTER DATABASE %s RENAME TO %s;", pg.Ident(beside), pg.Ident(t.Database))}
	for _, s := range propertySQL(t.was.Properties, t.Database) {
		statements = append(statements, s+";")
	}
	w.databaseSwaps[t.Server] = append(w.databaseSwaps[t.Server], guard(w.number[t], "cat "+hereDocument(statements)))
}

// find looks up what was migrated, and defines what the guards ask.
func (w *stepWriter) find() []string {
	out := []string{"MIGRATED=$(" + w.script("--migrated") + ")", `printf '%s\n' "$MIGRATED"`,
		`back() { printf '%s\n' "$MIGRATED" | grep -q "^$1 "; }`}
	if w.Compared == "live" {
		var known []string
		for _, t := range w.shown {
			known = append(known, fmt.Sprint(w.number[t]))
		}
		out = append(out, `printf '%s\n' "$MIGRATED" | grep -Ev '^((`+strings.Join(known, "|")+`) |$)' && echo 'STOP: that was migrated after this plan was written. portalctl snapshot plan writes it again; sh rollback.sh needs no plan'`)
	}
	return out
}

func (w *stepWriter) stop() []string {
	out := []string{"# An autoscaler or GitOps puts replicas back. Suspend it first, for example:",
		"#   kubectl delete hpa backstage", "#   argocd app set backstage --sync-policy none", "#   flux suspend kustomization backstage",
		"kubectl scale deployment/backstage --replicas=0", "# or: docker compose stop backstage"}
	for i := range w.Servers {
		var names []string
		for _, t := range w.shown {
			if t.Kind != kindSQLite && t.Server == i {
				names = append(names, pg.Literal(t.Database))
			}
		}
		if len(names) > 0 {
			out = append(out, w.on(i, "psql -X -w -d postgres -c "+ui.ShellQuote("SELECT datname, usename, application_name, client_addr, state FROM pg_stat_activity WHERE datname IN ("+
				list(names)+") AND "+anyone))...)
		}
	}
	return out
}

func (w *stepWriter) filesClosed() string {
	if w.has(kindSQLite) {
		return ". Nobody has the SQLite files open: `lsof FILE` prints nothing"
	}
	return ""
}

// swaps are the commands of the swap: databases by server, the schemas of a
// database, files.
func (w *stepWriter) swaps() []string {
	var out []string
	for i := range w.Servers {
		if swaps := w.databaseSwaps[i]; len(swaps) > 0 {
			out = append(out, w.on(i, "{ echo 'BEGIN;'\n"+strings.Join(swaps, "\n")+"\necho 'COMMIT;'; } | "+psqlText+" -d postgres")...)
		}
	}
	out = append(out, w.schemaSwaps()...)
	return append(out, w.fileSwaps...)
}

// schemaSwaps restore the schemas of a database in one transaction. A dump that
// ends early must not be followed by a COMMIT.
func (w *stepWriter) schemaSwaps() []string {
	var out []string
	for _, group := range schemaGroups(w.shown) {
		lines := []string{"{ echo 'BEGIN;'"}
		for _, t := range group {
			lines = append(lines, guard(w.number[t], "cat "+hereDocument([]string{"SELECT format('ALTER SCHEMA %I RENAME TO %I', nspname, " + pg.Literal(failedFor(t.Schema)) +
				") FROM pg_namespace WHERE nspname = " + pg.Literal(t.Schema) + " \\gexec"})))
		}
		for _, t := range group {
			lines = append(lines, guard(w.number[t], fmt.Sprintf("zstd -dc %s | pg_restore --exit-on-error -f - || echo 'SELECT the_dump_ends_early;'", ui.ShellQuote(t.Dump.Name))))
		}
		for _, t := range group {
			lines = append(lines, guard(w.number[t], "sh rollback.sh --sql compare "+ui.ShellQuote(t.Name())+" || echo 'SELECT the_comparison_is_missing;'"))
			if analyze := t.analyzeSQL(); analyze != "" {
				lines = append(lines, guard(w.number[t], "cat "+hereDocument([]string{analyze})))
			}
		}
		lines = append(lines, `printf '%s\n' 'COMMIT;' '\echo COMMIT'`, "} | psql -X -w -q -v ON_ERROR_STOP=1 -d "+ui.ShellQuote(databaseArgument(group[0].Database)))
		out = append(out, w.on(group[0].Server, strings.Join(lines, "\n"))...)
	}
	return out
}

func (w *stepWriter) has(kinds ...string) bool {
	return slices.ContainsFunc(w.shown, func(t *Target) bool { return slices.Contains(kinds, t.Kind) })
}

func (w *stepWriter) oneTransaction() string {
	if w.has(kindDatabase, kindSchema) {
		return ", in one transaction, and give the databases their properties"
	}
	return ""
}

func (w *stepWriter) schemaTime() string {
	if w.has(kindSchema) {
		return "; schemas are restored in it, " + about(w.restoreMS)
	}
	return ""
}

func (w *stepWriter) swapCheck() string {
	if w.has(kindDatabase, kindSchema) {
		return "COMMIT is printed. Before it every live database is the old one, after it every one is the new one"
	}
	return "Every command ends with 0, and no file …-wal, -shm or -journal is left beside the live ones"
}

func (w *stepWriter) swapBackOut() string {
	if w.has(kindDatabase) {
		return "Without COMMIT the databases are the old ones, closed by the step before: open them as it says there. After it, what was live is kept under its new name; swap it back with the portal stopped"
	}
	return "What was live is kept under its new name; swap it back with the portal stopped"
}

// hereDocument is statements for the stdin of a command. The shell fills in
// $TIME and nothing else.
func hereDocument(statements []string) string {
	text := strings.NewReplacer(timeVariable, timeVariable, `\`, `\\`, "`", "\\`", "$", `\$`).Replace(strings.Join(statements, "\n"))
	end := unlike("SQL", text)
	return "<<" + end + "\n" + text + "\n" + end
}
