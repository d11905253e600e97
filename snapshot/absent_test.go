package snapshot

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

// A portal has dozens of modules, and a registry that is out of reach has much
// to say of each: one short sentence, which names the first and the number.
func TestAbsentPackagesAreOneShortSentence(t *testing.T) {
	var list []error
	for i := range 40 {
		said := fault.Wrap(errors.New(strings.Repeat("the proxy says: no route to host; ", 12)), fault.Pos{}, "https://registry.example.com/@internal%%2fplugin-%d", i)
		list = append(list, &absent{fmt.Sprintf("@internal/plugin-%d-backend 1.2.3", i), said})
	}
	list = append(list, list[0])
	got := absentText(list)
	if len(got) > 260 || !strings.HasPrefix(got, "@internal/plugin-0-backend 1.2.3 and 39 more are not installed, and the registry did not help: the proxy says: no route") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
	if got, want := absentText([]error{&absent{name: "a 1"}}), "a 1 is not installed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := absentText([]error{errors.New("x"), &absent{name: "a 1"}, errors.New("x")}), "a 1 is not installed; x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
