// Package pinning proves, for locks that package relock wrote with its Release
// policy, that every package of the release is where the rule says it must be.
// It has tests only. The proof knows nothing of the solver: it reads yarn.lock
// and the package.json files with a few lines of its own and looks for a
// reason for each copy that is off the release: a range that excludes the
// release's version, a locked version that was higher before, a version that
// the registry lacks, or a single copy that all who ask can share.
//
// Small fixtures need no network. Real portals are bumped, and shown to the
// real Yarn, only if PORTALCTL_PINNING is set:
//
//	PORTALCTL_PINNING=1 go test -timeout 1h -v -run TestPortals ./internal/bench/pinning
//
// That needs node, npm, a registry and the shared data. The registry may be
// partial: a server on loopback makes up what is missing of the release. What
// it forwards is recorded where package parity records.
//
//	PORTALCTL_PINNING_DIR    folder for recordings and Yarns (default: the user's cache)
//	PORTALCTL_PINNING_TREES  only these trees, separated by commas
//	PORTALCTL_PINNING_KEEP   a folder that gets the reports and the locks
package pinning
