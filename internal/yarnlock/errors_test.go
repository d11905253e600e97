package yarnlock

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

func TestParseErrors(t *testing.T) {
	const meta = "__metadata:\n  version: 8\n\n"
	const entry = "\"a@npm:^1\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n  languageName: node\n  linkType: hard\n"
	const v1 = "# yarn lockfile v1\n\n\n"
	for _, tt := range []struct {
		name, in, at, what string
	}{
		{"conflict", meta + "<<<<<<< HEAD\n" + entry + "=======\n" + strings.ReplaceAll(entry, "1.0.0", "1.1.0") + ">>>>>>> other\n\n<<<<<<< HEAD\n=======\n>>>>>>> x\n",
			"yarn.lock:4:1", "merge conflict markers, lines 4–16, 18–20"},
		{"conflict within an entry", meta + strings.Replace(entry, "  resolution", "<<<<<<< HEAD\n  resolution", 1),
			"yarn.lock:6:1", "merge conflict markers, lines 6 to the end"},
		{"half a conflict", meta + entry + "=======\n", "yarn.lock:9:1", "line 9"},
		{"conflict in Classic", v1 + "<<<<<<< HEAD\na@1:\n  version \"1\"\n=======\n>>>>>>> x\n", "yarn.lock:4:1", "lines 4–8"},
		{"truncated in a value", meta + entry[:30], "yarn.lock:6:2", "ends early"},
		{"truncated in quotes", meta + entry[:strings.Index(entry, "npm:1.0.0")], "yarn.lock:6:18", "ends early"},
		{"truncated after the key", meta + "\"a@npm:^1\":", "yarn.lock:4:12", "ends early"},
		{"truncated in the key", meta + entry + "\n\"a@npm", "yarn.lock:10:7", "ends early"},
		{"truncated before linkType", meta + strings.TrimSuffix(entry, "  linkType: hard\n"), "yarn.lock:8:1", "ends early"},
		{"truncated in linkType", meta + strings.TrimSuffix(entry, "rd\n"), "yarn.lock:4:1", `linkType is "ha"`},
		{"truncated below a name", meta + strings.Replace(entry, "  languageName: node\n  linkType: hard\n", "  dependencies:\n", 1), "yarn.lock:8:1", "nothing below dependencies"},
		{"truncated Classic", v1 + "a@1:\n  resolved \"x\"\n", "yarn.lock:6:1", "ends early"},
		{"truncated integrity", v1 + "a@1:\n  version \"1\"\n  integrity sha512-abc", "yarn.lock:6:23", "integrity is not complete"},
		{"no resolution", meta + strings.Replace(entry, "  resolution: \"a@npm:1.0.0\"\n", "", 1) + "\n" + strings.ReplaceAll(entry, "a@", "b@"),
			"yarn.lock:4:1", "a@npm:^1: the entry has no resolution"},
		{"bad resolution", meta + strings.Replace(entry, "a@npm:1.0.0", "npm", 1), "yarn.lock:6:3", "is not a valid locator"},
		{"no version in Classic", v1 + "a@1:\n  resolved \"x\"\n\nb@1:\n  version \"1\"\n", "yarn.lock:4:1", "a@1: the entry has no version"},
		{"key without a range", meta + strings.Replace(entry, "a@npm:^1", "a", 1), "yarn.lock:4:1", "is not a valid descriptor"},
		{"descriptor in two entries", meta + entry + "\n\"a@npm:^1, a@npm:^2\":" + entry[11:], "yarn.lock:10:1", "a@npm:^1 is also in the entry at line 4"},
		{"descriptor twice in a key", meta + strings.Replace(entry, "a@npm:^1", "a@npm:^1, a@npm:^1", 1), "yarn.lock:4:1", "a@npm:^1 is twice in this key"},
		{"field twice", meta + strings.Replace(entry, "  linkType", "  version: 2\n  linkType", 1), "yarn.lock:8:3", "version is twice"},
		{"unknown field twice", meta + strings.Replace(entry, "  linkType", "  x: 2\n  x: 2\n  linkType", 1), "yarn.lock:4:1", "x is twice"},
		{"dependency twice", meta + strings.Replace(entry, "  linkType", "  dependencies:\n    b: 1\n    a: 1\n    b: 2\n  linkType", 1), "yarn.lock:11:5", "b is twice in this list"},
		{"meta twice", meta + strings.Replace(entry, "  linkType", "  dependenciesMeta:\n    a:\n      b: 1\n    a:\n      b: 1\n  linkType", 1), "yarn.lock:8:3", "a is twice in dependenciesMeta"},
		{"bad indentation of a field", meta + strings.Replace(entry, "  version", "   version", 1), "yarn.lock:5:4", "3 spaces instead of 2"},
		{"bad indentation of a dependency", meta + strings.Replace(entry, "  linkType", "  dependencies:\n    a: 1\n     b: 1\n  linkType", 1), "yarn.lock:10:6", "5 spaces instead of 4"},
		{"bad indentation of an entry", meta + " " + entry, "yarn.lock:4:2", "1 spaces"},
		{"tab", meta + strings.Replace(entry, "  version", "\tversion", 1), "yarn.lock:5:1", "tab"},
		{"tab after spaces", meta + strings.Replace(entry, "  version", "  \tversion", 1), "yarn.lock:5:3", "tab"},
		{"NUL", meta + entry[:20] + "\x00" + entry[20:], "yarn.lock:5:9", "not text"},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00", "yarn.lock:1:5", "not text: it has the byte 0x02"},
		{"UTF-16", "\xff\xfe_\x00_\x00", "yarn.lock:1:4", "not text"},
		{"Latin-1", meta + strings.Replace(entry, "node", "n\xf6de", 1), "yarn.lock:7:18", "not UTF-8"},
		{"lone carriage return", meta + strings.Replace(entry, "\n  linkType", "\r  linkType", 1), "yarn.lock:7:21", "carriage return"},
		{"version too low", fmt.Sprintf("__metadata:\n  version: %d\n", minVersion-1), "yarn.lock:2:12", fmt.Sprintf("lockfile version %d: portalctl knows %d to %d", minVersion-1, minVersion, MaxVersion)},
		{"version too high", fmt.Sprintf("__metadata:\n  version: %d\n", MaxVersion+1), "yarn.lock:2:12", fmt.Sprintf("lockfile version %d: portalctl knows %d to %d", MaxVersion+1, minVersion, MaxVersion)},
		{"version x", "__metadata:\n  version: eight\n", "yarn.lock:2:12", "lockfile version eight"},
		{"version missing", "__metadata:\n  cacheKey: 8\n\n" + entry, "yarn.lock:3:1", "__metadata has no version"},
		{"Classic version 2", "# yarn lockfile v2\n", "yarn.lock:1:1", "lockfile version 2"},
		{"no metadata", entry, "yarn.lock:1:1", "__metadata does not come first"},
		{"no lockfile at all", "<!DOCTYPE html>\n<html></html>\n", "yarn.lock:1:1", "expected a colon"},
		{"JSON", "{\n  \"a\": 1\n}\n", "yarn.lock:1:1", "expected a colon"},
		{"a list", meta + strings.Replace(entry, "node", "[a, b]", 1), "yarn.lock:7:17", "without quotes"},
		{"a comment behind a value", meta + strings.Replace(entry, "node", "node # x", 1), "yarn.lock:7:17", "without quotes"},
		{"text behind quotes", meta + strings.Replace(entry, `1.0.0"`, `1.0.0" x`, 1), "yarn.lock:6:28", "text after the quoted value"},
		{"unknown escape", meta + strings.Replace(entry, `node`, `"\x20"`, 1), "yarn.lock:7:17", "an escape that Yarn never writes"},
		{"value for a key", meta + "\"a@npm:^1\": 1\n", "yarn.lock:4:1", "expected an entry"},
		{"scalar dependencies", meta + strings.Replace(entry, "  linkType", "  dependencies: a\n  linkType", 1), "yarn.lock:8:3", "list of packages"},
		{"scalar meta", meta + strings.Replace(entry, "  linkType", "  dependenciesMeta:\n    a: 1\n  linkType", 1), "yarn.lock:9:5", "settings belong"},
		{"line of spaces in Classic", v1 + "a@1:\n  version \"1\"\n  \nb@1:\n  version \"1\"\n", "yarn.lock:6:1", "Yarn 1 stops reading"},
		{"bare number in Classic", v1 + "a@1:\n  version 1\n", "yarn.lock:5:11", "without quotes"},
		{"comma without a key", v1 + "a@1,\n  version \"1\"\n", "yarn.lock:4:5", "another key"},
		{"huge line", meta + "\"" + strings.Repeat("x", maxLine+1) + "\":\n", "yarn.lock:4:1", "a line of"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("yarn.lock", []byte(tt.in))
			var f *fault.Error
			if !errors.As(err, &f) {
				t.Fatalf("error %v", err)
			}
			if got := f.Pos.String(); got != tt.at {
				t.Errorf("at %s, want %s (%v)", got, tt.at, err)
			}
			if !strings.Contains(f.What, tt.what) {
				t.Errorf("%q does not say %q", f.What, tt.what)
			}
			if f.Next == "" || len(f.What) > 400 {
				t.Errorf("next step %q, %d characters", f.Next, len(f.What))
			}
		})
	}
}

// TestParseEveryPrefix cuts the fixtures after every byte. Nothing may panic,
// and a file that ends within an entry is not taken for a whole one, save where
// only the end of a last value is missing.
func TestParseEveryPrefix(t *testing.T) {
	for _, name := range []string{"berry.lock", "classic.lock"} {
		src, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		whole := fixture(t, name)
		for n := range src {
			lock, err := Parse(name, src[:n])
			if err != nil {
				var f *fault.Error
				if !errors.As(err, &f) || f.Pos.Line == 0 || f.Next == "" {
					t.Fatalf("%d bytes: %v", n, err)
				}
				continue
			}
			if name == "berry.lock" && len(lock.Entries) > 0 {
				last := len(lock.Entries) - 1
				if lock.Entries[last].LinkType != whole.Entries[last].LinkType {
					t.Fatalf("%d bytes: an incomplete entry was taken", n)
				}
			}
		}
	}
}
