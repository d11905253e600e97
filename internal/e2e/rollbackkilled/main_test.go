// Package rollbackkilled ends runs of a snapshot's rollback.sh at many points, and
// has the next run finish.
package rollbackkilled

import (
	"os"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
)

func TestMain(m *testing.M) {
	os.Exit(dbportal.Main(testkit.M{M: m}))
}
