package osv_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/osv"
)

var asked = []osv.Package{
	{Name: "two-lines", Version: "0.9.0"},
	{Name: "two-lines", Version: "1.4.1"},
	{Name: "two-lines", Version: "1.4.2"},
	{Name: "two-lines", Version: "2.0.0"},
	{Name: "two-lines", Version: "2.0.0"},
	{Name: "two-lines", Version: "2.1.0"},
	{Name: "two-lines", Version: "2.0.0-rc.1"},
	{Name: "last-one", Version: "0.9.0"},
	{Name: "last-one", Version: "1.5.0"},
	{Name: "last-one", Version: "1.5.1"},
	{Name: "@scope/pkg", Version: "3.0.0-beta"},
	{Name: "@scope/pkg", Version: "3.0.0"},
	{Name: "@portal/parser", Version: "3.4.0"},
	{Name: "@portal/parser", Version: "3.4.1"},
	{Name: "stolen", Version: "5.0.1+build"},
	{Name: "nobody-knows-it", Version: "1.0.0"},
	{Name: "django", Version: "1.0.0"},
	{Name: "lodash", Version: "4.17.4"},
}

var want = []string{
	"GHSA-aaaa-aaaa-aaaa two-lines 0.9.0",
	"GHSA-aaaa-aaaa-aaaa two-lines 1.4.1",
	"GHSA-aaaa-aaaa-aaaa two-lines 2.0.0",
	"GHSA-bbbb-bbbb-bbbb last-one 1.5.0",
	"GHSA-cccc-cccc-cccc @scope/pkg 3.0.0-beta",
	"GHSA-cccc-cccc-cccc two-lines 0.9.0",
	"GHSA-eeee-eeee-eeee stolen 5.0.1+build",
	"MAL-2026-1 @portal/parser 3.4.1",
}

func TestMatch(t *testing.T) {
	dir := t.TempDir()
	zipped(t, dir)
	for name, m := range map[string]osv.Matcher{
		"folder": open(t, records),
		"zip":    open(t, dir),
		"kept":   open(t, dir),
	} {
		t.Run(name, func(t *testing.T) {
			hits, err := m.Match(t.Context(), asked)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, rows(hits)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMatchOnline(t *testing.T) {
	s := serve(t)
	// The service has the canary's record, and who asks for it gets it.
	want := append([]string{}, want...)
	want = append(want[:7], append([]string{"GHSA-jf85-cpcp-j695 lodash 4.17.4"}, want[7:]...)...)
	for _, url := range []string{s.URL, s.URL + "/fault/paged", s.URL + "/"} {
		hits, err := osv.NewOnline(client(t), url).Match(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, rows(hits)); diff != "" {
			t.Errorf("%s: %s", url, diff)
		}
	}
}

// TestMatchNothing: no findings are an answer of the service only if it found
// the canary.
func TestMatchNothing(t *testing.T) {
	s := serve(t)
	for _, m := range []osv.Matcher{open(t, records), osv.NewOnline(client(t), s.URL)} {
		for _, list := range [][]osv.Package{nil, {{Name: "left-pad", Version: "1.3.0"}}} {
			if hits, err := m.Match(t.Context(), list); err != nil || len(hits) != 0 {
				t.Errorf("%v, %v", hits, err)
			}
		}
	}
	if n := len(s.Requests()); n != 4 {
		t.Errorf("%d requests, want a batch and the canary's record each: %v", n, s.Requests())
	}
}

// TestMatchInexpressible: what no advisory can name, so that nothing would be
// found.
func TestMatchInexpressible(t *testing.T) {
	db := open(t, records)
	for _, p := range []osv.Package{
		{Name: "two-lines"},
		{Version: "1.0.0"},
		{Name: "two-lines", Version: "1.0.0 || 2"},
		{Name: "two-lines", Version: "1.0.0\"\n"},
		{Name: "a@npm:b", Version: "1.0.0"},
		{Name: "a, two-lines", Version: "1.0.0"},
		{Name: "@", Version: "1.0.0"},
		{Name: "org.example:lib", Version: "1.0.0"},
	} {
		_, err := db.Match(t.Context(), []osv.Package{p})
		wantFault(t, err, "incomplete", "yarn.lock")
	}
}

func TestMatchCancelled(t *testing.T) {
	s := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, m := range []osv.Matcher{open(t, records), osv.NewOnline(client(t), s.URL)} {
		if _, err := m.Match(ctx, asked); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// TestMatchTwice: two audits in one process do not disturb each other.
func TestMatchTwice(t *testing.T) {
	db := open(t, records)
	done := make(chan error)
	for range 4 {
		go func() {
			hits, err := db.Match(context.Background(), asked)
			if err == nil && len(hits) != len(want) {
				err = errors.New("another answer")
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
