package trust

import "testing"

// Only npm's own hosts are known to name every tarball <base>-<version>.tgz;
// others may serve what the lock asks for under a name of theirs.
func TestMismatch(t *testing.T) {
	for _, tt := range []struct {
		host, path string
		ok         bool
	}{
		{"registry.npmjs.org", "/@s/a/-/a-1.0.0.tgz", true},
		{"registry.npmjs.org", "/@s/a/-/a-1.0.1.tgz", false},
		{"registry.npmjs.org", "/@s/a/-/a-1.0.1", false},
		{"registry.npmjs.org", "/@s/a/a-1.0.0.tgz", false},
		{"npm.acme.example", "/npm/@s/a/-/a-1.0.0.tgz", true},
		{"npm.acme.example", "/npm/@s/a/-/a-1.0.1.tgz", false},
		{"npm.acme.example", "/npm/@s/b/-/a-1.0.0.tgz", false},
		{"npm.acme.example", "/npm/@s/a/-/4f1c", true},
		{"npm.acme.example", "/files/4f1c.tgz", true},
	} {
		s := source{kind: fromRegistry, scheme: "https", host: tt.host, path: tt.path}
		if why := s.mismatch("@s/a", "1.0.0"); (why == "") != tt.ok {
			t.Errorf("%s%s: %q", tt.host, tt.path, why)
		}
	}
}
