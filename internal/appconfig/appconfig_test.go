package appconfig

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func load(t *testing.T, files map[string]string, env ...string) (*Tree, error) {
	t.Helper()
	return Load(Options{Root: write(t, files), Env: env})
}

func mustLoad(t *testing.T, files map[string]string, env ...string) *Tree {
	t.Helper()
	tree, err := load(t, files, env...)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestOrigins(t *testing.T) {
	tree := mustLoad(t, map[string]string{
		"app-config.yaml": `backend:
  database:
    connection:
      host: ${HOST}
      port: "${PORT:-5432}"
      user: ${USER_PREFIX}_${USER_NAME}
      password:
        $file: secret.txt
      client_encoding: utf8
      spaced: ${SPACED}
    pool: { $include: pool.yaml#pool }
`,
		"secret.txt": "hunter2\n",
		"pool.yaml":  "pool:\n  min: 1\n  max: 5\n  token: ${TOKEN}\n",
	}, "HOST=db.example", "SPACED= x ", "USER_PREFIX=a", "USER_NAME=b", "TOKEN=t0ken", "APP_CONFIG_backend_database_prefix=p_")
	for key, want := range map[string]string{
		"backend.database.connection.host":            "db.example | $HOST | app-config.yaml:4:13 ($HOST) | HOST",
		"backend.database.connection.port":            "5432 | 5432 | app-config.yaml:5:13 | ",
		"backend.database.connection.user":            "a_b | *** | app-config.yaml:6:13 ($USER_PREFIX, $USER_NAME) | ",
		"backend.database.connection.password":        "hunter2 | *** | app-config.yaml:8:16 (FILE) | ",
		"backend.database.connection.client_encoding": "utf8 | utf8 | app-config.yaml:9:24 | ",
		"backend.database.connection.spaced":          "x | *** | app-config.yaml:10:15 ($SPACED) | ",
		"backend.database.pool.max":                   "5 | 5 | pool.yaml:3:8 | ",
		"backend.database.pool.token":                 "t0ken | $TOKEN | pool.yaml:4:10 ($TOKEN) | TOKEN",
		"backend.database.prefix":                     "p_ | $APP_CONFIG_backend_database_prefix | env ($APP_CONFIG_backend_database_prefix) | APP_CONFIG_backend_database_prefix",
	} {
		v, ok, err := tree.Get(key)
		if err != nil || !ok {
			t.Errorf("%s: %v %v", key, ok, err)
			continue
		}
		origin := v.Origin().String()
		if f := v.Origin().File; f != "" {
			origin = strings.ReplaceAll(origin, f, "FILE")
		}
		if got := fmt.Sprintf("%s | %v | %s | %s", v.Reveal(), v, origin, v.Origin().Var); got != want {
			t.Errorf("%s:\n got %s\nwant %s", key, got, want)
		}
		if v.Key() != key {
			t.Errorf("the key of %s is %s", key, v.Key())
		}
	}
	if len(tree.Files) != 1 || len(tree.Included) != 2 {
		t.Errorf("files %v, included %v", tree.Files, tree.Included)
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	const secret = "pl4nted"
	tree := mustLoad(t, map[string]string{
		"app-config.yaml": `a: ${V}
b: { password: pl4nted, apiKey: pl4nted, clientSecret: pl4nted, pat: pl4nted, access-token: pl4nted, privateKey: pl4nted }
c: postgres://u:pl4nted@host/x
d: { $file: f }
e: [ { secret: pl4nted }, "https://user:pl4nted@x" ]
tokens: [pl4nted]
`, "f": secret,
	}, "V="+secret)
	var walk func(v Value)
	leaves := 0
	walk = func(v Value) {
		switch v.Kind() {
		case Object:
			for _, f := range v.Fields() {
				field, _ := v.Field(f)
				walk(field)
			}
		case Array:
			for _, item := range v.Items() {
				walk(item)
			}
		default:
			leaves++
			if !strings.Contains(v.Reveal(), secret) {
				t.Errorf("%s reveals %q", v.Key(), v.Reveal())
			}
		}
		encoded, err := json.Marshal(map[string]any{"v": v, "p": &v})
		if err != nil {
			t.Error(err)
		}
		for _, s := range []string{
			fmt.Sprint(v), fmt.Sprintf("%v %+v %#v %s %q %d %x", v, v, v, v, v, v, v), fmt.Sprintf("%v", []Value{v}),
			fmt.Sprintf("%+v", struct{ V Value }{v}), string(encoded), v.Origin().String(), fault.New("%v", v).Error(),
		} {
			if strings.Contains(s, secret) || strings.Contains(s, "706c346e746564") {
				t.Errorf("%s shows in %q", v.Key(), s)
			}
		}
	}
	whole, _, err := tree.Get("")
	if err != nil {
		t.Fatal(err)
	}
	walk(whole)
	if leaves != 12 {
		t.Errorf("%d leaves", leaves)
	}
}

// TestFaults: each error says where, and what to do, and shows no value.
func TestFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		env   []string
		flags []string
		want  string
	}{
		"bad yaml":        {files: map[string]string{"app-config.yaml": "a: 1\nb: [1, 2\nc: 3\n"}, want: "app-config.yaml:2:1: not valid YAML"},
		"tab":             {files: map[string]string{"app-config.yaml": "a:\n\tb: 1\n"}, want: "app-config.yaml:2:"},
		"conflict":        {files: map[string]string{"app-config.yaml": "<<<<<<< a\n"}, want: "app-config.yaml:1"},
		"no file":         {want: "app-config.yaml: the config file cannot be read: file does not exist"},
		"--config":        {flags: []string{"x/no.yaml"}, want: "x/no.yaml: the config file cannot be read: file does not exist"},
		"--config url":    {flags: []string{"https://u:secret@h/x.yaml?t=secret"}, want: "--config https://h/x.yaml is a URL, and only files are read"},
		"--config http:x": {flags: []string{"HTTP:x"}, want: "is a URL"},
		"folder":          {files: map[string]string{"app-config.yaml/x": ""}, want: "it is a folder"},
		"siblings":        {files: map[string]string{"app-config.yaml": "a:\n  $env: X\n  b: 1\n"}, want: "app-config.yaml:2:3: $env has other keys beside it"},
		"cycle":           {files: map[string]string{"app-config.yaml": "a: {$include: x.yaml}\n", "x.yaml": "b:\n  $include: x.yaml\n"}, want: "x.yaml:2:13: x.yaml includes itself"},
		"cycle of two":    {files: map[string]string{"app-config.yaml": "a: {$include: x.yaml}\n", "x.yaml": "b: {$include: y.yaml#c}\n", "y.yaml": "c: {d: {$include: x.yaml}}\n"}, want: "y.yaml:1:19: x.yaml includes itself"},
		"bad json":        {files: map[string]string{"app-config.yaml": "a: {$include: x.json}\n", "x.json": "{\"a\": 1,\n}"}, want: "x.json:1:8: JSON has no trailing commas"},
		"included yaml":   {files: map[string]string{"app-config.yaml": "a: {$include: x.yaml}\n", "x.yaml": "a: 1\na: 2\n"}, want: "x.yaml:2:1"},
		"no such file":    {files: map[string]string{"app-config.yaml": "a:\n  - $file: no.txt\n"}, want: "app-config.yaml:2:12: the file no.txt cannot be read: file does not exist"},
		"bad data path":   {files: map[string]string{"app-config.yaml": "a: {$include: 'x.yaml#a.b'}\n", "x.yaml": "a: 5\n"}, want: `app-config.yaml:1:15: "a" in the included file is not an object`},
		"list":            {files: map[string]string{"app-config.yaml": "- a\n"}, want: "app-config.yaml:1:1: the file holds no object"},
		"env":             {files: map[string]string{"app-config.yaml": "a: 1\n"}, env: []string{"APP_CONFIG_a__b=secret"}, want: "APP_CONFIG_a__b"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(Options{Root: write(t, tt.files), Files: tt.flags, Env: tt.env})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if fault.NextOf(err) == "" {
				t.Errorf("no next step for %v", err)
			}
			if strings.Contains(err.Error()+fault.NextOf(err), "secret") {
				t.Errorf("a value shows: %v", err)
			}
		})
	}
}

// TestIncludeBomb: files that include each other twice would double for ever.
func TestIncludeBomb(t *testing.T) {
	files := map[string]string{"app-config.yaml": "a: {$include: 0.yaml}\n"}
	for i := range 40 {
		next := fmt.Sprintf("%d.yaml", i+1)
		files[fmt.Sprintf("%d.yaml", i)] = fmt.Sprintf("a: {$include: %s}\nb: {$include: %s}\n", next, next)
	}
	files["40.yaml"] = "x: 1\n"
	if _, err := load(t, files); err == nil || !strings.Contains(err.Error(), "the files include each other") {
		t.Errorf("got %v", err)
	}
}

// TestOlderLoaders: BACKSTAGE_ENV came with config-loader 1.10.3, its list with
// 1.11.0 (their changelogs).
func TestOlderLoaders(t *testing.T) {
	for loader, want := range map[string]string{"": "[a b]", "1.11.3": "[a b]", "1.11.0-next.1": "[a b]", "1.10.3": "[a, b]", "1.10.9": "[a, b]", "1.10.2": "[]", "1.9.0": "[]", "odd": "[a b]"} {
		if got := fmt.Sprint(backstageEnv("a, b", loader)); got != want {
			t.Errorf("%q: %s, want %s", loader, got, want)
		}
	}
	root := write(t, map[string]string{"app-config.yaml": "a: base\n", "app-config.x.yaml": "a: x\n"})
	for loader, want := range map[string]string{"1.10.2": "base", "1.10.3": "x"} {
		tree, err := Load(Options{Root: root, Env: []string{"BACKSTAGE_ENV=x"}, Loader: loader})
		if err != nil {
			t.Fatal(err)
		}
		if got, _, _ := tree.Text("a"); got.Reveal() != want {
			t.Errorf("%s: a is %v", loader, got)
		}
	}
}

func TestMergeKeyNote(t *testing.T) {
	tree := mustLoad(t, map[string]string{"app-config.yaml": "x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\n"})
	if _, ok, err := tree.Get("y.a"); ok || err != nil || len(tree.Notes) != 1 {
		t.Errorf("merged: %v, %v, notes %v", ok, err, tree.Notes)
	}
}

func TestIsURL(t *testing.T) {
	for arg, want := range map[string]bool{
		"https://h/x": true, "http:h": true, "HTTP://H": true, "ftp://h/": true, "s3://bucket/x": true, "https:///h/x": true,
		"app-config.yaml": false, "./a:b.yaml": false, "C:\\x.yaml": false, "file:///x": false, "file:x": false, "a:b": false,
		"": false, "https://": false, "x://": false, "x:///y": false, "../x.yaml": false,
	} {
		if got := isURL(arg); got != want {
			t.Errorf("%q: %v", arg, got)
		}
	}
}

// TestRealConfigs reads the app-configs of real portals: every file that Load
// layers has a value, and no variable is needed to read them.
func TestRealConfigs(t *testing.T) {
	for portal, layers := range map[string][][]string{
		"demo": {nil, {"app-config.yaml", "app-config.heroku.yaml"}},
		"rhdh": {nil, {"app-config.yaml", "app-config.production.yaml"}, {"app-config.example.yaml"}, {"app-config.example.yaml", "app-config.example.production.yaml"},
			{"app-config.yaml", "app-config.dynamic-plugins.yaml"}, {"app-config.local-e2e.yaml"}, {".ci/pipelines/resources/config_map/app-config-rhdh.yaml"},
			{".ci/pipelines/resources/config_map/app-config-rhdh-rbac.yaml"}, {"e2e-tests/local-harness/app-config.plugin-sanity.yaml"}},
	} {
		root := testshared.Dir(t, "corpus/"+portal)
		for _, files := range layers {
			tree, err := Load(Options{Root: root, Files: files, Env: []string{"POSTGRES_PASSWORD=s3cret"}})
			if err != nil {
				// The production file takes a certificate from its container, which
				// lies outside of the repository.
				if !strings.Contains(err.Error(), "app-config.production.yaml:35:18: $file names a file outside of the repository: /mnt/certs/ca.crt") {
					t.Errorf("%s %v: %v", portal, files, err)
				}
				continue
			}
			if len(tree.Keys()) == 0 {
				t.Errorf("%s %v: nothing read", portal, files)
			}
			v, ok, err := tree.Get("backend.database")
			t.Logf("%s %v: %d files, keys %v, database %v %v", portal, files, len(tree.Files), tree.Keys(), ok, err)
			for _, f := range v.Fields() {
				field, _ := v.Field(f)
				t.Logf("   %s: %v (%s)", f, field, field.Origin())
			}
		}
	}
}
