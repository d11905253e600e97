package forecast

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/snapshot"
)

// parallel is how many packages are read at once; the registry client has limits
// of its own.
const parallel = 12

// sides are the two versions of a package.
type sides struct {
	Package
	before, after *migrations.Package // nil where unknown says why
	code          []migrations.Code
	unknown       []string
	near          []string // versions that were read instead
}

// builder makes a report.
type builder struct {
	in    Input
	r     *Report
	steps map[string]float64 // seconds by database
	sized bool               // the size of some table is known
	blind bool               // that of another is not
}

// New computes the report. Its errors are those of a context that is done; what
// cannot be read is in Report.Unknown.
func New(ctx context.Context, in Input) (*Report, error) {
	b := &builder{in: in, steps: map[string]float64{}, r: &Report{Schema: Schema, From: in.From, To: in.To}}
	all, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	b.r.Unknown = append(b.r.Unknown, in.Unknown...)
	for _, d := range in.Databases {
		if d.Unread != "" {
			b.unread(d.Title, d.Unread)
		}
		if d.State != nil && d.State.Unread != "" {
			b.unread(d.Title, d.State.Unread)
		}
	}
	for i := range all {
		s := &all[i]
		for _, why := range s.unknown {
			b.unread(s.Name, why)
		}
		for _, why := range s.near {
			// What is not in the version that was read, or already in it, is missed.
			b.r.Unknown = append(b.r.Unknown, Unknown{Package: s.Name, Why: why, Near: s.after != nil && len(s.after.Folders) == 0})
		}
		if s.after == nil {
			continue
		}
		for _, f := range s.after.Folders {
			if err := b.folder(ctx, s, f); err != nil {
				return nil, err
			}
		}
	}
	b.finish()
	return b.r, nil
}

func (b *builder) unread(name, why string) {
	b.r.Unknown = append(b.r.Unknown, Unknown{Package: name, Why: why})
}

// read reads both versions of every package that the upgrade moves, and one of
// those that it does not.
func (b *builder) read(ctx context.Context) ([]sides, error) {
	var all []sides
	for _, p := range b.in.Packages {
		// What does not change brings nothing new; the server may know better.
		if p.Own || p.From != p.To || b.looked() && !b.in.MovedOnly {
			all = append(all, sides{Package: p})
		}
	}
	b.r.Read = len(all)
	done := make(chan struct{}, len(all)+1)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range all {
		g.Go(func() error {
			all[i].read(gctx, b.in.Versions)
			done <- struct{}{}
			if b.in.Progress != nil {
				b.in.Progress(len(done), len(all))
			}
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	sorting.Stable(all, func(x, y sides) int { return cmp.Or(cmp.Compare(x.Plugin, y.Plugin), cmp.Compare(x.Name, y.Name)) })
	return all, ctx.Err()
}

// looked reports whether any server was asked.
func (b *builder) looked() bool {
	return slices.ContainsFunc(b.in.Databases, func(d Database) bool { return d.State != nil })
}

func (s *sides) read(ctx context.Context, from Versions) {
	if s.Own {
		s.before, s.after = migrations.Of(s.Name, s.From, s.Before), migrations.Of(s.Name, s.To, s.After)
		return
	}
	s.after = s.one(ctx, from, s.To)
	if s.From == s.To {
		s.before = s.after
		return
	}
	// A package without migrations after the upgrade runs none, whatever it had.
	if s.From != "" && (s.after == nil || len(s.after.Folders) > 0) {
		s.before = s.one(ctx, from, s.From)
	}
}

// one reads a version; nil, and a sentence in unknown, where that fails.
func (s *sides) one(ctx context.Context, from Versions, version string) *migrations.Package {
	p, err := from.Read(ctx, s.Name, version)
	switch {
	case err != nil:
		s.unknown = append(s.unknown, published.Why(err, version))
		return nil
	case p.Unread != "":
		s.unknown = append(s.unknown, version+": "+p.Unread)
		return nil
	case p.Version != version:
		s.near = append(s.near, "the registry lacks "+version+"; read at "+p.Version+", the nearest above")
	}
	return p
}

// folder finds the databases that a folder of migrations runs in.
func (b *builder) folder(ctx context.Context, s *sides, f migrations.Folder) error {
	old := folderOf(s.before, f.Dir)
	found := false
	for _, d := range b.in.Databases {
		if s.Plugin != "*" && d.Plugin != s.Plugin {
			continue
		}
		if s.Plugin == "*" && (d.State == nil || tableOf(d.State, f) == nil) {
			continue // which plugins use it only their databases tell
		}
		found = true
		if err := b.run(ctx, s, f, old, d); err != nil {
			return err
		}
	}
	if !found {
		return b.run(ctx, s, f, old, Database{Plugin: s.Plugin})
	}
	return nil
}

func folderOf(p *migrations.Package, dir string) *migrations.Folder {
	if p == nil {
		return nil
	}
	for i := range p.Folders {
		if p.Folders[i].Dir == dir {
			return &p.Folders[i]
		}
	}
	return nil
}

// tableOf is knex's table for a folder in a database: the one that shares most
// names with it; nil for none.
func tableOf(s *snapshot.State, f migrations.Folder) *snapshot.Migration {
	var best *snapshot.Migration
	most := 0
	for i := range s.Migrations {
		n := 0
		for _, r := range s.Migrations[i].Rows {
			if f.Has(r.Name) {
				n++
			}
		}
		if n > most {
			most, best = n, &s.Migrations[i]
		}
	}
	return best
}

// run adds what runs of a folder in one database.
func (b *builder) run(ctx context.Context, s *sides, f migrations.Folder, old *migrations.Folder, d Database) error {
	p := plugin{Plugin: d.Plugin, Package: s.Name, From: s.From, To: s.To, Database: d.Title}
	if s.before != nil && s.before.Version != s.From {
		p.ReadFrom = s.before.Version
	}
	if s.after.Version != s.To {
		p.ReadTo = s.after.Version
	}
	ran := map[string]bool{}
	switch {
	case d.State != nil && d.State.Unread == "":
		p.Looked = true
		if t := tableOf(d.State, f); t != nil {
			for _, r := range t.Rows {
				if ran[r.Name] = true; !f.Has(r.Name) {
					p.Missing = append(p.Missing, r.Name)
				}
			}
		}
	case old != nil:
		for _, m := range old.Migrations {
			// A version above From may have some that nobody has run.
			if ran[m.Name] = true; !f.Has(m.Name) && p.ReadFrom == "" {
				p.Missing = append(p.Missing, m.Name)
			}
		}
	case s.before == nil && s.From != "":
		// What was there is not known, so neither is what is new.
		return nil
	}
	if old != nil {
		for _, m := range old.Migrations {
			if now := f.Find(m.Name); now != nil && now.Text != m.Text {
				p.Edited = append(p.Edited, m.Name)
			}
		}
	}
	if d.Skips {
		b.unread(s.Name, "app-config switches the migrations of "+d.Plugin+" off: whoever runs them decides")
		return nil
	}
	var pending []*migrations.Migration
	for _, m := range f.Migrations {
		if !ran[m.Name] {
			pending = append(pending, m)
			if m.Down == migrations.Absent {
				p.Invalid = append(p.Invalid, m.Name)
			}
		}
	}
	if len(pending) > 0 {
		if err := b.code(ctx, s, pending); err != nil {
			return err
		}
	}
	w := &walk{b: b, s: s, f: f, d: d, fresh: map[string]bool{}, added: map[string]bool{}, renamed: map[string]string{}}
	for _, m := range pending {
		p.Migrations = append(p.Migrations, w.migration(m))
	}
	if len(p.Migrations)+len(p.Missing)+len(p.Edited) > 0 {
		b.r.Plugins = append(b.r.Plugins, p)
	}
	return nil
}

// code reads the old release's own code, where something may break it.
func (b *builder) code(ctx context.Context, s *sides, pending []*migrations.Migration) error {
	if s.code != nil || s.From == "" {
		return nil
	}
	if s.Own {
		s.code = migrations.CodeOf(s.Before)
		return nil
	}
	if !slices.ContainsFunc(pending, func(m *migrations.Migration) bool {
		return slices.ContainsFunc(m.Ops, func(o migrations.Op) bool { return mayBreak(o) })
	}) {
		return nil
	}
	code, err := b.in.Versions.Code(ctx, s.Name, s.From)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		b.unread(s.Name, "what the running release needs: "+published.Why(err, s.From))
		return nil
	}
	s.code = code
	return nil
}

// finish sorts and adds up.
func (b *builder) finish() {
	r := b.r
	for _, p := range r.Plugins {
		if len(p.Migrations) == 0 {
			continue
		}
		if name := p.title(); !slices.Contains(r.Restore, name) {
			r.Restore = append(r.Restore, name)
		}
	}
	slices.Sort(r.Restore)
	sorting.Stable(r.Unknown, func(x, y Unknown) int { return strings.Compare(x.Package, y.Package) })
	r.Unknown = slices.Compact(r.Unknown)
	b.boot()
}
