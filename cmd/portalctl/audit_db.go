package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/osv"
)

// maxDBAge is how old the downloaded database may be unless a flag or policy
// says otherwise.
const maxDBAge = 7 * 24 * time.Hour

// fewRecords is below what OSV's npm database has had for years: a folder with
// less is a part of it, or not what it is taken for.
const fewRecords = 100_000

// updateDB is the command that renews the database.
const updateDB = "portalctl audit db update"

// The addresses of OSV, where they are others than the public ones.
const (
	osvURL   = "PORTALCTL_OSV_URL"    // of a service that speaks OSV's protocol
	osvDBURL = "PORTALCTL_OSV_DB_URL" // of the npm database, all.zip
)

// match asks OSV about the packages of both sides, in one go.
func (r *auditRun) match(ctx context.Context, p ignore.Policy) error {
	limit, explicit := r.dbAge(p)
	matcher, done, err := r.matcher(ctx, limit, explicit)
	if err != nil {
		return err
	}
	defer done()
	var base []*audit.Lock
	if r.in.Base != nil {
		base = r.in.Base.Locks
	}
	list := append(audit.Packages(r.in.Head, base), audit.WorkspacePackages(r.in.Head)...)
	r.in.Hits, err = matcher.Match(ctx, list)
	return err
}

// dbAge is how old a database may be, and whether somebody has said so.
func (r *auditRun) dbAge(p ignore.Policy) (limit time.Duration, explicit bool) {
	if r.o.maxDBAge != nil {
		return *r.o.maxDBAge, true
	}
	if p.MaxDBAge > 0 {
		return p.MaxDBAge, true
	}
	return maxDBAge, false
}

// matcher opens the source of advisories that the flags name.
func (r *auditRun) matcher(ctx context.Context, limit time.Duration, explicit bool) (osv.Matcher, func(), error) {
	nothing := func() {}
	opt := osv.Options{MaxAge: limit, Now: r.now}
	dir := r.o.db
	if dir == "" && !r.o.offline {
		api := cmp.Or(r.e.get(osvURL), osv.DefaultAPI)
		r.in.Database.Source = api
		return osv.NewOnline(httpfetch.New(httpConfig(r.settings, r.e, api)), api), nothing, nil
	}
	if dir == "" {
		var err error
		if dir, err = r.e.osvDir(); err != nil {
			return nil, nothing, err
		}
		opt.Update = updateDB
	} else if !explicit {
		// A folder that the user names may be a mirror with rules of its own:
		// without a limit its age is shown, and no reason to refuse it.
		opt.MaxAge = 0
	}
	progress := r.e.Progress("Reading the advisories", -1)
	defer progress.Done()
	db, err := osv.OpenDatabase(ctx, dir, opt)
	if err != nil {
		return nil, nothing, err
	}
	st := db.Status()
	r.in.Database = audit.Database{Source: st.Path, Records: st.Records, Updated: st.Date()}
	if old := r.now.Sub(st.Date()); old > limit {
		r.in.Database.Warnings = append(r.in.Database.Warnings,
			fmt.Sprintf("the advisories are %d days old: newer ones are not known", int(old.Hours()/24)))
	}
	if st.Records < fewRecords {
		r.in.Database.Warnings = append(r.in.Database.Warnings,
			fmt.Sprintf("the database has only %s; OSV's own has some 250,000, and what is missing is not found", english.Count(st.Records, "record")))
	}
	return db, func() { _ = db.Close() }, nil
}

// osvDir is where the downloaded database is.
func (e env) osvDir() (string, error) {
	cache, err := e.cacheDir()
	return filepath.Join(cache, "osv"), err
}
