package semrange

import (
	"slices"
	"testing"
)

// What is no version comes first; what is equal but for its build stays in its order.
func TestSortText(t *testing.T) {
	list := []string{"1.10.0", "next", "1.0.0+b", "2.0.0", "1.2", "v1.9.0", "1.0.0+a", "1.0.0-rc.10", "", "1.0.0-rc.2", " 1.2.3", "10.0.0"}
	want := []string{"", "1.2", "next", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0+b", "1.0.0+a", " 1.2.3", "v1.9.0", "1.10.0", "2.0.0", "10.0.0"}
	if SortText(list); !slices.Equal(list, want) {
		t.Errorf("got %q, want %q", list, want)
	}
}
