// Package trust judges what a repository's yarn.lock files and package manager
// settings let in, whatever the advisories say: where packages come from, how
// their content is pinned, and which code Yarn itself runs. It is strict on
// what a change adds and quiet on what was there.
package trust

import (
	"context"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/npmsign"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Side is one state of the repository.
type Side struct {
	// Files are the files that Wanted admits, by their path from the
	// repository's root, with forward slashes. Only those beside and above the
	// locks are looked at. nil at the base means that they are not known.
	Files map[string][]byte
	// Locks are its yarn.lock files, each parsed under its path from the root
	// with forward slashes.
	Locks []*yarnlock.Lock
	// Archives are the paths of the packages that the base has as archives of
	// Yarn's cache: those that IsArchive admits.
	Archives []string
}

// Workspace is a package of the repository's own.
type Workspace struct {
	Name string
	// Pos is where its package.json gives the name.
	Pos fault.Pos
}

// Input is all that the rules look at. Registries, Scopes, Severities and
// Online come from the policy, which is the merge base's when there is one.
type Input struct {
	Head Side
	// Prefix is the folder of the root within its git repository, "" if it is that.
	Prefix string
	// Base is what the change starts from; nil without one: then nothing counts
	// as added.
	Base *Side
	// Archives are those that the change commits, or commits with other bytes.
	Archives []Archive
	// Registries are the addresses that packages may come from besides those
	// that the base's own settings name: https://host, perhaps with a port and a
	// path, or a host alone. None means that hosts which the base's locks use
	// already are allowed as well.
	Registries []string
	// Scopes bind a scope ("@acme") to the one address its packages come from.
	Scopes map[string]string
	// Severities are configured by rule; finding.Off turns a rule off.
	Severities map[string]finding.Severity

	// Workspaces are the head's own packages, and Malware names the advisory
	// that calls a public package of a name malicious. Both are for name-confusion.
	Workspaces []Workspace
	Malware    func(name string) (id string, ok bool)

	// Registry makes the rules lock-edited, fresh-release and signature run; nil is
	// offline. It was made with the merge base's settings, as Kept and Manifests were.
	Registry *registry.Client
	// ChecksumDir is where lock-edited keeps the checksums of tarballs between runs,
	// each for the SHA-512 of its tarball alone; "" is for nowhere. Who could write
	// there decides what the rule believes: it is only for answers that came by the
	// way that Registry takes.
	ChecksumDir string
	// Profiles makes the rules install-script and capability run, about what a change
	// adds; nil is for not at all. One without a network answers with what was read
	// before.
	Profiles Profiles
	// Offline says that the user wants nobody asked: what is not known then is said.
	// Kept answers by what earlier runs have asked a Registry; nil knows nothing.
	Offline bool
	Kept    *registry.Client
	// Root is what attestations are verified against; nil is sigstore's own.
	Root *npmsign.Root
	// Fetch reads a public https address; it is for the code that Yarn loads
	// (.yarn/releases, .yarn/plugins). nil: such a change stays unverified.
	Fetch func(ctx context.Context, url string) ([]byte, error)
	// MinAge is the age under which fresh-release reports a version; 0 turns
	// it off. Fixes says that a version is the fix of a known advisory, which
	// is exempt; nil for none.
	MinAge time.Duration
	Fixes  func(name, version string) bool
	Now    time.Time
	// Licenses makes the rule license run; nil is no rule. Manifests answers for the
	// licences of packages; nil is nobody. AllLicenses has it asked for what the base
	// has, too, so that Result.Licenses has all.
	Licenses    *license.Policy
	Manifests   *registry.Client
	AllLicenses bool
	// Progress hears of each package that the registry was asked about, out of
	// total; it may be nil and is called from several goroutines.
	Progress func(done, total int)
}

// Finding is what a rule found, and whether the change brings it.
type Finding struct {
	finding.Finding
	// New is always false without a base.
	New bool
	// Whole says that without a base it counts as if it were new: somebody has asked
	// for all of the lock to be judged.
	Whole bool
}

// Result is the outcome of all rules, sorted by place.
type Result struct {
	Findings []Finding
	// Unknown is what could not be judged, which is not the same as fine.
	Unknown []finding.Unknown
	// Licenses are those that were asked for and are known.
	Licenses map[PackageVersion]license.Declared
}
