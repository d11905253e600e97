package httpfetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// httpClient makes the client when it is first needed: reading certificates
// is no work for process start-up.
func (c *Client) httpClient() (*http.Client, error) {
	c.once.Do(func() {
		tlsConfig, err := c.cfg.tls()
		if err != nil {
			c.initErr = err
			return
		}
		c.base = &http.Transport{
			Proxy:                 c.cfg.Proxy.forRequest,
			DialContext:           (&net.Dialer{Timeout: min(dialTimeout, c.cfg.Timeout), KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:       tlsConfig,
			TLSHandshakeTimeout:   min(dialTimeout, c.cfg.Timeout),
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          2 * c.cfg.Concurrency,
			MaxIdleConnsPerHost:   c.cfg.Concurrency,
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
			// Encodings are undone in body.go, where sizes are checked too.
			DisableCompression:     true,
			MaxResponseHeaderBytes: 256 << 10,
		}
		c.http = &http.Client{
			Transport:     &silenceTransport{base: c.base, limit: c.cfg.Timeout},
			CheckRedirect: checkRedirect,
		}
	})
	return c.http, c.initErr
}

func (cfg *Config) tls() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: cfg.InsecureSkipVerify}
	if len(cfg.CAFiles) == 0 && len(cfg.CAPEM) == 0 {
		return t, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	for _, pem := range cfg.CAPEM {
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fault.New("the configured CA certificate is not in PEM format").
				WithNext("Check the setting that holds it: it starts with -----BEGIN CERTIFICATE-----")
		}
	}
	for _, file := range cfg.CAFiles {
		pem, err := repofile.Read(file, repofile.MaxSettings)
		if err != nil {
			return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "cannot read the CA certificates").
				WithNext("Correct the setting that names this file (httpsCaFilePath, cafile or NODE_EXTRA_CA_CERTS)")
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fault.At(fault.Pos{File: file}, "holds no PEM certificate").
				WithNext("Name a file with -----BEGIN CERTIFICATE----- blocks (httpsCaFilePath, cafile or NODE_EXTRA_CA_CERTS)")
		}
	}
	t.RootCAs = pool
	return t, nil
}

// silenceTransport cancels a request when nothing is heard for limit: before
// the headers, and then during each read of the body. The time that the
// reader takes between two reads does not count.
//
// It has no CloseIdleConnections on purpose: retryablehttp calls that after
// every failure, and a 404 must not cost the other requests their connections.
type silenceTransport struct {
	base  *http.Transport
	limit time.Duration
}

func (t *silenceTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(t.limit, func() { cancel(ErrTimeout) })
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	timer.Stop()
	if err == nil && ctx.Err() != nil && req.Context().Err() == nil {
		resp.Body.Close()
		err = context.Cause(ctx) // the timer fired as the headers came in
	}
	if err != nil {
		err = timeoutOr(ctx, err)
		cancel(nil)
		return nil, err
	}
	resp.Body = &silenceBody{ReadCloser: resp.Body, ctx: ctx, cancel: cancel, timer: timer, limit: t.limit}
	return resp, nil
}

// timeoutOr is ErrTimeout if that is why ctx ended, else err.
func timeoutOr(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), ErrTimeout) {
		return ErrTimeout
	}
	return err
}

type silenceBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration
}

func (b *silenceBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.limit)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && err != io.EOF {
		err = timeoutOr(b.ctx, err)
	}
	return n, err
}

func (b *silenceBody) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
