//go:build !linux

package heap

// advise is for systems that have to be asked.
func advise(int) {}
