package registry

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

// An error about a host names the file and line that it comes from.
func TestErrorsNameWhereTheRegistryIsSet(t *testing.T) {
	for name, status := range map[string]int{"not found": 404, "forbidden": 403, "teapot": 418} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		defer srv.Close()
		_, err := client(t, srv.URL, options{}).Packument(context.Background(), "react")
		if err == nil || !strings.Contains(fault.NextOf(err), ".yarnrc.yml:1:") {
			t.Errorf("%s: %v; next: %s", name, err, fault.NextOf(err))
		}
	}
	srv := httptest.NewServer(nil)
	srv.Close() // nobody listens there
	_, err := client(t, srv.URL, options{}).Packument(context.Background(), "react")
	if err == nil || !strings.Contains(fault.NextOf(err), "The registry is named in ") {
		t.Errorf("%v; next: %s", err, fault.NextOf(err))
	}
}
