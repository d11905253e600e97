package jsonschema

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type part struct {
	Deep []string `json:"deep"`
}

// Part is embedded.
type Part struct {
	Inner int `json:"inner"`
}

type sample struct {
	Schema string            `json:"schema"`
	Names  []string          `json:"names"`
	Score  *float64          `json:"score"`
	Maybe  *part             `json:"maybe,omitempty"`
	When   time.Time         `json:"when"`
	Sums   map[string]string `json:"sums"`
	Any    any               `json:"any"`
	*Part
	//lint:ignore U1000 that it is not exported is what it is here for
	hidden int
	Left   int `json:"-"`
}

const good = `{"schema":"portalctl.sample/v1","names":[],"score":null,"when":"2026-01-02T03:04:05Z","sums":{"a":"b"},"any":[null]}`

// Each change of a good document is told, with its place.
func TestValidate(t *testing.T) {
	made, err := schemaOf("portalctl.sample/v1", reflect.TypeFor[sample]())
	if err != nil {
		t.Fatal(err)
	}
	src, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	var rule map[string]any // as it is read from docs/schema
	if err := json.Unmarshal(src, &rule); err != nil {
		t.Fatal(err)
	}
	if want := []string{"any", "names", "schema", "score", "sums", "when"}; !slices.Equal(made.Required, want) {
		t.Errorf("required: %v, want %v", made.Required, want)
	}
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{`"score":null`, `"score":7.5`, ""},
		{`"score":null`, `"score":7,"inner":1,"maybe":{"deep":["x"]}`, ""},
		{`"names":[]`, `"names":null`, "$.names: <nil> is no array"},
		{`"names":[]`, `"names":[1]`, "$.names[0]: 1 is no string"},
		{`"names":[],`, ``, "$: names is missing"},
		{`"names":[]`, `"names":[],"left":1`, `$: "left" is not known`},
		{`"score":null`, `"score":null,"maybe":{}`, "$.maybe: deep is missing"},
		{`"score":null`, `"score":null,"maybe":null`, "$.maybe: <nil> is no object"},
		{`2026-01-02T03:04:05Z`, `yesterday`, `$.when: "yesterday" is no date-time`},
		{`sample/v1`, `other/v1`, "$.schema: portalctl.other/v1 is not portalctl.sample/v1"},
		{`"a":"b"`, `"a":1`, "$.sums.a: 1 is no string"},
	} {
		var doc any
		if err := json.Unmarshal([]byte(strings.Replace(good, c.old, c.new, 1)), &doc); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(own(rule, doc), "; "); got != c.want {
			t.Errorf("%s instead of %s: got %q, want %q", c.new, c.old, got, c.want)
		}
	}
}

func TestWhatHasNoSchema(t *testing.T) {
	type noName struct {
		Schema string `json:"schema"`
		Other  int
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[struct{}](), reflect.TypeFor[noName](), reflect.TypeFor[struct {
		Schema string          `json:"schema"`
		Raw    json.RawMessage `json:"raw"`
	}]()} {
		if s, err := schemaOf("portalctl.x/v1", typ); err == nil {
			t.Errorf("%s has the schema %+v", typ, s)
		}
	}
}
