package semrange

import "testing"

func TestMin(t *testing.T) {
	for rng, want := range map[string]string{
		"^1.2.0":           "1.2.0",
		"~0.3.1":           "0.3.1",
		"1.2.3":            "1.2.3",
		"=1.2.3":           "1.2.3",
		"1.x":              "1.0.0",
		"^1.2.0-next.1":    "1.2.0-next.1",
		">=1.0.0 <2":       "1.0.0",
		">1.0.0":           "1.0.0",
		"1.2 - 2.3":        "1.2.0",
		"^17.0.0 || ^16.1": "16.1.0",
		"*":                "",
		"":                 "",
		"<2":               "",
		"^1 || <2":         "",
	} {
		r, err := Parse(rng)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if v := r.Min(); v != nil {
			got = v.String()
		}
		if got != want {
			t.Errorf("Min(%q) = %q, want %q", rng, got, want)
		}
	}
}
