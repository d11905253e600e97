//go:build !linux

package collector

// huge is for systems that have to be asked.
func huge(int) {}
