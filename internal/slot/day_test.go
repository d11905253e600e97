package slot

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/ui"
)

// A dayPortal is a repository whose last commit has another release, and whose commands
// print what the test says.
type dayPortal struct {
	*portal
	// prints are what commands print, by their first two words; exits their codes, and
	// problems what they say where they cannot run.
	prints   map[string]string
	exits    map[string]int
	problems map[string]string
	live     []Database
	opts     DeployOptions
}

const (
	foreseenJSON = `{"schema":"portalctl.forecast/v1","from":"1.52.0","to":"1.53.0","plugins":[{"plugin":"a","database":"db_a","migrations":[{"name":"2.js"%s}]}],
		"boot":{"seconds":10,"upTo":20,"basis":"sizes","startupSeconds":100},"unknown":[%s]}`
	createdJSON = `{"schema":"portalctl.snapshot-created/v1","path":"/s/one","survey":{"warnings":[{"kind":"writers","message":"open"}]},"manifest":{"name":"one","created":"2026-12-01T00:00:00Z",
		"databases":[{"kind":"pg","name":"db_a","migrations":[{"schema":"public","table":"knex_migrations","rows":[{"name":"1.js"}]}]}]}}`
	rehearsedJSON = `{"schema":"portalctl.snapshot-verification/v1","problems":[],"rehearsal":{"databases":[{"name":"db_a","restore":2,"analyze":1,"compare":1,"same":true}]}}`
	probeJSON     = `{"schema":"portalctl.production/v1","items":[{"id":"startup-probe","verdict":"%s","reason":"no startupProbe","seconds":%d}]}`
)

func newDayPortal(t *testing.T) *dayPortal {
	t.Helper()
	p := &dayPortal{portal: newPortal(t), exits: map[string]int{}, problems: map[string]string{}, live: []Database{{Name: "db_a", Tables: []Table{{Name: "knex_migrations", Migrations: []string{"1.js"}}}}}}
	p.write("backstage.json", `{"version":"1.52.0"}`)
	p.git("add", ".")
	p.git("commit", "-q", "-m", "before")
	p.git("tag", "before")
	p.write("backstage.json", `{"version":"1.53.0"}`)
	p.git("commit", "-q", "-a", "-m", "after")
	p.prints = map[string]string{"snapshot forecast": fmt.Sprintf(foreseenJSON, "", ""), "snapshot create": createdJSON, "snapshot verify": rehearsedJSON,
		"check production": fmt.Sprintf(probeJSON, "pass", 600)}
	p.opts.Live = func(context.Context) ([]Database, error) { return p.live, nil }
	return p
}

func (p *dayPortal) command(ctx context.Context, args ...string) (Printed, error) {
	p.ran = append(p.ran, strings.Join(args, " "))
	if p.stop == len(p.ran) {
		p.cancel()
	}
	words := strings.Join(args[:2], " ")
	if slices.Contains(args, "--rehearse") && p.problems["--rehearse"] != "" {
		return Printed{Args: args, Exit: 2, Problem: p.problems["--rehearse"]}, ctx.Err()
	}
	return Printed{Args: args, Exit: p.exits[words], Out: p.prints[words], Problem: p.problems[words]}, ctx.Err()
}

func (p *dayPortal) run() *Run {
	p.t.Helper()
	r, release, err := New(p.t.Context(), Input{Root: p.root, Git: OpenGit(p.t.Context(), p.root, p.environ()), Store: NewStore(p.state, p.root), Command: p.command}, Options{Status: true})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(release)
	return r
}

func (p *dayPortal) deploy() (*Deployment, error) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	p.cancel, p.ran = cancel, nil
	return p.run().Deploy(ctx, p.opts)
}

// The line of a deployment, and what it comes from: nothing that is not known is good
// news.
func TestGoOrNoGo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*dayPortal)
		kind   Kind
		reason string
	}{
		"go":           {func(p *dayPortal) {}, goAhead, "1 database in one, restored elsewhere and found the same; the way back takes about 4 s"},
		"no migration": {func(p *dayPortal) { p.prints["snapshot forecast"] = `{"schema":"portalctl.forecast/v1"}` }, goAhead, "no migration is known to run"},
		"point of no return": {func(p *dayPortal) {
			p.prints["snapshot forecast"] = fmt.Sprintf(foreseenJSON, `,"pointOfNoReturn":true`, "")
		}, WithWindow,
			"the running release fails from 2.js on"},
		"not known": {func(p *dayPortal) {
			p.prints["snapshot forecast"] = fmt.Sprintf(foreseenJSON, "", `{"package":"x","why":"no tarball"}`)
		}, NoGo, "x: no tarball"},
		"dynamic plugin": {func(p *dayPortal) {
			p.prints["snapshot forecast"] = fmt.Sprintf(foreseenJSON, "", `{"package":"x","why":"which version comes","settle":"Look whether it stays"}`)
		}, goIf, "x: Look whether it stays (which version comes)"},
		"dynamic plugin without migrations": {func(p *dayPortal) {
			p.prints["snapshot forecast"] = fmt.Sprintf(foreseenJSON, "", `{"package":"x","why":"y","near":true,"settle":"z"}`)
		}, goAhead, "1 migration will run"},
		"near": {func(p *dayPortal) {
			p.prints["snapshot forecast"] = fmt.Sprintf(foreseenJSON, "", `{"package":"x","why":"y","near":true}`)
		}, goAhead, "1 migration will run"},
		"no forecast": {func(p *dayPortal) { p.exits["snapshot forecast"], p.problems["snapshot forecast"] = 2, "no registry" }, NoGo, "which migrations will run is not known: no registry"},
		"no time": {func(p *dayPortal) {
			p.prints["snapshot forecast"] = strings.Replace(fmt.Sprintf(foreseenJSON, "", ""), `"seconds":10`, `"seconds":-1`, 1)
		}, NoGo, "how long is not known: sizes"},
		"knex refuses": {func(p *dayPortal) {
			p.prints["snapshot forecast"] = strings.Replace(fmt.Sprintf(foreseenJSON, "", ""), `"migrations"`, `"missing":["0.js"],"migrations"`, 1)
		}, NoGo, "knex will refuse to start a because of 0.js"},
		"short probe":   {func(p *dayPortal) { p.prints["check production"] = fmt.Sprintf(probeJSON, "fail", 40) }, NoGo, "waits for 40 s, and the boot may take 50 s"},
		"narrow probe":  {func(p *dayPortal) { p.prints["check production"] = fmt.Sprintf(probeJSON, "fail", 60) }, goAhead, "waits for 60 s; 100 s would leave room"},
		"no probe":      {func(p *dayPortal) { p.prints["check production"] = fmt.Sprintf(probeJSON, "fail", 0) }, NoGo, "no startupProbe; give it a startup probe of 100 s"},
		"probe unknown": {func(p *dayPortal) { p.exits["check production"] = 2 }, goAhead, "is not known here: it should be 100 s"},
		"no space": {func(p *dayPortal) {
			p.exits["snapshot create"] = 2
			p.prints["snapshot create"] = `{"schema":"portalctl.snapshot-survey/v1","refusals":[{"kind":"space","message":"1 GB is free","next":"Free some"}]}`
		}, NoGo, "there is no snapshot: 1 GB is free. Free some"},
		"standby": {func(p *dayPortal) {
			p.prints["snapshot create"] = strings.Replace(createdJSON, "writers", "standby", 1)
		}, NoGo, "nothing can be restored here"},
		"damaged": {func(p *dayPortal) {
			p.exits["snapshot verify"], p.prints["snapshot verify"] = 1, `{"schema":"portalctl.snapshot-verification/v1","problems":["one.dump differs"]}`
		}, NoGo, "one.dump differs"},
		"not rehearsed": {func(p *dayPortal) {
			p.problems["--rehearse"] = "no initdb"
			p.prints["snapshot verify"] = `{"schema":"portalctl.snapshot-verification/v1"}`
		}, NoGo, "is not proven: no initdb"},
		"as was said": {func(p *dayPortal) {
			p.opts.NoRehearse = true
			p.prints["snapshot verify"] = `{"schema":"portalctl.snapshot-verification/v1"}`
		}, goAhead, "is not proven, as --no-rehearse says"},
		"locked":        {func(p *dayPortal) { p.live[0].Tables[0].Locked = true }, NoGo, "knex_migrations_lock of db_a is locked"},
		"unread":        {func(p *dayPortal) { p.live[0].Unread = "denied" }, NoGo, "what has run in db_a is not known: denied"},
		"another state": {func(p *dayPortal) { p.live[0].Tables[0].Migrations = []string{"1.js", "9.js"} }, NoGo, "the snapshot is of another state of db_a: 9.js"},
		"left out": {func(p *dayPortal) { p.prints["snapshot create"] = strings.ReplaceAll(createdJSON, "db_a", "db_b") }, NoGo,
			"db_a will be migrated, and the snapshot does not have it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newDayPortal(t)
			c.change(p)
			d, err := p.deploy()
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, r := range d.Go.Reasons {
				if strings.Contains(r.Text, c.reason) && (r.Kind == c.kind || c.kind == goAhead) {
					said = append(said, r.Text)
				}
			}
			word := map[Kind]string{goAhead: "go", goIf: "go, if 1 condition holds", WithWindow: "go, with a window of 2 minutes", NoGo: "no-go: "}[c.kind]
			if d.Go.Kind != c.kind || len(said) != 1 || !d.Ended || !strings.HasPrefix(d.Go.Title, word) {
				t.Errorf("%+v", d.Go)
			}
			if c.kind == WithWindow && d.Go.Minutes != 2 {
				t.Errorf("a window of %d minutes", d.Go.Minutes)
			}
			var table, md strings.Builder
			if d.WriteTable(&table, ui.Style{}, nil) != nil || d.WriteMarkdown(&md) != nil || !strings.HasPrefix(table.String(), "Backstage") && name != "no migration" && name != "no forecast" || !strings.HasPrefix(md.String(), "## ") {
				t.Errorf("%s\n%s", table.String(), md.String())
			}
		})
	}
}

// A condition is told beside a window, and what is to be done names it first; it hides no
// reason against.
func TestConditions(t *testing.T) {
	t.Parallel()
	p := newDayPortal(t)
	const dynamic = `{"package":"x","why":"y","settle":"Look"}`
	p.prints["snapshot forecast"] = fmt.Sprintf(foreseenJSON, `,"pointOfNoReturn":true`, dynamic)
	d, err := p.deploy()
	if err != nil || d.Go.Kind != WithWindow || d.Go.Title != "go, with a window of 2 minutes, if 1 condition holds" {
		t.Errorf("%v, %+v", err, d.Go)
	}
	var md strings.Builder
	if err := d.WriteMarkdown(&md); err != nil || !strings.Contains(md.String(), "- **if:** x: Look (y)\n") {
		t.Errorf("%v\n%s", err, md.String())
	}
	if next := d.Go.Next("verify"); len(next) != 1 || !strings.HasPrefix(next[0], "look at what is behind") {
		t.Errorf("next: %q", next)
	}
	p.prints["snapshot forecast"] = fmt.Sprintf(foreseenJSON, "", dynamic+`,{"package":"z","why":"no tarball"}`)
	if d, err = p.deploy(); err != nil || d.Go.Title != "no-go: 1 reason" || d.Go.Next("verify") != nil {
		t.Errorf("%v, %+v", err, d.Go)
	}
}

// What cannot be copied at all is an error, and no verdict.
func TestNoCopyAtAll(t *testing.T) {
	t.Parallel()
	p := newDayPortal(t)
	p.exits["snapshot create"], p.prints["snapshot create"], p.problems["snapshot create"] = 2, "", "connection refused"
	if d, err := p.deploy(); err == nil || !strings.Contains(err.Error(), "snapshot create could not run: connection refused") {
		t.Errorf("%+v, %v", d, err)
	}
	if day, err := p.run().Day(); err != nil || day.Last.Ended || day.RolledOut() != nil {
		t.Errorf("%+v, %v", day, err)
	}
}

// Ended at any command, a deployment leaves the one before in its place; begun again, it
// comes to the same end.
func TestDeployInterrupted(t *testing.T) {
	t.Parallel()
	p := newDayPortal(t)
	first, err := p.deploy()
	if err != nil {
		t.Fatal(err)
	}
	commands := len(p.ran)
	if commands < 4 {
		t.Fatal(p.ran)
	}
	for n := range commands {
		p.stop = n + 1
		if _, err := p.deploy(); err != context.Canceled {
			t.Errorf("stopped at %d: %v", n+1, err)
		}
		day, err := p.run().Day()
		if err != nil || day.RolledOut() == nil || !day.RolledOut().Ended || day.RolledOut().Snapshot == nil || day.Last.Ended && n > 0 {
			t.Errorf("stopped at %d: %+v, %v", n+1, day, err)
		}
	}
	p.stop = 0
	again, err := p.deploy()
	if err != nil || again.Go.Title != first.Go.Title || len(p.ran) != commands {
		t.Errorf("%+v, %v", again, err)
	}
	// One without a snapshot does not take its place either.
	p.exits["snapshot create"], p.prints["snapshot create"] = 2, `{"schema":"portalctl.snapshot-survey/v1","refusals":[{"kind":"migrated-past","message":"x"}]}`
	if d, err := p.deploy(); err != nil || d.Go.Kind != NoGo {
		t.Errorf("%+v, %v", d, err)
	}
	if day, err := p.run().Day(); err != nil || day.Last.Snapshot != nil || day.RolledOut().Snapshot == nil {
		t.Errorf("%+v, %v", day, err)
	}
}

// A state that is not this portal's, or cannot be read, is never gone by.
func TestBadState(t *testing.T) {
	t.Parallel()
	p := newDayPortal(t)
	if _, err := p.deploy(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(p.state, "slots", "*", "deploy.json"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"cut off":        {string(text[:len(text)/2]), "it is damaged, or of another version"},
		"empty":          {"", "it is damaged, or of another version"},
		"another form":   {strings.Replace(string(text), daySchema, "portalctl.slot-day/v9", 1), "it is damaged, or of another version"},
		"nothing in it":  {`{"schema":"` + daySchema + `"}`, "it is damaged, or of another version"},
		"another portal": {strings.Replace(string(text), `"root":`, `"root":"/elsewhere","was":`, 1), "this is of the portal at /elsewhere"},
	} {
		if err := os.WriteFile(files[0], []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := p.run()
		if day, err := r.Day(); day != nil || err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "deploy.json") {
			t.Errorf("%s: %v", name, err)
		}
		if r.Deployment != nil || !strings.Contains(r.dayProblem, c.want) {
			t.Errorf("%s: status has %+v, %q", name, r.Deployment, r.dayProblem)
		}
	}
	// slot deploy begins anew on it.
	if d, err := p.deploy(); err != nil || d.Go.Kind != goAhead {
		t.Error(d, err)
	}
}

// What others have named is text in every form.
func TestDayShowsTextsOfOthers(t *testing.T) {
	t.Parallel()
	const evil = "\x1b[31mx|<script>\n"
	d := &Deployment{Ended: true, From: "1.0.0", To: "2.0.0", Go: Go{Kind: NoGo, Title: "no-go: 1 reason", Reasons: []reason{{NoGo, evil, ""}}},
		Forecast: &Foreseen{Migrations: 1, Databases: []ForeseenDatabase{{evil, []string{evil}}}}, Snapshot: &Copy{Path: "/s`x"}}
	v := Verify(d, []Database{{Name: evil, Unread: evil}}, &Health{Why: evil})
	v.WayBack = &WayBack{Restore: []Restored{{evil, "1 s", evil}}, Without: []string{evil}, Deploy: evil}
	var dt, dm, vt, vm strings.Builder
	for _, err := range []error{d.WriteTable(ui.Guard(&dt, false), ui.Style{}, nil), d.WriteMarkdown(ui.Guard(&dm, false)), v.WriteTable(ui.Guard(&vt, false), ui.Style{}, nil), v.WriteMarkdown(ui.Guard(&vm, false))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{dt.String(), dm.String(), vt.String(), vm.String()} {
		if strings.Contains(text, "\x1b") {
			t.Errorf("%q", text)
		}
	}
	for _, text := range []string{dm.String(), vm.String()} {
		if strings.Contains(text, "<script>") {
			t.Errorf("%s", text)
		}
	}
	if _, err := json.Marshal(v); err != nil {
		t.Error(err)
	}
}
