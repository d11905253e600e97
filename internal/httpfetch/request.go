package httpfetch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Request is one GET, or with a Body one POST.
type Request struct {
	// URL is absolute, http or https.
	URL string
	// Header is sent as it is, also to hosts that the server redirects to: no
	// credentials in here.
	Header http.Header
	// Auth adds the credentials, if there are any for the request's host. What
	// it sets is not sent on to another origin.
	Auth func(*http.Request)
	// ETag asks for the body only if it changed since (If-None-Match).
	ETag string
	// Body makes the request a POST. It must be one that may be sent twice, as
	// a retry does: a question, not an order.
	Body []byte
	// From asks Stream for the rest of a body, from this byte on, of which
	// IfRange is the strong ETag: the server sends the whole if it has another.
	From    int64
	IfRange string
	// MaxBytes limits the body, after decompression. 0 means defaultMaxBytes.
	MaxBytes int64
}

// Response is a whole answer: status 200, or NotModified.
type Response struct {
	Header http.Header
	Body   []byte
	// ETag identifies this body in a later Request.
	ETag string
	// NotModified: the server answered 304 to the request's ETag; Body is nil.
	NotModified bool
}

// Stream is an answer of status 200 whose body is yet to be read, as it is on
// the wire: no encoding is asked for and none undone. Close it.
type Stream struct {
	Body   io.ReadCloser
	Header http.Header
	// Size is the announced length in bytes, -1 if the server named none. A
	// body that ends before it fails with io.ErrUnexpectedEOF.
	Size int64
	// From is the byte that Body starts with: Request.From, or 0 if the server
	// sends the whole.
	From int64
}

// Get fetches a whole body, gzip undone.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	if err := c.acquire(ctx); err != nil {
		return nil, explain(r.URL, 1, err)
	}
	defer c.release()
	ctx, cancel := c.deadline(ctx)
	defer cancel()
	out := &Response{}
	resp, err := c.do(ctx, r, "gzip", func(resp *http.Response) (err error) {
		if resp.StatusCode == http.StatusNotModified {
			out.NotModified = true
			return nil
		}
		out.Body, err = readAll(resp, r.limit())
		return err
	})
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	out.Header, out.ETag = resp.Header, resp.Header.Get("ETag")
	return out, nil
}

// Stream starts fetching a body. What fails before it starts is retried, what
// fails later is an error of Body. Request.ETag is not used.
func (c *Client) Stream(ctx context.Context, r Request) (*Stream, error) {
	r.ETag = ""
	if err := c.acquire(ctx); err != nil {
		return nil, explain(r.URL, 1, err)
	}
	ctx, cancel := c.deadline(ctx)
	done := func() { cancel(); c.release() }
	resp, err := c.do(ctx, r, "identity", func(resp *http.Response) error {
		if resp.ContentLength > r.limit() {
			return ErrTooLarge
		}
		return nil
	})
	if err != nil {
		done()
		return nil, err
	}
	body := &streamBody{body: resp.Body, left: r.limit(), url: r.URL, ctx: ctx, done: done}
	out := &Stream{Body: body, Header: resp.Header, Size: resp.ContentLength}
	if resp.StatusCode == http.StatusPartialContent {
		out.From = r.From
	}
	return out, nil
}

// isRest: the rest of a body that was asked for, and no other part of it.
func (r *Request) isRest(resp *http.Response) bool {
	return r.From > 0 && resp.StatusCode == http.StatusPartialContent &&
		strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", r.From))
}

func (r *Request) limit() int64 {
	if r.MaxBytes <= 0 {
		return defaultMaxBytes
	}
	return r.MaxBytes
}

func (c *Client) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.cfg.MaxTime, ErrTimeout)
}

// do runs the request until handle accepts an answer. Its errors are for the
// user already.
func (c *Client) do(ctx context.Context, r Request, encoding string, handle func(*http.Response) error) (*http.Response, error) {
	if c.cfg.Offline {
		return nil, explain(r.URL, 1, ErrOffline)
	}
	client, err := c.httpClient()
	if err != nil {
		return nil, err
	}
	req, err := c.request(ctx, r, encoding)
	if err != nil {
		return nil, explain(r.URL, 1, err)
	}
	try := &retry{cfg: &c.cfg, attempts: 1}
	retrying := &retryablehttp.Client{
		HTTPClient:   client,
		RetryMax:     c.cfg.Retries,
		CheckRetry:   try.check,
		Backoff:      try.wait,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	req.SetResponseHandler(func(resp *http.Response) error {
		if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNotModified && r.ETag != "" || r.isRest(resp) {
			return handle(resp)
		}
		return newStatusError(r.URL, resp)
	})
	resp, err := retrying.Do(req)
	if err == nil && resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNotModified && !r.isRest(resp) {
		err = newStatusError(r.URL, resp) // the last of several 5xx or 429
	}
	if err == nil {
		return resp, nil
	}
	if resp != nil && resp.Body != nil {
		// A connection is kept only if its body was read.
		io.CopyN(io.Discard, resp.Body, 64<<10)
		resp.Body.Close()
	}
	return nil, explain(r.URL, try.attempts, cause(ctx, err))
}

// cause is why ctx ended, if it did, else err: the first answer that a cut
// connection gives is not the reason.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (c *Client) request(ctx context.Context, r Request, encoding string) (*retryablehttp.Request, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errScheme
	}
	method, body := http.MethodGet, io.Reader(nil)
	if r.Body != nil {
		method, body = http.MethodPost, bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.URL, body)
	if err != nil {
		return nil, errScheme
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	req.Header.Set("Accept-Encoding", encoding)
	if r.ETag != "" {
		req.Header.Set("If-None-Match", r.ETag)
	}
	if r.From > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", r.From))
		req.Header.Set("If-Range", r.IfRange)
	}
	if r.Auth != nil {
		before := req.Header.Clone()
		r.Auth(req)
		req = req.WithContext(withSecrets(ctx, changed(before, req.Header)))
	}
	return retryablehttp.FromRequest(req)
}

// changed lists the headers of after that are not the same in before.
func changed(before, after http.Header) []string {
	var names []string
	for name, values := range after {
		if !slices.Equal(before[name], values) {
			names = append(names, name)
		}
	}
	return names
}

func newStatusError(rawURL string, resp *http.Response) *StatusError {
	after, _ := retryAfter(resp)
	return &StatusError{Code: resp.StatusCode, URL: Redact(rawURL), RetryAfter: after.Round(time.Second)}
}
