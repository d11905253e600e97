package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/program"
	"github.com/portalctl/portalctl/internal/ui"
)

// TestMain makes the test binary portalctl where one of these names starts it, for
// the tests of internal/e2e too. They are on the PATH of the tests here.
func TestMain(m *testing.M) {
	testscript.Main(testkit.M{M: m, Clean: true}, map[string]func(){
		program.AsIs:        recorded,
		program.AtATerminal: atATerminal,
		"portalctl-killed":  killed,
	})
}

// atATerminal is main whose streams are said to be a terminal.
func atATerminal() {
	streams := ui.System(os.Getenv)
	streams.InTTY, streams.ErrTTY = true, true
	os.Exit(runWith(streams))
}

// run0 runs a command in this process, without a terminal.
func run0(t *testing.T, stdin string, environ []string, args ...string) (code int, out, errOut string) {
	t.Helper()
	e, o, eo := testEnv(stdin, environ)
	args = append([]string{"portalctl"}, args...)
	code = Main(context.Background(), args, e)
	validate(t, o.String())
	for _, f := range faultsIn(args, o.String(), eo.String()) {
		t.Error(f)
	}
	return code, o.String(), eo.String()
}
