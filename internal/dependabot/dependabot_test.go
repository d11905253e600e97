package dependabot

import (
	"strings"
	"testing"
)

func TestOfPortal(t *testing.T) {
	const src = "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /portal\n  - package-ecosystem: npm\n    directories: [/docs, /site]\n  - package-ecosystem: docker\n    directory: /portal\n"
	about := func(dir string) bool { return strings.HasPrefix(dir, "/portal") }
	n, off, err := LeavesOut("dependabot.yml", []byte(src), about)
	if n != 1 || off || err != nil {
		t.Errorf("%d entries, off %v, %v", n, off, err)
	}
	out, err := LeaveOut("dependabot.yml", []byte(src), about, "why")
	want := strings.Replace(src, "npm\n", "npm\n    ignore:\n      # why\n      - dependency-name: \"@backstage/*\"\n", 1)
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
	if n, off, err = LeavesOut("dependabot.yml", out, about); n != 1 || !off || err != nil {
		t.Errorf("then %d entries, off %v, %v", n, off, err)
	}
	if n, off, err = LeavesOut("dependabot.yml", []byte("version: 2\n"), about); n != 0 || off || err != nil {
		t.Errorf("without entries: %d, off %v, %v", n, off, err)
	}
	for _, bad := range []string{"updates: [", "updates:\n  - &a {package-ecosystem: npm, directory: /portal}\n"} {
		if out, err := LeaveOut("dependabot.yml", []byte(bad), about, "why"); err == nil {
			t.Errorf("%s becomes %s", bad, out)
		}
	}
}

// The lines that a person pastes are what is added.
func TestIgnore(t *testing.T) {
	src := "updates:\n  - package-ecosystem: npm\n"
	out, err := LeaveOut("dependabot.yml", []byte(src+"    directory: /\n"), func(string) bool { return true }, "why")
	if err != nil || string(out) != src+Ignore("why")+"    directory: /\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
