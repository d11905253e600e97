package relock

import (
	"context"
	"time"

	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnpatch"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Input is the project whose lock is to be brought in line. Its package.json
// files are those of Project, edited or not; nothing is read from disk but
// what ReadFile is asked for.
type Input struct {
	Project *workspace.Project
	// Lock is the lock as it stands, nil for none. Solve takes it over.
	Lock     *yarnlock.Lock
	Settings *yarnrc.Settings
	// YarnVersion is the version of the Yarn that owns the project (yarnPath,
	// packageManager), "" if unknown: then the newest whose behaviour is known
	// counts, and the lock keeps its version.
	YarnVersion string
	// Release are the versions of the Backstage release that backstage.json
	// names (package to version), for backstage: ranges; nil if there is no
	// manifest. The bindings recorded in the lock serve then.
	Release map[string]string
	// BackstageVersion is what backstage.json says, "" without one.
	BackstageVersion string
	// Brief leaves OffRelease and Ahead out of the result: finding who keeps
	// each copy off the release takes a third of the time of a lock in order.
	Brief bool
	// LeaveChecksums leaves new packages without a checksum. Yarn fills in what
	// a lock lacks and keeps the versions that it has.
	LeaveChecksums bool
	// Now is what the age gate counts from.
	Now time.Time
	// At is the part of a command line that names the project ("" or " -C DIR"):
	// the commands of Demand.Fix repeat it.
	At string
	// ReadFile reads a file of the project by its path from the root, with
	// slashes: package.json files behind portal:, user patches, the plugin.
	// nil means that no file can be read.
	ReadFile func(rel string) ([]byte, error)
}

func (in *Input) lockEntries() []*yarnlock.Entry {
	if in.Lock == nil {
		return nil
	}
	return in.Lock.Entries
}

// Source is where packages come from. Its methods are called from several
// goroutines; how many requests run at a time is its business.
type Source interface {
	// Packument is everything the registry knows of a package.
	Packument(ctx context.Context, name string) (Packument, error)
	// Checksum is the checksum line of a package that the lock lacks.
	Checksum(ctx context.Context, req ChecksumRequest) (string, error)
	// PatchHash is the hash that Yarn puts into the locator of a package with
	// a builtin patch: selector "optional!builtin<compat/name>".
	PatchHash(ctx context.Context, name, version, selector string) (string, error)
}

// ChecksumRequest is a package whose checksum is to be had.
type ChecksumRequest struct {
	Name, Version string
	// Manifest is the registry's, with the tarball's address and integrity.
	Manifest *Manifest
	// CacheKey is what the checksum starts with, such as 10c0.
	CacheKey string
	// Patch is the selector of the builtin patch that is applied, or "".
	Patch string
	// Own is the patch of the project's own that is applied, or nil.
	Own *yarnpatch.Patch
	// MissingFails says that the project's Yarn applies the strict patch.
	MissingFails bool
}

// Packument is what the registry knows of a package.
type Packument interface {
	// Versions are all versions, in no particular order.
	Versions() []string
	// Tag is the version of a dist-tag.
	Tag(name string) (version string, ok bool)
	// Published is when a version was published, as far as the registry says.
	Published(version string) (time.Time, bool)
	// Deprecated reports whether a version is deprecated.
	Deprecated(version string) bool
	// Manifest is the package.json of a version, with dist.
	Manifest(version string) (*Manifest, error)
}
