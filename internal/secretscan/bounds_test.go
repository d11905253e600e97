package secretscan

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/secretscan/scantest"
	"github.com/portalctl/portalctl/internal/testkit"
)

// Nothing that Scan returns has a value that it found, its beginning, or its base64.
func TestNothingIsShown(t *testing.T) {
	looked := 0
	before, _ := scantest.Before()
	after, _ := scantest.After()
	third, _ := scantest.Third()
	for _, s := range slices.Concat(before, after, third) {
		text, _ := s.Content()
		out, err := json.Marshal(Scan(s.File, []byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		shown := string(out) + fmt.Sprintf("%+v", Scan(s.File, []byte(text)))
		for _, v := range s.Values {
			if defaults[v] {
				continue // everybody knows it, and it is part of the names of keys
			}
			looked++
			made := scantest.Secret(v)
			for _, part := range []string{v, made[:6], made[len(made)-6:], base64.StdEncoding.EncodeToString([]byte(v))[:8]} {
				if strings.Contains(shown, part) {
					t.Errorf("%s: %q is in %s", s.File, part, shown)
				}
			}
		}
	}
	if looked < 120 {
		t.Errorf("only %d values were looked for", looked)
	}
	// A key that is the value itself.
	v := "gh" + "p_" + scantest.Made(900, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", 36)
	if r := Scan(".env", []byte(v+"_TOKEN="+v+"\n")); len(r.Hits) == 0 || strings.Contains(fmt.Sprint(r), v) {
		t.Errorf("%v", r)
	}
}

func TestBounds(t *testing.T) {
	secret := []byte("POSTGRES_PASSWORD=pgProd" + "2026x\n")
	large := make([]byte, 50<<20)
	for i := range large {
		large[i] = ' '
	}
	if r := Scan(".env", append(secret[:len(secret):len(secret)], large...)); len(r.Hits) != 1 || !r.Partial {
		t.Errorf("50 MB: %v", r)
	}
	long := append(append(large[:10<<20:10<<20], []byte(" POSTGRES_")...), secret[len("POSTGRES_"):]...)
	if r := Scan(".env", long); len(r.Hits) != 1 || r.Partial || r.Hits[0].Line != 1 {
		t.Errorf("a line of 10 MB: %v", r)
	}
	if r := Scan(".env", append([]byte{0}, secret...)); len(r.Hits) != 0 {
		t.Errorf("a binary file: %v", r)
	}
	many := []byte(strings.Repeat(string(secret), maxHits+5))
	if r := Scan(".env", many); len(r.Hits) != maxHits || !r.Partial {
		t.Errorf("%d hits, partial %v", len(r.Hits), r.Partial)
	}
	if r := Scan(".env", []byte(strings.Repeat("token ", maxPlaces+5))); !r.Partial {
		t.Error("too many words are not said to be too many")
	}
	for _, name := range []string{"yarn.lock", "node_modules/a/.env", ".yarn/releases/yarn-4.cjs", "logo.png"} {
		if r := Scan(name, secret); len(r.Hits) != 0 {
			t.Errorf("%s: %v", name, r)
		}
	}
}

// A hostile file costs what its size allows: words of rules without end, in one line.
func TestLinear(t *testing.T) {
	for _, text := range []string{"secret: 'a ", "a://b:c", "-----BEGIN ", "ghp_glpat-", "${TOKEN:-x", strings.Repeat("QUJD", 8) + " ", "  name: TOKEN\n"} {
		testkit.Linear(t, 8000, func(n int) func() {
			src := []byte(strings.Repeat(text, n))
			return func() { Scan("values.yaml", src) }
		})
	}
}

func FuzzScan(f *testing.F) {
	planted, innocent := scantest.Before()
	for _, s := range slices.Concat(planted, innocent) {
		text, _ := s.Content()
		f.Add(s.File, []byte(text))
	}
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		lines := strings.Count(string(src), "\n") + 1
		for _, h := range Scan(name, src).Hits {
			if h.Line < 1 || h.Line > lines || h.Column < 1 || h.Rule == "" || h.What == "" {
				t.Errorf("%+v in %d lines", h, lines)
			}
		}
	})
}
