package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"
)

// Every command that writes to a portal, its databases or its snapshots takes
// the same flags.
func TestCommandsThatWriteTakeOneSetOfFlags(t *testing.T) {
	e, _, _ := testEnv("", nil)
	app := newApp(e)
	for _, path := range []string{"versions bump", "versions lock", "check", "snapshot create", "snapshot plan", "snapshot restore", "init"} {
		command, _ := commandIn(app.Commands, " "+path)
		for _, flag := range []string{"dry-run", "n", "yes", "y", "exit-code", "directory", "C"} {
			if !hasFlag(command.Flags, flag) {
				t.Errorf("%s lacks %s", path, dashed(flag))
			}
		}
	}
}

// -C before the command, between its words and behind it is the same.
func TestDirectoryAnywhere(t *testing.T) {
	want := ""
	for i, line := range []string{
		"versions status -C " + example, "-C " + example + " versions status", "versions -C " + example + " status",
		"--directory=" + example + " versions status", "-C no/such versions status --directory " + example,
	} {
		code, out, errOut := run0(t, "", exampleEnv(t), strings.Fields(line)...)
		if i == 0 {
			want = out
		}
		if code != 0 || out != want || !strings.Contains(out, "Backstage") {
			t.Errorf("%s: exit %d\n%s%s", line, code, out, errOut)
		}
	}
}

func TestInDirectory(t *testing.T) {
	e, _, _ := testEnv("", nil)
	app := newApp(e)
	for _, tt := range []struct{ text, want string }{
		{"Run portalctl versions lock, or yarn install", "Run portalctl versions lock -C 'a b', or yarn install"},
		{"Run portalctl versions lock --resolve release", "Run portalctl versions lock -C 'a b' --resolve release"},
		{"Run portalctl check -C x --fix", "Run portalctl check -C x --fix"},
		{"Run portalctl check --fix -C x", "Run portalctl check --fix -C x"},
		{"portalctl audit db update, then portalctl audit", "portalctl audit db update, then portalctl audit -C 'a b'"},
		{"portalctl: gone", "portalctl: gone"},
		{"nothing", "nothing"},
	} {
		if got := inDirectory(app, tt.text, "a b"); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
		if got := inDirectory(app, tt.text, ""); got != tt.text {
			t.Errorf("%q without -C: %q", tt.text, got)
		}
	}
}

// The answer no is not an error; a plan is shown before the question, wherever the
// report goes, and the report then says what was done.
func TestBumpAsks(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		outTTY       bool
		args         []string
		code         int
		inErr, inOut string
	}{
		{"no", "n\n", true, nil, 130, "portalctl: nothing was written\n", "→ 1.53.0"},
		{"no, in a pipe", "n\n", false, nil, 130, "→ 1.53.0", ""},
		{"yes", "y\n", true, nil, 0, "Applied.", "→ 1.53.0"},
		{"yes, in a pipe", "y\n", false, nil, 0, "→ 1.53.0", "yarn install"},
		{"yes, as JSON", "y\n", true, []string{"--format", "json"}, 0, "→ 1.53.0", `"lockfile"`},
	} {
		dir := t.TempDir()
		copyExample(t, dir)
		e, out, errOut := testEnv(tt.answer, exampleEnv(t))
		e.InTTY, e.ErrTTY, e.OutTTY = true, true, tt.outTTY
		args := append([]string{"portalctl", "versions", "bump", "--lockfile", "skip", "-C", dir}, tt.args...)
		code := Main(t.Context(), args, e)
		if code != tt.code || !strings.Contains(errOut.String(), tt.inErr) || !strings.Contains(out.String(), tt.inOut) || tt.inOut == "" && out.Len() > 0 {
			t.Errorf("%s: exit %d\nstdout:\n%s\nstderr:\n%s", tt.name, code, out, errOut)
		}
		if strings.Contains(errOut.String(), "error:") {
			t.Errorf("%s: an error:\n%s", tt.name, errOut)
		}
	}
}

// A table keeps to the terminal's width; a diff, a form for programs and a file
// are what they are.
func TestWidth(t *testing.T) {
	dir := t.TempDir()
	copyExample(t, dir)
	wide := func(width int, args ...string) int {
		e, out, errOut := testEnv("", exampleEnv(t))
		e.OutTTY, e.Width = true, width
		if code := Main(t.Context(), append([]string{"portalctl", "versions", "bump", "--dry-run", "--lockfile", "skip", "-C", dir}, args...), e); code != 0 {
			t.Errorf("%v: exit %d: %s", args, code, errOut)
		}
		most := 0
		for line := range strings.Lines(out.String()) {
			if !strings.HasPrefix(line, "  portalctl ") {
				most = max(most, len(strings.TrimRight(line, "\n")))
			}
		}
		return most
	}
	free := wide(0)
	if got := wide(72); free <= 72 || got > 72 {
		t.Errorf("%d columns are %d at a width of 72", free, got)
	}
	for _, args := range [][]string{{"--diff"}, {"--format", "markdown"}} {
		if with, without := wide(20, args...), wide(0, args...); with != without {
			t.Errorf("%v: %d columns, %d without a terminal", args, with, without)
		}
	}
}

// Options are read apart from running.
func TestOptions(t *testing.T) {
	e, _, _ := testEnv("", []string{"PORTALCTL_NOW=2026-01-31T12:00:00Z"})
	read := func(line string, into func(*cli.Context) error) {
		t.Helper()
		app := newApp(e)
		args := append([]string{"portalctl"}, strings.Fields(line)...)
		command, _ := commandIn(app.Commands, " "+line)
		command.Action = into
		if err := app.RunContext(t.Context(), arranged(app, args)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	read("versions bump -C x -r next -p a -p b,c --dry-run --exit-code --offline --resolve highest", func(c *cli.Context) error {
		o, err := bumpOptionsOf(c, e)
		if o.directory != "x" || o.release != "next" || strings.Join(o.patterns, " ") != "a b,c" || o.consent != (consent{dryRun: true, exitCode: true}) ||
			!o.offline || !o.highest || o.now.Year() != 2026 || o.lockfile != lockAuto || o.form != "table" {
			t.Errorf("bump: %+v", o)
		}
		if want := "portalctl versions bump --release next --pattern a --pattern b,c --resolve highest --offline -C x"; o.again != want {
			t.Errorf("bump again: %q", o.again)
		}
		return err
	})
	read("versions lock --check --diff", func(c *cli.Context) error {
		o, err := lockOptionsOf(c, e)
		if o.consent != (consent{dryRun: true, exitCode: true}) || !o.diff || !o.highest || o.again != "portalctl versions lock" {
			t.Errorf("lock: %+v", o)
		}
		return err
	})
	read("versions status --max-behind 2 -C x", func(c *cli.Context) error {
		o, err := statusOptionsOf(c, e)
		if o.maxBehind != 2 || o.bump != "portalctl versions bump --dry-run -C x" {
			t.Errorf("status: %+v", o)
		}
		return err
	})
	read("check --fix --yes --scope a --strategy highest -C x", func(c *cli.Context) error {
		o, err := checkOptionsOf(c, e)
		if !o.fixes || o.manifests || !o.yes || o.rules.Command != "portalctl check --scope a -C x --strategy highest" || o.rules.At != " -C x" {
			t.Errorf("check: %+v", o)
		}
		return err
	})
	read("snapshot create --yes --dsn postgres://u@h/d --skip a --jobs 3", func(c *cli.Context) error {
		o, err := createOptionsOf(c, e)
		if !o.yes || o.dsn == nil || o.adminDSN != nil || o.jobs != 3 || len(o.skip) != 1 {
			t.Errorf("create: %+v", o)
		}
		return err
	})
	read("snapshot restore --only a,b --only c --terminate -n", func(c *cli.Context) error {
		o, err := restoreOptionsOf(c, e)
		if strings.Join(o.only, " ") != "a b c" || !o.terminate || !o.dryRun {
			t.Errorf("restore: %+v", o)
		}
		return err
	})
	read("audit why -C x --format json @a/b@<7", func(c *cli.Context) error {
		o, err := whyOptionsOf(c, e)
		if o.directory != "x" || o.form != "json" || o.name != "@a/b" || o.version != "<7" {
			t.Errorf("why: %+v", o)
		}
		return err
	})
	read("audit -C x --base main --fail-on low --prod --max-db-age 2d --exclude a/**", func(c *cli.Context) error {
		o, err := auditOptionsOf(c, e)
		if o.directory != "x" || o.base != "main" || o.failOn != "low" || o.noScore != "" || !*o.prod || o.strict != nil || *o.maxDBAge != 48*time.Hour || len(o.exclude) != 1 {
			t.Errorf("audit: %+v", o)
		}
		return err
	})
	read("audit db status --db x --max-db-age 36h --format json", func(c *cli.Context) error {
		o, err := dbOptionsOf(c, e)
		if o != (dbOptions{"json", "x", 36 * time.Hour}) {
			t.Errorf("audit db: %+v", o)
		}
		return err
	})
	read("versions changes --from-ref a --to-ref b --all -C x", func(c *cli.Context) error {
		o, err := changesOptionsOf(c, e)
		if o.fromRef != "a" || o.toRef != "b" || !o.all || o.directory != "x" || o.again != "portalctl versions changes --from-ref a --to-ref b -C x --all" {
			t.Errorf("changes: %+v", o)
		}
		return err
	})
}

// The table of docs/commands.md has every command, and says of 1 what the
// command's help says: whether there is such a code.
func TestExitCodeTable(t *testing.T) {
	src, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(src)) {
		if cells := strings.Split(line, "|"); len(cells) == 7 && strings.HasPrefix(line, "| `") {
			rows[strings.Trim(cells[1], " `")] = cells
		}
	}
	e, _, _ := testEnv("", nil)
	var walk func(above string, list []*cli.Command)
	walk = func(above string, list []*cli.Command) {
		for _, c := range list {
			path := strings.TrimSpace(above + " " + c.Name)
			walk(path, c.Subcommands)
			if !strings.Contains(c.Description, "Exit codes:") {
				continue
			}
			row := rows[path]
			_, codes, _ := strings.Cut(c.Description, "Exit codes:")
			has := strings.Contains(codes, " 1 ")
			if row == nil || has != (strings.TrimSpace(row[3]) != "") {
				t.Errorf("%s: help says%s; the table says %q", path, codes, row)
			}
			delete(rows, path)
		}
	}
	walk("", newApp(e).Commands)
	for path := range rows {
		t.Errorf("the table has %q, which is no command with exit codes", path)
	}
}
