package main

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/snapshot"
)

func snapshotListCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "list the portal's snapshots, newest first",
		Description: "Exit codes: 0 listed; 1 one of them is damaged, or verify found that it cannot be restored; 2 could not run.",
		Flags:       append(append(connectionFlags(), snapshotDirFlag()), reportFlags("table", "json", "markdown")...),
		Action:      actionOf(e, snapshotOptionsOf, runSnapshotList),
	}
}

func snapshotShowCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "show",
		Usage:       "show what is in a snapshot",
		Description: "Exit codes: 0 shown; 2 could not run.",
		Flags:       append(append(connectionFlags(), snapshotNameFlag(), snapshotDirFlag()), reportFlags("table", "json", "markdown")...),
		Action:      actionOf(e, snapshotOptionsOf, runSnapshotShow),
	}
}

func snapshotNameFlag() cli.Flag {
	return &cli.StringFlag{Name: "snapshot", Aliases: []string{"s"}, Usage: "the snapshot's `NAME`, or its folder", DefaultText: "the newest"}
}

// listed is one snapshot of list's JSON.
type listed struct {
	Name     string    `json:"name"`
	Path     string    `json:"path"`
	Created  time.Time `json:"created"`
	Release  string    `json:"release,omitempty"`
	Commit   string    `json:"commit,omitempty"`
	Count    int       `json:"databases"`
	Size     int64     `json:"size"`
	Verified string    `json:"verified"`
	Damaged  string    `json:"damaged,omitempty"`
}

func listSnapshot(s *snapshot.Snapshot) listed {
	l := listed{Name: s.Name(), Path: s.Dir, Verified: verifiedText(s)}
	if s.Damaged != nil {
		l.Damaged = s.Damaged.Error()
	}
	if m := s.Manifest; m != nil {
		l.Created, l.Release, l.Commit, l.Count = m.Created, m.Deployed.Release, m.Deployed.Commit, len(m.Databases)
		for _, f := range m.Files() {
			l.Size += f.Size
		}
	}
	return l
}

// The documents of list and show.
const (
	snapshotsSchema = "portalctl.snapshots/v1"
	showSchema      = "portalctl.snapshot-show/v1"
)

type snapshotsDocument struct {
	Schema    string   `json:"schema"`
	Dir       string   `json:"dir"`
	Snapshots []listed `json:"snapshots"`
}

type showDocument struct {
	Schema       string                 `json:"schema"`
	Path         string                 `json:"path"`
	Verified     string                 `json:"verified"`
	Manifest     *snapshot.Manifest     `json:"manifest"`
	Verification *snapshot.Verification `json:"verification"`
}

// verifiedText is how far a snapshot is proven: damaged, failed, rehearsed,
// decoded or no.
func verifiedText(s *snapshot.Snapshot) string {
	v := s.Verification
	switch {
	case s.Damaged != nil:
		return "damaged"
	case v == nil:
		return "no"
	case len(v.Problems) > 0:
		return "failed"
	case v.Rehearsal != nil:
		return "rehearsed"
	case v.Decoded:
		return "decoded"
	}
	return "no"
}

// noWayBack reports whether a snapshot is damaged, or the last verify found
// something.
func noWayBack(s *snapshot.Snapshot) bool {
	return s.Damaged != nil || s.Verification != nil && len(s.Verification.Problems) > 0
}

func runSnapshotList(ctx context.Context, o snapshotOptions, e env) error {
	store, err := openStore(ctx, o, e)
	if err != nil {
		return err
	}
	all, err := store.List()
	if err != nil {
		return err
	}
	items, bad := []listed{}, false
	for _, s := range all {
		items = append(items, listSnapshot(s))
		bad = bad || noWayBack(s)
	}
	err = writeReport(o.target, e, func(form string, w io.Writer, e env) error {
		if form == "json" {
			return report.JSON(w, snapshotsDocument{snapshotsSchema, store.Dir, items})
		}
		if len(items) == 0 {
			_, err := fmt.Fprintf(w, "There is no snapshot in %s\n", store.Dir)
			return err
		}
		var rows [][]string
		for _, l := range items {
			rows = append(rows, []string{l.Name, when(l.Created), l.Release, shortCommit(l.Commit), fmt.Sprint(l.Count), snapshot.Bytes(l.Size), l.Verified})
		}
		return tableIn(form)(w, []string{"snapshot", "taken (UTC)", "release", "commit", "databases", "size", "verified"}, rows)
	})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintf(e.Err, "%s %s\n", e.ErrStyle().Bold("next:"), o.create)
	}
	if bad {
		for _, s := range all {
			switch {
			case s.Damaged != nil:
				fmt.Fprintf(e.Err, "%s %s\n", e.ErrStyle().Bad("damaged:"), harmless(s.Damaged.Error()))
			case noWayBack(s):
				fmt.Fprintf(e.Err, "%s %s: verify found: %s\n", e.ErrStyle().Bad("cannot be restored:"), s.Name(), harmless(s.Verification.Problems[0]))
			}
		}
		return errFindings
	}
	return nil
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func shortCommit(hash string) string { return hash[:min(len(hash), 10)] }

func runSnapshotShow(ctx context.Context, o snapshotOptions, e env) error {
	store, err := openStore(ctx, o, e)
	if err != nil {
		return err
	}
	s, err := store.Find(o.snapshot)
	if err != nil {
		return err
	}
	return writeReport(o.target, e, func(form string, w io.Writer, e env) error {
		if form == "json" {
			return report.JSON(w, showDocument{showSchema, s.Dir, verifiedText(s), s.Manifest, s.Verification})
		}
		return renderSnapshot(w, s, form)
	})
}

func renderSnapshot(w io.Writer, s *snapshot.Snapshot, form string) error {
	m := s.Manifest
	lines := [][2]string{{"Snapshot", s.Name()}, {"Folder", s.Dir}, {"Taken", m.Created.Format("2006-01-02 15:04:05 UTC") + " by " + m.Tool}}
	if m.Deployed.Release != "" {
		lines = append(lines, [2]string{"Release", m.Deployed.Release})
	}
	if m.Deployed.Commit != "" {
		how := map[string]string{snapshot.Named: "named with --deployed " + m.Deployed.Ref, snapshot.Matched: "the databases' migrations were its own"}[m.Deployed.How]
		lines = append(lines, [2]string{"Commit", m.Deployed.Commit + " (" + how + ")"})
	}
	if m.Deployed.Image != "" {
		lines = append(lines, [2]string{"Image", m.Deployed.Image})
	}
	for _, server := range m.Servers {
		text := server.ID + ", PostgreSQL " + server.Version
		if server.SystemIdentifier != "" {
			text += ", system identifier " + server.SystemIdentifier
		}
		lines = append(lines, [2]string{"Server", text})
	}
	lines = append(lines, [2]string{"Verified", verifiedLong(s)})
	for _, l := range lines {
		if form == "markdown" {
			fmt.Fprintf(w, "- %s: %s\n", l[0], report.Escape(l[1]))
		} else {
			fmt.Fprintf(w, "%-9s %s\n", l[0], harmless(l[1]))
		}
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, d := range m.Databases {
		migrations := 0
		for _, mig := range d.Migrations {
			migrations += len(mig.Rows)
		}
		owner := d.SchemaOwner
		if owner == "" && d.Properties != nil {
			owner = d.Properties.Owner
		}
		rows = append(rows, []string{strings.Join(d.Plugins, " "), d.Title(), owner, snapshot.Bytes(d.Size), fmt.Sprint(len(d.Tables)), fmt.Sprint(d.Rows), fmt.Sprint(migrations), snapshot.Bytes(d.Dump.Size)})
	}
	if err := tableIn(form)(w, []string{"plugins", "database", "owner", "size", "tables", "rows", "migrations", "dump"}, rows); err != nil {
		return err
	}
	notes := append([]string{}, m.Notes...)
	sort.Strings(notes)
	for i, n := range notes {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "- %s\n", harmless(n))
	}
	return nil
}

func verifiedLong(s *snapshot.Snapshot) string {
	v := s.Verification
	text := verifiedText(s)
	if s.Damaged != nil || v == nil {
		return text
	}
	text += " on " + when(v.Started)
	if r := v.Rehearsal; r != nil {
		var restore float64
		for _, d := range r.Databases {
			restore += d.Restore
		}
		text += fmt.Sprintf(", restored in %s (%s, PostgreSQL %s)", (time.Duration(restore * float64(time.Second))).Round(100*time.Millisecond), r.Where, r.Version)
	}
	return text
}
