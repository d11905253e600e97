package httpfetch

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portalctl/portalctl/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick is a Config that wastes no time on waiting.
var quick = Config{MinWait: time.Millisecond, MaxWait: 5 * time.Millisecond, Timeout: 2 * time.Second}

func newClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c := New(cfg)
	t.Cleanup(c.CloseIdle)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// wantFault checks the parts of an error that the user acts on.
func wantFault(t *testing.T, err error, is error, texts ...string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("got %v (%T), want a *fault.Error", err, err)
	}
	if is != nil && !errors.Is(err, is) {
		t.Errorf("%v is no %v", err, is)
	}
	if f.Next == "" && is == nil {
		t.Errorf("%v has no next step", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error()+"\n"+f.Next, text) {
			t.Errorf("%q (next: %q) does not contain %q", err, f.Next, text)
		}
	}
}
