package snapshot

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

func TestOpenAnotherFolder(t *testing.T) {
	_, err := Open(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "this is not a snapshot") || !strings.Contains(fault.NextOf(err), "portalctl snapshot list") {
		t.Errorf("%v, next %q", err, fault.NextOf(err))
	}
}
