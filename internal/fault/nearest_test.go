package fault

import "testing"

func TestNearest(t *testing.T) {
	flags := []string{"resolve", "release", "check", "dry-run", "exit-code", "yes", "all", "format"}
	for word, want := range map[string]string{
		"resove": "resolve", "dryrun": "dry-run", "dry-rnu": "dry-run", "exitcode": "exit-code", "relase": "release", "foramt": "format",
		"yse": "yes", "no": "", "fix": "", "quiet": "", "verbose": "", "al": "", "x": "", "checkout": "",
	} {
		if got := Nearest(word, flags); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
