package yamledit

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzEdit checks that no input panics, and that whatever scalar SetString
// changes then reads as the new value while every other value stays.
func FuzzEdit(f *testing.F) {
	for _, src := range []string{
		"a: 1\nb: [x, 'y', \"z\"]\n", "p:\n  - path: a\n    spec: b\n", "\ufeffa: x\r\nb:\r\n", "a: &x {k: v}\nb: {<<: *x}\nc: *x\n",
		"? a\n: |\n  text\n", "a: x\n  y\n\n  z\n", "{a: {b: [c, {d: e}]}}", "a: \"\\u0041\n  b\"\n", "- - a\n  - b\n- c\n", "", "é: 'ü' # ö\n",
	} {
		f.Add(src, "new value", uint8(1))
		f.Add(src, "yes", uint8(0))
	}
	f.Fuzz(func(t *testing.T, src, s string, pick uint8) {
		d, err := Parse("f", []byte(src))
		if err != nil {
			return
		}
		before := map[string]string{}
		var paths [][]string
		walk(d.Root(), nil, before, &paths)
		if len(paths) == 0 {
			return
		}
		path := paths[int(pick)%len(paths)]
		key := fmt.Sprintf("%q", path)
		if err := d.SetString(path, s); err != nil {
			if string(d.Bytes()) != src {
				t.Fatalf("a refused edit changed the text: %q", d.Bytes())
			}
		} else {
			if !utf8.ValidString(s) {
				t.Fatalf("invalid text %q was written", s)
			}
			again, err := Parse("f", d.Bytes())
			if err != nil {
				t.Fatalf("%q no longer parses: %v", d.Bytes(), err)
			}
			got, _ := again.Get(path...)
			if got.String() != s {
				t.Fatalf("%q reads %q at %s, want %q", d.Bytes(), got, key, s)
			}
			if !strings.Contains(src, "&") { // an anchored value shows in its aliases
				after := map[string]string{}
				walk(again.Root(), nil, after, new([][]string))
				delete(before, key)
				delete(after, key)
				if diff := cmp.Diff(before, after); diff != "" {
					t.Fatalf("other values changed:\n%s", diff)
				}
			}
		}
	})
}

func walk(v Value, path []string, all map[string]string, scalars *[][]string) {
	if len(path) > 20 || len(all) > 500 {
		return
	}
	switch v.Kind() {
	case Mapping:
		for _, m := range v.Members() {
			walk(m.Value, append(path[:len(path):len(path)], m.Key), all, scalars)
		}
	case Sequence:
		for i, item := range v.Items() {
			walk(item, append(path[:len(path):len(path)], fmt.Sprint(i)), all, scalars)
		}
	default:
		all[fmt.Sprintf("%q", path)] = v.Kind().String() + ":" + v.String()
		*scalars = append(*scalars, path)
	}
}
