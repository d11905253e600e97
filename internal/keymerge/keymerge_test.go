package keymerge

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func states(keys []Key) string {
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("%s %s", strings.Join(k.Path, "."), k.State))
	}
	return strings.Join(out, ", ")
}

func TestJSON(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, base, ours, theirs, want, keys string }{
		{"taken, in place and at its place",
			"{\n  \"a\": 1,\n  \"s\": {\"x\": 1}\n}\n",
			"{\n  \"mine\": true,\n  \"s\": {\"x\": 1},\n  \"a\": 1\n}",
			"{\n  \"a\": 2,\n  \"b\": [\n    1\n  ],\n  \"s\": {\"x\": 1, \"y\": 2}\n}\n",
			"{\n  \"mine\": true,\n  \"s\": {\"x\": 1, \"y\": 2},\n  \"a\": 2,\n  \"b\": [\n    1\n  ]\n}",
			"a taken, b taken, s.y taken"},
		{"tabs and CRLF",
			"{}", "{\r\n\t\"a\": 1\r\n}\r\n", "{\n  \"a\": 1,\n  \"o\": {\n    \"k\": {\n      \"l\": 1\n    }\n  }\n}\n",
			"{\r\n\t\"a\": 1,\r\n\t\"o\": {\r\n\t\t\"k\": {\r\n\t\t\t\"l\": 1\r\n\t\t}\r\n\t}\r\n}\r\n",
			"a same, o taken"},
		{"removed by either", `{"a": 1, "b": 1, "c": 1}`, `{"b": 1, "c": 2}`, `{"a": 2}`,
			`{"c": 2}`, "a removed-by-you, b taken, c conflict"},
		{"both changed", `{"a": 1, "b": 1}`, `{"a": 2, "b": 2}`, `{"a": 3, "b": 2}`, `{"a": 2, "b": 2}`, "a conflict, b same"},
		{"another kind of value", `{"w": {"p": ["x"]}}`, `{"w": {"p": ["x"]}}`, `{"w": ["x"]}`, `{"w": ["x"]}`, "w taken"},
		{"escapes are not a change", `{"a": "é", "b": 1}`, `{"a": "\u00e9", "b": 1}`, `{"a": "e", "b": 1}`, `{"a": "e", "b": 1}`, "a taken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := JSON("f.json", []byte(tt.base), []byte(tt.ours), []byte(tt.theirs), Rules{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(r.Text)); diff != "" {
				t.Error(diff)
			}
			if got := states(r.Keys); got != tt.keys {
				t.Errorf("keys %s, want %s", got, tt.keys)
			}
			again, err := JSON("f.json", []byte(tt.base), r.Text, []byte(tt.theirs), Rules{})
			if err != nil || string(again.Text) != string(r.Text) {
				t.Errorf("a second merge changes %s (%v)", again.Text, err)
			}
		})
	}
}

const baseYAML = `app:
  title: Scaffolded

backend:
  database:
    client: sqlite
  # the last word

auth:
  guest: {}
`

func TestYAML(t *testing.T) {
	t.Parallel()
	theirs := strings.NewReplacer(
		"  # the last word", "  # see the docs\n  actions:\n    sources:\n      - auth\n  # the last word",
		"  guest: {}\n", "  guest: {}\n\n# at the end\nmcp:\n  name: x # why\n",
		"Scaffolded", "'New'").Replace(baseYAML)
	tests := []struct{ name, ours, want, keys string }{
		{"as it was", baseYAML, theirs, "app.title taken, backend.actions taken, mcp taken"},
		{"reordered, indented, commented",
			"# ours\nauth:\n    guest: {} # yes\nbackend:\n    database:\n        client: pg # prod\n    port: 1\napp:\n    title: Scaffolded # mine\n",
			"# ours\nauth:\n    guest: {} # yes\n\n# at the end\nmcp:\n  name: x # why\nbackend:\n    database:\n        client: pg # prod\n    # see the docs\n    actions:\n      sources:\n        - auth\n    port: 1\napp:\n    title: New # mine\n",
			"app.title taken, backend.actions taken, mcp taken"},
		{"without a line end", "app:\n  title: Mine\nbackend:\n  x: 1", "app:\n  title: Mine\nbackend:\n  x: 1\n  # see the docs\n  actions:\n    sources:\n      - auth\n\n# at the end\nmcp:\n  name: x # why\n",
			"app.title conflict, backend.actions taken, mcp taken"},
		{"a whole part removed", "app:\n  title: Scaffolded\n", "app:\n  title: 'New'\n\n# at the end\nmcp:\n  name: x # why\n",
			"app.title taken, backend removed-by-you, mcp taken"},
	}
	for _, tt := range tests {
		for _, crlf := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, crlf), func(t *testing.T) {
				t.Parallel()
				ours, want := tt.ours, tt.want
				if crlf {
					if ours = strings.ReplaceAll(ours, "\n", "\r\n"); !strings.Contains(ours, "\n") {
						t.Skip("one line")
					}
					want = strings.ReplaceAll(want, "\n", "\r\n")
				}
				r, err := YAML("f.yaml", []byte(baseYAML), []byte(ours), []byte(theirs), Rules{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, string(r.Text)); diff != "" {
					t.Error(diff)
				}
				if got := states(r.Keys); got != tt.keys {
					t.Errorf("keys %s, want %s", got, tt.keys)
				}
				again, err := YAML("f.yaml", []byte(baseYAML), r.Text, []byte(theirs), Rules{})
				if err != nil || string(again.Text) != string(r.Text) {
					t.Errorf("a second merge changes %s (%v)", again.Text, err)
				}
			})
		}
	}
}

// A list that ours has only commented is merged line by line.
func TestYAMLListWithComments(t *testing.T) {
	t.Parallel()
	base, theirs := "list:\n  - a\n  - b\n  - c\n", "list:\n  - a\n  - b\n  - c\n  - d\n"
	ours := "x: 1\nlist:\n  # ours\n  - a\n  - b\n  - c\n"
	r, err := YAML("f.yaml", []byte(base), []byte(ours), []byte(theirs), Rules{})
	if want := "x: 1\nlist:\n  # ours\n  - a\n  - b\n  - c\n  - d\n"; err != nil || string(r.Text) != want {
		t.Errorf("%v\n%s", err, r.Text)
	}
}

func TestYAMLThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, ours := range []string{"[a, b]\n", "{app: {title: x}}\n", "base: &b\n  x: 1\nbackend:\n  <<: *b\n  y: 1\n"} {
		theirs := strings.Replace(baseYAML, "client: sqlite", "client: pg", 1)
		r, err := YAML("f.yaml", []byte(baseYAML), []byte(ours), []byte(theirs), Rules{})
		if err != nil && !errors.Is(err, errUnfit) {
			t.Errorf("%q: %v", ours, err)
		}
		if err == nil && string(r.Text) != ours {
			t.Errorf("%q became %q", ours, r.Text)
		}
	}
}
