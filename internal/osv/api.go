package osv

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/portalctl/portalctl/internal/httpfetch"
)

// OSV's protocol, https://google.github.io/osv.dev/api/.

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

// queries sends up to 1000 of them; the answer has a result for each, in order.
func (o *Online) queries(ctx context.Context, queries []query) ([]result, error) {
	body, err := json.Marshal(map[string]any{"queries": queries})
	if err != nil {
		return nil, err
	}
	text, err := o.get(ctx, "/v1/querybatch", body)
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

func (o *Online) get(ctx context.Context, path string, body []byte) ([]byte, error) {
	r := httpfetch.Request{URL: o.url + path, Body: body, MaxBytes: maxRecord}
	if body != nil {
		r.Header = http.Header{"Content-Type": {"application/json"}}
	}
	resp, err := o.client.Get(ctx, r)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
