package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/testkit/signing"
)

// A version's document and the keys are asked for once, kept, and revalidated; without a
// network there is what was kept, and that there were no keys.
func TestSigned(t *testing.T) {
	key := signing.NewKey(t)
	keys := signing.Document(t, key)
	doc := `{"name":"@acme/left","version":"1.0.0","repository":"acme/left","dist":{"integrity":"sha512-x","signatures":[{"keyid":"k","sig":"s"}],"attestations":{"url":"https://elsewhere.example/"}}}`
	notModified := 0
	f := serve(t, func(w http.ResponseWriter, r *http.Request, path string) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", `"1"`)
		switch {
		case r.Header.Get("If-None-Match") == `"1"`:
			notModified++
			w.WriteHeader(http.StatusNotModified)
		case path == "/@acme%2fleft/1.0.0":
			fmt.Fprint(w, doc)
		case path == "/-/npm/v1/keys" && keys != "":
			fmt.Fprint(w, keys)
		default:
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	ctx, cache, now := context.Background(), t.TempDir(), time.Now()
	ask := func(offline bool) (*Client, *Signed) {
		c := client(t, f.URL, options{cfg: Config{CacheDir: cache, Offline: offline, Now: func() time.Time { return now }}})
		s, err := c.Signed(ctx, "@acme/left", "1.0.0")
		if err != nil || len(s.Signatures) != 1 || s.Signatures[0].KeyID != "k" || !s.Attested || s.Repository != "acme/left" {
			t.Fatalf("%+v, %v", s, err)
		}
		return c, s
	}
	c, _ := ask(false)
	for range 3 {
		if got, err := c.Keys(ctx, "@acme/left"); err != nil || !got.Told || len(got.List) != 1 || got.List[0].ID != key.ID {
			t.Fatal(got, err)
		}
	}
	ask(false)
	if got := f.paths(); got != "/@acme%2fleft/1.0.0 /-/npm/v1/keys" {
		t.Error(got)
	}
	now = now.Add(time.Hour)
	if ask(false); notModified != 1 {
		t.Errorf("%d revalidated", notModified)
	}
	now = now.Add(time.Hour)
	before := len(f.seen())
	c, _ = ask(true)
	if got, err := c.Keys(ctx, "left"); err != nil || !got.Told || len(got.List) != 1 || len(f.seen()) != before {
		t.Error("offline:", got, err, f.paths())
	}
	if _, err := c.Attestations(ctx, "@acme/left", "1.0.0"); !errors.Is(err, ErrOffline) {
		t.Error("what was never asked:", err)
	}

	// A registry without keys has npm's; that is kept for runs without a network, too.
	keys, cache = "", t.TempDir()
	for _, offline := range []bool{false, true} {
		c := client(t, f.URL, options{cfg: Config{CacheDir: cache, Offline: offline}})
		if got, err := c.Keys(ctx, "left"); err != nil || got.Told || len(got.List) == 0 {
			t.Errorf("offline %v: %v, %v", offline, got, err)
		}
	}
}

// What is no document is ErrInvalid, with the address and no more of the answer than
// a line has.
func TestSignedInvalid(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>")
		},
		"no JSON":         func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "left") },
		"another package": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"name":"right","version":"1.0.0"}`) },
		"other types": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"name":"left","version":"1.0.0","dist":[]}`)
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := fmt.Fprint(w, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		},
	} {
		f := serve(t, func(w http.ResponseWriter, r *http.Request, _ string) { handle(w, r) })
		c := client(t, f.URL, options{})
		if s, err := c.Signed(context.Background(), "left", "1.0.0"); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), f.URL) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}
