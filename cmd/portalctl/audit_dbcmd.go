package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/report"
)

func auditDBCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "db",
		Usage: "the database of advisories for audits without a network",
		Subcommands: []*cli.Command{
			{
				Name:  "update",
				Usage: "download OSV's npm database, or what is new of it",
				Description: "About 250 MB the first time; an interrupted download is resumed. It is kept below the user's\n" +
					"cache folder; audit --offline uses it. " + osvDBURL + " names a mirror. The repo's own settings do not count.\n\n" +
					"Exit codes: 0 up to date; 2 not.",
				Flags:  []cli.Flag{formatFlag("table", "json")},
				Action: actionOf(e, dbOptionsOf, runDBUpdate),
			},
			{
				Name:        "status",
				Usage:       "show how old the database is, and whether it can be used",
				Description: "Exit codes: 0 it can be used; 2 it cannot: it is missing, damaged or too old.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "db", Usage: "look at the database in `DIR`", DefaultText: "the one that update downloads", TakesFile: true},
					&cli.StringFlag{Name: "max-db-age", Usage: "how old it may be, such as 36h or 7d", DefaultText: "7d"},
					formatFlag("table", "json"),
				},
				Action: actionOf(e, dbOptionsOf, runDBStatus),
			},
		},
	}
}

// dbOptions are what the command lines of audit db say.
type dbOptions struct {
	form, dir string
	maxAge    time.Duration
}

func dbOptionsOf(c *cli.Context, _ env) (o dbOptions, err error) {
	if err := noArgs(c); err != nil {
		return o, err
	}
	o.dir, o.maxAge = c.String("db"), maxDBAge
	if c.IsSet("max-db-age") {
		if o.maxAge, err = age(c.String("max-db-age")); err != nil {
			return o, err
		}
	}
	o.form, err = oneOf(c, "format", "table", "json")
	return o, err
}

func runDBUpdate(ctx context.Context, o dbOptions, e env) error {
	dir, err := e.osvDir()
	if err != nil {
		return err
	}
	settings, err := e.ownSettings()
	if err != nil {
		return err
	}
	address := cmp.Or(e.get(osvDBURL), osv.DefaultDatabaseURL)
	const mb = 1 << 20
	progress := e.Progress("Downloading the advisories (MB)", -1)
	status, changed, err := osv.Update(ctx, dir, osv.UpdateOptions{
		Client: httpfetch.New(httpConfig(settings, e, address)), URL: address, Now: time.Now,
		Progress: func(done, total int64) { progress.Set(int(done/mb), int(max(total/mb, -1))) },
	})
	progress.Done()
	if err != nil {
		return err
	}
	what := "was up to date"
	if changed {
		what = "has been updated"
	}
	return writeStatus(e, o.form, status, "The database "+what)
}

func runDBStatus(ctx context.Context, o dbOptions, e env) (err error) {
	opt := osv.Options{MaxAge: o.maxAge, Now: time.Now()}
	dir := o.dir
	if dir == "" {
		opt.Update = updateDB
		if dir, err = e.osvDir(); err != nil {
			return err
		}
	}
	db, err := osv.OpenDatabase(ctx, dir, opt)
	if err != nil {
		return err
	}
	status := db.Status()
	if err := db.Close(); err != nil {
		return fault.Wrap(err, fault.Pos{File: status.Path}, "cannot be closed")
	}
	return writeStatus(e, o.form, status, "The database can be used")
}

const databaseSchema = "portalctl.audit-db/v1"

type databaseDocument struct {
	Schema  string `json:"schema"`
	Path    string `json:"path"`
	Records int    `json:"records"`
	Newest  string `json:"newest"`
	Checked string `json:"checked"`
	URL     string `json:"url"`
	Index   string `json:"index"`
}

func writeStatus(e env, format string, s osv.Status, sentence string) error {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	if format == "json" {
		return report.JSON(e.Out, databaseDocument{databaseSchema, s.Path, s.Records, stamp(s.Newest), stamp(s.Checked), httpfetch.Redact(s.URL), string(s.Index)})
	}
	rows := [][]string{
		{"place", s.Path},
		{"records", fmt.Sprint(s.Records)},
		{"newest record", cmp.Or(stamp(s.Newest), "unknown")},
		{"last known to be the newest", cmp.Or(stamp(s.Checked), "unknown: not downloaded by portalctl")},
		{"name index", string(s.Index)},
	}
	if s.IndexErr != nil {
		rows = append(rows, []string{"", "it could not be kept: " + s.IndexErr.Error()})
	}
	if _, err := io.WriteString(e.Out, sentence+"\n"); err != nil {
		return err
	}
	return report.Table(e.Out, nil, rows)
}
