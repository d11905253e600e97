package registry

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

func TestCredentials(t *testing.T) {
	reg := static(t, `{"versions":{}}`)
	other := static(t, `{"versions":{}}`)
	c := client(t, reg.URL, options{
		rc: "npmAuthToken: general\nnpmScopes:\n  s: {npmRegistryServer: '" + other.URL + "/s', npmAuthToken: scoped}\n  e: {npmRegistryServer: '" + other.URL + "', npmAuthToken: '${NOPE}'}\n",
	})
	for _, name := range []string{"plain", "@o/x", "@s/x"} {
		if _, err := c.Packument(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]string{}
	for _, r := range append(reg.seen(), other.seen()...) {
		got[r.URL.EscapedPath()] = r.Header.Get("Authorization")
	}
	for path, want := range map[string]string{"/plain": "", "/@o%2fx": "Bearer general", "/s/@s%2fx": "Bearer scoped"} {
		if auth, ok := got[path]; !ok || auth != want {
			t.Errorf("%s: %q, want %q", path, auth, want)
		}
	}
	if _, err := c.Packument(t.Context(), "@e/x"); err == nil || !strings.Contains(err.Error(), "environment variable NOPE is not set") {
		t.Errorf("err = %v", err)
	}
}

func TestRefusalsNameTheHostAndNoToken(t *testing.T) {
	reg := serve(t, func(w http.ResponseWriter, r *http.Request, _ string) { w.WriteHeader(401) })
	host := strings.TrimPrefix(reg.URL, "http://")
	for _, tt := range []struct{ rc, name, next string }{
		{"npmAuthToken: s3same\n", "@s/x", "Check that the token for " + host + " is valid"},
		{"npmAuthToken: s3same\n", "x", "Set npmAlwaysAuth: true"},
		{"", "x", "Give a token for " + host},
	} {
		_, err := client(t, reg.URL, options{rc: tt.rc}).Packument(t.Context(), tt.name)
		if !errors.Is(err, ErrAuth) || !httpfetch.IsStatus(err, 401) || !strings.Contains(fault.NextOf(err), tt.next) {
			t.Errorf("%v, next %q", err, fault.NextOf(err))
		}
		if all := fmt.Sprintf("%v %+v %#v %s", err, err, err, fault.NextOf(err)); strings.Contains(all, "s3same") {
			t.Errorf("the token shows: %s", all)
		}
	}
}
