package semrange

import "testing"

// The right side is what semver.clean(text, {loose: true}) of node-semver 7 says.
func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"2.1.3": "2.1.3", "v2.1.3": "2.1.3", "=2.1.3": "2.1.3", " =v2.1.3 ": "2.1.3", "v 2.1.3": "2.1.3",
		"02.01.03": "2.1.3", "2.1.3+build.7": "2.1.3", "v2.1.3-rc.1+x": "2.1.3-rc.1", "1.2.3-01": "1.2.3-1", "1.2.3beta": "1.2.3-beta",
		"1.2.3-0": "1.2.3-0", "0.0.0": "0.0.0", "1.2.3-a.b-c": "1.2.3-a.b-c",
		"2.1": "", "": "", "latest": "", "2.1.3.4": "", "^2.1.3": "", "2.1.3-": "", "2.1.-3": "", "2..3": "", "+1": "", "2%2e1.3": "",
		"99999999999999999999.0.0": "",
	} {
		have, ok := Clean(text)
		if have != want || ok != (want != "") {
			t.Errorf("Clean(%q) = %q, %v, want %q", text, have, ok, want)
		}
	}
}
