package semrange

import "github.com/Masterminds/semver/v3"

// Min is the version that a range starts at: 1.2.0 for ^1.2.0, the lower of
// both for a || b. Unlike semver.minVersion it is the bound as written, also
// for ">1.2.0". Nil when the range has no lower bound, as "*" or "<2".
func (r Range) Min() *semver.Version {
	if r.any {
		return nil
	}
	var lowest, bound *version
	for i := range r.comps {
		c := &r.comps[i]
		if c.flags&preOnly == 0 && (c.op == opGE || c.op == opGT || c.op == opEQ) {
			if bound == nil || compare(&c.version, bound) > 0 {
				bound = &c.version
			}
		}
		if c.flags&last == 0 {
			continue
		}
		if bound == nil {
			return nil
		}
		if lowest == nil || compare(bound, lowest) < 0 {
			lowest = bound
		}
		bound = nil
	}
	if lowest == nil {
		return nil
	}
	return semver.New(lowest.major, lowest.minor, lowest.patch, lowest.pre, "")
}
