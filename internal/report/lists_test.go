package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

type Inner struct {
	Names  []string  `json:"names"`
	Absent []string  `json:"absent,omitzero"`
	Short  []string  `json:"short,omitempty"`
	When   time.Time `json:"when"`
	hidden []string
}

type byItself struct{ list []string }

func (b byItself) MarshalJSON() ([]byte, error) { return json.Marshal(b.list == nil) }

// A list is never null, at any depth and through every kind of value.
func TestListsAreNeverNull(t *testing.T) {
	in := Inner{hidden: []string{"kept"}}
	v := map[string]any{
		"struct": in, "pointer": &in, "list": []Inner{in}, "nil": []string(nil), "any": any([]Inner(nil)),
		"map": map[string][]int{"x": nil}, "embedded": struct{ Inner }{in}, "itself": byItself{}, "none": (*Inner)(nil),
	}
	var b strings.Builder
	if err := JSON(&b, v); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(strings.ReplaceAll(b.String(), "\n", ""), " ", "")
	one := `{"names":[],"when":"0001-01-01T00:00:00Z"}`
	want := `{"any":[],"embedded":` + one + `,"itself":true,"list":[` + one + `],"map":{"x":[]},"nil":[],"none":null,"pointer":` + one + `,"struct":` + one + `}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if in.Names != nil {
		t.Error("the value itself was changed")
	}
}

// An empty list that is absent when nil is written.
func TestListsKeepEmptyAndAbsentApart(t *testing.T) {
	var b strings.Builder
	if err := JSON(&b, Inner{Absent: []string{}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `"absent": []`) {
		t.Error(b.String())
	}
}
