package relock

import (
	"testing"

	"github.com/Masterminds/semver/v3"
)

// once is a policy that notes the versions which the solver hands to Release.
type once struct {
	*Release
	seen map[string]map[*semver.Version]bool
}

func (o *once) Choose(req request, candidates *candidates) ([]choice, error) {
	note := func(v *semver.Version) {
		if o.seen[v.Original()] == nil {
			o.seen[v.Original()] = map[*semver.Version]bool{}
		}
		o.seen[v.Original()][v] = true
	}
	for _, a := range req.Asks {
		note(a.Locked)
		note(a.Floor)
	}
	for _, c := range candidates.locked() {
		note(c.Parsed)
	}
	note(candidates.s.version(o.Versions[req.Name]))
	return o.Release.Choose(req, candidates)
}

// A locked version is read once for all who ask, in all rounds.
func TestLockedVersionIsReadOnce(t *testing.T) {
	in := project(t, `-- package.json --
{"name": "root", "workspaces": [], "dependencies": {"@b/p": "^1.2.0", "third": "1"}}
-- yarn.lock --
`+lockOf("@b/p@npm:^1.0.0, @b/p@npm:^1.2.0 = 1.4.0\n@b/plugin-x@npm:^1.0.0 = 1.5.0\nthird@npm:1 = 1.0.0 @b/p@^1.0.0 @b/plugin-x@^1.0.0\n"))
	policy := &once{&Release{Versions: map[string]string{"@b/p": "1.4.0", "@b/plugin-x": "1.4.0"}}, map[string]map[*semver.Version]bool{}}
	if _, err := Solve(t.Context(), in, registryOf(t, releasePackages), policy); err != nil {
		t.Fatal(err)
	}
	if len(policy.seen) != 2 {
		t.Errorf("versions: %v, want 1.4.0 and 1.5.0", policy.seen)
	}
	for version, values := range policy.seen {
		if len(values) != 1 {
			t.Errorf("%s was read %d times", version, len(values))
		}
	}
}
