package audit

import (
	"fmt"
	"slices"
	"testing"

	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// However many packages a registry does not know, and in whatever order it was asked,
// the report has one line about them that can be read.
func TestUnansweredIsOneLine(t *testing.T) {
	reg := npmregistry.New(t)
	var in Input
	late := in.AskRegistry(t.Context(), reg.Client(t, registry.Config{}))
	for i := range 30 {
		in.Published(fmt.Sprintf("p%02d", (i*7)%30))
	}
	want := []string{"the registry did not answer for p00, p01, p02, p03, p04, p05, p06, p07 and 22 more: the advice about these is less exact"}
	if got := late(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
