package capability

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// sample is a package of testdata/samples, with what its head says of it.
type sample struct {
	name  string
	wants []string
	files map[string][]byte
}

func samples(t *testing.T, kind string) []sample {
	t.Helper()
	names, err := filepath.Glob("testdata/samples/" + kind + "-*.txtar")
	if err != nil || len(names) < 15 {
		t.Fatal(len(names), err)
	}
	var out []sample
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := sample{name: strings.TrimSuffix(filepath.Base(name), ".txtar"), files: map[string][]byte{}}
		for _, f := range a.Files {
			s.files[f.Name] = f.Data
		}
		for _, line := range strings.Split(string(a.Comment), "\n") {
			if _, list, ok := strings.Cut(line, ":"); ok && (strings.HasPrefix(line, "wants:") || strings.HasPrefix(line, "has:")) {
				s.wants = strings.Fields(list)
			}
		}
		out = append(out, s)
	}
	return out
}

// alarming is what makes a finding of a package that is new: a sign, or a script.
func alarming(p *Profile) bool { return len(p.Signs) > 0 || len(p.Scripts) > 0 }

func TestHarmfulSamples(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t, "harmful") {
		p := Read(s.files)
		if !alarming(p) {
			t.Errorf("%s: nothing is found: %+v", s.name, p)
		}
		for _, w := range s.wants {
			if found := p.Has(Kind(w)) || w == "install" && len(p.Scripts) > 0; !found {
				t.Errorf("%s: lacks %s: %+v", s.name, w, p)
			}
		}
		if p.UnreadCount > 0 {
			t.Errorf("%s: %v", s.name, p.Unread)
		}
	}
}

func TestInnocentSamples(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t, "innocent") {
		p := Read(s.files)
		var has []string
		for _, k := range p.Reached() {
			has = append(has, string(k))
		}
		if alarming(p) || !slices.Equal(has, s.wants) {
			t.Errorf("%s: %v, want %v: %+v", s.name, has, s.wants, p)
		}
		if p.UnreadCount > 0 {
			t.Errorf("%s: %v", s.name, p.Unread)
		}
	}
}
