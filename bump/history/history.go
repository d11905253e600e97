// Package history is the release train of one portal: when its branch reached which
// release of Backstage, how far behind it was then, at what pace it goes, and what
// piles up while it waits.
//
//	first-parent line of the branch + releases with their dates + what waits → New → Report
//
// It reads and writes nothing itself, but for the commits that it is given.
package history

// Schema is the version of the JSON form of a Report, documented in docs/json.md.
const Schema = "portalctl.history/v1"

// Report is a portal's way through the releases.
type Report struct {
	Schema string `json:"schema"`
	// Current is the release that the portal is on by its lock, Newest the newest main
	// release, and Behind how many main releases lie between. Today is the day that
	// the report is of.
	Current string `json:"current"`
	Newest  string `json:"newest"`
	Behind  int    `json:"behind"`
	Today   string `json:"today"`
	// Since is the day that the history begins at: what --since says, or the first
	// commit. Commits is how many were looked at.
	Since   string `json:"since"`
	Commits int    `json:"commits"`
	// Shallow says that the clone does not have what came before Since.
	Shallow bool `json:"shallow"`
	// Steps are in the order of the branch, the first being where it began.
	Steps   []step  `json:"steps"`
	Cadence cadence `json:"cadence"`
	// Available are the main releases 1.N.0 with the day of each, as far as known.
	Available []dated `json:"available"`
	// Waiting is what lies between Current and Newest; nil where nothing does.
	Waiting *Waiting `json:"waiting,omitempty"`
	// Unknown is what could not be found out.
	Unknown []Unknown `json:"unknown"`
}

// moveKind is what a step is.
type moveKind string

// The kinds of steps.
const (
	started    moveKind = "start"     // what the history begins with
	upgraded   moveKind = "upgrade"   // to a higher minor or major version
	patched    moveKind = "patch"     // within a minor version, prereleases among it
	downgraded moveKind = "downgrade" // to a lower release
	reverted   moveKind = "revert"    // back to the release before the last step
)

// step is a commit that brought another release.
type step struct {
	Release string   `json:"release"`
	From    string   `json:"from,omitempty"`
	Kind    moveKind `json:"kind"`
	// Reverted says that a later step took it back at once.
	Reverted bool `json:"reverted"`
	// Date is the committer's, in UTC, Commit its full name, and File what said the
	// release: backstage.json, or yarn.lock where there was none.
	Date   string `json:"date"`
	Commit string `json:"commit"`
	File   string `json:"file"`
	// Minors is how many minor versions an upgrade took at once, Days how many days
	// lay between it and the upgrade before; -1 where there was none.
	Minors int `json:"minors"`
	Days   int `json:"days"`
	// Published is when the release was published, "" where that is not known, and
	// Lag how many days it was out by then. Of a patch release whose day is not known
	// LagAtMost is how many days its minor version was out: it came later.
	Published string `json:"published"`
	Lag       *int   `json:"lagDays"`
	LagAtMost *int   `json:"lagDaysAtMost,omitempty"`
	// Newest is the newest main release on that day, its patch releases aside, and
	// Behind how many main releases the portal was behind it before the step; "" and
	// nil where that is not known.
	Newest string `json:"newest"`
	Behind *int   `json:"behind"`
}

// cadence is the pace of the upgrades: steps to another minor version that were not
// reverted. Medians of an even number are the mean of the two in the middle, and a
// number is nil where there is nothing to count.
type cadence struct {
	Upgrades     int      `json:"upgrades"`
	Patches      int      `json:"patches"`
	Reverts      int      `json:"reverts"` // and downgrades
	MedianMinors *float64 `json:"medianMinors"`
	MostMinors   *int     `json:"mostMinors"`
	MedianDays   *float64 `json:"medianDays"`
	MostDays     *int     `json:"mostDays"`
	MedianLag    *float64 `json:"medianLagDays"`
	// SinceLast is how many days ago the last upgrade was; nil without one.
	SinceLast *int `json:"sinceLastDays"`
}

// dated is a release with the day of its publication, "" where that is not known.
type dated struct {
	Release   string `json:"release"`
	Published string `json:"published"`
}

// Waiting is the cost of waiting: what the releases not yet taken bring.
type Waiting struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Releases are the minor versions in between, ascending.
	Releases []Pile `json:"releases"`
	Total    Pile   `json:"total"`
}

// Pile is what one minor version brings, its patch releases among it. Each number is
// nil where it is not known.
type Pile struct {
	// Release is the highest of the minor version that is taken into account.
	Release   string `json:"release"`
	Published string `json:"published"` // of 1.N.0
	// Changesets counts what the changelogs of the portal's own dependencies say,
	// Breaking those that break, and Touching those of them that name what the portal
	// uses.
	Changesets *int `json:"changesets"`
	Breaking   *int `json:"breaking"`
	Touching   *int `json:"touching"`
	// Migrations counts database migrations that first run with it.
	Migrations *int `json:"migrations"`
	// Template counts files and keys of the app template to take over, Conflicts those
	// that both sides changed; each is that of merging all up to this release.
	Template  *int `json:"template"`
	Conflicts *int `json:"conflicts"`
}

// Unknown is something that could not be found out, with why.
type Unknown struct {
	What string `json:"what"`
	Why  string `json:"why"`
}
