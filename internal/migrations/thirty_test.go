package migrations

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The thirty say in their first line what they do, found by reading them. A class
// that is told must be right; "unknown" may stand for any.
func TestThirty(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/thirty/*.js")
	if err != nil || len(files) != 30 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
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
		m := Read("migrations", filepath.Base(file), src)
		var does []string
		for _, k := range m.Does() {
			does = append(does, string(k))
		}
		expected := strings.Split(want["does"], ",")
		slices.Sort(expected)
		slices.Sort(does)
		tables := strings.Split(want["tables"], ",")
		slices.Sort(tables)
		tx := map[bool]string{true: "no", false: "yes"}[m.NoTransaction]
		if !slices.Equal(does, expected) || strings.Join(m.Tables(), ",") != strings.Join(tables, ",") || tx != want["tx"] ||
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
