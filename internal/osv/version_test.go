package osv

import "testing"

func TestReadVersion(t *testing.T) {
	for text, want := range map[string]string{
		"1.2.3": "1.2.3", "v1.2.3-rc.1+b": "1.2.3-rc.1+b", "1": "1.0.0", "1.5": "1.5.0", "v2.0": "2.0.0", "1.5-beta": "1.5.0-beta", "01.02.003": "1.2.3",
		"": "", "v": "", "1.": "", "1.2.3.4": "", "x": "", "1.x": "", "1.2.3-": "", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3": "",
	} {
		got := ""
		if v := readVersion(text); v != nil {
			got = v.String()
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
