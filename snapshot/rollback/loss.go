package rollback

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/snapshot"
)

// Loss is what a restore takes away: what has been written since the snapshot.
type Loss struct {
	// Known says that the live rows were counted.
	Known bool `json:"known"`
	// Tables are those whose number of rows differs.
	Tables []snapshot.RowDiff `json:"tables"`
	// Meaning says what that is to the users of the plugins.
	Meaning []string `json:"meaning"`
}

// meanings are what going back means for the plugins that most portals have.
// Rows that changed in place do not show in numbers, so each says what to
// expect whatever the counts are.
var meanings = map[string]string{
	"auth":                "sessions and refresh tokens of the snapshot's time are valid again, also those revoked since: revoke them once more; users who signed in since must sign in again; new signing keys are made at the first boot",
	"catalog":             "locations and entities registered by hand since are gone; what providers and discovery bring is ingested again within their schedule",
	"scaffolder":          "tasks started since are gone from the history, though what they made (repositories, pull requests) stays; a task that was open in the snapshot may run again",
	"search":              "the index is as old as the snapshot until the collators run again",
	"notifications":       "notifications sent since are gone; those read since show as unread",
	"user-settings":       "stars and settings changed since are back to what they were",
	"events":              "events that arrived since and were not consumed are gone",
	"app":                 "cached assets only, the next deployment writes them again",
	"techdocs":            "nothing that matters: documents are in the storage, not in the database",
	"signals":             "nothing that lasts",
	"proxy":               "nothing that lasts",
	"kubernetes":          "nothing that lasts",
	"permission":          "decisions are computed, but policies kept in the database since are gone",
	"rbac":                "roles and policies changed since are back to what they were: review who gains access",
	"bazaar":              "projects and memberships changed since are back to what they were",
	"announcements":       "announcements made since are gone",
	"entity-feedback":     "ratings given since are gone",
	"playlist":            "playlists changed since are back to what they were",
	"code-coverage":       "reports sent since are gone",
	"tech-insights":       "facts gathered since are gone and are gathered again",
	"linguist":            "languages found since are gone and are found again",
	"copilot":             "metrics gathered since are gone; the source keeps them for a limited time",
	"devtools":            "nothing that lasts",
	"catalog-unprocessed": "nothing that lasts",
}

// meaningOf is what going back means for plugins.
func meaningOf(plugins []string) []string {
	out := []string{}
	for _, p := range plugins {
		text := meanings[p]
		if text == "" {
			text = "everything written since the snapshot is gone"
		}
		out = append(out, p+": "+text)
	}
	return out
}

// counted notes which rows a restore takes away, by those that there are now.
// Migration tables are left out where the migrations themselves are shown.
func (t *Target) counted(now []snapshot.Table) {
	t.Loss.Known, t.Loss.Tables = true, slices.DeleteFunc(snapshot.DiffRows(t.was.Tables, now), func(d snapshot.RowDiff) bool {
		return slices.ContainsFunc(t.Changes, func(c Change) bool { return c.Table == d.Table })
	})
}

// lost says what a restore does to the rows of a table.
func lost(d snapshot.RowDiff) string {
	switch {
	case d.Then < 0 && d.Now == 0:
		return d.Table + ": none, the table is new and empty"
	case d.Then < 0:
		return fmt.Sprintf("%s: all %d, the table is new", d.Table, d.Now)
	case d.Now < 0:
		return fmt.Sprintf("%s: none, the table comes back with %d", d.Table, d.Then)
	case d.Now < d.Then:
		return fmt.Sprintf("%s: none, %d come back (%d in the snapshot, %d now)", d.Table, d.Then-d.Now, d.Then, d.Now)
	}
	return fmt.Sprintf("%s: %d (%d in the snapshot, %d now)", d.Table, d.Now-d.Then, d.Then, d.Now)
}

// byLoss orders the tables for people: those that lose most first.
func byLoss(d, e snapshot.RowDiff) int {
	return cmp.Compare(max(e.Now-max(e.Then, 0), 0), max(d.Now-max(d.Then, 0), 0))
}

// Summary is what is lost, in one line.
func (t *Target) LossSummary() string {
	if !t.Loss.Known {
		return "not counted"
	}
	if len(t.Loss.Tables) == 0 {
		return "no table has more or fewer rows; rows changed in place are not counted"
	}
	var parts []string
	tables := slices.Clone(t.Loss.Tables)
	sorting.Stable(tables, byLoss)
	for i, d := range tables {
		if i == 6 {
			parts = append(parts, fmt.Sprintf("%d more tables", len(tables)-i))
			break
		}
		parts = append(parts, lost(d))
	}
	return strings.Join(parts, "; ")
}
