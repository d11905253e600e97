package jsonedit

import "testing"

func TestRename(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text, old, to, want string // want "" is an error
	}{
		"in its place":        {`{"d": {"z": 1, "b": {"x" : [ 1 ]}, "c": 2}}`, "b", "a", `{"d": {"z": 1, "a": {"x" : [ 1 ]}, "c": 2}}`},
		"sorted stays sorted": {"{\"d\": {\r\n\t\"a\": 1,\r\n\t\"b\": {\"x\" : 1},\r\n\t\"c\": 2\r\n}}", "b", "d", "{\"d\": {\r\n\t\"a\": 1,\r\n\t\"c\": 2,\r\n\t\"d\": {\"x\" : 1}\r\n}}"},
		"sorted either way":   {`{"d": {"a": 1, "b": 2}}`, "b", "c", `{"d": {"a": 1, "c": 2}}`},
		"the only one":        {`{"d": { "b": 2 }}`, "b", "a", `{"d": { "a": 2 }}`},
		"escapes":             {`{"d": {"\u0062": "\u0041"}}`, "b", "a", `{"d": {"a": "\u0041"}}`},
		"twice":               {`{"d": {"b": 1, "b": 2, "c": 3}}`, "b", "a", `{"d": {"a": 2, "c": 3}}`},
		"taken":               {`{"d": {"b": 1, "a": 2}}`, "b", "a", ""},
		"not there":           {`{"d": {"c": 1}}`, "b", "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := Parse("x.json", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			err = d.Rename([]string{"d", tt.old}, tt.to)
			want := tt.want
			if want == "" {
				want = tt.text
			}
			if got := string(d.Bytes()); got != want || (err == nil) != (tt.want != "") {
				t.Errorf("%s, %v\nwant %s", got, err, want)
			}
		})
	}
}
