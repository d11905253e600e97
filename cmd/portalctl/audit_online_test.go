package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/osv"
)

// osvService speaks the protocol of api.osv.dev over a folder of records, and
// knows the canary, as the public one does.
type osvService struct {
	records map[string]json.RawMessage
	known   map[string][]*osv.Advisory // by the packages that they name
	// broken answers in its place, if it is set.
	broken http.HandlerFunc
}

const canary = `{"schema_version":"1.7.3","id":"GHSA-jf85-cpcp-j695","modified":"2026-01-01T00:00:00Z","summary":"Prototype Pollution in lodash",
 "affected":[{"package":{"ecosystem":"npm","name":"lodash"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"4.17.12"}]}]}]}`

func newOSVService(t *testing.T, dir string) *osvService {
	t.Helper()
	s := &osvService{records: map[string]json.RawMessage{}, known: map[string][]*osv.Advisory{}}
	add := func(src []byte) {
		a, err := osv.ParseAdvisory(src)
		if err != nil {
			t.Fatal(err)
		}
		var names struct {
			Affected []struct{ Package struct{ Name string } }
		}
		if err := json.Unmarshal(src, &names); err != nil {
			t.Fatal(err)
		}
		s.records[a.ID] = src
		for _, of := range names.Affected {
			if name := of.Package.Name; !slices.Contains(s.known[name], a) {
				s.known[name] = append(s.known[name], a)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		add(src)
	}
	if s.records["GHSA-jf85-cpcp-j695"] == nil {
		add([]byte(canary))
	}
	return s
}

func (s *osvService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.broken != nil {
		s.broken(w, r)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/v1/vulns/"); ok {
		if src := s.records[id]; src != nil {
			_, _ = w.Write(src)
			return
		}
		http.NotFound(w, r)
		return
	}
	var ask struct {
		Queries []struct {
			Package struct{ Name, Ecosystem string }
			Version string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || r.URL.Path != "/v1/querybatch" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	type vuln struct {
		ID       string `json:"id"`
		Modified string `json:"modified"`
	}
	type result struct {
		Vulns []vuln `json:"vulns,omitempty"`
	}
	answer := struct {
		Results []result `json:"results"`
	}{}
	for _, q := range ask.Queries {
		var res result
		for _, a := range s.known[q.Package.Name] {
			if q.Package.Ecosystem == "npm" && a.Affects(osv.Package{Name: q.Package.Name, Version: q.Version}) {
				res.Vulns = append(res.Vulns, vuln{a.ID, "2026-01-01T00:00:00Z"})
			}
		}
		answer.Results = append(answer.Results, res)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// An audit ends by itself, however long a service takes.
func TestAuditDeadline(t *testing.T) {
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer server.Close()
	defer close(over)
	defer func(d time.Duration) { maxAudit = d }(maxAudit)
	maxAudit = 50 * time.Millisecond
	code, out, errOut := run0(t, "", append(exampleEnv(t), "PORTALCTL_OSV_URL="+server.URL, "NO_PROXY=127.0.0.1", "YARN_HTTP_TIMEOUT=3600000"), "audit", "-C", example)
	if code != 2 || out != "" || !strings.Contains(errOut, "audit incomplete: it took longer than 50ms") || !strings.Contains(errOut, "next: ") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, errOut)
	}
}

// TestAuditOnlineFailsClosed: what a service says that does not do its work is
// no pass.
func TestAuditOnlineFailsClosed(t *testing.T) {
	// A server of its own for each: an answer that nobody waits for any more may
	// still be on its way.
	audit := func(service *osvService) (code int, out, errOut string) {
		server := httptest.NewServer(service)
		defer server.Close()
		return run0(t, "", append(exampleEnv(t), "PORTALCTL_OSV_URL="+server.URL, "NO_PROXY=127.0.0.1", "YARN_HTTP_RETRY=0", "YARN_HTTP_TIMEOUT=200"),
			"audit", "-C", example)
	}
	service := newOSVService(t, "no records")
	for name, broken := range map[string]http.HandlerFunc{
		"500":     func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
		"403":     func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"HTML": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<!DOCTYPE html><title>Sign in</title>"))
		},
		"empty": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) },
		"few":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"results":[{}]}`)) },
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"results":[{"vulns":[{"id":"GH`))
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusTemporaryRedirect)
		},
		"silence": func(http.ResponseWriter, *http.Request) { time.Sleep(400 * time.Millisecond) },
	} {
		code, out, errOut := audit(&osvService{broken: broken})
		if code != 2 || out != "" || !strings.Contains(errOut, "incomplete") || !strings.Contains(errOut, "next:") {
			t.Errorf("%s: code %d, stdout %q, stderr %q", name, code, out, errOut)
		}
	}
	if code, _, errOut := audit(service); code != 0 {
		t.Errorf("a service that works: code %d, %s", code, errOut)
	}
	// One that knows nothing has no canary either.
	if code, _, errOut := audit(&osvService{records: service.records}); code != 2 {
		t.Errorf("a service that knows nothing: code %d, %s", code, errOut)
	}
}
