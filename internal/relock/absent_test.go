package relock

import (
	"context"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

// offlineRegistry is a cache that lacks some packuments and tarballs.
type offlineRegistry struct {
	*fakeRegistry
	packs, tarballs map[string]bool
}

func noNetwork() error {
	return fault.Wrap(httpfetch.ErrOffline, fault.Pos{}, "no cached copy").WithNext("Go online")
}

func (r *offlineRegistry) Packument(ctx context.Context, name string) (Packument, error) {
	if r.packs[name] {
		return nil, noNetwork()
	}
	return r.fakeRegistry.Packument(ctx, name)
}

func (r *offlineRegistry) Checksum(ctx context.Context, req ChecksumRequest) (string, error) {
	if r.tarballs[req.Name] {
		return "", noNetwork()
	}
	return r.fakeRegistry.Checksum(ctx, req)
}

func TestAbsent(t *testing.T) {
	const text = npmPackages + "\n@b/r@1.0.0\n@b/r@1.1.0\n@b/s@1.0.0\n@b/s@1.1.0\n"
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	root := func(deps string) string {
		return "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {" + deps + "}}\n"
	}
	for _, tt := range []struct {
		name, archive   string
		packs, tarballs map[string]bool
		policy          Policy
		want            string // "" for success
	}{
		{"nothing", root(`"a": "^1.0.0"`), set("old"), set("old"), Highest{}, ""},
		{"one", root(`"a": "^1.0.0"`), set("b"), nil, Highest{},
			"the network is switched off, and one thing is not in the cache:\n  b (asked for by a 1.1.0)"},
		{"packuments and tarballs", root(`"a": "^1.0.0", "old": "1.x", "@s/c": "1.0.0"`), set("old", "b"), set("a", "@s/c"), Highest{},
			"the network is switched off, and 4 things are not in the cache:\n  b (asked for by a 1.1.0)\n  old (asked for by root)\n" +
				"  the tarball of @s/c@1.0.0 (asked for by root)\n  the tarball of a@1.1.0 (asked for by root)"},
		{"behind an alias, a tag and a patch", root(`"x": "npm:a@^1.0.0", "y": "npm:old@1.x", "native": "^1.0.0", "resolve": "^1.0.0"`),
			set("a", "old", "node-gyp", "resolve"), nil, Highest{},
			"the network is switched off, and 4 things are not in the cache:\n  a (asked for by root)\n  node-gyp (asked for by native 1.0.0)\n" +
				"  old (asked for by root)\n  resolve (asked for by root)"},
		{"below optional edges", root(`"plat": "^1.0.0"`), set("plat-linux"), set("plat"), Highest{},
			"the network is switched off, and 2 things are not in the cache:\n  plat-linux (asked for by plat 1.0.0)\n  the tarball of plat@1.0.0 (asked for by root)"},
		{"of a release", root(`"@b/r": "^1.0.1", "@b/s": "^1.0.1"`) +
			"-- yarn.lock --\n" + lockOf("@b/r@npm:^1.0.0 = 1.0.0\n@b/s@npm:^1.0.0 = 1.0.0"), set("@b/r", "@b/s"), nil,
			&Release{Versions: map[string]string{"@b/r": "1.1.0", "@b/s": "1.1.0"}},
			"the network is switched off, and 2 things are not in the cache:\n  @b/r (asked for by root)\n  @b/s (asked for by root)"},
		{"of a release, though the lock answers every range", root(`"@b/r": "^1.0.0", "@b/s": "~1.0.0"`) +
			"-- yarn.lock --\n" + lockOf("@b/r@npm:^1.0.0 = 1.0.0\n@b/s@npm:~1.0.0 = 1.0.0"), set("@b/r", "@b/s"), nil,
			&Release{Versions: map[string]string{"@b/r": "1.1.0", "@b/s": "1.1.0"}},
			"the network is switched off, and one thing is not in the cache:\n  @b/r (asked for by root)"},
		{"on the release", root(`"@b/r": "^1.0.0"`) + "-- yarn.lock --\n" + lockOf("@b/r@npm:^1.0.0 = 1.1.0"), set("@b/r"), set("@b/r"),
			&Release{Versions: map[string]string{"@b/r": "1.1.0"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := &offlineRegistry{registryOf(t, text), tt.packs, tt.tarballs}
			_, err := Solve(t.Context(), project(t, tt.archive), source, tt.policy)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || err.Error() != tt.want || fault.NextOf(err) != "Go online"):
				t.Errorf("got %v (next: %q), want %s", err, fault.NextOf(err), tt.want)
			}
		})
	}
}
