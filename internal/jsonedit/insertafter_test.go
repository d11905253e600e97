package jsonedit

import "testing"

func TestInsertAfterAndReplace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		edit     func(*Doc) error
		want     string
	}{
		{"behind a sibling", "{\n  \"b\": 1,\n  \"a\": 2\n}", func(d *Doc) error { return d.InsertAfter([]string{"c"}, []byte("3"), []string{"x", "b"}) },
			"{\n  \"b\": 1,\n  \"c\": 3,\n  \"a\": 2\n}"},
		{"sorted members stay sorted", `{"d": {"a": 1, "c": 2}}`, func(d *Doc) error { return d.InsertAfter([]string{"d", "b"}, []byte("3"), []string{"c"}) },
			`{"d": {"a": 1, "b": 3, "c": 2}}`},
		{"no sibling", `{"b": 1, "a": 2}`, func(d *Doc) error { return d.InsertAfter([]string{"c"}, []byte("3"), []string{"x"}) },
			`{"b": 1, "a": 2, "c": 3}`},
		{"replace", `{"a": {"b": 1}, "c": 2}`, func(d *Doc) error { return d.Replace([]string{"a"}, []byte(" [1] ")) },
			`{"a": [1], "c": 2}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := parse(t, tt.in)
			if err := tt.edit(d); err != nil {
				t.Fatal(err)
			}
			if got := string(d.Bytes()); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	d := parse(t, `{"a": 1}`)
	for name, err := range map[string]error{"what is not there": d.Replace([]string{"b"}, []byte("1")), "no JSON": d.Replace([]string{"a"}, []byte("{")),
		"a member that is there": d.InsertAfter([]string{"a"}, []byte("1"), nil)} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
