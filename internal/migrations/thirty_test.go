package migrations

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The files say in their first line what they do: found by reading them, and for those
// of "more" by running them, too (knex 3.1.0, PostgreSQL 15). A class that is told must be
// right; "unknown" may stand for any. Alternatives stand between bars.
func TestWritten(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/thirty/*.js")
	if err != nil || len(files) != 30 {
		t.Fatal(len(files), err)
	}
	more, err := filepath.Glob("testdata/more/*.js")
	if err != nil || len(more) < 30 {
		t.Fatal(len(more), err)
	}
	for _, file := range append(files, more...) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(src), "\n")
		want := map[string]string{"tx": "yes"}
		for _, field := range strings.Fields(strings.TrimPrefix(first, "// want: ")) {
			k, v, _ := strings.Cut(field, "=")
			want[k] = v
		}
		m := read("migrations", filepath.Base(file), src)
		var does []string
		for _, k := range m.Does() {
			does = append(does, string(k))
		}
		slices.Sort(does)
		tx := map[bool]string{true: "no", false: "yes"}[m.NoTransaction]
		if !oneOf(want["does"], does) || want["tables"] != "*" && !oneOf(want["tables"], m.Tables()) || tx != want["tx"] ||
			string(m.Down) != want["down"] && want["down"] != "unknown" {
			t.Errorf("%s: does %v, tables %v, down %s, tx %s; want %s", filepath.Base(file), does, m.Tables(), m.Down, tx, first)
			for _, o := range m.Ops {
				t.Logf("  line %d: %s %s of %q (%s)", o.Line, o.Kind, o.Effect, o.Table, o.Name)
			}
			for _, d := range m.Doubts {
				t.Logf("  line %d: %s", d.Line, d.Why)
			}
		}
	}
}

// oneOf says whether got is one of the lists in want.
func oneOf(want string, got []string) bool {
	for _, list := range strings.Split(want, "|") {
		expected := strings.Split(list, ",")
		slices.Sort(expected)
		if strings.Join(got, ",") == strings.Join(expected, ",") {
			return true
		}
	}
	return false
}
