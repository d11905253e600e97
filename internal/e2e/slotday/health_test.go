package slotday

import (
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/slot"
)

// newHealth is a portal that answers so, and its address.
func newHealth(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.backstage/health/v1/readiness" {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// A portal that does not say that it is ready is not taken for one that is.
func TestHealth(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.run(0, "slot", "deploy")
	p.boot(slices.Concat(dropped, tagged)...)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "http://" + closed.Addr().String()
	closed.Close()
	secure := httptest.NewTLSServer(answers(200, `{"status":"ok"}`))
	t.Cleanup(secure.Close)
	asked := 0
	hang := make(chan struct{})
	hanging := newHealth(t, func(http.ResponseWriter, *http.Request) { <-hang })
	t.Cleanup(func() { close(hang) }) // before the server is closed
	for name, c := range map[string]struct {
		address string
		why     string
		status  int
	}{
		"500":            {newHealth(t, answers(500, "secret-of-a-stack-trace")), "the server answered 500 Internal Server Error", 500},
		"not yet ready":  {newHealth(t, answers(503, `{"message":"Backend has not started yet","status":"error"}`)), "the server answered 503", 503},
		"the frontend":   {newHealth(t, answers(200, "<!doctype html>")), "something else than Backstage's JSON", 200},
		"another status": {newHealth(t, answers(200, `{"status":"stopping"}`)), "without the status ok", 200},
		"hanging":        {hanging, "did not answer in time", 0},
		"refusing":       {refusing, "connection refused", 0},
		"TLS":            {secure.URL, "certificate", 0},
		"no TLS":         {strings.Replace(newHealth(t, answers(200, "")), "http:", "https:", 1), "HTTP", 0},
		"a page of its own": {newHealth(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", http.StatusBadGateway) }) + "/up?token=hush",
			"502", 502},
	} {
		var v slot.Verification
		out := p.run(1, "slot", "verify", "--health", c.address, "--timeout", "1s", "--format", "json")
		decode(t, out, &v)
		if v.Health.OK || !strings.Contains(v.Health.Why, c.why) || v.Health.Status != c.status || v.Title != "the migrations ran as foreseen, and the portal is not ready" {
			t.Errorf("%s: %+v, %s", name, v.Health, v.Title)
		}
		if strings.Contains(out, "hush") || strings.Contains(out, "secret-of-a-stack-trace") {
			t.Errorf("%s: a secret is shown\n%s", name, out)
		}
	}

	// One that is not ready at first is asked again; any path is taken as it is.
	slow := newHealth(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked < 3 || r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	var v slot.Verification
	decode(t, p.run(0, "slot", "verify", "--health", slow+"/healthz", "--format", "json"), &v)
	if !v.OK || v.Health.Attempts != 3 {
		t.Errorf("%+v", v.Health)
	}

	for address, want := range map[string]string{
		"ftp://x":                     "not an http or https address",
		"portal":                      "not an http or https address",
		"https://user:hush@127.0.0.1": "holds a login",
	} {
		if said := p.run(2, "slot", "verify", "--health", address); !strings.Contains(said, want) || strings.Contains(said, "hush") {
			t.Errorf("%s: %s", address, said)
		}
	}
}
