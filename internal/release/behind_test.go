package release

import "testing"

func TestBehind(t *testing.T) {
	for _, tc := range []struct {
		current, main string
		want          int
	}{
		{"1.53.0", "1.53.0", 0},
		{"1.53.0", "1.53.1", 0},
		{"1.52.3", "1.53.1", 1},
		{"1.45.0", "1.53.0", 8},
		{"1.53.0-next.1", "1.53.0", 1},
		{"1.52.0-next.1", "1.53.0", 2},
		{"1.53.1-next.0", "1.53.1", 0},
		{"1.54.0-next.0", "1.53.0", 0},
		{"1.54.0", "1.53.0", 0},
		{"0.71.0", "1.0.0", 1},
		{"0.70.1", "1.3.0", 5},
		{"1.60.0", "2.0.0", 1},
		{"1.60.0", "2.3.1", 4},
		{"2.0.0", "1.53.0", 0},
	} {
		got, err := Behind(tc.current, tc.main)
		if err != nil || got != tc.want {
			t.Errorf("Behind(%s, %s) = %d, %v, want %d", tc.current, tc.main, got, err, tc.want)
		}
	}
	for _, tc := range [][2]string{{"", "1.0.0"}, {"1.0.0", "main"}} {
		_, err := Behind(tc[0], tc[1])
		wantFault(t, err, "is not a Backstage release")
	}
}
