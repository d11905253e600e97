package ui

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

func TestWrap(t *testing.T) {
	uncolored := strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "")
	for _, tt := range []struct {
		name, in, want string
		width          int
	}{
		{"short", "a b\n", "a b\n", 10},
		{"unknown width", "a b c d e f g\n", "a b c d e f g\n", 0},
		{"words", "one two three four\nnext\n", "one two\n  three\n  four\nnext\n", 9},
		{"below its column", "  name  is used by a, b and c\n", "  name  is used by\n        a, b and c\n", 20},
		{"a late column", "  a-name-of-24-characters  x y z\n", "  a-name-of-24-characters\n    x y z\n", 26},
		{"a long word", "see https://example.com/very/long now\n", "see\n  https://example.com/very/long\n  now\n", 12},
		{"a word too long for its column", "  name  a b long-word-here c\n", "  name  a b\n    long-word-here\n        c\n", 18},
		{"a command", "  portalctl versions bump --release 1.53.0 -C x\n", "  portalctl versions bump --release 1.53.0 -C x\n", 20},
		{"a step to paste", "  → yarn up -R brace-expansion browserslist\n", "  → yarn up -R brace-expansion browserslist\n", 20},
		{"a step in a folder", "    (cd packages/app && yarn install)\n", "    (cd packages/app && yarn install)\n", 20},
		{"a remark at the end", "Update yarn.lock: ranges  (ends 33 findings)\n", "Update yarn.lock: ranges  (ends\n  33 findings)\n", 32},
		{"colours", "\x1b[1mone two\x1b[0m three\n", "\x1b[1mone two\x1b[0m\n  three\n", 9},
		{"wide letters", "日本 日本 日本\n", "日本\n  日本\n  日本\n", 8},
		{"no line end", "one two three", "one two\n  three\n", 8},
	} {
		got := Wrap(tt.in, tt.width)
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(tt.in), " ") {
			t.Errorf("%s: words are lost: %q", tt.name, got)
		}
		for line := range strings.Lines(got) {
			if tt.width > 0 && len(strings.Fields(line)) > 1 && !isCommand(line) && uniseg.StringWidth(uncolored.Replace(strings.TrimRight(line, "\n"))) > tt.width {
				t.Errorf("%s: %q is wider than %d", tt.name, line, tt.width)
			}
		}
	}
}

func TestClosed(t *testing.T) {
	short, long := strings.Repeat("x\n", 40), strings.Repeat("x\n", 41)
	if got := Closed(short, "end"); got != short {
		t.Errorf("a short report: %q", got)
	}
	if got := Closed(long, "end"); got != long+"\nend\n" {
		t.Errorf("a long report: %q", got)
	}
}
