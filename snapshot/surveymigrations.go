package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/snapshot/database"
)

// lockless says once what would be said of every migration table: without a
// yarn.lock nothing tells which versions run.
func (s *Survey) lockless() {
	d := s.in.Code.Deployed
	if s.in.Code.Lock != nil || len(s.units) == 0 {
		return
	}
	if d.How == Matched {
		s.refuse("migrations-unknown", "", "Commit the yarn.lock of what is deployed, or name a commit that has it with --deployed",
			"%s has no yarn.lock, so what is deployed is not known", cmp.Or(d.Ref, "the portal"))
		return
	}
	s.warn("migrations-unknown", "", "", "%s has no yarn.lock, so which migrations it brings is not known", d.Ref)
}

// compare sets a unit's migrations against the deployed code.
func (s *Survey) compare(ctx context.Context, u *unit) {
	if s.in.Code.Lock == nil {
		return
	}
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
				got.folder.Package, cmp.Or(got.folder.Version, "of this portal"), english.Some(got.past, maxNamed), m.Table)
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
	switch {
	case n == 0:
		return "none"
	case s.in.Code.Lock == nil:
		return fmt.Sprintf("%d, not compared", n)
	}
	return fmt.Sprintf("%d, as deployed", n)
}
