//go:build race

package yarnlock

// hugeLock is the number of entries in tests of limits: the race detector makes
// them some ten times slower.
const hugeLock = 20_000
