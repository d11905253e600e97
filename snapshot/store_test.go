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

// A folder that ends like an unfinished snapshot's would be removed by the next
// command, and latest is what people call the newest.
func TestCreateRefusesNames(t *testing.T) {
	for _, name := range []string{"x" + partial, "latest", "../x", "a b"} {
		_, err := Create(t.Context(), &Survey{}, Store{Dir: t.TempDir()}, CreateOptions{Name: name})
		if err == nil || !strings.Contains(err.Error(), "is not a valid name for a snapshot") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
