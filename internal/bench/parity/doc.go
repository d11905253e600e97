// Package parity compares package relock with the real Yarn. It needs node,
// npm and a registry, so its test runs only if PORTALCTL_PARITY is set:
//
//	PORTALCTL_PARITY=1 go test -timeout 3h -v ./internal/bench/parity
//
// Each run takes a real tree, edits its package.json files by a fixed seed
// (Edits), lets both write the lock (`yarn install --mode=update-lockfile` and
// relock.Solve), and compares bytes. All requests go through a Proxy on
// loopback that forwards to npm's configured registry and records what it
// says below the user's cache folder, so that both see one registry and later
// runs need none.
//
//	PORTALCTL_PARITY_RUNS   runs that Yarn must get through, per tree (default 24)
//	PORTALCTL_PARITY_TREES  only these trees, separated by commas
//	PORTALCTL_PARITY_DIR    folder for recordings (default: the user's cache)
//	PORTALCTL_PARITY_KEEP   keep the folders of runs that differ
package parity
