// Package snapshotkilled has what ends a snapshot before its time: signals, a server
// that is killed, a full disk, another portalctl.
package snapshotkilled

import (
	"os"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(testkit.M{M: m})) }
