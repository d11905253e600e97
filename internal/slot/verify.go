package slot

import (
	"fmt"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/english"
)

// A Verification is what was found after a roll-out, and, where it did not go well, the
// way back.
type Verification struct {
	Schema string    `json:"schema"`
	Time   time.Time `json:"time"`
	// From and To are the releases.
	From string `json:"from"`
	To   string `json:"to"`
	// OK says that all is as foreseen, and that the portal is ready, if that was asked.
	OK    bool   `json:"ok"`
	Title string `json:"title"`
	// Booted is false where no migration that was foreseen has run, and no other.
	Booted bool `json:"booted"`
	// Foreseen is how many migrations were, Held how many of them ran.
	Foreseen  int       `json:"foreseen"`
	Held      int       `json:"held"`
	Databases []checked `json:"databases"`
	// Health is nil where no address was given.
	Health  *Health  `json:"health"`
	Reasons []string `json:"reasons"`
	// WayBack is nil where nothing needs one, or there is no snapshot.
	WayBack *WayBack `json:"wayBack"`
}

// A WayBack is how to undo the roll-out.
type WayBack struct {
	// Snapshot is its folder, Restore the databases that come back, by the state that
	// they are in now; none where deploying the old code is all.
	Snapshot string     `json:"snapshot"`
	Restore  []Restored `json:"restore"`
	// Without are databases that look like the portal's and are not in the snapshot.
	Without []string `json:"without"`
	// Commands bring them back; Alone does it without portalctl.
	Commands []string `json:"commands"`
	Alone    string   `json:"alone"`
	// Deploy is the code that belongs to the snapshot.
	Deploy string `json:"deploy"`
}

// A Restored is a database that comes back.
type Restored struct {
	Database string `json:"database"`
	// Takes is how long that takes, Loss which rows it takes away, in words.
	Takes string `json:"takes"`
	Loss  string `json:"loss"`
}

// Verify compares what ran with what was foreseen. before and now are what knex had and
// has run; health is nil where it was not asked for.
func Verify(d *Deployment, now []Database, health *Health) *Verification {
	v := &Verification{Schema: VerifySchema, Time: time.Now().UTC().Truncate(time.Second), From: d.From, To: d.To, Health: health}
	f := d.Forecast
	if f == nil {
		f = &Foreseen{}
		v.Reasons = append(v.Reasons, "what would run was not known: whatever ran is listed as not foreseen")
	}
	v.Foreseen = f.Migrations
	v.Databases = compare(f.Databases, d.Databases, now)
	missing, extra, gone, locked, unread := 0, 0, 0, 0, 0
	for _, c := range v.Databases {
		v.Held += len(c.Held)
		missing, extra, gone, locked = missing+len(c.Missing), extra+len(c.Extra), gone+len(c.Gone), locked+len(c.Locked)
		if c.Unread != "" {
			unread++
		}
	}
	v.Booted = v.Held+extra+gone > 0 || f.Migrations == 0
	add := func(n int, one, many string) {
		if n > 0 {
			v.Reasons = append(v.Reasons, english.CountOf(n, one, many))
		}
	}
	if missing > 0 && v.Booted {
		add(missing, "migration was foreseen and did not run: the boot failed, or is not done", "migrations were foreseen and did not run: the boot failed, or is not done")
	}
	add(extra, "migration ran that was not foreseen", "migrations ran that were not foreseen")
	add(gone, "row is gone from knex's tables", "rows are gone from knex's tables")
	add(locked, "lock of knex is held: a boot is at work, or has died. Where none is at work the next one refuses to migrate, until the lock is taken back (knex migrate:unlock) or the database is",
		"locks of knex are held: a boot is at work, or has died. Where none is at work the next one refuses to migrate, until the lock is taken back (knex migrate:unlock) or the database is")
	add(unread, "database could not be read", "databases could not be read")
	if health != nil && !health.OK {
		v.Reasons = append(v.Reasons, "the portal is not ready: "+health.Why)
	}
	v.OK = d.Forecast != nil && missing+extra+gone+locked+unread == 0 && (health == nil || health.OK)
	v.Title = v.title(missing, extra, gone, locked)
	return v
}

func (v *Verification) title(missing, extra, gone, locked int) string {
	unhealthy := v.Health != nil && !v.Health.OK
	switch {
	case v.OK && v.Foreseen == 0:
		return "as foreseen: no migration ran" + v.ready()
	case v.OK:
		return fmt.Sprintf("as foreseen: %s ran, and nothing else%s", english.Count(v.Held, "migration"), v.ready())
	case !v.Booted && locked == 0:
		return fmt.Sprintf("the new release has not migrated these databases yet: none of %s ran", english.Count(v.Foreseen, "migration"))
	case missing+extra+gone > 0:
		var parts []string
		if missing > 0 {
			parts = append(parts, fmt.Sprintf("%d of %s did not run", missing, english.Count(v.Foreseen, "migration")))
		}
		if extra > 0 {
			parts = append(parts, english.Count(extra, "migration")+" ran that it did not have")
		}
		if gone > 0 {
			parts = append(parts, english.CountOf(gone, "row of knex is gone", "rows of knex are gone"))
		}
		return "the forecast did not hold: " + strings.Join(parts, "; ")
	case locked > 0:
		return "knex's locks are held: a boot is at work, or has died"
	case unhealthy:
		return "the migrations ran as foreseen, and the portal is not ready"
	}
	return "not all could be found out"
}

func (v *Verification) ready() string {
	if v.Health == nil {
		return ""
	}
	return fmt.Sprintf("; ready, in %d ms", v.Health.Milliseconds)
}
