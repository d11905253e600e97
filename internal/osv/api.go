package osv

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/portalctl/portalctl/internal/httpfetch"
)

// api is OSV's protocol, https://google.github.io/osv.dev/api/.
type api struct {
	client *httpfetch.Client
	url    string // without a slash at the end
}

type query struct {
	Package struct {
		Name      string `json:"name"`
		Ecosystem string `json:"ecosystem"`
	} `json:"package"`
	Version string `json:"version"`
	Token   string `json:"page_token,omitempty"`
}

func newQuery(p Package) query {
	q := query{Version: p.Version}
	q.Package.Name, q.Package.Ecosystem = p.Name, ecosystemNPM
	return q
}

// result is what one query of a batch found.
type result struct {
	Vulns []struct {
		ID string `json:"id"`
	} `json:"vulns"`
	Next string `json:"next_page_token"`
}

// batch sends up to 1000 queries; the answer has a result for each, in order.
func (a *api) batch(ctx context.Context, queries []query) ([]result, error) {
	body, err := json.Marshal(map[string]any{"queries": queries})
	if err != nil {
		return nil, err
	}
	text, err := a.get(ctx, "/v1/querybatch", body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Results []*result `json:"results"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, badf("it is not OSV's JSON: %v", err)
	}
	if len(answer.Results) != len(queries) {
		return nil, badf("%d results came for %d packages", len(answer.Results), len(queries))
	}
	out := make([]result, len(queries))
	for i, r := range answer.Results {
		if r == nil {
			return nil, badf("it has no result for %s@%s", queries[i].Package.Name, queries[i].Version)
		}
		out[i] = *r
	}
	return out, nil
}

// record is the text of one OSV record.
func (a *api) record(ctx context.Context, id string) ([]byte, error) {
	return a.get(ctx, "/v1/vulns/"+url.PathEscape(id), nil)
}

func (a *api) get(ctx context.Context, path string, body []byte) ([]byte, error) {
	r := httpfetch.Request{URL: a.url + path, Body: body, MaxBytes: maxRecord}
	if body != nil {
		r.Header = http.Header{"Content-Type": {"application/json"}}
	}
	resp, err := a.client.Get(ctx, r)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
