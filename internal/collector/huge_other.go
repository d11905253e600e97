//go:build !linux

package collector

// advise is for systems that have to be asked.
func advise(int) {}
