package secretscan

import (
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/secretscan/scantest"
)

// scanned compares what is found in a file with what was put there.
func scanned(t *testing.T, s scantest.Sample) (hit, missed, wrong int) {
	t.Helper()
	text, offsets := s.Content()
	r := Scan(s.File, []byte(text))
	if r.Partial {
		t.Errorf("%s: partial", s.File)
	}
	at := func(off int) Hit {
		p := fault.PosAt("", []byte(text), off)
		return Hit{Line: p.Line, Column: p.Col}
	}
	column := 0
	defer func() {
		if column > 0 {
			t.Logf("%s: %d on the line, not on the column", s.File, column)
		}
	}()
	left := slices.Clone(r.Hits)
	for i, off := range offsets {
		want := at(off)
		n := slices.IndexFunc(left, func(h Hit) bool { return h.Line == want.Line && h.Column == want.Column })
		if n < 0 { // the user before a password, or the address that is the secret
			n = slices.IndexFunc(left, func(h Hit) bool { return h.Line == want.Line && h.Column < want.Column })
			column++
		}
		if n < 0 {
			column--
			t.Logf("missed %s:%d:%d: %s", s.File, want.Line, want.Column, strings.Split(text, "\n")[want.Line-1])
			missed++
			continue
		}
		for _, v := range s.Values {
			if strings.Contains(left[n].What, v[len(v)-min(len(v), 6):]) {
				t.Errorf("%s: value %d is in %q", s.File, i, left[n].What)
			}
		}
		left = slices.Delete(left, n, n+1)
		hit++
	}
	for _, h := range left {
		t.Logf("wrong %s:%d:%d %s %q: %s", s.File, h.Line, h.Column, h.Rule, h.What, strings.Split(text, "\n")[h.Line-1])
		wrong++
	}
	return hit, missed, wrong
}

// judged has recall and precision over files with secrets and files without.
func judged(t *testing.T, planted, innocent []scantest.Sample) {
	t.Helper()
	hit, missed, wrong := 0, 0, 0
	for _, s := range planted {
		a, b, c := scanned(t, s)
		hit, missed, wrong = hit+a, missed+b, wrong+c
	}
	for _, s := range innocent {
		text, _ := s.Content()
		_, _, c := scanned(t, scantest.Sample{File: s.File, Text: text})
		wrong += c
	}
	recall, precision := float64(hit)/float64(hit+missed), float64(hit)/float64(hit+wrong)
	t.Logf("%d files with secrets, %d without: %d found, %d missed, %d wrong: recall %.3f, precision %.3f", len(planted), len(innocent), hit, missed, wrong, recall, precision)
	if recall < 0.95 || precision < 0.95 {
		t.Error("recall and precision must be 0.95")
	}
}

func TestSamples(t *testing.T) {
	for name, lot := range map[string]func() (planted, innocent []scantest.Sample){"before": scantest.Before, "after": scantest.After, "third": scantest.Third, "fourth": scantest.Fourth} {
		t.Run(name, func(t *testing.T) {
			planted, innocent := lot()
			judged(t, planted, innocent)
		})
	}
}
