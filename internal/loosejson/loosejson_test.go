package loosejson

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What has another type is absent, whatever it is.
func TestOtherTypesAreAbsent(t *testing.T) {
	for _, raw := range []string{"", "null", "true", "1", `"a"`, `["a",1]`, `{"a":"b","c":1}`, `{"a"`, `["a"`, `"a`} {
		m := json.RawMessage(raw)
		if got, want := Text(m), map[string]string{`"a"`: "a"}[raw]; got != want {
			t.Errorf("Text(%s) is %q, want %q", raw, got, want)
		}
		if got, want := len(List(m)), map[string]int{`["a",1]`: 2}[raw]; got != want {
			t.Errorf("List(%s) has %d items, want %d", raw, got, want)
		}
		if got, want := len(Object(m)), map[string]int{`{"a":"b","c":1}`: 2}[raw]; got != want {
			t.Errorf("Object(%s) has %d members, want %d", raw, got, want)
		}
		if diff := cmp.Diff(map[string]map[string]string{`{"a":"b","c":1}`: {"a": "b"}}[raw], Texts(m)); diff != "" {
			t.Errorf("Texts(%s): %s", raw, diff)
		}
	}
}
