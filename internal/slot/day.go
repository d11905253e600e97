package slot

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
)

// The versions of the JSON of the day of a deployment.
const (
	DeploySchema = "portalctl.slot-deploy/v1"
	VerifySchema = "portalctl.slot-verify/v1"
)

// A Deployment is what was found before a release is rolled out: a copy that restores,
// what the first boot will do to the databases, and whether to begin.
type Deployment struct {
	Schema string    `json:"schema"`
	Time   time.Time `json:"time"`
	// Ended is false of one that was interrupted: its verdict counts for nothing.
	Ended bool `json:"ended"`
	// From and To are the releases, Deployed and Coming the commits of what runs and of
	// what is rolled out; "" where nothing tells.
	From     string `json:"from"`
	To       string `json:"to"`
	Deployed string `json:"deployed"`
	Coming   string `json:"coming"`
	Go       Go     `json:"go"`
	// Snapshot is the copy; nil where there is none.
	Snapshot *Copy `json:"snapshot"`
	// Forecast is what the first boot will do; nil where that could not be found out.
	Forecast *Foreseen `json:"forecast"`
	// Databases are what knex had run before.
	Databases []Database `json:"databases"`
	Commands  []Printed  `json:"commands"`
}

// A Go says whether to roll out, and why.
type Go struct {
	Kind  Kind   `json:"kind"`
	Title string `json:"title"`
	// Minutes is how long the window should be: the running release fails from the
	// migrations on until the new one is up. 0 without a window.
	Minutes int      `json:"windowMinutes"`
	Reasons []reason `json:"reasons"`
}

// The kinds of a Go and of its reasons.
const (
	goAhead Kind = "go"
	// goIf is of what only the one who rolls out can know, and has to look at before.
	goIf       Kind = "go-if"
	WithWindow Kind = "go-with-window"
	NoGo       Kind = "no-go"
)

// Next is what comes after a deployment that may go; verify is the command that looks at
// it afterwards.
func (g Go) Next(verify string) []string {
	switch {
	case g.Kind == NoGo:
		return nil
	case countOf(g.Reasons, goIf) > 0:
		return []string{"look at what is behind \"if\"; where it holds, roll the release out; then: " + verify}
	}
	return []string{"roll the release out; then: " + verify}
}

// A Copy is the snapshot that the way back uses.
type Copy struct {
	Path  string    `json:"path"`
	Name  string    `json:"name"`
	Taken time.Time `json:"taken"`
	// Databases are the names of what it has.
	Databases []string `json:"databases"`
	// Bytes is its size on disk.
	Bytes int64 `json:"bytes"`
	// Whole says that every file was read to its end, Rehearsed that all was restored
	// elsewhere and found the same, in RestoreSeconds.
	Whole          bool    `json:"whole"`
	Rehearsed      bool    `json:"rehearsed"`
	RestoreSeconds float64 `json:"restoreSeconds"`
}

// Foreseen is the forecast, as far as a deployment goes by it.
type Foreseen struct {
	Migrations int                `json:"migrations"`
	Databases  []ForeseenDatabase `json:"databases"`
	// Seconds and UpTo are how long the boot takes (-1: not known), Startup what the
	// startup probe should allow.
	Seconds float64 `json:"seconds"`
	UpTo    float64 `json:"upTo"`
	Startup int     `json:"startupSeconds"`
	Basis   string  `json:"basis"`
	// PointOfNoReturn is the first migration after which the running release fails.
	PointOfNoReturn string `json:"pointOfNoReturn"`
}

// A ForeseenDatabase is a database that will be migrated. Name is "" where nothing tells
// which one it is.
type ForeseenDatabase struct {
	Name       string   `json:"name"`
	Migrations []string `json:"migrations"`
}

// A Database is what knex has run in one of the portal's databases.
type Database struct {
	Name   string  `json:"name"`
	Tables []Table `json:"tables"`
	// Absent says that it is not there, Unread why it could not be read.
	Absent bool   `json:"absent"`
	Unread string `json:"unread,omitempty"`
}

// named is the database of a name, in a list; nil for none.
func named(list []Database, name string) *Database {
	if i := slices.IndexFunc(list, func(d Database) bool { return d.Name == name }); i >= 0 {
		return &list[i]
	}
	return nil
}

// A Table is one of knex's, with the names of what ran, in order.
type Table struct {
	Name       string   `json:"name"`
	Locked     bool     `json:"locked"`
	Migrations []string `json:"migrations"`
}

// A Day is what is known of the deployment of a portal.
type Day struct {
	// Last is the deployment that was looked at last, nil without one; it may have been
	// interrupted.
	Last *Deployment `json:"last"`
	// Copied is the last that came to its end with a snapshot, which the way back uses.
	Copied *Deployment `json:"copied"`
	// Verification is what followed the roll-out, nil before it.
	Verification *Verification `json:"verification"`
}

// RolledOut is the deployment that a roll-out is compared with, nil for none. One that
// has no snapshot does not take the place of one that has.
func (d *Day) RolledOut() *Deployment {
	switch {
	case d == nil:
		return nil
	case d.Copied != nil:
		return d.Copied
	case d.Last != nil && d.Last.Ended:
		return d.Last
	}
	return nil
}

// keptDay is what lies in the store.
type keptDay struct {
	Schema string `json:"schema"`
	Root   string `json:"root"`
	Day
}

// daySchema changes with the meaning of what is kept.
const daySchema = "portalctl.slot-day/v1"

func (s *Store) dayFile() string { return filepath.Join(s.dir, "deploy.json") }

// day is what was kept of the portal at root, nil without anything. What cannot be read
// or is another portal's is an error.
func (s *Store) day(root string) (*Day, error) {
	text, err := s.read(s.dayFile(), "what slot deploy found")
	if err != nil || text == nil {
		return nil, err
	}
	const next = "Before the roll-out run portalctl slot deploy again; after it go by the snapshot: portalctl slot verify --snapshot NAME (portalctl snapshot list has the names)"
	var d keptDay
	switch {
	case json.Unmarshal(text, &d) != nil || d.Schema != daySchema || d.Last == nil || d.Last.Schema != DeploySchema:
		return nil, fault.At(fault.Pos{File: s.dayFile()}, "this is not what slot deploy of this portalctl keeps: it is damaged, or of another version").WithNext(next)
	case d.Root != root:
		return nil, fault.At(fault.Pos{File: s.dayFile()}, "this is of the portal at %s, not of the one at %s", d.Root, root).WithNext(next)
	}
	return &d.Day, nil
}

// keepDay keeps it, in place of what is there.
func (s *Store) keepDay(root string, d Day) error {
	return s.write(s.dayFile(), "what was found", keptDay{daySchema, root, d})
}
