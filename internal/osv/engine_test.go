package osv

import (
	"strings"
	"testing"
)

// TestEngineSilence: each run of the engine that says less than it should.
func TestEngineSilence(t *testing.T) {
	canary := []byte(canaryRecord)
	for _, test := range []struct {
		name    string
		records [][]byte
		what    string
	}{
		{"no canary", nil, "did not find the vulnerable package"},
		{"a record that it skips", [][]byte{canary, []byte(`{"affected":[{"package":{"ecosystem":"npm","name":"a"}}]`)}, "not a valid JSON file"},
		{"a field that it does not know", [][]byte{canary, []byte(`{"id":"GHSA-1","affected":[{"package":{"ecosystem":"npm","name":"a"}}],"new":1}`)}, "not a valid JSON file"},
		{"an ecosystem that it does not know", [][]byte{canary, []byte(`{"id":"GHSA-1","affected":[{"package":{"ecosystem":"Nobody","name":"a"}}]}`)}, "it broke down"},
		{"both canaries found", [][]byte{[]byte(strings.Replace(canaryRecord, canaryMiss, "9.0.0", 1))}, "was not asked for"},
		{"the canary found for another reason", [][]byte{[]byte(strings.Replace(canaryRecord, canaryID, "GHSA-1", 1))}, "was not asked for"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := job{dir: t.TempDir(), packages: []Package{{"a", "1.0.0"}}}
			if err := j.write(test.records); err != nil {
				t.Fatal(err)
			}
			list, err := j.run()
			if err == nil || !strings.Contains(err.Error(), test.what) {
				t.Errorf("%v, %v; want %q", list, err, test.what)
			}
		})
	}
	t.Run("no database", func(t *testing.T) {
		j := job{dir: t.TempDir()}
		if list, err := j.run(); err == nil {
			t.Errorf("%v", list)
		}
	})
}
