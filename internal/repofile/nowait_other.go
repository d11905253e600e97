//go:build !unix

package repofile

const noWait = 0
