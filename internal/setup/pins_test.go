package setup

import (
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	hashA, hashB = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	hashC        = "cccccccccccccccccccccccccccccccccccccccc"
)

// Which commit an action is named by: the newest release of the major that is in use; of
// portalctl's own the release that writes.
func TestNewestPin(t *testing.T) {
	refs := func(pairs ...string) string {
		var b strings.Builder
		for i := 0; i < len(pairs); i += 2 {
			b.WriteString(pairs[i] + "\trefs/tags/" + pairs[i+1] + "\n")
		}
		return b.String()
	}
	tests := []struct {
		name, repo, version, tags string
		want                      Pin
		ok                        bool
	}{
		{"of the major", "actions/checkout", "v1.2.3", refs(hashA, "v7.0.2", hashB, "v8.0.0", hashC, "v7.0.1", hashC, "v7"), Pin{hashA, "v7.0.2"}, true},
		{"a tag object", "actions/checkout", "v1.2.3", refs(hashA, "v7.1.0", hashB, "v7.1.0^{}"), Pin{hashB, "v7.1.0"}, true},
		{"nothing older", "actions/checkout", "v1.2.3", refs(hashA, "v7.0.0", hashA, "v6.9.9"), Pin{}, false},
		{"no prerelease", "actions/checkout", "v1.2.3", refs(hashA, "v7.2.0-beta", hashB, "v7.1.0"), Pin{hashB, "v7.1.0"}, true},
		{"an error page", "actions/checkout", "v1.2.3", "<html>v7.9.9</html>\n", Pin{}, false},
		{"its own release", ownAction, "v1.2.3", refs(hashA, "v1.2.3", hashB, "v1.3.0"), Pin{hashA, "v1.2.3"}, true},
		{"its own, which has no tag", ownAction, "v1.2.3", refs(hashB, "v1.3.0"), Pin{}, false},
		{"unreleased", ownAction, "devel", refs(hashA, "v1.2.3", hashB, "v1.3.0", hashC, "v2.0.0-rc.1"), Pin{hashB, "v1.3.0"}, true},
		{"unreleased, of a commit", ownAction, "v0.0.0-20261201120000-abcdefabcdef", refs(hashA, "v1.2.3"), Pin{hashA, "v1.2.3"}, true},
	}
	for _, tt := range tests {
		f := factsOf(t, portalFiles())
		f.Version = tt.version
		if got, ok := f.Newest(tt.repo, tt.tags); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %v, %v", tt.name, got, ok)
		}
	}
}

// Pins that somebody moves, as Renovate does, stay, and the file stays portalctl's: the next
// portalctl brings it up to date with the pins that it has. --update moves them.
func TestPinsStay(t *testing.T) {
	f := factsOf(t, portalFiles())
	f = applied(t, f, planOf(t, f, Options{}))
	slot := path.Join(workflowFolder, "portalctl-slot.yml")
	old, err := f.read(slot)
	if err != nil {
		t.Fatal(err)
	}
	node := pinned["actions/setup-node"]
	moved := strings.Replace(string(old), node.Ref+" # "+node.Tag, hashA+" # v9.1.0", 1)
	moved = strings.Replace(moved, "portalctl/portalctl@v1.2.3 # portalctl: pin, which init --update makes a commit", ownAction+"@"+hashB+" # v1.2.3", 1)
	if strings.Count(moved, hashA)+strings.Count(moved, hashB) != 2 {
		t.Fatalf("nothing was moved:\n%s", moved)
	}
	writeAll(t, f.Project.Root, map[string]string{slot: moved})
	for _, o := range []Options{{}, {Update: true}} {
		if p := planOf(t, f, o); states(p)[slot] != stateSame {
			t.Errorf("%+v: %v", o, states(p))
		}
	}
	// A text that is otherwise another one keeps them.
	f.Node, f.NodeFile = "24", ""
	p := planOf(t, f, Options{Update: true})
	i := slices.IndexFunc(p.Items, func(it item) bool { return it.Path == slot })
	if p.Items[i].State != stateUpdate {
		t.Fatalf("%v", states(p))
	}
	if text := string(p.Items[i].write.New); !strings.Contains(text, hashA+" # v9.1.0") || !strings.Contains(text, ownAction+"@"+hashB+" # v1.2.3") || !strings.Contains(text, `"24"`) {
		t.Errorf("the pins are gone:\n%s", text)
	}
	f.Complete()
	f.Pins = map[string]Pin{"actions/setup-node": {hashC, "v9.2.0"}}
	if p := planOf(t, f, Options{}); states(p)[slot] != stateSame {
		t.Errorf("without --update a pin moves: %v", states(p))
	}
	p = planOf(t, f, Options{Update: true})
	if p.Items[i].State != stateUpdate || !strings.Contains(string(p.Items[i].write.New), hashC+" # v9.2.0") {
		t.Errorf("--update does not move a pin: %v", states(p))
	}
	// Anything else that somebody changes makes the file theirs.
	writeAll(t, f.Project.Root, map[string]string{slot: strings.Replace(moved, "timeout-minutes: 180", "timeout-minutes: 240", 1)})
	if p := planOf(t, f, Options{Update: true}); p.Items[i].State != stateEdited {
		t.Errorf("an edited file: %v", states(p))
	}
}

// Every action is named by a commit, but portalctl's own, and that is said.
func TestUnpinned(t *testing.T) {
	f := factsOf(t, portalFiles())
	if got := f.Unpinned(); !slices.Equal(got, []string{"portalctl/portalctl@v1.2.3"}) {
		t.Errorf("not pinned: %q", got)
	}
	f.Pins = map[string]Pin{ownAction: {hashA, "v1.2.3"}}
	if got := f.Unpinned(); len(got) > 0 {
		t.Errorf("not pinned: %q", got)
	}
	for _, p := range workflowParts(f) {
		for _, m := range used().FindAllStringSubmatch(p.text, -1) {
			if !commit().MatchString(m[4]) || !strings.HasPrefix(m[5], "v") {
				t.Errorf("%s: %s", p.path, m[0])
			}
		}
	}
}
