// Package plugin reviews a plugin before a portal adopts it: who makes it and how
// it lives, whether it goes with the portal's release, what it would bring into the
// lock, what its code, migrations, permissions, configuration and routes are, and a
// verdict with its reasons. It reads the registry's answers and the tarball, and
// runs nothing of either. What is not known is said to be unknown, and never counts
// as fine.
package plugin

import (
	"time"
)

// Schema names the JSON of a report.
const Schema = "portalctl.audit-plugin/v1"

// Report is one review, or several side by side.
type Report struct {
	Schema string `json:"schema"`
	// Portal is nil where the review is not made in one.
	Portal  *adopter  `json:"portal"`
	Reviews []*Review `json:"reviews"`
	// Advisories is where the advisories come from, "" where nobody was asked.
	Advisories string `json:"advisories"`
	// Warnings are about the advisories: that they are old, or few.
	Warnings []string `json:"warnings"`
}

// adopter is the one that would adopt the plugin.
type adopter struct {
	// Release is the Backstage release that its lock is, "" where nothing tells it.
	Release string `json:"release"`
	// Packages is how many registry packages its lock has.
	Packages int `json:"packages"`
}

// Fails reports whether a verdict has objections.
func (r *Report) Fails() bool {
	for _, v := range r.Reviews {
		if v.Verdict.Level != adopt {
			return true
		}
	}
	return false
}

// Review is what is known of one version of a plugin. Places are file:line in its
// tarball, or "registry: field".
type Review struct {
	Package      string         `json:"package"`
	Version      string         `json:"version"`
	Verdict      verdict        `json:"verdict"`
	Identity     identity       `json:"identity"`
	Origin       origin         `json:"origin"`
	Signature    signatureFacts `json:"signature"`
	Releases     releases       `json:"releases"`
	Fit          fit            `json:"compatibility"`
	Brings       brings         `json:"brings"`
	Scripts      []script       `json:"installScripts"`
	Capabilities []codeReach    `json:"capabilities"`
	// Signs are what harmless packages hardly have.
	Signs        []sign            `json:"signs"`
	Migrations   shippedMigrations `json:"migrations"`
	Permissions  []permission      `json:"permissions"`
	Config       config            `json:"config"`
	Routes       []route           `json:"routes"`
	Siblings     []sibling         `json:"siblings"`
	Alternatives []alternative     `json:"alternatives"`
	// Differs are members that the registry's manifest has otherwise than the
	// tarball's package.json.
	Differs []difference `json:"differs"`
	// Unknown is what could not be found out.
	Unknown []unknown `json:"unknown"`
}

// unknown is a question without an answer.
type unknown struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// identity is what the plugin is.
type identity struct {
	// Role is that of package.json, or what the name says; "" where neither does.
	Role string `json:"role"`
	// PluginID is the plugin's, of a module that of the plugin that it extends.
	PluginID string `json:"pluginId"`
	// From is where role and ID are said: a place, or "its name".
	RoleFrom    string `json:"roleFrom"`
	IDFrom      string `json:"pluginIdFrom"`
	Description string `json:"description"`
	// System is "new" where it is made for the new backend or frontend system, "old"
	// where its code does not make a plugin of one, and "" for libraries.
	System     string `json:"system"`
	SystemFrom string `json:"systemFrom"`
	// Moved is the package that took its place, Deprecated the registry's reason not
	// to use it.
	Moved      string `json:"moved"`
	MovedFrom  string `json:"movedFrom"`
	Deprecated string `json:"deprecated"`
}

// origin is who makes it.
type origin struct {
	Author      string   `json:"author"`
	Maintainers []string `json:"maintainers"`
	Repository  string   `json:"repository"`
	// Folder is where in the repository it is.
	Folder   string `json:"folder"`
	Homepage string `json:"homepage"`
	License  string `json:"license"`
	// LicenseFrom is where the licence is said, LicenseFile the file with its text.
	LicenseFrom string `json:"licenseFrom"`
	LicenseFile string `json:"licenseFile"`
}

// signatureFacts is who signed the version, as npm audit signatures has it: of the keys
// those that counted when it was published.
type signatureFacts struct {
	// State is valid, missing, unknown or wrong; missing where the registry signs, and
	// not this. Text says by which key, or what is wrong or not known.
	State string `json:"state"`
	Text  string `json:"text"`
	// Attested is the same of the attestations of who built and published it; missing
	// where there are none, "" where that is not known either.
	Attested     string `json:"attested"`
	AttestedText string `json:"attestedText"`
	Where        string `json:"where"`
}

// releases are the versions as the registry shows them. Times are zero where it does
// not say.
type releases struct {
	Shown int `json:"shown"`
	// Named is how many versions the changelog names; more than are shown mean that
	// the registry does not show all. 0 without a changelog.
	Named  int    `json:"named"`
	Latest string `json:"latest"`
	// LatestAt and At are when the latest and the reviewed version were published.
	LatestAt time.Time `json:"latestAt"`
	At       time.Time `json:"at"`
	FirstAt  time.Time `json:"firstAt"`
	// LastYear is how many were published in the year before the review.
	LastYear int `json:"lastYear"`
	// MedianDays is the median of the days between one and the next, -1 where fewer
	// than three are shown.
	MedianDays int `json:"medianDays"`
	// Oldest and Newest are the Backstage releases that all of its @backstage ranges
	// admit, from and to; "" where no release is. Behind is how many releases that
	// portalctl knows are newer than Newest, those apart that are patches of others.
	Oldest string `json:"oldestBackstage"`
	Newest string `json:"newestBackstage"`
	Behind int    `json:"behind"`
}

// fit is whether it goes with the portal's release, by its own ranges.
type fit struct {
	// Applies: the review is made in a portal whose release is known.
	Applies bool           `json:"applies"`
	Asks    []backstageAsk `json:"asks"`
	// Newest is the newest version whose ranges admit the release, "" for none.
	Newest string `json:"newest"`
	// Has are the versions of the plugin that the portal has.
	Has []string `json:"has"`
	// Same are packages of the lock with the same plugin ID and kind.
	Same []string `json:"same"`
}

// backstageAsk is a range of the plugin for a @backstage package.
type backstageAsk struct {
	Name  string `json:"name"`
	Range string `json:"range"`
	Peer  bool   `json:"peer"`
	// Release is the version of the portal's release, "" where it has none; Locked
	// are those of the lock.
	Release string   `json:"release"`
	Locked  []string `json:"locked"`
	// Admits is yes, no or unknown: whether the range admits the release's version,
	// or one of the lock's for a package that the release lacks.
	Admits string `json:"admits"`
	// Gone is the last release that had the package, where the portal's is later.
	Gone  string `json:"gone"`
	Where string `json:"where"`
}

// brings is what adopting it adds to the lock: solved with the lock's versions taken
// wherever a range admits them.
type brings struct {
	// Applies: it was solved. Else Unknown says why not, "" outside of a portal.
	Applies  bool            `json:"applies"`
	Unknown  string          `json:"unknown"`
	Packages []pkgVersion    `json:"packages"`
	Second   []secondVersion `json:"second"`
	Findings []finding       `json:"findings"`
	// FindingsKnown says that advisories were asked for; FindingsWhy why not.
	FindingsKnown bool   `json:"findingsKnown"`
	FindingsWhy   string `json:"findingsWhy"`
	// Scripts are the packages among them that run code when they are installed.
	Scripts []pkgVersion `json:"installScripts"`
	// Licenses are those of the packages, by what each says, the most frequent first;
	// "" counts those that say nothing, or of which the registry does not.
	Licenses []licenseCount `json:"licenses"`
	// Plain is what Yarn's own way of adding brings, which takes the highest version
	// of each new range.
	Plain plain `json:"plain"`
}

// pkgVersion is a version of a package.
type pkgVersion struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// licenseCount is a licence and how many packages have it.
type licenseCount struct {
	License string `json:"license"`
	Count   int    `json:"count"`
	// Refused says why the team's lists do not admit it, "" where they do or there are
	// none.
	Refused string `json:"refused"`
}

// secondVersion is another version of a package that the lock has.
type secondVersion struct {
	Name string   `json:"name"`
	Has  []string `json:"has"`
	Gets []string `json:"gets"`
	// Breaks is why a second copy breaks a portal, "" where it does not.
	Breaks string `json:"breaks"`
}

// finding is an advisory that applies to what is brought.
type finding struct {
	Advisory string `json:"advisory"`
	Summary  string `json:"summary"`
	// Severity is low, medium, high, critical, malware or unknown.
	Severity string `json:"severity"`
	Package  string `json:"package"`
	Version  string `json:"version"`
	URL      string `json:"url"`
}

// plain counts what yarn add brings.
type plain struct {
	Packages int `json:"packages"`
	Second   int `json:"second"`
	// Breaking are those of which a second copy breaks a portal.
	Breaking []string `json:"breaking"`
}

// script is a lifecycle script that npm runs on installation.
type script struct {
	Name    string `json:"name"`
	Command string `json:"command"`
	// Reaches is what the package's own files reach that the command names.
	Reaches []string `json:"reaches"`
	Where   string   `json:"where"`
}

// codeReach is something that its code reaches: the network, other programs, files.
type codeReach struct {
	Kind string `json:"kind"`
	// Count is how many places there are, of which Places has the first.
	Count int `json:"count"`
	// Unusual: plugins of its role hardly do.
	Unusual bool   `json:"unusual"`
	Places  []sign `json:"places"`
}

// sign is something in its code.
type sign struct {
	What  string `json:"what"`
	Where string `json:"where"`
}

// shippedMigrations are the database migrations that it ships.
type shippedMigrations struct {
	Count int `json:"count"`
	// Folders are those that have them.
	Folders []string `json:"folders"`
	// Creates are the tables that they create and do not drop again, Touches all that
	// they name.
	Creates []table  `json:"creates"`
	Touches []string `json:"touches"`
	// NoWayBack are the migrations whose down is missing, empty or throws.
	NoWayBack []string `json:"noWayBack"`
	// Unknown are those that could not be followed as a whole.
	Unknown []string `json:"unknown"`
}

// table is one that a migration creates.
type table struct {
	Name  string `json:"name"`
	Where string `json:"where"`
}

// sibling is another package of the same plugin.
type sibling struct {
	Name string `json:"name"`
	// From is where it is named: a place in package.json, or "its name".
	From string `json:"from"`
	// Latest is the registry's, "" where it has none or was not asked.
	Latest string `json:"latest"`
	// Has are the versions that the portal has.
	Has []string `json:"has"`
	// Asked says that the plugin depends on it.
	Asked bool `json:"asked"`
}

// alternative is another package to look at.
type alternative struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Why     string `json:"why"`
	Where   string `json:"where"`
}

// difference is a member that registry and tarball have differently.
type difference struct {
	Member   string `json:"member"`
	Registry string `json:"registry"`
	Tarball  string `json:"tarball"`
	Where    string `json:"where"`
}
