package osv_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/osv"
)

// A server that sends a byte now and then keeps every limit of a request: the
// update ends all the same, by the clock that it is given.
func TestUpdateSlow(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte("x")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}))
	defer s.Close()
	now := today
	_, _, err := osv.Update(t.Context(), t.TempDir(), osv.UpdateOptions{Client: client(t), URL: s.URL + "/npm/all.zip", Now: func() time.Time {
		now = now.Add(2 * time.Second)
		return now
	}})
	if err == nil || !strings.Contains(err.Error(), "did not arrive in time: the server sends too slowly") {
		t.Error(err)
	}
}
