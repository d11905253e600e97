package main

import (
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// TestInitIsLight: this test binary is portalctl itself in more than a thousand
// processes of the tests. What its variables take to be made, each of them takes.
func TestInitIsLight(t *testing.T) {
	testkit.SkipRace(t)
	cmd := exec.Command(linkSelf(t, "portalctl"), "--version")
	cmd.Env = []string{"GODEBUG=inittrace=1"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// By its path, or as main where the package is linked as a program.
	line := regexp.MustCompile(`(?m)^init (?:main|\S+/cmd/portalctl) @.* (\d+) bytes, \d+ allocs$`).FindSubmatch(out)
	if line == nil {
		t.Fatalf("no line of this package:\n%s", out)
	}
	const limit = 1 << 20
	if n, err := strconv.Atoi(string(line[1])); err != nil || n > limit {
		t.Errorf("the variables of cmd/portalctl and of its tests take %d bytes, and may take %d: let a function make what is large (%v)", n, limit, err)
	}
}
