package relock

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// newFilePatch fits every package.
const newFilePatch = "diff --git a/new.js b/new.js\nnew file mode 100644\n--- /dev/null\n+++ b/new.js\n@@ -0,0 +1 @@\n+new\n"

// TestOwnPatch is a package that the project patches with a file of its own.
func TestOwnPatch(t *testing.T) {
	source := registryOf(t, npmPackages)
	in := project(t, "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"packageManager\": \"yarn@4.12.0\", \"dependencies\": {\"b\": \"patch:b@npm%3A^1.0.0#~/b.patch\"}}\n-- b.patch --\n"+newFilePatch)
	res, err := Solve(t.Context(), in, source, Highest{})
	if err != nil {
		t.Fatal(err)
	}
	want := "b@npm:^1.0.0 = npm:1.5.0\nb@patch:b@npm%3A^1.0.0#~/b.patch = patch:b@npm%3A1.5.0#~/b.patch::version=1.5.0&hash=5b1698\n"
	if diff := cmp.Diff(want, brief(t, res.Lock)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(string(res.Lock), "  checksum: 10c0/sum-of-b-1.5.0-by-5b1698\n") {
		t.Errorf("not the checksum of the patched package:\n%s", res.Lock)
	}
}

// TestMissingFails holds that the source learns how the project's Yarn takes
// optional patches whose file is not there: Yarn 4.17.0 fails, 4.17.1 does not.
func TestMissingFails(t *testing.T) {
	for yarn, want := range map[string]bool{"4.12.0": true, "4.17.0": true, "4.17.1": false} {
		source := registryOf(t, npmPackages)
		in := project(t, "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"packageManager\": \"yarn@"+yarn+"\", \"dependencies\": {\"typescript\": \"5.0.4\"}}\n")
		if _, err := Solve(t.Context(), in, source, Highest{}); err != nil {
			t.Fatal(err)
		}
		if len(source.asks) != 1 || source.asks[0].MissingFails != want {
			t.Errorf("Yarn %s: %+v", yarn, source.asks)
		}
	}
}
