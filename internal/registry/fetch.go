package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/jsonscan"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// call is a packument being fetched, or fetched.
type call struct {
	done chan struct{}
	p    *Packument
	err  error
}

// Packument is everything that the registry of a package knows of it. Several
// callers of one name share one request. The error is a fault; errors.Is finds
// ErrNotFound, ErrOffline, ErrAuth and ErrInvalid in it.
func (c *Client) Packument(ctx context.Context, name string) (*Packument, error) {
	for {
		c.mu.Lock()
		known, ok := c.calls[name]
		if !ok {
			known = &call{done: make(chan struct{})}
			c.calls[name] = known
		}
		c.mu.Unlock()
		if !ok {
			c.lead(ctx, name, known)
			return known.p, known.err
		}
		select {
		case <-known.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		// Whoever asked first may have given up; that is not an answer for us.
		if ctx.Err() == nil && (errors.Is(known.err, context.Canceled) || errors.Is(known.err, context.DeadlineExceeded)) {
			continue
		}
		return known.p, known.err
	}
}

func (c *Client) lead(ctx context.Context, name string, k *call) {
	defer close(k.done)
	k.p, k.err = c.packument(ctx, name)
	if k.err != nil && !errors.Is(k.err, ErrNotFound) {
		c.mu.Lock()
		delete(c.calls, name) // the next caller tries again
		c.mu.Unlock()
	}
}

func (c *Client) packument(ctx context.Context, name string) (_ *Packument, err error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	ep := c.cfg.Settings.Endpoint(name)
	defer func() { err = hide(ep, err) }()
	if err := ep.Err(); err != nil {
		return nil, err
	}
	address := ep.URL + namePath(name, "%2f")
	got, err := c.entry(ctx, ep, name, name, address, func() error { return c.notFound(ep, name, address) }, func(cached *cacheEntry) (*cacheEntry, error) {
		return again(ctx, c, func() (*cacheEntry, bool, error) { return c.ask(ctx, ep, name, address, cached) })
	})
	if err != nil {
		return nil, err
	}
	return got.packument(name, address), nil
}

// entry is what a registry has and the cache keeps under a key: as it is kept where
// that is fresh or nobody may be asked, else as ask has it, which may revalidate what is
// kept. what names it in errors; lacks is that of a registry which does not have it.
func (c *Client) entry(ctx context.Context, ep yarnrc.Endpoint, key, what, address string, lacks func() error, ask func(cached *cacheEntry) (*cacheEntry, error)) (*cacheEntry, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	cached := c.load(c.cacheFile(ep.URL, key), ep.URL, key)
	now := c.cfg.Now()
	if cached != nil && (c.cfg.Offline || c.fresh(cached, now)) {
		return cached, nil
	}
	if err := c.online(ep, what, address); err != nil {
		switch {
		case cached != nil:
			return cached, nil
		case c.load(c.missingFile(ep.URL, key), ep.URL, key) != nil:
			return nil, lacks()
		}
		return nil, err
	}
	got, err := ask(cached)
	if err != nil {
		if cached == nil && errors.Is(err, ErrNotFound) {
			c.storeMissing(ep.URL, key, now)
		}
		return nil, err
	}
	got.fetched = now.UnixMilli()
	c.store(ep.URL, key, got)
	return got, nil
}

// fresh reports whether a cached packument needs no request. One from the
// future tells of a wrong clock.
func (c *Client) fresh(e *cacheEntry, now time.Time) bool {
	age := now.UnixMilli() - e.fetched
	return age >= 0 && time.Duration(age)*time.Millisecond < c.cfg.MaxAge
}

// online is an error if no request may be made.
func (c *Client) online(ep yarnrc.Endpoint, name, address string) error {
	pos := fault.Pos{File: httpfetch.Redact(address)}
	if c.cfg.Offline {
		return fault.Wrap(ErrOffline, pos, "no cached copy of %s", name).
			WithNext("Run the command once with a network")
	}
	if u, err := url.Parse(ep.URL); err == nil && !c.cfg.Settings.Network(u.Hostname()).Enabled {
		return fault.Wrap(ErrOffline, pos, "no cached copy of %s, and enableNetwork forbids requests to %s", name, u.Hostname()).
			WithNext("Set enableNetwork: true for this host in .yarnrc.yml")
	}
	return nil
}

// again asks once, and anew if the body of the answer breaks off: body says that the
// answer had begun when it failed.
func again[T any](ctx context.Context, c *Client, once func() (got T, body bool, err error)) (T, error) {
	for attempt := 1; ; attempt++ {
		got, body, err := once()
		if err == nil || !body || attempt == bodyAttempts || !httpfetch.Unreachable(err) || ctx.Err() != nil {
			return got, err
		}
		pause := time.NewTimer(time.Duration(attempt) * c.wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return got, ctx.Err()
		}
	}
}

// ask makes one request for a packument.
func (c *Client) ask(ctx context.Context, ep yarnrc.Endpoint, name, address string, cached *cacheEntry) (got *cacheEntry, body bool, err error) {
	req := httpfetch.Request{URL: address, MaxBytes: c.limit, Header: http.Header{"Accept": {"application/json"}}}
	if cached != nil && cached.etag != "" {
		req.Header.Set("If-None-Match", cached.etag)
	} else if cached != nil && cached.modified != "" {
		req.Header.Set("If-Modified-Since", cached.modified)
	}
	req.Auth = func(r *http.Request) {
		ep.Authorize(r)
		// A stream has no encoding unless it is asked for here. Packuments
		// shrink to a tenth.
		r.Header.Set("Accept-Encoding", "gzip")
	}
	stream, err := c.cfg.HTTP.Stream(ctx, req)
	if err != nil {
		if cached != nil && httpfetch.IsStatus(err, http.StatusNotModified) {
			return cached, false, nil
		}
		return nil, false, c.refused(ep, name, address, err)
	}
	defer stream.Body.Close()
	if err := jsonType(stream.Header); err != nil {
		return nil, false, invalid(err, name, address)
	}
	p, err := readBody(stream, c.limit)
	if err != nil {
		return nil, true, broken(err, name, address)
	}
	if p.name != "" && p.name != name {
		return nil, true, invalid(errors.New("it is about "+quote(p.name)), name, address)
	}
	return &cacheEntry{etag: stream.Header.Get("ETag"), modified: stream.Header.Get("Last-Modified"), p: p}, true, nil
}

var gunzips sync.Pool // of *gzip.Reader

func readBody(stream *httpfetch.Stream, limit int64) (*Packument, error) {
	var body io.Reader = stream.Body
	switch enc := strings.ToLower(stream.Header.Get("Content-Encoding")); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		// Each has some 80 KB of tables and window.
		z, _ := gunzips.Get().(*gzip.Reader)
		if z == nil {
			z = new(gzip.Reader)
		}
		defer gunzips.Put(z)
		if err := z.Reset(body); err != nil {
			return nil, err
		}
		body = z
	default:
		return nil, errors.New("it has an encoding that was not asked for")
	}
	return readPackument(body, limit)
}

// jsonType refuses answers that say that they are something else. Types that
// say nothing are let through: the body must be a packument anyway.
func jsonType(h http.Header) error {
	ct := h.Get("Content-Type")
	media, _, err := mime.ParseMediaType(ct)
	if ct == "" || strings.Contains(media, "json") || media == "text/plain" || media == "application/octet-stream" {
		return nil
	}
	if err != nil {
		media = quote(ct)
	}
	return errors.New("it is " + media + ", not JSON")
}

// refused explains an answer that is not a packument: who asked for what, and
// what to do, with our words where the status is plain.
func (c *Client) refused(ep yarnrc.Endpoint, name, address string, err error) error {
	pos := fault.Pos{File: httpfetch.Redact(address)}
	switch {
	case httpfetch.IsStatus(err, http.StatusNotFound), httpfetch.IsStatus(err, http.StatusGone):
		return c.notFound(ep, name, address)
	case httpfetch.IsStatus(err, http.StatusUnauthorized), httpfetch.IsStatus(err, http.StatusForbidden):
		return setAt(ep, fault.Wrap(&authError{err}, pos, "package %s", name).WithNext("%s", ep.AuthHint()))
	}
	return setAt(ep, err)
}

// notFound is the error for a package that the registry says that it does not have.
func (c *Client) notFound(ep yarnrc.Endpoint, name, address string) error {
	f := fault.Wrap(ErrNotFound, fault.Pos{File: httpfetch.Redact(address)}, "package %s", name)
	if ep.HasAuth() {
		return setAt(ep, f.WithNext("Check the name"))
	}
	return setAt(ep, f.WithNext("Check the name. If the package is private: %s", ep.AuthHint()))
}

// setAt adds to an error about a host where that host was named, which may be in
// a file that nobody thinks of.
func setAt(ep yarnrc.Endpoint, err error) error {
	at := ep.SetAt()
	f, ok := err.(*fault.Error)
	if !ok || at.File == "" {
		return err
	}
	out := *f
	out.Next = strings.TrimLeft(strings.TrimRight(out.Next, ". ")+". "+fmt.Sprintf("The registry is named in %s", at), ". ")
	return &out
}

// authError is ErrAuth with the status behind it.
type authError struct{ err error }

func (e *authError) Error() string {
	var status *httpfetch.StatusError
	if errors.As(e.err, &status) {
		return ErrAuth.Error() + ": " + status.Error()
	}
	return ErrAuth.Error()
}
func (e *authError) Unwrap() []error { return []error{ErrAuth, e.err} }

// broken explains an error while reading the body.
func broken(err error, name, address string) error {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return err // of the network, explained by httpfetch
	case errors.Is(err, errUnpublished):
		return fault.Wrap(ErrNotFound, fault.Pos{File: httpfetch.Redact(address)}, "package %s was unpublished", name).
			WithNext("Replace %s by another package", name)
	case errors.Is(err, io.ErrUnexpectedEOF):
		// Cut off without the network noticing: worth another attempt.
		return fault.Wrap(&invalidError{err}, fault.Pos{File: httpfetch.Redact(address)}, "the answer for %s is incomplete", name).
			WithNext("Run the command again")
	case errors.Is(err, jsonscan.ErrTooLarge):
		err = httpfetch.ErrTooLarge
	}
	return invalid(err, name, address)
}

func invalid(err error, name, address string) error {
	host := "the registry"
	if u, perr := url.Parse(address); perr == nil {
		host = u.Host
	}
	return fault.Wrap(&invalidError{err}, fault.Pos{File: httpfetch.Redact(address)}, "the answer for %s is not a packument", name).
		WithNext("Check that %s is an npm registry (npmRegistryServer, registry); a proxy or a login page may answer in its place", host)
}

// invalidError is ErrInvalid with what is behind it, which may be a broken connection.
type invalidError struct{ err error }

func (e *invalidError) Error() string   { return e.err.Error() }
func (e *invalidError) Unwrap() []error { return []error{ErrInvalid, e.err} }

// quote shows a text that a server chose: short, and without control
// characters.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return `"` + strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '.'
		}
		return r
	}, s) + `"`
}
