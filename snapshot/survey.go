package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sort"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
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
	// State is present, missing, unknown, unsupported or skipped.
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
	s.find(l.Compare(listings, exists))
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
	return s, nil
}

func (s *Survey) refuse(kind, subject, next, format string, args ...any) {
	s.Refusals = append(s.Refusals, Problem{Kind: kind, Subject: subject, Message: fmt.Sprintf(format, args...), Next: next})
}

func (s *Survey) warn(kind, subject, next, format string, args ...any) {
	s.Warnings = append(s.Warnings, Problem{Kind: kind, Subject: subject, Message: fmt.Sprintf(format, args...), Next: next})
}

// Refused is an error that lists the refusals, nil without any.
func (s *Survey) Refused() error {
	if len(s.Refusals) == 0 {
		return nil
	}
	first := s.Refusals[0]
	text := first.Message
	if first.Subject != "" {
		text = first.Subject + ": " + text
	}
	if n := len(s.Refusals) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return fault.New("no snapshot was taken: %s", text).WithNext("%s", first.Next)
}

func (s *Survey) skipped(id string) bool { return slices.Contains(s.in.Skip, id) }

// servers asks each server who it is and what it has.
func (s *Survey) servers(ctx context.Context) ([]database.Listing, error) {
	var out []database.Listing
	for _, server := range s.in.Layout.Servers() {
		t := server.Target
		who, pooled, err := Identify(ctx, t, "")
		in := ""
		if pg.Code(err) == "3D000" || pg.Code(err) == "42501" || pg.Code(err) == "28000" {
			// No maintenance database for us: any of the plugins' will do.
			for _, d := range s.in.Layout.Databases() {
				if d.Kind == database.Postgres && d.Server.Address() == t.Address() && err != nil {
					in = d.Name
					who, pooled, err = Identify(ctx, t, in)
				}
			}
		}
		if err != nil {
			return nil, err
		}
		for _, d := range s.in.Layout.Plugins {
			if v := d.From["password"].Var; d.Server.Address() == t.Address() && who.PasswordVariable == "" {
				who.PasswordVariable = v
			}
		}
		if !slices.ContainsFunc(s.Servers, func(o Server) bool { return o.ID == who.ID }) {
			s.Servers = append(s.Servers, who)
			if pooled {
				s.refuse("pooler", who.ID, "Name the server itself with --dsn: a restore has to end sessions and rename databases, which a pooler hides", poolerText, who.ID)
			}
		}
		l := database.Listing{Server: server}
		if l.Databases, err = list(ctx, t, in, "SELECT datname::text FROM pg_database WHERE NOT datistemplate ORDER BY 1"); err != nil {
			return nil, err
		}
		if server.SchemasIn != "" && slices.Contains(l.Databases, server.SchemasIn) {
			if l.Schemas, err = list(ctx, t, server.SchemasIn, "SELECT nspname::text FROM pg_namespace ORDER BY 1"); err != nil {
				return nil, err
			}
		}
		out = append(out, l)
	}
	return out, nil
}

func list(ctx context.Context, t pg.Target, databaseName, query string) ([]string, error) {
	conn, err := t.Connect(ctx, databaseName)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	names, err := listNames(ctx, conn, query)
	if err != nil {
		return nil, fault.Wrap(pg.Cause(err), fault.Pos{}, "%s does not list what it has", t.Address())
	}
	return names, nil
}

// find makes lines and units of what is expected and what is there.
func (s *Survey) find(all []database.Found) {
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
		switch {
		case s.skipped(p.ID):
			line.State = "skipped"
			s.warn("skipped", p.ID, "", "left out by --skip: this snapshot is no way back for its data")
		case p.Problem != nil:
			line.State = "unsupported"
			s.refuse("unsupported", p.ID, strings.TrimSuffix(fault.NextOf(p.Problem), ".")+", or leave the plugin out with --skip "+p.ID, "%s", p.Problem)
		case f.State == database.Unknown:
			s.warn("unknown-database", line.Database, "If it is this portal's, install the plugin or name it in app-config; else leave it",
				"no installed plugin is known to use it: another deployment's, or of a plugin that is gone. It is not copied")
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
}

// look inspects one unit and compares its migrations with the code.
func (s *Survey) look(ctx context.Context, u *unit) error {
	if u.Kind == KindSQLite {
		if err := inspectSQLite(ctx, &u.Database); err != nil {
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
	return s.wayBack(ctx, u)
}

// reason is an error's text without the subject, which stands before it.
func reason(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Err != nil {
		return f.Err.Error()
	}
	return err.Error()
}

func (s *Survey) wayBack(ctx context.Context, u *unit) error {
	target, who := u.target, u.target.User
	if u.target.Role != "" {
		who = u.target.Role
	}
	if s.in.Admin != nil {
		target, who = *s.in.Admin, s.in.Admin.User
	}
	tx, done, err := begin(ctx, target, u.Name, lookTimeout)
	var problems []Problem
	if err == nil {
		defer done()
		problems, err = wayBack(ctx, tx, &u.Database, who)
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.refuse("rights", u.Title(), "Check --admin-dsn", "the way back is closed: %s", reason(err))
		return nil
	}
	s.Refusals = append(s.Refusals, problems...)
	if target.Local() {
		s.serverSpace(u, dataDirectory(ctx, tx))
	}
	return nil
}

// compare sets a unit's migrations against the deployed code.
func (s *Survey) compare(ctx context.Context, u *unit) {
	for i := range u.Migrations {
		m := &u.Migrations[i]
		if len(m.Rows) == 0 {
			continue
		}
		got := s.in.Code.matchTable(ctx, *m, u.plugins)
		matched := s.in.Code.Deployed.How == Matched
		switch {
		case got.unknown != "":
			if matched {
				s.refuse("migrations-unknown", u.Title(), "Install the packages, or name the deployed commit with --deployed", "whether %s is of HEAD's code is not known: %s", m.Table, got.unknown)
			} else {
				s.warn("migrations-unknown", u.Title(), "", "whether %s is of the deployed code is not known: %s", m.Table, got.unknown)
			}
			continue
		case len(got.past) > 0:
			next := "Name the commit that runs on this database with --deployed"
			if !matched {
				next = "The commit of --deployed is older than what ran last: name the one that did"
			}
			s.refuse("migrated-past", u.Title(), next, "already migrated past the deployed code: %s %s lacks %s of %s",
				got.folder.Package, cmp.Or(got.folder.Version, "of this portal"), someNames(got.past), m.Table)
		case len(got.behind) > 0:
			text := fmt.Sprintf("%s %s brings %d migrations that did not run here, %s first", got.folder.Package, cmp.Or(got.folder.Version, "of this portal"), len(got.behind), got.behind[0])
			if matched && !skipsMigrations(u.plugins) {
				s.refuse("migrations-behind", u.Title(), "HEAD seems to be the upgrade already: name the commit that is deployed with --deployed", "%s", text)
			} else {
				s.warn("migrations-behind", u.Title(), "", "%s", text)
			}
		}
		m.Package, m.Version = got.folder.Package, got.folder.Version
	}
}

func skipsMigrations(plugins []database.Plugin) bool {
	return slices.ContainsFunc(plugins, func(p database.Plugin) bool { return p.SkipMigrations })
}

// lines fills in what the units know.
func (s *Survey) lines() {
	sort.SliceStable(s.units, func(i, j int) bool {
		return s.units[i].Size > s.units[j].Size || s.units[i].Size == s.units[j].Size && s.units[i].Title() < s.units[j].Title()
	})
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

// state puts a unit's migrations into words.
func (s *Survey) state(u *unit) string {
	for _, kind := range []struct{ kind, words string }{
		{"unreadable", "not readable"}, {"migrations-locked", "locked"}, {"migrated-past", "past the deployed code"}, {"migrations-behind", "behind the deployed code"}, {"migrations-unknown", "not known"},
	} {
		is := func(p Problem) bool { return p.Kind == kind.kind && p.Subject == u.Title() }
		if slices.ContainsFunc(s.Refusals, is) || slices.ContainsFunc(s.Warnings, is) {
			return kind.words
		}
	}
	n := 0
	for _, m := range u.Migrations {
		n += len(m.Rows)
	}
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf("%d, as deployed", n)
}

// client finds the programs for the newest server.
func (s *Survey) client(ctx context.Context) error {
	major := 0
	for _, server := range s.Servers {
		major = max(major, server.Major())
	}
	if major == 0 {
		return nil
	}
	tools, err := pg.FindTools(ctx, s.in.PGBin, major, "pg_dump", "pg_restore", "pg_dumpall")
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, pg.ErrOldClient), errors.Is(err, pg.ErrNoTools):
		var f *fault.Error
		errors.As(err, &f)
		s.refuse("client-older", "", f.Next, "%s", f.What)
	case err != nil:
		return err
	}
	s.tools = tools
	return nil
}

// space refuses a folder that cannot hold the dumps. They take a fifth to a
// tenth of what the server has; less than a sixth free is too little to begin.
func (s *Survey) space() {
	free, ok := freeSpace(s.in.Dir)
	switch {
	case !ok:
	case free < s.Size/6:
		s.refuse("space", s.in.Dir, "Free some space, or name another folder with --dir", "%s free, the databases have %s and the snapshot may need a sixth of that", Bytes(free), Bytes(s.Size))
	case free < s.Size/2:
		s.warn("space", s.in.Dir, "", "%s free for a snapshot of %s of databases", Bytes(free), Bytes(s.Size))
	}
}

// serverSpace looks at the disk of a server on this machine: a restore makes a
// second copy of each database beside it.
func (s *Survey) serverSpace(u *unit, dir string) {
	if dir == "" {
		return
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return // a container's folder
	}
	if free, ok := freeSpace(dir); ok && free < u.Size {
		s.refuse("space", u.Title(), "Free some space on the server", "the way back is closed: a restore needs %s beside the database, the server has %s free", Bytes(u.Size), Bytes(free))
	}
}

// Bytes is a size for people.
func Bytes(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
