package database

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/appconfig"
)

// pieces make texts that are nearly connection strings.
var uriPieces = []string{"postgres://", "postgresql://", "socket:", "//", "/", "user", ":", "pass", "@", "db.example", "h", "[::1]", "5432", ":0", ":99999",
	"?", "&", "=", "#", "ssl=true", "ssl=0", "sslmode=require", "sslmode=no-verify", "sslmode=disable", "uselibpqcompat=true", "host=", "port=", "user=",
	"%", "%2F", "%40", "%25", "%ff", "%zz", "%2e", "+", " ", "é", "..", ".", "\\", "^", "<", "db", "_", "$", "1", ",", ";", "'", "\"", "{", "|"}

var textPieces = []string{"$", "{", "}", "${", "${A}", "${B}", "${NONE}", "$${", ":-", "A", "B", "E", "${E:-x}", " ", "text", "\n", "\t", "é", "${A:-", "-", ":", "\u00a0", "\ufeff"}

func randomTexts(r *rand.Rand, pieces []string, n, longest int, start ...string) []string {
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		if len(start) > 0 && r.IntN(4) > 0 {
			b.WriteString(start[r.IntN(len(start))])
		}
		for range 1 + r.IntN(longest) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		out[i] = b.String()
	}
	return out
}

// TestOracleRandom compares with pg-connection-string and config-loader's
// substitution on random texts.
func TestOracleRandom(t *testing.T) {
	if os.Getenv("PORTALCTL_ORACLE") == "" {
		t.Skip("set PORTALCTL_ORACLE=1 to compare with Backstage's own code; needs npm")
	}
	r := rand.New(rand.NewPCG(1, 2)) // the same texts in every run
	uris := randomTexts(r, uriPieces, 20_000, 12, "postgres://", "postgres://user:pass@h", "postgres://h/", "postgres://u@h/x?")
	texts := randomTexts(r, textPieces, 20_000, 8)
	env := []string{"A=value of A", "B= spaced ", "E="}
	var got struct {
		URIs  []map[string]any `json:"uris"`
		Texts []*string        `json:"texts"`
	}
	line := askLines(t, install(t, versions[0]), []any{map[string]any{"uris": uris, "texts": texts, "env": env}})[0]
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	wrong, refused, dir := 0, 0, t.TempDir()
	for i, uri := range uris {
		v, err := parseURI(uri, dir, appconfig.Origin{})
		want := got.URIs[i]
		if want == nil {
			refused++
		}
		if (err != nil) != (want == nil) {
			if wrong++; wrong < 20 {
				t.Errorf("%q: %v, node-pg: %v", uri, err, want)
			}
			continue
		}
		if err != nil {
			continue
		}
		if o := parsed(t, v); !cmp.Equal(want, o) {
			if wrong++; wrong < 20 {
				t.Errorf("%q (-node-pg +ours):\n%s", uri, cmp.Diff(want, o))
			}
		}
	}
	t.Logf("%d of %d connection strings agree with pg-connection-string, which refuses %d of them", len(uris)-wrong, len(uris), refused)
	wrong = 0
	root := t.TempDir()
	// Each text has its own key: one that is undefined vanishes from a list.
	keyed := map[string]string{}
	for i, text := range texts {
		keyed[name(i)] = text
	}
	file := filepath.Join(root, "texts.json")
	quoted, err := json.Marshal(map[string]any{"t": keyed})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, quoted, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "app-config.yaml"), []byte("$include: texts.json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tree, err := appconfig.Load(appconfig.Options{Root: root, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := tree.Get("t")
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		v, ok := all.Field(name(i))
		if want := got.Texts[i]; ok != (want != nil) || ok && v.Reveal() != *want {
			if wrong++; wrong < 20 {
				t.Errorf("%q: %q (%v), Backstage: %v", text, v.Reveal(), ok, want)
			}
		}
	}
	t.Logf("%d of %d texts agree with config-loader's substitution", len(texts)-wrong, len(texts))
}

// randomValue is a value of a config file, with what may stand in it.
func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(16); {
	case depth == 0 || n > 6 && depth < 4:
		return []any{nil, 1.5, true, "text", "", "${A}", "${NONE}", "x${A}${NONE:-d}", "$${A}", map[string]any{"$env": "A"}, map[string]any{"$env": "NONE"},
			map[string]any{"$include": "inc.json"}, map[string]any{"$include": "inc.json#a"}, map[string]any{"$include": "inc.json#a.b"},
			map[string]any{"$file": "inc.json"}, []any{}, map[string]any{}}[r.IntN(17)]
	case n == 0:
		list := []any{}
		for range r.IntN(4) {
			list = append(list, randomValue(r, depth-1))
		}
		return list
	}
	out := map[string]any{}
	for range r.IntN(5) {
		out[string(rune('a'+r.IntN(4)))] = randomValue(r, depth-1)
	}
	return out
}

// TestOracleRandomLayers compares whole configurations of random layers.
func TestOracleRandomLayers(t *testing.T) {
	if os.Getenv("PORTALCTL_ORACLE") == "" {
		t.Skip("set PORTALCTL_ORACLE=1 to compare with Backstage's own code; needs npm")
	}
	r := rand.New(rand.NewPCG(3, 4))
	var cases []*oneCase
	for range 1000 {
		c := &oneCase{root: t.TempDir(), Env: []string{"A= a ", "BACKSTAGE_ENV=x, y"}}
		for _, file := range []string{"app-config.yaml", "app-config.x.yaml", "app-config.y.yaml", "app-config.local.yaml", "app-config.x.local.yaml", "inc.json"} {
			v := randomValue(r, 4)
			if r.IntN(8) == 0 && file != "app-config.yaml" && file != "inc.json" {
				continue
			}
			if file == "inc.json" {
				// An include of the file itself never ends in config-loader.
				v = map[string]any{"a": map[string]any{"b": []any{"${A}", nil}, "c": "${NONE}"}, "d": nil, "b": "text"}
			}
			src, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(c.root, file), src, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for range r.IntN(3) {
			key := "APP_CONFIG"
			for range 1 + r.IntN(3) {
				key += "_" + string(rune('a'+r.IntN(4)))
			}
			if !slices.ContainsFunc(c.Env, func(e string) bool { return strings.HasPrefix(e, key+"=") }) {
				c.Env = append(c.Env, key+"="+[]string{"5", "text", `{"a":{"b":1}}`, "[null]", `{"d":null}`, "null", " x "}[r.IntN(7)])
			}
		}
		cases = append(cases, c)
	}
	agree, refused := 0, 0
	for i, a := range ask(t, install(t, versions[0]), cases) {
		if a.Error != "" {
			refused++
		}
		if a.Config == nil {
			a.Config = map[string]any{}
		}
		if t.Run(strconv.Itoa(i), func(t *testing.T) { cases[i].check(t, versions[0], a) }) {
			agree++
		}
	}
	t.Logf("%d of %d random configurations agree with config-loader, which refuses %d of them", agree, len(cases), refused)
}

func name(i int) string { return "t" + strconv.Itoa(i) }

// parsed puts a connection in the words of oracle.js.
func parsed(t *testing.T, v *value) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, k := range []string{"host", "port", "user", "password", "database"} {
		switch f := v.get(k); {
		case f == nil:
		case f.kind == appconfig.Null:
			out[k] = nil
		default:
			out[k] = f.text
		}
	}
	if ssl := v.get("ssl"); ssl.is(appconfig.String) {
		out["sslmode"] = ssl.text
	} else if ssl != nil {
		c := &client{from: map[string]appconfig.Origin{}}
		if err := c.ssl(ssl, nil); err != nil {
			t.Fatal(err)
		}
		out["sslmode"] = c.target.SSLMode
	}
	return out
}
