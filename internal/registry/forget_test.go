package registry

import (
	"net/http"
	"testing"
)

// What led nowhere is asked for anew, by this run and by the next; offline,
// nothing is thrown away.
func TestForget(t *testing.T) {
	asked := 0
	reg := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		asked++
		_, _ = w.Write([]byte(doc("x", 1)))
	})
	dir := t.TempDir()
	get := func(o Config) *Client {
		t.Helper()
		o.CacheDir = dir
		c := client(t, reg.URL, options{cfg: o})
		if _, err := c.Packument(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := get(Config{})
	get(Config{}).Forget("other")
	get(Config{Offline: true}).Forget("x")
	get(Config{})
	if asked != 1 {
		t.Errorf("%d requests before anything was forgotten, want 1", asked)
	}
	c.Forget("x")
	if _, err := c.Packument(t.Context(), "x"); err != nil || asked != 2 {
		t.Errorf("the same run: %d requests, want 2; %v", asked, err)
	}
	get(Config{}).Forget("x")
	get(Config{})
	if asked != 3 {
		t.Errorf("the next run: %d requests, want 3", asked)
	}
}
