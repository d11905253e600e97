package yarnrc

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/secret"
)

const hidden = "s3same"

// Everything that Load returns is printed in every way there is: no secret may
// show, wherever it came from.
func TestNothingPrintsASecret(t *testing.T) {
	s := load(t, map[string]string{
		"repo/.yarnrc.yml": "npmAuthToken: s3same1\nnpmAuthIdent: u:s3same2\nnpmRegistryServer: https://u:s3same3@r.example.com\nhttpsProxy: http://u:s3same4@p.example.com\n" +
			"networkSettings:\n  '*': {httpProxy: 'http://u:s3same5@p.example.com'}\nnpmScopes:\n  s: {npmAuthToken: s3same6, npmRegistryServer: 'https://u:s3same6@s.example.com'}\n" +
			"npmRegistries:\n  https://u:s3same7@r.example.com: {npmAuthToken: s3same7}\n",
		"repo/.npmrc":    "//n.example.com/:_authToken=s3same8\n_auth=s3same9\nregistry=https://n.example.com\nproxy=http://u:s3same10@p\n//m.example.com/:username=u\n//m.example.com/:_password=s3same11\n",
		"repo/.env.yarn": "TOKEN=s3same12\n",
	}, "YARN_NPM_AUTH_IDENT=u:s3same13", "SOME_TOKEN=s3same14", "npm_config__authToken=s3same15")
	e := s.Endpoint("@s/x")
	req, _ := http.NewRequest(http.MethodGet, e.URL+"/@s%2fx", nil)
	e.Authorize(req)
	if !strings.Contains(req.Header.Get("Authorization"), hidden) {
		t.Fatal("the test's token is not in use")
	}
	things := []any{s, *s, s.auth, s.network, s.network, e, &e, s.Endpoint("react"), s.Network("x"), s.Endpoint("@s/x").AuthHint(),
		secret.New(hidden), []secret.Text{secret.New(hidden)}, map[string]any{"a": secret.New(hidden)}, struct{ x secret.Text }{secret.New(hidden)}}
	for i, thing := range things {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if out := fmt.Sprintf(verb, thing); strings.Contains(out, hidden) || strings.Contains(out, fmt.Sprintf("%x", hidden)) {
				t.Errorf("thing %d with %s shows a secret: %s", i, verb, out)
			}
		}
		if out, err := json.Marshal(thing); err == nil && strings.Contains(string(out), hidden) {
			t.Errorf("thing %d as JSON shows a secret", i)
		}
		var b strings.Builder
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "thing", thing)
		if strings.Contains(b.String(), hidden) {
			t.Errorf("thing %d in a log shows a secret", i)
		}
	}
	for _, key := range []string{"npmAuthToken", "npmAuthIdent", "npmRegistryServer", "httpsProxy"} {
		if got, ok := s.Lookup(key); ok {
			t.Errorf("Lookup(%s) gives %v", key, got)
		}
	}
	if got := fmt.Sprint(secret.New("x")) + fmt.Sprintf("%#v|%q|%v", secret.New("x"), secret.New("x"), secret.Text{}); got != "******|***|" {
		t.Errorf("secrets print as %q", got)
	}
}

// Errors name settings and variables, never values that may be secret.
func TestNoErrorShowsASecret(t *testing.T) {
	for _, rc := range []string{
		"npmAuthToken: [s3same]\n", "npmScopes: {a: {npmAuthToken: {s3same: x}}}\n", "npmAuthToken: s3same${\n", "npmAuthToken: s3same${NOPE}\n",
		"npmRegistryServer: u:s3same@host\n", "npmRegistryServer: 'https://u:s3same@host:port/'\n", "npmRegistryServer: 'http://u:s3same@far.example.com'\n",
	} {
		root := tree(t, map[string]string{"repo/.yarnrc.yml": rc})
		s, err := Load(root+"/repo", environ(root))
		if err == nil {
			err = s.Endpoint("@a/b").Err()
		}
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), hidden) {
			t.Errorf("%q: %v", rc, err)
		}
	}
}
