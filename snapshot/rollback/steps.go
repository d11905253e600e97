package rollback

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Step is one step of the plan: what to do, with commands that can be pasted,
// how to see that it worked, and how long it takes.
type Step struct {
	Title    string   `json:"title"`
	Commands []string `json:"commands"`
	Check    string   `json:"check"`
	Expected string   `json:"expected"`
}

func lines(command string) []string {
	if command == "" {
		return []string{}
	}
	return []string{command}
}

// timeVariable stands in commands for the moment of the rollback: the databases that
// are made carry it.
const timeVariable = "$TIME"

// steps are the plan in order. The commands are those of psql, pg_restore and
// zstd: they must work where portalctl is not.
func (p *Plan) steps() []Step {
	var restore, compare, swap, names []string
	var dumpMS, restoreMS, compareMS, analyze = int64(0), int64(0), int64(0), []string{}
	for _, t := range p.Targets {
		restoreMS += t.Expected.Restore
		compareMS += t.Expected.Compare
		dumpMS += t.Expected.Dump
		switch t.Kind {
		case KindDatabase:
			beside, failed := t.Database+besideSuffix+timeVariable, t.Database+failedSuffix+timeVariable
			conn := quoteForShell(databaseArgument(beside))
			restore = append(restore, "psql -X -v ON_ERROR_STOP=1 -d postgres -c "+quoteForShell(createSQL(t.was.Properties, beside)),
				fmt.Sprintf("zstd -dc %s | pg_restore --exit-on-error -d %s", shellQuote(t.Dump.Name), conn))
			analyze = append(analyze, "psql -X -d "+conn+" -c 'SET client_min_messages = error' -c ANALYZE")
			compare = append(compare, fmt.Sprintf("sh rollback.sh --sql compare %s | psql -X -v ON_ERROR_STOP=1 -d %s", shellQuote(t.Name()), conn))
			names = append(names, literal(t.Database))
			swap = append(swap, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s;", ident(t.Database), ident(failed)),
				fmt.Sprintf("ALTER DATABASE %s ALLOW_CONNECTIONS true;", ident(failed)),
				fmt.Sprintf("ALTER DATABASE %s RENAME TO %s;", ident(beside), ident(t.Database)))
			for _, s := range propertySQL(t.was.Properties, t.Database) {
				swap = append(swap, s+";")
			}
		case KindSchema:
			restore = append(restore, "# "+oneLine(t.Name())+": in step 7, in one transaction with its rename")
			names = append(names, literal(t.Database))
		case KindSQLite:
			restore = append(restore, fmt.Sprintf("zstd -d -o %s %s", quoteForShell(t.Path+besideSuffix+timeVariable), shellQuote(t.Dump.Name)))
		}
	}
	in := strings.Join(compact(names), ", ")
	sessions := "SELECT datname, usename, application_name, client_addr, state FROM pg_stat_activity WHERE datname IN (" + in + ") AND pid <> pg_backend_pid()"
	var block []string
	for _, t := range p.Targets {
		if t.Kind == KindDatabase {
			block = append(block, "ALTER DATABASE "+ident(t.Database)+" ALLOW_CONNECTIONS false;")
		}
	}
	if len(names) > 0 {
		block = append(block, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ("+in+") AND pid <> pg_backend_pid();")
	}
	return []Step{
		{"Stop the portal", []string{"kubectl scale deployment/backstage --replicas=0", "# or: docker compose stop backstage"},
			"No session is left: `" + sessions + "` is empty. Backstage asks its databases every minute, so wait that long", "1 min"},
		{"Dump the failed state", p.dumpCommands(), "Each file is there. The failed databases are kept in any case; a dump helps when that server is lost", about(dumpMS)},
		{"Restore beside the live databases, from template0", restore, "Every command ends with 0. Nothing live is touched", about(restoreMS)},
		{"Analyse", analyze, "The command ends with 0", "a few seconds, within the figure above"},
		{"Compare rows and schema with the snapshot", compare, "No ERROR. An error names the table and both numbers: stop, drop what stands beside, take another copy of the snapshot", about(compareMS)},
		{"Keep everybody out", lines(psqlCommand(block)), "`" + sessions + "` is empty", "5 s"},
		{"Swap the names, in one transaction, and give the databases their properties", p.swapCommands(swap), "COMMIT is printed. Before it every live database is the old one, after it every one is the new one", "5 s"},
		{"Look at the properties", []string{`psql -X -d postgres -c '\l+'`}, "Owner, privileges and settings are those listed below", "5 s"},
		{"Deploy the old release", []string{"# " + p.deployText()}, "The image or commit is the one above, and no replica of the new release exists", "as your pipeline takes"},
		{"Start one replica", []string{"kubectl scale deployment/backstage --replicas=1"}, "Its log does not say \"The migration directory is corrupt\", and the portal opens", "2 min"},
		{"Verify", []string{"portalctl snapshot plan", "# or: sh rollback.sh, which ends with it"}, "Every database has the migrations of the snapshot. Then start the other replicas", "1 min"},
	}
}

func (p *Plan) dumpCommands() []string {
	out := []string{}
	for _, t := range p.Targets {
		switch t.Kind {
		case KindDatabase:
			out = append(out, fmt.Sprintf("pg_dump -Fc -f \"failed-%s.dump\" -d %s", timeVariable, shellQuote(databaseArgument(t.Database))))
		case KindSchema:
			out = append(out, fmt.Sprintf("pg_dump -Fc -n %s -f \"failed-%s.dump\" -d %s", shellQuote(ident(t.Schema)), timeVariable, shellQuote(databaseArgument(t.Database))))
		case KindSQLite:
			out = append(out, "cp "+shellQuote(t.Path)+" "+quoteForShell("failed-"+timeVariable+".sqlite"))
		}
		if n := len(out); n > 0 && len(p.Targets) > 1 {
			out[n-1] = strings.Replace(out[n-1], "failed-"+timeVariable, fmt.Sprintf("failed-%s-%d", timeVariable, n), 1)
		}
	}
	return out
}

func (p *Plan) swapCommands(swap []string) []string {
	out := []string{}
	if len(swap) > 0 {
		out = append(out, psqlCommand(append(append([]string{"BEGIN;"}, swap...), "COMMIT;")))
	}
	byDatabase := map[string][]*Target{}
	var order []string
	for _, t := range p.Targets {
		switch t.Kind {
		case KindSchema:
			if byDatabase[t.Database] == nil {
				order = append(order, t.Database)
			}
			byDatabase[t.Database] = append(byDatabase[t.Database], t)
		case KindSQLite:
			out = append(out, fmt.Sprintf("ln %s %s && mv %s %s", shellQuote(t.Path), quoteForShell(t.Path+failedSuffix+timeVariable),
				quoteForShell(t.Path+besideSuffix+timeVariable), shellQuote(t.Path)))
		}
	}
	for _, database := range order {
		var b strings.Builder
		b.WriteString("{ echo 'BEGIN;'\n")
		for _, t := range byDatabase[database] {
			fmt.Fprintf(&b, "  echo %s\n", quoteForShell(fmt.Sprintf("ALTER SCHEMA %s RENAME TO %s;", ident(t.Schema), ident(t.Schema+failedSuffix+timeVariable))))
		}
		for _, t := range byDatabase[database] {
			// A dump that ends early must not be followed by a COMMIT.
			fmt.Fprintf(&b, "  zstd -dc %s | pg_restore --exit-on-error -f - || echo '\\q'\n", shellQuote(t.Dump.Name))
		}
		for _, t := range byDatabase[database] {
			fmt.Fprintf(&b, "  sh rollback.sh --sql compare %s\n", shellQuote(t.Name()))
		}
		fmt.Fprintf(&b, "  echo 'COMMIT;'\n} | psql -X -q -v ON_ERROR_STOP=1 -d %s", shellQuote(databaseArgument(database)))
		out = append(out, b.String())
	}
	return out
}

// psqlCommand hands statements to psql in a here-document, in which the shell
// fills in $TIME and nothing else.
func psqlCommand(statements []string) string {
	if len(statements) == 0 {
		return ""
	}
	text := strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(strings.Join(statements, "\n"))
	parts := strings.Split(text, timeVariable)
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], "$", `\$`)
	}
	text = strings.Join(parts, timeVariable)
	end := unlike("SQL", text)
	return "psql -X -v ON_ERROR_STOP=1 -d postgres <<" + end + "\n" + text + "\n" + end
}

var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_$-]+$`) })

// databaseArgument is what -d takes for a database: its name, or what libpq
// would take a name with special characters for.
func databaseArgument(name string) string {
	if plainName().MatchString(name) {
		return name
	}
	return conninfo(name)
}

// quoteForShell quotes a text in which $TIME is to be filled in by the shell.
func quoteForShell(text string) string {
	text = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(text)
	parts := strings.Split(text, timeVariable)
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], "$", `\$`)
	}
	return `"` + strings.Join(parts, timeVariable) + `"`
}
