package osv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/sorting"
)

// DefaultAPI is the public OSV service.
const DefaultAPI = "https://api.osv.dev"

const (
	// maxQueries is the API's limit of a batch; one of them is the canary.
	maxQueries = 1000
	// maxPages and maxHits bound an answer that does not end: of 2026's
	// packages none has more than 300 advisories.
	maxPages = 100
	maxHits  = 5000
	// How many batches and records are fetched at once.
	parallelBatches = 4
	parallel        = 32
)

// The online canary: a version that is known to be vulnerable since 2019. A
// service that does not know it would not know anything else either.
var (
	onlineCanary   = Package{Name: "lodash", Version: "4.17.4"}
	onlineCanaryID = "GHSA-jf85-cpcp-j695"
)

// Online asks the OSV service. Its protocol is spoken here and not by
// osv-scanner 2.4.0, which takes a batch answer that is shorter than the
// question for one without findings, follows redirects and pages without
// bound, and cannot be stopped.
type Online struct {
	client *httpfetch.Client
	url    string // without a slash at the end
}

// NewOnline asks a service that speaks OSV's protocol, "" for DefaultAPI. It does no I/O.
func NewOnline(client *httpfetch.Client, url string) *Online {
	return &Online{client, strings.TrimSuffix(cmp.Or(url, DefaultAPI), "/")}
}

// Match asks the service about packages, a thousand in a request, and fetches
// the advisories that it names.
func (o *Online) Match(ctx context.Context, packages []Package) ([]Hit, error) {
	asked, err := questions(packages)
	if err != nil {
		return nil, err
	}
	ids, err := o.ask(ctx, asked)
	if err != nil {
		return nil, o.incomplete(ctx, err)
	}
	advisories, err := o.advisories(ctx, ids)
	if err != nil {
		return nil, o.incomplete(ctx, err)
	}
	var hits []Hit
	for id, pkgs := range ids {
		a := advisories[id]
		if a == nil { // withdrawn
			continue
		}
		sorting.By(pkgs, comparePackages)
		for _, p := range slices.Compact(pkgs) {
			hits = append(hits, Hit{Package: p, Advisory: a})
		}
	}
	sortHits(hits)
	return hits, nil
}

// ask finds which records name which packages, some batches at a time.
func (o *Online) ask(ctx context.Context, asked []Package) (map[string][]Package, error) {
	var mu sync.Mutex
	ids := map[string][]Package{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelBatches)
	// Without packages the canary alone tells whether the service works.
	for first := 0; first == 0 || first < len(asked); first += maxQueries - 1 {
		part := asked[first:min(first+maxQueries-1, len(asked))]
		g.Go(func() error {
			return o.batch(ctx, part, func(id string, p Package) error {
				mu.Lock()
				defer mu.Unlock()
				if ids[id] = append(ids[id], p); len(ids) > maxHits {
					return badf("it names more than %d advisories", maxHits)
				}
				return nil
			})
		})
	}
	return ids, g.Wait()
}

func (o *Online) incomplete(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := incomplete(err, "the OSV service did not answer as it should")
	e.Pos.File = httpfetch.Redact(o.url)
	var b badAnswer
	if errors.As(err, &b) {
		e.Next = "Check the address, and whether a proxy answers in its place, or audit with a database: portalctl audit db update, then --offline"
	}
	return e
}

// badAnswer is an answer that came and cannot be believed.
type badAnswer string

func (b badAnswer) Error() string { return string(b) }

func badf(format string, args ...any) error { return badAnswer(fmt.Sprintf(format, args...)) }

// batch asks about packages and the canary, and follows what has more pages.
// use gets each record that the answers name.
func (o *Online) batch(ctx context.Context, packages []Package, use func(id string, p Package) error) error {
	type open struct {
		query
		pkg Package
	}
	var todo []open
	for _, p := range append(packages[:len(packages):len(packages)], onlineCanary) {
		todo = append(todo, open{query: newQuery(p), pkg: p})
	}
	canary := len(todo) - 1
	sawCanary := false
	for page := 0; len(todo) > 0; page++ {
		if page == maxPages {
			return badf("it has more than %d pages for a package", maxPages)
		}
		queries := make([]query, len(todo))
		for i := range todo {
			queries[i] = todo[i].query
		}
		results, err := o.queries(ctx, queries)
		if err != nil {
			return err
		}
		var next []open
		nextCanary := -1
		for i, r := range results {
			for _, v := range r.Vulns {
				if !validID(v.ID) {
					return badf("it names a record %.40q", v.ID)
				}
				if i == canary {
					sawCanary = sawCanary || v.ID == onlineCanaryID
					continue
				}
				if err := use(v.ID, todo[i].pkg); err != nil {
					return err
				}
			}
			if r.Next == "" {
				continue
			}
			if r.Next == todo[i].Token {
				return badf("its next page of %s is the same again", todo[i].pkg.Name)
			}
			if i == canary {
				nextCanary = len(next)
			}
			more := todo[i]
			more.Token = r.Next
			next = append(next, more)
		}
		todo, canary = next, nextCanary
	}
	if !sawCanary {
		return badf("it does not know %s of %s@%s, so its answers about other packages cannot be trusted",
			onlineCanaryID, onlineCanary.Name, onlineCanary.Version)
	}
	return nil
}

// validID keeps what a service calls a record from becoming another address.
func validID(id string) bool {
	for i := range len(id) {
		c := id[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '-' && c != ':' && c != '_') {
			return false
		}
	}
	return len(id) >= 3 && len(id) <= 128
}

// advisories fetches each record once, and the canary's, which shows that
// records come as they should. A withdrawn one is nil.
func (o *Online) advisories(ctx context.Context, ids map[string][]Package) (map[string]*Advisory, error) {
	list := slices.Sorted(maps.Keys(ids))
	if !slices.Contains(list, onlineCanaryID) {
		list = append(list, onlineCanaryID)
	}
	got := make([]*Advisory, len(list))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, id := range list {
		g.Go(func() error {
			text, err := o.get(ctx, "/v1/vulns/"+url.PathEscape(id), nil)
			if err != nil {
				return err
			}
			a, withdrawn, err := parseAdvisory(text)
			switch {
			case err != nil:
				return badf("its record %s is not an OSV record: %v", id, err)
			case a.ID != id:
				return badf("it sent the record %.40q for %s", a.ID, id)
			case id == onlineCanaryID && (withdrawn || !a.Affects(onlineCanary)):
				return badf("its record %s is not about %s@%s", id, onlineCanary.Name, onlineCanary.Version)
			case !withdrawn:
				got[i] = a
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := make(map[string]*Advisory, len(list))
	for i, id := range list {
		out[id] = got[i]
	}
	return out, nil
}
