package yarncli

import (
	"path/filepath"
	"testing"
)

func TestMask(t *testing.T) {
	npmrc := filepath.Join(t.TempDir(), ".npmrc")
	write(t, npmrc, "//r.example.com:8080/:_authToken=npmrc-token=\n//r.example.com/:_password = \"cGFzc3dvcmQ=\"\nregistry=https://r.example.com\nalways-auth=true\n//x/:_authToken=${FROM_ENV}\n")
	yml := filepath.Join(t.TempDir(), ".yarnrc.yml")
	write(t, yml, "npmAuthToken: \"yml-token==\"\nnpmScopes:\n  s:\n    npmAuthIdent: user:secret\n    npmAlwaysAuth: true\nnodeLinker: node-modules\n")
	m := newMasker([]string{"NPM_TOKEN=env-token", "GIT_AUTHOR_NAME=Jane Doe", "MY_SECRET=a b&c/d", "CI=true", "X_TOKEN=true", "GH_PAT=ghp_123456"}, npmrc, yml, "/none")
	for in, want := range map[string]string{
		"a env-token b env-token":                                               "a *** b ***",
		"npmrc-token= cGFzc3dvcmQ= yml-token==":                                 "*** *** ***",
		"ident user:secret ghp_123456":                                          "ident *** ***",
		"?q=a+b%26c%2Fd a b&c/d":                                                "?q=*** ***",
		"Jane Doe true node-modules":                                            "Jane Doe true node-modules",
		"https://u:p@r.example.com/x https://r.example.com/@scope/x http://t@h": "https://***@r.example.com/x https://r.example.com/@scope/x http://***@h",
		"https://u:p@ss@h/x":                                                    "https://***@h/x",
		"${FROM_ENV} no :// end":                                                "${FROM_ENV} no :// end",
	} {
		if got := m.mask(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Nothing that Yarn prints reaches the terminal as a control sequence.
func TestControlCharacters(t *testing.T) {
	o := newOutput(newMasker(nil))
	_, _ = o.Write([]byte("\x1b[1;31mred\x1b[0m\x1b[\r\nbell\a and \xff\xfe\n"))
	f := o.failure(1)
	if len(f.Output) != 2 || f.Output[0] != "red" || f.Output[1] != "bell and \uFFFD" {
		t.Errorf("%q", f.Output)
	}
}
