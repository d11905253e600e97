package yarnrc

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sent is the Authorization header of a request to u, "" if there is none.
func sent(t *testing.T, e Endpoint, u string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, u, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.Authorize(req)
	return req.Header.Get("Authorization")
}

func TestEndpoint(t *testing.T) {
	type want struct{ url, auth, err string }
	def := want{url: DefaultRegistry}
	tests := []struct {
		name, rc, npmrc string
		env             []string
		want            map[string]want
	}{
		{"general registry; a token goes with scoped packages only",
			"npmRegistryServer: https://r.example.com/npm/\nnpmAuthToken: tok\n", "", nil, map[string]want{
				"react": {"https://r.example.com/npm", "", ""},
				"@s/x":  {"https://r.example.com/npm", "Bearer tok", ""}}},
		{"npmAlwaysAuth", "npmRegistryServer: https://r.example.com\nnpmAuthToken: tok\nnpmAlwaysAuth: true\n", "", nil,
			map[string]want{"react": {"https://r.example.com", "Bearer tok", ""}}},
		{"token before ident", "npmAuthToken: tok\nnpmAuthIdent: u:p\n", "", nil, map[string]want{"@s/x": {DefaultRegistry, "Bearer tok", ""}}},
		{"ident in clear", "npmAuthIdent: u:p\n", "", nil, map[string]want{"@s/x": {DefaultRegistry, "Basic dTpw", ""}}},
		{"ident in base64", "npmAuthIdent: dTpw\n", "", nil, map[string]want{"@s/x": {DefaultRegistry, "Basic dTpw", ""}}},
		{"scope", "npmScopes:\n  s:\n    npmRegistryServer: https://s.example.com/\n    npmAuthToken: ${T}\n", "", []string{"T=tok"}, map[string]want{
			"@s/x": {"https://s.example.com", "Bearer tok", ""}, "@other/x": def, "react": def}},
		{"a scope without a server asks the default one", "npmRegistryServer: https://r.example.com\nnpmScopes:\n  s:\n    npmAuthToken: tok\n", "", nil,
			map[string]want{"@s/x": {DefaultRegistry, "Bearer tok", ""}, "@o/x": {"https://r.example.com", "", ""}}},
		{"npmRegistries with protocol", "npmRegistryServer: https://r.example.com/a\nnpmRegistries:\n  'https://r.example.com/a/':\n    npmAuthToken: tok\n    npmAlwaysAuth: true\n", "", nil,
			map[string]want{"react": {"https://r.example.com/a", "Bearer tok", ""}}},
		{"npmRegistries without protocol", "npmRegistryServer: https://r.example.com/a\nnpmRegistries:\n  //r.example.com/a:\n    npmAuthIdent: u:p\n", "", nil,
			map[string]want{"@s/x": {"https://r.example.com/a", "Basic dTpw", ""}, "react": {"https://r.example.com/a", "", ""}}},
		{"npmRegistries is no prefix", "npmRegistryServer: https://r.example.com/a\nnpmRegistries:\n  //r.example.com:\n    npmAuthToken: tok\n", "", nil,
			map[string]want{"@s/x": {"https://r.example.com/a", "", ""}}},
		{"npmRegistries hides the general token", "npmRegistryServer: https://r.example.com\nnpmAuthToken: top\nnpmRegistries:\n  //r.example.com: {npmAlwaysAuth: true}\n", "", nil,
			map[string]want{"@s/x": {"https://r.example.com", "", ""}}},
		{"variables of the environment", "npmRegistryServer: https://file.example.com\n", "", []string{"YARN_NPM_REGISTRY_SERVER=https://env.example.com", "YARN_NPM_AUTH_TOKEN=tok"},
			map[string]want{"@s/x": {"https://env.example.com", "Bearer tok", ""}}},
		{"an unset variable stops only who needs it", "npmAuthToken: ${NOPE}\nnpmScopes:\n  s: {npmAuthToken: '${NOPE2}'}\n  p: {npmRegistryServer: 'https://${NOPE3}/'}\n", "", nil, map[string]want{
			"react": def, "@o/x": {DefaultRegistry, "", ":1:15: npmAuthToken: environment variable NOPE is not set"},
			"@s/x": {DefaultRegistry, "", ":3:21: npmScopes.s.npmAuthToken: environment variable NOPE2 is not set"},
			"@p/x": {"", "", ":4:26: npmScopes.p.npmRegistryServer: environment variable NOPE3 is not set"}}},
		{"http", "npmRegistryServer: http://r.example.com\nunsafeHttpWhitelist: ['*.ok.example.com']\nnpmScopes:\n  s: {npmRegistryServer: 'http://a.ok.example.com'}\n  l: {npmRegistryServer: 'http://127.0.0.1:4873'}\n", "", nil, map[string]want{
			"react": {"http://r.example.com", "", "Yarn does not send plain http requests to r.example.com"},
			"@s/x":  {"http://a.ok.example.com", "", ""}, "@l/x": {"http://127.0.0.1:4873", "", ""}}},
		{"user in the URL", "npmRegistryServer: https://u:p@r.example.com/x/\n", "", nil, map[string]want{"react": {"https://r.example.com/x", "Basic dTpw", ""}}},
		{"no URL", "npmRegistryServer: user:pass@host\n", "", nil, map[string]want{"react": {"", "", ":1:20: npmRegistryServer is not the URL of a registry"}}},

		{"npm: registry and scopes", "", "registry=https://n.example.com/\n@s:registry=https://s.example.com/npm/\n", nil, map[string]want{
			"react": {"https://n.example.com", "", ""}, "@s/x": {"https://s.example.com/npm", "", ""}, "@o/x": {"https://n.example.com", "", ""}}},
		{"npm fills gaps only", "npmRegistryServer: https://y.example.com\nnpmScopes:\n  s: {npmRegistryServer: 'https://ys.example.com'}\n  t: {npmAuthToken: tok}\n",
			"registry=https://n.example.com/\n@s:registry=https://ns.example.com/\n@t:registry=https://nt.example.com\n@u:registry=https://nu.example.com\n", nil, map[string]want{
				"react": {"https://y.example.com", "", ""}, "@s/x": {"https://ys.example.com", "", ""},
				"@t/x": {"https://nt.example.com", "Bearer tok", ""}, "@u/x": {"https://nu.example.com", "", ""}}},
		{"npm: the longest prefix", "", "registry=https://n.example.com/a/b\n//n.example.com/:_authToken=one\n//n.example.com/a/b/:_authToken=three\n//n.example.com/a/:_authToken=two\n", nil,
			map[string]want{"react": {"https://n.example.com/a/b", "Bearer three", ""}}},
		{"npm: a prefix ends with a segment", "", "registry=https://n.example.com/abc\n//n.example.com/ab/:_authToken=x\n", nil,
			map[string]want{"react": {"https://n.example.com/abc", "", ""}}},
		{"npm: port", "", "registry=https://n.example.com:8443/\n//n.example.com/:_authToken=no\n//n.example.com:8443/:_authToken=yes\n", nil,
			map[string]want{"react": {"https://n.example.com:8443", "Bearer yes", ""}}},
		{"npm: _auth", "", "registry=https://n.example.com/\n//n.example.com/:_auth=dTpw\n", nil, map[string]want{"react": {"https://n.example.com", "Basic dTpw", ""}}},
		{"npm: username and password", "", "registry=https://n.example.com/\n//n.example.com/:username=u\n//n.example.com/:_password=\"cA==\"\n", nil,
			map[string]want{"react": {"https://n.example.com", "Basic dTpw", ""}}},
		{"npm: without host, as in old files", "", "registry=https://n.example.com/\n_auth=dTpw\n@s:registry=https://s.example.com\n", nil,
			map[string]want{"react": {"https://n.example.com", "Basic dTpw", ""}, "@s/x": {"https://s.example.com", "", ""}}},
		{"npm credentials for Yarn's registry", "npmRegistryServer: https://y.example.com\n", "//y.example.com/:_authToken=${T}\n", []string{"T=tok"},
			map[string]want{"react": {"https://y.example.com", "Bearer tok", ""}}},
		{"npm credentials fill in where Yarn sends none", "npmRegistryServer: https://y.example.com\nnpmAuthToken: yarns\n", "//y.example.com/:_authToken=npms\n", nil,
			map[string]want{"react": {"https://y.example.com", "Bearer npms", ""}, "@s/x": {"https://y.example.com", "Bearer yarns", ""}}},
		{"Yarn's general token does not go to npm's registry", "npmAuthToken: tok\nnpmAlwaysAuth: true\n", "registry=https://n.example.com\n@s:registry=https://s.example.com\n", nil,
			map[string]want{"react": {"https://n.example.com", "", ""}, "@s/x": {"https://s.example.com", "", ""}}},
		{"npm: an unset token is left out", "", "//registry.yarnpkg.com/:_authToken=${NOPE}\n", nil, map[string]want{"react": def}},
		{"npm: an unset registry", "", "@s:registry=https://${NOPE}/\n", nil, map[string]want{"react": def, "@s/x": {"", "", "@s:registry: environment variable NOPE is not set"}}},
		{"npm: variables of the environment", "", "registry=https://file.example.com\n", []string{"NPM_CONFIG_REGISTRY=https://env.example.com/", "npm_config_//env.example.com/:_authToken=tok"},
			map[string]want{"react": {"https://env.example.com", "Bearer tok", ""}}},
		{"npm: null means unset", "", "registry=null\n", nil, map[string]want{"react": def}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, map[string]string{"repo/.yarnrc.yml": tt.rc, "repo/.npmrc": tt.npmrc}, tt.env...)
			for pkg, w := range tt.want {
				e := s.Endpoint(pkg)
				got := want{url: e.URL, auth: sent(t, e, e.URL+"/x")}
				if e.URL == "" {
					got.auth = ""
				}
				if e.Err() != nil {
					if w.err == "" || !strings.Contains(e.Err().Error(), w.err) {
						t.Errorf("%s: err = %v, want %q", pkg, e.Err(), w.err)
					}
					got.err = w.err
				}
				if got != w {
					t.Errorf("%s: %+v, want %+v", pkg, got, w)
				}
			}
		})
	}
}

func TestAuthorizeOnlyThere(t *testing.T) {
	s := load(t, map[string]string{"repo/.npmrc": "registry=https://r.example.com/group/npm\n//r.example.com/group/npm/:_authToken=main\n" +
		"//r.example.com/project/7/:_authToken=seven\n//other.example.com/:_authToken=other\n"})
	e := s.Endpoint("react")
	for u, want := range map[string]string{
		"https://r.example.com/group/npm":                      "Bearer main",
		"https://r.example.com/group/npm/react":                "Bearer main",
		"https://r.example.com/group/npm/@s%2fx?y=1":           "Bearer main",
		"https://R.example.com:443/group/npm/react":            "Bearer main",
		"https://r.example.com/project/7/packages/x.tgz":       "Bearer seven",
		"https://r.example.com/project/77/packages/x.tgz":      "",
		"https://r.example.com/group/npm2/react":               "",
		"https://r.example.com/group":                          "",
		"https://r.example.com/group/npm/../../elsewhere":      "",
		"https://r.example.com/group/npm/%2e%2e/%2e%2e/secret": "",
		"http://r.example.com/group/npm/react":                 "",
		"https://r.example.com:8443/group/npm/react":           "",
		"https://other.example.com/x":                          "",
		"https://r.example.com.evil.example/group/npm/react":   "",
	} {
		if got := sent(t, e, u); got != want {
			t.Errorf("%s: %q, want %q", u, got, want)
		}
	}
}

func TestAuthHint(t *testing.T) {
	for _, tt := range []struct{ rc, npmrc, pkg, want string }{
		{"", "", "react", "Give a token for registry.yarnpkg.com: npmAuthToken under"},
		{"npmAuthToken: sesame\n", "", "react", "Set npmAlwaysAuth: true"},
		{"npmAuthToken: sesame\n", "", "@s/x", "Check that the token for registry.yarnpkg.com is valid"},
		{"", "//registry.yarnpkg.com/:_authToken=${NOPE}", "react", "Set the environment variable NOPE"},
	} {
		s := load(t, map[string]string{"repo/.yarnrc.yml": tt.rc, "repo/.npmrc": tt.npmrc})
		got := s.Endpoint(tt.pkg).AuthHint()
		if !strings.Contains(got, tt.want) || strings.Contains(got, "sesame") {
			t.Errorf("hint %q, want %q", got, tt.want)
		}
	}
}

func TestNetwork(t *testing.T) {
	s := load(t, map[string]string{"repo/.yarnrc.yml": `
httpsProxy: http://u:p@top.example.com
httpsCaFilePath: ./top.pem
networkSettings:
  "*.example.com":
    httpsProxy: http://star.example.com
    enableNetwork: false
  "a.*.example.com":
    httpsProxy: http://long.example.com
    httpsCertFilePath: ./c.pem
`, "repo/.npmrc": "proxy=http://npm.example.com\nnoproxy[]=internal.example.com\nnoproxy[]=.corp\nstrict-ssl=false\nca[]=\"one\\ntwo\"\nca[]=three\n"})
	type flat struct {
		enabled               bool
		http, https, ca, cert string
	}
	dir := abs(s.Dir)
	strip := func(p string) string { return strings.TrimPrefix(strings.TrimPrefix(p, dir), "/") }
	for host, want := range map[string]flat{
		"x.org":                  {true, "http://npm.example.com", "http://u:p@top.example.com", "top.pem", ""},
		"b.example.com":          {false, "http://npm.example.com", "http://star.example.com", "top.pem", ""},
		"a.b.example.com":        {false, "http://npm.example.com", "http://long.example.com", "top.pem", "c.pem"},
		"x.internal.example.com": {false, "", "", "top.pem", ""},
		"build.corp":             {true, "", "", "top.pem", ""},
	} {
		n := s.Network(host)
		got := flat{n.Enabled, n.HTTPProxy.Reveal(), n.HTTPSProxy.Reveal(), strip(n.CAFile), strip(n.CertFile)}
		if got != want {
			t.Errorf("%s: %+v, want %+v", host, got, want)
		}
	}
	if s.EnableStrictSSL.Or(true) {
		t.Error("strict-ssl of .npmrc is not taken")
	}
	if diff := cmp.Diff([]string{"one\ntwo", "three"}, s.CACerts); diff != "" {
		t.Error(diff)
	}
}

func TestNPMFiles(t *testing.T) {
	files := map[string]string{
		"repo/.npmrc": "\ufeff; comment\n# another\r\ncafile=~/ca.pem\r\nproxy = http://p.example.com ; why\nhttps-proxy=\"http://q.example.com\"\nflag\n[section]\nregistry=https://no.example.com\n",
		"home/.npmrc": "registry=https://user.example.com\nproxy=http://user.example.com\n",
		"other/npmrc": "registry=https://other.example.com\n",
	}
	s := load(t, files)
	n := s.Network("x.org")
	if got := s.Endpoint("a").URL; got != "https://user.example.com" {
		t.Errorf("registry %s", got)
	}
	if !strings.HasSuffix(n.CAFile, "ca.pem") || !strings.Contains(n.CAFile, "home") {
		t.Errorf("cafile %s", n.CAFile)
	}
	if n.HTTPProxy.Reveal() != "http://p.example.com" || n.HTTPSProxy.Reveal() != "http://q.example.com" {
		t.Errorf("proxies %q %q", n.HTTPProxy.Reveal(), n.HTTPSProxy.Reveal())
	}
	root := tree(t, files)
	s, err := Load(root+"/repo", environ(root, "npm_config_userconfig="+root+"/other/npmrc"))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Endpoint("a").URL; got != "https://other.example.com" {
		t.Errorf("registry %s with npm_config_userconfig", got)
	}
}

func TestClassic(t *testing.T) {
	files := map[string]string{
		"repo/yarn.lock":   "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n",
		"repo/.yarnrc":     "# yarn lockfile v1\nregistry \"https://y.example.com/\"\nyarn-path \".yarn/releases/yarn-1.22.19.js\"\n\"@s:registry\" \"https://s.example.com\"\n--install.x true\nstrict-ssl false\n",
		"repo/.npmrc":      "registry=https://n.example.com\n@t:registry=https://t.example.com\n//y.example.com/:_authToken=tok\n",
		"home/.yarnrc.yml": "npmRegistryServer: https://berry.example.com\n",
	}
	s := load(t, files)
	if !s.Classic || s.EnableStrictSSL.Or(true) || s.MinimalAge("a", "1.22.19") != 0 {
		t.Errorf("classic %v, strict %v", s.Classic, s.EnableStrictSSL)
	}
	if !strings.HasSuffix(s.YarnPath, "repo/.yarn/releases/yarn-1.22.19.js") || s.YarnPathPos.Line != 3 {
		t.Errorf("yarn-path %s at %v", s.YarnPath, s.YarnPathPos)
	}
	for pkg, want := range map[string]string{"a": "https://y.example.com", "@s/x": "https://s.example.com", "@t/x": "https://t.example.com"} {
		if got := s.Endpoint(pkg).URL; got != want {
			t.Errorf("%s: %s, want %s", pkg, got, want)
		}
	}
	if got := sent(t, s.Endpoint("a"), "https://y.example.com/a"); got != "Bearer tok" {
		t.Errorf("auth %q", got)
	}
	if got := load(t, files, "YARN_REGISTRY=https://env.example.com").Endpoint("a").URL; got != "https://env.example.com" {
		t.Errorf("YARN_REGISTRY: %s", got)
	}
	files["repo/.yarnrc.yml"] = ""
	if s := load(t, files); s.Classic {
		t.Error("a repo with .yarnrc.yml is not Classic")
	}
	if s := load(t, map[string]string{"repo/yarn.lock": "__metadata:\n  version: 8\n", "repo/.yarnrc": "registry x\n"}); s.Classic {
		t.Error("a Berry lock is not Classic")
	}
}
