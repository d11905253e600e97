//go:build !race

package yarnlock

// hugeLock is the number of entries in tests of limits.
const hugeLock = 200_000
