// Package httpfetch is portalctl's one way to the network: GET, and POST for
// questions that are too long for an address, over http and https, with
// retries, proxies, extra CA certificates, limits on size and silence, and
// credentials that never leave the host they are meant for.
//
// Every error is a *fault.Error with the address (without userinfo and query)
// as its place; *StatusError, ErrOffline, ErrTooLarge, ErrTimeout and
// io.ErrUnexpectedEOF can be found in it with errors.As and errors.Is.
package httpfetch

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Defaults of Config; the first three are Yarn's (httpTimeout, httpRetry,
// networkConcurrency).
const (
	defaultTimeout     = 60 * time.Second
	defaultRetries     = 3
	DefaultConcurrency = 50
	defaultMaxTime     = 10 * time.Minute
	defaultMaxBytes    = 64 << 20
)

const (
	maxRedirects = 10
	// dialTimeout bounds one attempt to connect, TLS not included.
	dialTimeout = 15 * time.Second
)

// Config says how a Client behaves. The zero Config is useful.
type Config struct {
	// UserAgent is sent with every request, portalctl/<version>.
	UserAgent string
	// CAFiles are PEM files, and CAPEM is PEM text, with certificates that are
	// trusted beside those of the system. A file is read by the first request
	// only, which also reports what is wrong with it.
	CAFiles []string
	CAPEM   [][]byte
	// InsecureSkipVerify accepts any certificate (Yarn's enableStrictSsl: false).
	InsecureSkipVerify bool
	// Proxy says which proxies to use; see ProxyFromEnv.
	Proxy Proxy
	// Timeout is the longest silence: until the headers are in, then between
	// two pieces of the body. 0 means defaultTimeout.
	Timeout time.Duration
	// MaxTime bounds a request as a whole, retries and body included. 0 means
	// defaultMaxTime.
	MaxTime time.Duration
	// Retries is how often a failed request is tried again. 0 means
	// defaultRetries, a negative number none.
	Retries int
	// MinWait and MaxWait bound the pause before a retry, which doubles each
	// time; MaxWait also caps the server's Retry-After, and a server that asks
	// for more than all retries would wait is not asked again. 0 means 250 ms
	// and 30 s.
	MinWait, MaxWait time.Duration
	// Concurrency is how many requests run at once; others wait for their
	// turn. A stream counts until it is closed. 0 means DefaultConcurrency.
	Concurrency int
	// Offline makes every request fail with ErrOffline.
	Offline bool
}

// Client fetches. It is safe for concurrent use; make one with New.
type Client struct {
	cfg   Config
	slots chan struct{}

	once    sync.Once
	http    *http.Client
	base    *http.Transport
	initErr error
}

// New is a Client. It does no I/O.
func New(cfg Config) *Client {
	setDefault(&cfg.UserAgent, "portalctl")
	setDefault(&cfg.Timeout, defaultTimeout)
	setDefault(&cfg.MaxTime, defaultMaxTime)
	setDefault(&cfg.Retries, defaultRetries)
	setDefault(&cfg.MinWait, 250*time.Millisecond)
	setDefault(&cfg.MaxWait, 30*time.Second)
	setDefault(&cfg.Concurrency, DefaultConcurrency)
	cfg.Retries = max(cfg.Retries, 0)
	cfg.MaxWait = max(cfg.MaxWait, cfg.MinWait)
	cfg.Concurrency = max(cfg.Concurrency, 1)
	return &Client{cfg: cfg, slots: make(chan struct{}, cfg.Concurrency)}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Offline reports whether the client was told not to use the network.
func (c *Client) Offline() bool { return c.cfg.Offline }

// CloseIdle closes connections that are kept for reuse.
func (c *Client) CloseIdle() {
	if _, err := c.httpClient(); err == nil {
		c.base.CloseIdleConnections()
	}
}

// acquire waits for a slot.
func (c *Client) acquire(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) release() { <-c.slots }
