package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/snapshot/database"
)

// SurveySchema is the form of a Survey in JSON; docs/json.md documents it.
const SurveySchema = "portalctl.snapshot-survey/v1"

// Input is what a survey starts from.
type Input struct {
	// Portal is the name of the root package.json.
	Portal string
	Layout *database.Layout
	// Code is what the deployed commit brings.
	Code *Code
	// Admin may create, rename and own databases; nil for the portal's user.
	Admin *pg.Target
	// PGBin is the folder of the client programs, "" to look for them.
	PGBin string
	// Skip are plugins that the user leaves out.
	Skip []string
	// Dir is where the snapshot will be: its free space is looked at.
	Dir string
}

// Survey is what create would copy, and all that stands in the way: nothing is
// changed by making it.
type Survey struct {
	Schema   string   `json:"schema"`
	Portal   Portal   `json:"portal"`
	Deployed Deployed `json:"deployed"`
	Servers  []Server `json:"servers"`
	Plugins  []Line   `json:"plugins"`
	// Refusals stand in the way, Warnings do not.
	Refusals []Problem `json:"refusals"`
	Warnings []Problem `json:"warnings"`
	// Size is of all databases that are copied, in bytes.
	Size int64 `json:"size"`

	in    Input
	tools *pg.Tools
	units []unit
}

// Line is one line of the table: a plugin and its data.
type Line struct {
	Plugin   string `json:"plugin"`
	Kind     string `json:"kind,omitempty"`
	Database string `json:"database,omitempty"`
	Server   string `json:"server,omitempty"`
	// State is present, missing, unknown, unsupported, skipped or leftover: a
	// restore made it, and it is not a plugin's.
	State string `json:"state"`
	Size  int64  `json:"size"`
	// Migrations is how they compare with the deployed code, in words.
	Migrations string `json:"migrations,omitempty"`
	Owner      string `json:"owner,omitempty"`
}

// unit is a database that is copied.
type unit struct {
	Database
	target  pg.Target
	plugins []database.Plugin
}

// NewSurvey looks at all databases of the portal.
func NewSurvey(ctx context.Context, in Input) (*Survey, error) {
	l := in.Layout
	s := &Survey{Schema: SurveySchema, in: in, Deployed: in.Code.Deployed, Servers: []Server{}, Refusals: []Problem{}, Warnings: []Problem{},
		Portal: Portal{Name: in.Portal, Mode: string(l.Mode), Prefix: l.Prefix, SchemaPrefix: l.SchemaPrefix}}
	for _, n := range l.Notes {
		s.warn("config", "", "", "%s", n)
	}
	listings, err := s.servers(ctx)
	if err != nil {
		return nil, err
	}
	exists := func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.Mode().IsRegular()
	}
	if err := s.strays(ctx, s.find(l.Compare(listings, exists))); err != nil {
		return nil, err
	}
	s.lockless()
	for i := range s.units {
		if err := s.look(ctx, &s.units[i]); err != nil {
			return nil, err
		}
	}
	s.lines()
	if len(s.units) == 0 && len(s.Refusals) == 0 {
		s.refuse("not-found", "", "Check app-config, --config and the server", "there is no database to copy")
	}
	if err := s.client(ctx); err != nil {
		return nil, err
	}
	s.space()
	sorting.Stable(s.Warnings, func(a, b Problem) int { return cmp.Compare(weight(a), weight(b)) })
	return s, nil
}

// weight puts the warnings that say what the snapshot will lack, or not agree
// with, before those that are for completeness.
func weight(p Problem) int {
	switch p.Kind {
	case "skipped", "skip-unknown", "standby", "unknown-database":
		return 0
	case "config", "migrations-unknown":
		return 2
	}
	return 1
}

func (s *Survey) refuse(kind, subject, next, format string, args ...any) {
	s.Refusals = append(s.Refusals, problem(kind, subject, next, format, args...))
}

func (s *Survey) warn(kind, subject, next, format string, args ...any) {
	s.Warnings = append(s.Warnings, problem(kind, subject, next, format, args...))
}

// Refused is an error that lists the refusals, nil without any.
func (s *Survey) Refused() error {
	if len(s.Refusals) == 0 {
		return nil
	}
	text := s.Refusals[0].text()
	if n := len(s.Refusals) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return fault.New("no snapshot was taken: %s", text).WithNext("%s", s.Refusals[0].Next)
}

// States are what the databases have of migrations, by their title.
func (s *Survey) States() map[string]*State {
	out := map[string]*State{}
	for i := range s.units {
		out[s.units[i].Title()] = &State{Migrations: s.units[i].Migrations}
	}
	return out
}

func (s *Survey) skipped(id string) bool { return slices.Contains(s.in.Skip, id) }

// find makes lines and units of what is expected and what is there, and returns
// what nobody is known to use.
func (s *Survey) find(all []database.Found) (strays []stray) {
	units := map[string]int{}
	for _, f := range all {
		p := f.Plugin
		line := Line{Plugin: p.ID, Kind: p.Kind, State: string(f.State)}
		u := unit{target: p.Server}
		u.Kind, u.Name, u.Schema, u.Path = p.Kind, p.Database, p.Schema, p.Path
		if p.Kind == database.Postgres {
			u.Server, u.Role = p.Server.Address(), p.Server.Role
			line.Server = u.Server
		}
		if p.Kind != "" && p.Problem == nil {
			line.Database = u.Title()
		}
		left, _, leftOver := LeftByRestore(line.Database)
		switch {
		case s.skipped(p.ID), f.State == database.Unknown && s.skipped(line.Database):
			line.State = "skipped"
			s.warn("skipped", p.ID, "", "left out by --skip: this snapshot cannot bring that data back")
		case p.Problem != nil:
			line.State = "unsupported"
			s.refuse("unsupported", p.ID, strings.TrimSuffix(fault.NextOf(p.Problem), ".")+", or leave the plugin out with --skip "+p.ID, "%s", p.Problem)
		case f.State == database.Unknown && left == FailedSuffix:
			line.Plugin, line.State = "", "leftover"
			s.warn("left-by-restore", line.Database, "Drop it when no row of it is needed any longer", "it is what an earlier restore replaced, and is not copied")
		case f.State == database.Unknown && leftOver:
			line.Plugin, line.State = "", "leftover"
			s.warn("left-by-restore", line.Database, "the next restore drops it", "an interrupted restore left it; it is not copied")
		case f.State == database.Unknown:
			strays = append(strays, stray{line: len(s.Plugins), found: f})
		case f.State == database.Missing && p.Migrates():
			// A plugin that migrates at boot has its data somewhere. A snapshot
			// without it would be found short on the day it is needed.
			s.refuse("missing", line.Database, missingStep(p),
				"it does not exist, but %s keeps its data there", p.ID)
		case f.State == database.Present:
			key := u.Server + "\n" + u.Title()
			i, ok := units[key]
			if !ok {
				i = len(s.units)
				units[key] = i
				s.units = append(s.units, u)
			}
			s.units[i].Plugins = append(s.units[i].Plugins, p.ID)
			s.units[i].plugins = append(s.units[i].plugins, p)
		}
		s.Plugins = append(s.Plugins, line)
	}
	for _, id := range s.in.Skip {
		if !slices.ContainsFunc(s.Plugins, func(l Line) bool { return l.Plugin == id || l.Database == id && l.State == "skipped" }) {
			s.warn("skip-unknown", id, "", "--skip names it, and there is no such plugin here: nothing is left out for it")
		}
	}
	return strays
}

// missingStep is what to do about a database that is not there.
func missingStep(p database.Plugin) string {
	const skip = "if the plugin is installed but has never run, leave it out with --skip "
	if set := appconfig.SetUnset(p.Unset); set != "" {
		return set + ", then run again; " + skip + p.ID
	}
	return "Check --config, the prefix and the server; " + skip + p.ID
}

// look inspects one unit and compares its migrations with the code.
func (s *Survey) look(ctx context.Context, u *unit) error {
	if u.Kind == KindSQLite {
		if err := InspectSQLite(ctx, &u.Database, sqliteWait); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.refuse("unreadable", u.Title(), "Check the file and its permissions", "%s", err)
			return nil
		}
		for _, m := range u.Migrations {
			if m.Locked {
				s.refuse("migrations-locked", u.Title(), fmt.Sprintf("If no backend is booting, a boot has died: look at the database, then UPDATE %s_lock SET is_locked = 0", m.Table),
					"a migration holds the lock of %s", m.Table)
			}
		}
		s.compare(ctx, u)
		return ctx.Err()
	}
	tx, done, err := begin(ctx, u.target, u.Name, lookTimeout)
	var problems []Problem
	if err == nil {
		defer done()
		problems, err = locked(ctx, tx, &u.Database)
	}
	if len(problems) > 0 {
		s.Refusals = append(s.Refusals, problems...)
		return nil
	}
	if err == nil {
		err = inspect(ctx, tx, &u.Database)
	}
	if err == nil {
		problems, err = readable(ctx, tx, &u.Database)
	}
	if err == nil {
		s.Refusals = append(s.Refusals, problems...)
		var n int
		if n, err = sessions(ctx, tx); err == nil && n > 0 {
			s.warn("writers", u.Title(), "Stop the backend first if databases must agree with each other", "%d other sessions are open", n)
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f := unreadable(ctx, err, u.Title())
		s.refuse("unreadable", u.Title(), fault.NextOf(f), "%s", reason(f))
		return nil
	}
	s.compare(ctx, u)
	return s.wayBack(ctx, u, tx)
}

// reason is an error's text without the subject, which stands before it.
func reason(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Err != nil {
		return f.Err.Error()
	}
	return err.Error()
}

// wayBack looks at a unit as whoever would restore it. tx is the portal's own
// transaction in it: each connection more costs a login.
func (s *Survey) wayBack(ctx context.Context, u *unit, tx pgx.Tx) (err error) {
	target, who := u.target, u.target.User
	if u.target.Role != "" {
		who = u.target.Role
	}
	if s.in.Admin != nil {
		target, who = *s.in.Admin, s.in.Admin.User
		var done func()
		if tx, done, err = begin(ctx, target, u.Name, lookTimeout); err == nil {
			defer done()
		}
	}
	var problems []Problem
	if err == nil {
		problems, err = wayBack(ctx, tx, &u.Database, who)
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.refuse("rights", u.Title(), "Check --admin-dsn", "a restore would not work: %s", reason(err))
		return nil
	}
	s.Refusals = append(s.Refusals, problems...)
	if target.Local() {
		s.serverSpace(u, dataDirectory(ctx, tx))
	}
	return nil
}

// lines fills in what the units know.
func (s *Survey) lines() {
	sorting.Stable(s.units, func(a, b unit) int { return largestFirst(a.Database, b.Database) })
	for i := range s.units {
		u := &s.units[i]
		s.Size += u.Size
		for j := range s.Plugins {
			line := &s.Plugins[j]
			if line.Database != u.Title() || line.Server != u.Server || line.State != string(database.Present) {
				continue
			}
			line.Size, line.Migrations = u.Size, s.state(u)
			if u.Properties != nil {
				line.Owner = cmp.Or(u.SchemaOwner, u.Properties.Owner)
			}
		}
	}
}
