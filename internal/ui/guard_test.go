package ui

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		color          bool
	}{
		{"text", "a b\tc\nüñ🚀 \U0001F469\u200d\U0001F4BB\n", "a b\tc\nüñ🚀 \U0001F469\u200d\U0001F4BB\n", false},
		{"CRLF", "a\r\nb", "a\r\nb", false},
		{"a lone CR", "good\rbad", `good\u000dbad`, false},
		{"an escape", "\x1b]0;title\x07", `\u001b]0;title\u0007`, true},
		{"a colour without colours", "\x1b[31mx", `\u001b[31mx`, false},
		{"a colour", "\x1b[1;31mx\x1b[0m\x1b[m", "\x1b[1;31mx\x1b[0m\x1b[m", true},
		{"concealed", "\x1b[8mx", `\u001b[8mx`, true},
		{"the cursor", "\x1b[2J", `\u001b[2J`, true},
		{"C1", "\u009b2J", `\u009b2J`, true},
		{"bidi", "a\u202eb\u2066c", `a\u202eb\u2066c`, false},
		{"a zero-width space", "@\u200bx", `@\u200bx`, false},
		{"a tag character", "a\U000e0041", `a\udb40\udc41`, false},
		{"a line separator", "a\u2028b", `a\u2028b`, false},
		{"no UTF-8", "a\xffb\xc3", `a\ufffdb\ufffd`, false},
		{"a command", "::error::x\n  ::add-mask::y\na ::b", ":\\u003aerror::x\n  :\\u003aadd-mask::y\na ::b", false},
		{"a command after a mark", "\ufeff::error::x", "\ufeff:\\u003aerror::x", false},
		{"Azure's", "x ##vso[task.setvariable]y ##[group]z", `x #\u0023vso[task.setvariable]y #\u0023[group]z`, false},
		{"headings", "## [a](b)\n### c", "## [a](b)\n### c", false},
	} {
		var whole, bytewise bytes.Buffer
		if _, err := Guard(&whole, tt.color).Write([]byte(tt.in)); err != nil {
			t.Fatal(err)
		}
		if whole.String() != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, whole.String(), tt.want)
		}
		// Lines that come in several writes are one line.
		g := Guard(&bytewise, tt.color)
		for _, part := range strings.SplitAfter(tt.in, ":") {
			if _, err := g.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		if bytewise.String() != tt.want {
			t.Errorf("%s, in parts: %q, want %q", tt.name, bytewise.String(), tt.want)
		}
	}
}

// A report that a program reads says the same with and without.
func TestGuardLeavesJSON(t *testing.T) {
	in := map[string]string{"a": "x\u202ey \u2028 \U000e0041 ::error:: \x1b[0m \r\n ##vso[x] ##[y]"}
	src, err := json.MarshalIndent(in, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := Guard(&b, false).Write(src); err != nil {
		t.Fatal(err)
	}
	var out map[string]string
	if err := json.Unmarshal(b.Bytes(), &out); err != nil || out["a"] != in["a"] {
		t.Errorf("%v: %q from %s", err, out["a"], b.Bytes())
	}
}

func TestGuardCommands(t *testing.T) {
	var b bytes.Buffer
	if _, err := Commands(Guard(&b, false)).Write([]byte("::error file=a::x\x1b\n")); err != nil || b.String() != "::error file=a::x\\u001b\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
