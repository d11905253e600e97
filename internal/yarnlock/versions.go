package yarnlock

import "slices"

// Versions are the versions of each registry package in a list of entries, in its
// order; a patched copy counts as its package. of, if set, says which names count.
func Versions(entries []*Entry, of func(name string) bool) map[string][]string {
	size := len(entries)
	if of != nil {
		size = 0 // a few of them
	}
	out := make(map[string][]string, size)
	ones := make([]string, 0, size) // most names have one version
	for _, e := range entries {
		name, version, ok := e.Package()
		if !ok || of != nil && !of(name) {
			continue
		}
		switch have := out[name]; {
		case have == nil:
			ones = append(ones, version)
			n := len(ones)
			out[name] = ones[n-1 : n : n]
		case !slices.Contains(have, version):
			out[name] = append(have, version)
		}
	}
	return out
}
