//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/testkit"
)

// hostile are texts that a change may bring: into names of folders and packages,
// versions, ranges, settings.
var hostile = []string{
	"a\n::error::pwned", "a\r\n::add-mask::x", "\x1b]0;t\x07\x1b[2J\x1b[8m", "\u009b31m", "a\u202eb\u2066c", "a\xff\xfe", "<img src=x onerror=alert(1)>",
	"[x](javascript:y)|`z`", "##vso[task.setvariable]x", "a\u2028::error::b", "@maintainer", "\x00",
}

// Every command prints every such text in every form: no control character, no
// command of a CI system and no invalid UTF-8 comes out.
func TestHostileTexts(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	for i, text := range hostile {
		dir := t.TempDir()
		copyExample(t, dir)
		quoted := strings.NewReplacer("\\", `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\x1b", `\u001b`, "\x07", `\u0007`, "\x00", `\u0000`).Replace(text)
		folder := strings.NewReplacer("\x00", "", "/", "_").Replace("plugins/" + text)
		folder = "plugins/" + strings.TrimPrefix(folder, "plugins_")
		if err := errors.Join(
			plant(dir, folder+"/package.json", `{"name":"`+quoted+`","version":"`+quoted+`","dependencies":{"@backstage/core-plugin-api":"`+quoted+`","`+quoted+`":"1"}}`),
			plant(dir, "plugins/b"+string(rune('a'+i))+"/package.json", `{"name": `+text),
			plant(dir, "yarn.lock", "# yarn lockfile v1\n\n\""+quoted+"@^1.0.0\":\n  version \"1.0.0\"\n  resolved \"https://evil.example/"+quoted+"\"\n"),
		); err != nil {
			t.Fatal(err)
		}
		for _, broken := range []bool{true, false} {
			if !broken {
				if err := os.RemoveAll(filepath.Join(dir, "plugins/b"+string(rune('a'+i)))); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range readers(dir) {
				forms := []string{""}
				switch args[0] {
				case "check":
					forms = append(forms, sharedForms()[1:]...)
				case "audit":
					forms = append(forms, auditForms()[1:]...)
				case "versions":
					forms = append(forms, "json", "markdown")
					if args[1] == "changes" {
						forms = pageForms()
					}
				case "snapshot":
					forms = append(forms, "json")
				}
				for _, form := range forms {
					if form != "" {
						args = append(args[:len(args):len(args)], "--format", form)
					}
					_, out, errOut := run0(t, "", exampleEnv(t), args...)
					harmlessText(t, text, args, out, form == "github")
					harmlessText(t, text, args, errOut, false)
					if form == "html" && strings.Contains(out, "<img") {
						t.Errorf("%q, %v: markup of a stranger's", text, args)
					}
				}
			}
		}
	}
}

func harmlessText(t *testing.T, text string, args []string, out string, commands bool) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%q, %v: no UTF-8: %q", text, args, out)
	}
	for _, r := range out {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' {
			t.Errorf("%q, %v: %U in %q", text, args, r, out)
			return
		}
	}
	for line := range strings.Lines(out) {
		if trimmed := strings.TrimSpace(line); !commands && strings.HasPrefix(trimmed, "::") || commands && strings.HasPrefix(trimmed, "::") && !strings.Contains(trimmed, " file=") && !strings.HasPrefix(trimmed, "::notice") && !strings.HasPrefix(trimmed, "::error title=") && !strings.HasPrefix(trimmed, "::warning title=") || strings.Contains(line, "##vso[") {
			t.Errorf("%q, %v: a command: %q", text, args, line)
		}
	}
}
