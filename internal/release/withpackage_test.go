package release

import (
	"slices"
	"testing"
)

func TestWithPackage(t *testing.T) {
	t.Parallel()
	list := WithPackage("@backstage/create-app", "0.7.2")
	if !slices.Equal(list, []string{"1.42.0"}) {
		t.Errorf("releases of create-app 0.7.2: %v", list)
	}
	for _, r := range WithPackage("@backstage/create-app", "0.7.3") {
		if got := Known(r).Packages["@backstage/create-app"]; got != "0.7.3" {
			t.Errorf("%s has create-app %s", r, got)
		}
	}
	if list := WithPackage("@backstage/none", "1.0.0"); list != nil {
		t.Errorf("releases of no package: %v", list)
	}
}
