package yarnlock

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/jstext"
)

// plain is the model of l in Yarn's order, without lines.
func plain(l *Lock) []Entry {
	deps := func(list []Dep) []Dep {
		list = slices.Clone(sortedBy(l.Kind, list, func(d Dep) string { return d.Name }))
		for i := range list {
			list[i].Line = 0
		}
		return list
	}
	var out []Entry
	for _, e := range l.Entries {
		c := *e.Anew(slices.Clone(e.Keys))
		c.Dependencies, c.OptionalDependencies, c.PeerDependencies = deps(e.Dependencies), deps(e.OptionalDependencies), deps(e.PeerDependencies)
		c.DependenciesMeta, c.PeerDependenciesMeta = metas(l.Kind, e.DependenciesMeta), metas(l.Kind, e.PeerDependenciesMeta)
		c.Bin, c.Extra = sortedBy(l.Kind, e.Bin, func(b Bin) string { return b.Name }), nil
		slices.SortFunc(c.Keys, func(a, b Descriptor) int { return jstext.Compare(a.String(), b.String()) })
		for _, f := range sortedBy(l.Kind, e.Extra, func(f Field) string { return f.Name }) {
			f.Block = strings.ReplaceAll(f.Block, "\r\n", "\n")
			c.Extra = append(c.Extra, f)
		}
		if l.Kind == Classic { // depends on the order of the keys
			c.Resolution = Locator{}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Entry) int { return l.Kind.compare(a.Keys[0].String(), b.Keys[0].String()) })
	return out
}

func metas(k Kind, list []Meta) []Meta {
	list = slices.Clone(sortedBy(k, list, func(m Meta) string { return m.Name }))
	for i, m := range list {
		list[i].Flags = sortedBy(k, m.Flags, func(f Flag) string { return f.Name })
	}
	return list
}

// comparePlain is "" if two locks have the same model.
func comparePlain(a, b *Lock) string {
	return cmp.Diff(plain(a), plain(b), modelOnly, nilIsEmpty)
}

// FuzzParse holds three things for any input that parses: it is printed back
// byte for byte; printed anew, entry by entry, it parses to the same model; and
// printing that again changes nothing.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"berry.lock", "classic.lock"} {
		f.Add(fixture(f, name).Format())
	}
	f.Add([]byte("__metadata:\n  version: 6\r\n\r\n'a@npm:^1':\n  x:\n    - 1\n  resolution: \"\\u0061@b\"\n  linkType: soft\n"))
	f.Add([]byte("? \"a@1\"\n:\n  version 1\n"))
	f.Add([]byte("\ufeff# yarn lockfile v1\n\na@, b:\n  version x\n  name \"\\ud83d\\ude00\"\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		lock, err := Parse("yarn.lock", src)
		if err != nil {
			return
		}
		if !bytes.Equal(lock.Format(), src) {
			t.Fatalf("%q became %q", src, lock.Format())
		}
		dirtyAll(lock)
		first := lock.Format()
		again, err := Parse("yarn.lock", first)
		if err != nil {
			t.Fatalf("%q was printed as %q: %v", src, first, err)
		}
		if diff := comparePlain(lock, again); diff != "" {
			t.Fatalf("%q was printed as %q: %s", src, first, diff)
		}
		dirtyAll(again)
		if second := again.Format(); !bytes.Equal(first, second) {
			t.Fatalf("printed as %q, then as %q", first, second)
		}
	})
}
