// Package osvtest is an OSV service on loopback for tests: it answers over the
// records of a folder as api.osv.dev does, and serves them as all.zip, and it
// can be made to fail.
package osvtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/portalctl/portalctl/internal/osv"
)

// Server is the service. A fault is part of the address: URL+"/fault/html" is a
// service that answers with web pages. The faults:
//
//	500        every answer is 500
//	hang       no answer comes
//	html       web pages, with status 200
//	short      a result less than queries
//	long       a result more than queries
//	null       results that are null
//	redirect   redirects in a circle
//	cut        answers end in the middle
//	silent     nothing is found, the canary neither
//	missing    records are 404
//	swapped    a record comes for another
//	endless    each page has a next one
//	stuck      the next page is the same
//	paged      no fault: one advisory a page
//	foreign    all.zip is of another ecosystem
//	empty      all.zip has no records
//	few        all.zip has one record only
type Server struct {
	URL string

	server  *http.Server
	named   map[string][]*osv.Advisory // by the packages that they name
	records map[string][]byte

	mu  sync.Mutex
	log []string
}

// canary is what the real service knows of the version that clients plant.
const canary = `{"schema_version":"1.5.0","id":"GHSA-jf85-cpcp-j695","modified":"2025-09-29T21:12:31Z","published":"2019-07-10T19:45:23Z",
"aliases":["CVE-2019-10744"],"summary":"Prototype Pollution in lodash","affected":[{"package":{"ecosystem":"npm","name":"lodash"},"versions":["4.17.4"]}]}`

// Start serves the *.json records of dir. Close it.
func Start(dir string) (*Server, error) {
	s := &Server{named: map[string][]*osv.Advisory{}, records: map[string][]byte{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no records in %s", dir)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := s.add(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if s.records["GHSA-jf85-cpcp-j695"] == nil {
		if err := s.add([]byte(canary)); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.URL = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// Close ends the service, requests that hang too.
func (s *Server) Close() { _ = s.server.Close() }

// Requests are the paths asked for so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.log...)
}

func (s *Server) add(text []byte) error {
	a, err := osv.ParseAdvisory(text)
	if err != nil {
		return err
	}
	var names struct {
		Affected []struct{ Package struct{ Name string } }
	}
	if err := json.Unmarshal(text, &names); err != nil {
		return err
	}
	for _, of := range names.Affected {
		if name := of.Package.Name; !slices.Contains(s.named[name], a) {
			s.named[name] = append(s.named[name], a)
		}
	}
	s.records[a.ID] = text
	return nil
}

// ServeHTTP answers, or fails as the address says.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.log = append(s.log, r.URL.Path)
	s.mu.Unlock()
	path, fault := r.URL.Path, ""
	if rest, ok := strings.CutPrefix(path, "/fault/"); ok {
		fault, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	switch fault {
	case "500":
		http.Error(w, "no", http.StatusInternalServerError)
		return
	case "hang":
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return
	case "html":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><body>Sign in to the network</body></html>")
		return
	case "redirect":
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		return
	}
	switch id, ok := strings.CutPrefix(path, "/v1/vulns/"); {
	case ok:
		s.record(w, id, fault)
	case path == "/v1/querybatch" && r.Method == http.MethodPost:
		s.batch(w, r, fault)
	case path == "/npm/all.zip":
		s.zip(w, r, fault)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) record(w http.ResponseWriter, id, fault string) {
	text := s.records[id]
	if fault == "swapped" {
		for other := range s.records {
			if other != id {
				text = s.records[other]
			}
		}
	}
	if text == nil || fault == "missing" {
		http.Error(w, `{"code":5,"message":"Bug not found."}`, http.StatusNotFound)
		return
	}
	s.send(w, text, fault)
}

func (s *Server) send(w http.ResponseWriter, text []byte, fault string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if fault == "cut" {
		text = text[:len(text)/2]
	}
	_, _ = w.Write(text)
}

type vuln struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
}

type result struct {
	Vulns []vuln `json:"vulns,omitempty"`
	Next  string `json:"next_page_token,omitempty"`
}

func (s *Server) batch(w http.ResponseWriter, r *http.Request, fault string) {
	var in struct {
		Queries []struct {
			Package struct{ Name, Ecosystem string }
			Version string
			Token   string `json:"page_token"`
		}
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 32<<20)).Decode(&in); err != nil || len(in.Queries) == 0 || len(in.Queries) > 1000 {
		http.Error(w, `{"code":3,"message":"Too many queries."}`, http.StatusBadRequest)
		return
	}
	results := make([]*result, 0, len(in.Queries)+1)
	for _, q := range in.Queries {
		out := &result{}
		results = append(results, out)
		if q.Package.Ecosystem != "npm" || fault == "silent" {
			continue
		}
		for _, a := range s.named[q.Package.Name] {
			if a.Affects(osv.Package{Name: q.Package.Name, Version: q.Version}) {
				out.Vulns = append(out.Vulns, vuln{a.ID, a.Modified})
			}
		}
		page, _ := strconv.Atoi(q.Token)
		switch {
		case fault == "endless":
			out.Next = strconv.Itoa(page + 1)
		case fault == "stuck":
			out.Next = "again"
		case fault == "paged" && page+1 < len(out.Vulns):
			out.Vulns, out.Next = out.Vulns[page:page+1], strconv.Itoa(page+1)
		case fault == "paged":
			out.Vulns = out.Vulns[min(page, len(out.Vulns)):]
		}
	}
	switch fault {
	case "short":
		results = results[:len(results)-1]
	case "long":
		results = append(results, &result{})
	case "null":
		results[0] = nil
	}
	text, err := json.Marshal(map[string]any{"results": results})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.send(w, text, fault)
}
