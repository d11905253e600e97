package yarnlock

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// large is a lock that Parse reads in halves.
func large(kind Kind) string {
	var b strings.Builder
	form := "\n\"p%[1]d@npm:^1.0.0\":\n  version: 1.0.%[1]d\n  resolution: \"p%[1]d@npm:1.0.%[1]d\"\n  dependencies:\n    left-pad: ^1.0.0\n  languageName: node\n  linkType: hard\n"
	if kind == Classic {
		b.WriteString("# yarn lockfile v1\n\n")
		form = "\np%[1]d@^1.0.0:\n  version \"1.0.%[1]d\"\n  dependencies:\n    left-pad \"^1.0.0\"\n"
	} else {
		b.WriteString(berryHeader + "__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	}
	for i := 0; b.Len() < 2*halfWorth; i++ {
		fmt.Fprintf(&b, form, i)
		if i%50 == 0 {
			b.WriteString("\n# a remark\n")
		}
	}
	return b.String()
}

func TestHalves(t *testing.T) {
	for _, kind := range []Kind{Berry, Classic} {
		for _, eol := range []string{"\n", "\r\n"} {
			src := strings.ReplaceAll(large(kind), "\n", eol)
			whole := newParser("yarn.lock", src)
			if err := whole.parse(); err != nil {
				t.Fatal(err)
			}
			halves := parseHalves("yarn.lock", src)
			if halves == nil || !reflect.DeepEqual(halves, whole.lock) {
				t.Errorf("%v: not the same in halves", kind)
			}
			if string(halves.Format()) != src {
				t.Errorf("%v: not printed as it was read", kind)
			}
		}
	}
}

// A mistake in either half is reported as if the lock had been read from its
// top, also one that only both halves together show.
func TestHalvesErrors(t *testing.T) {
	src := large(Berry)
	for name, broken := range map[string]string{
		"first":  strings.Replace(src, "linkType: hard", "linkType: solid", 1),
		"second": src[:len(src)-30] + "\n<<<<<<< HEAD\n" + src[len(src)-30:],
		"cut":    src[:len(src)-40],
		"twice":  src + "\n\"p1@npm:^1.0.0\":\n  version: 1.0.1\n  resolution: \"p1@npm:1.0.1\"\n  languageName: node\n  linkType: hard\n",
		"binary": src[:len(src)-100] + "\x00" + src[len(src)-99:],
	} {
		if parseHalves("yarn.lock", broken) != nil {
			t.Errorf("%s: passes in halves", name)
		}
		want := newParser("yarn.lock", broken).parse()
		if _, err := Parse("yarn.lock", []byte(broken)); err == nil || want == nil || err.Error() != want.Error() {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	for name, small := range map[string]string{"none": "", "no entry": berryHeader, "one": src[:strings.Index(src, "\n\"p1@")]} {
		if parseHalves("yarn.lock", small) != nil {
			t.Errorf("%s has halves", name)
		}
	}
}
