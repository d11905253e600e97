package snapshot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/sorting"
)

// CreateOptions say how a snapshot is taken.
type CreateOptions struct {
	// Name is the snapshot's, "" for the release and the time.
	Name string
	// Jobs is how many databases are copied at a time, 0 for 2: one large
	// database takes most of the time, and the server has other work.
	Jobs int
	// Tool is what Manifest.Tool says.
	Tool string
	// Forecast is what the manifest keeps of the release to come, nil for nothing.
	Forecast *Forecast
	// Progress, if not nil, is told how far the copying is, a few times a second.
	Progress func(Progress)
}

var goodName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$`) })

// creation is a snapshot that is being taken.
type creation struct {
	survey *Survey
	opts   CreateOptions
	dir    string  // the folder that is written
	data   []int64 // about what each unit's copy reads, in bytes
	meter  *meter
	notes  []string
	mu     sync.Mutex
}

// Create copies what the survey found. The caller holds the store's lock. On an
// error nothing is left: neither a folder nor a process.
func Create(ctx context.Context, s *Survey, to Store, opts CreateOptions) (_ *Snapshot, err error) {
	if err := s.Refused(); err != nil {
		return nil, err
	}
	start := time.Now().UTC()
	name := opts.Name
	if name == "" {
		name = strings.TrimPrefix(unsafeName().ReplaceAllString(s.Deployed.Release, "-")+"-"+start.Format("20060102T150405Z"), "-")
	}
	if err := CheckName(name); err != nil {
		return nil, err
	}
	final := filepath.Join(to.Dir, name)
	if _, err := os.Lstat(final); err == nil {
		return nil, fault.New("there is a snapshot %s already", name).WithNext("Give this one another --name")
	}
	c := &creation{survey: s, opts: opts, dir: final + partial}
	for i := range s.units {
		c.data = append(c.data, cmp.Or(s.units[i].data, s.units[i].Size))
	}
	c.meter = newMeter(c.data...)
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: c.dir}, "cannot be made")
	}
	defer func() {
		if err != nil {
			if e := os.RemoveAll(c.dir); e != nil {
				err = fault.Wrap(err, fault.Pos{File: c.dir}, "could not be removed (%v) after an error", e)
			}
		}
	}()
	stop := c.meter.run(opts.Progress)
	err = c.copy(ctx)
	stop()
	if err != nil {
		return nil, err
	}
	if err := c.finish(ctx, name, start); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := os.Rename(c.dir, final); err != nil {
		return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: c.dir}, "cannot be renamed")
	}
	if err := atomicfile.SyncDir(to.Dir); err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: to.Dir}, "cannot be synced")
	}
	return Open(final)
}

// CheckName refuses what cannot be a snapshot's name.
func CheckName(name string) error {
	if !goodName().MatchString(name) || strings.HasSuffix(name, partial) || name == "latest" {
		return fault.New("%q is not a valid name for a snapshot", name).WithNext("Use letters, digits, dots and dashes")
	}
	return nil
}

// copy copies all databases, largest first, and the servers' roles.
func (c *creation) copy(ctx context.Context) error {
	// Before the copies begin: they write into the units.
	doors := make([]door, len(c.survey.Servers))
	for i := range doors {
		doors[i] = c.door(c.survey.Servers[i].ID)
		if err := c.certificates(i); err != nil {
			return err
		}
	}
	how := efforts(c.data)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cmp.Or(c.opts.Jobs, 2))
	for i := range c.survey.units {
		u := &c.survey.units[i]
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			done := c.meter.begin(i, u.Title())
			defer done()
			if u.Kind == KindSQLite {
				return c.sqlite(ctx, u, i, how[i])
			}
			var private pg.Private
			defer private.Close()
			access, err := private.Access(u.target)
			if err != nil {
				return err
			}
			return dumpPostgres(ctx, c.survey.tools, access, u, c.dir, fileName(i, u, ".dump.zst"), how[i], &c.meter.read[i])
		})
	}
	for i := range c.survey.Servers {
		group.Go(func() error { return c.globals(ctx, i, doors[i]) })
	}
	return group.Wait()
}

// fileName is safe on every system and sorts by size: 01-backstage_plugin_x.
func fileName(i int, u *unit, suffix string) string {
	title := u.Title()
	if u.Kind == KindSQLite {
		title, suffix = filepath.Base(u.Path), ".zst"
		if !strings.HasSuffix(title, ".sqlite") {
			title += ".sqlite"
		}
	}
	title = unsafeName().ReplaceAllString(title, "_")
	return fmt.Sprintf("%02d-%s%s", i+1, title[:min(len(title), 120)], suffix)
}

// sqlite copies a file and describes the copy, which nobody writes to.
func (c *creation) sqlite(ctx context.Context, u *unit, i int, how effort) error {
	start := time.Now()
	before := u.Migrations
	name := fileName(i, u, "")
	temp := filepath.Join(c.dir, "."+name+".tmp")
	if err := copySQLite(ctx, u.Path, temp); err != nil {
		return err
	}
	defer os.Remove(temp)
	copied := Database{Kind: KindSQLite, Path: temp}
	if err := InspectSQLite(ctx, &copied, sqliteWait); err != nil {
		return err
	}
	if !sameMigrations(before, copied.Migrations) {
		return fault.New("%s was migrated while its snapshot was prepared", u.Title()).WithNext("Stop the backends that are booting, then run the command again")
	}
	u.Tables, u.Rows, u.Migrations, u.SchemaHash = copied.Tables, copied.Rows, copied.Migrations, copied.SchemaHash
	f, err := os.Open(temp)
	if err != nil {
		return err
	}
	defer f.Close()
	if u.Dump, err = store(c.dir, name, f, how, &c.meter.read[i]); err != nil {
		return err
	}
	u.Dump.Taken, u.Dump.Seconds = start.UTC(), time.Since(start).Seconds()
	return nil
}

// door is how a server is reached as a whole: its target is nil when it has none
// of our databases.
type door struct {
	target   *pg.Target
	database string
}

func (c *creation) door(server string) door {
	d := door{target: c.survey.in.Admin}
	for i := range c.survey.units {
		u := &c.survey.units[i]
		if u.Server != server {
			continue
		}
		if d.target == nil {
			t := u.target
			t.Role = ""
			d.target = &t
		}
		d.database = u.Name
		break
	}
	return d
}

// globals keeps a server's roles, without their passwords. Managed servers do
// not let everyone read them: then a note says so.
func (c *creation) globals(ctx context.Context, i int, d door) error {
	if d.target == nil {
		return nil
	}
	server := &c.survey.Servers[i]
	var private pg.Private
	defer private.Close()
	access, err := private.Access(*d.target)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s.globals.sql.zst", unsafeName().ReplaceAllString(server.ID, "_"))
	file, err := runDump(ctx, c.survey.tools, pg.Command{Path: c.survey.tools.Path("pg_dumpall"),
		Args: []string{"--globals-only", "--no-role-passwords", "--no-password", "--database=" + d.database}, Access: access}, c.dir, name, quickly(0), nil, nil)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		_ = os.Remove(filepath.Join(c.dir, name))
		if isDiskFull(err) {
			return err
		}
		c.note("The roles of %s could not be read, only their names are known: %s", server.ID, reason(err))
		return nil
	}
	file.Taken = time.Now().UTC()
	server.Globals = &file
	return nil
}

// certificates keeps the CA that the server is checked against: with ssl.ca
// nobody can connect to it without, and the way back is taken elsewhere. Of the
// PEM text it takes certificates alone; whoever put a key there did not mean to
// have it copied.
func (c *creation) certificates(i int) error {
	server := &c.survey.Servers[i]
	var text string
	for j := range c.survey.units {
		if u := &c.survey.units[j]; u.Server == server.ID && u.target.RootCert != "" {
			text = u.target.RootCert
			break
		}
	}
	var kept bytes.Buffer
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			if err := pem.Encode(&kept, &pem.Block{Type: block.Type, Bytes: block.Bytes}); err != nil {
				return err
			}
		}
	}
	if admin := c.survey.in.Admin; admin != nil && admin.User != server.User {
		server.AdminUser = admin.User
	}
	if kept.Len() == 0 {
		return nil
	}
	name := unsafeName().ReplaceAllString(server.ID, "_") + ".ca.pem"
	if err := writeNew(c.dir, name, kept.Bytes()); err != nil {
		return err
	}
	server.CA = &File{Name: name, Size: int64(kept.Len()), RawSize: int64(kept.Len()), SHA256: SHA256(kept.Bytes()), Taken: time.Now().UTC()}
	return nil
}

func (c *creation) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// finish writes sums and, last, the manifest.
func (c *creation) finish(ctx context.Context, name string, start time.Time) error {
	s := c.survey
	m := &Manifest{Schema: Schema, Name: name, Created: start, Finished: time.Now().UTC(), Tool: c.opts.Tool, Portal: s.Portal, Deployed: s.Deployed,
		Servers: s.Servers, Databases: []Database{}, Forecast: c.opts.Forecast, Notes: []string{}}
	if s.tools != nil {
		m.Client = "pg_dump " + s.tools.Version
	}
	for _, p := range s.Warnings {
		m.Notes = append(m.Notes, p.text())
	}
	m.Notes = append(m.Notes, c.notes...)
	if len(s.units) > 1 {
		m.Notes = append(m.Notes, "Each database is consistent in itself; databases agree with each other only if no backend was writing.")
	}
	for _, u := range s.units {
		m.Databases = append(m.Databases, u.Database)
	}
	sorting.Stable(m.Databases, largestFirst)
	if m.Deployed.Files == nil {
		m.Deployed.Files = map[string]string{}
	}
	src, err := jsonText(report.Lists(m))
	if err != nil {
		return err
	}
	sums := map[string]string{}
	for _, f := range m.Files() {
		sums[f.Name] = f.SHA256
	}
	sums[ManifestFile] = SHA256(src)
	if err := writeNew(c.dir, SumsFile, sumsText(sums)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := writeNew(c.dir, ManifestFile, src); err != nil {
		return err
	}
	return atomicfile.SyncDir(c.dir)
}
