package httpfetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// retry decides for one request; it counts what happened so far.
type retry struct {
	cfg      *Config
	attempts int
	timeouts int
}

// check is retryablehttp's CheckRetry: again on 429, 5xx and broken
// connections, never on what a second try cannot change.
func (r *retry) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if err == nil {
		// Whoever is told to come back when all retries are over need not wait.
		after, _ := retryAfter(resp)
		return transient(resp.StatusCode) && after <= time.Duration(r.cfg.Retries)*r.cfg.MaxWait, nil
	}
	if errors.Is(err, ErrTimeout) {
		r.timeouts++
	}
	// A server that was silent twice keeps silent.
	if permanent(err) || r.timeouts > 1 {
		return false, err
	}
	return true, nil
}

// transient: statuses that may go away. 501 does not.
func transient(status int) bool {
	return status == http.StatusTooManyRequests || status >= 500 && status != http.StatusNotImplemented
}

func permanent(err error) bool {
	var (
		status *StatusError
		dns    *net.DNSError
		cert   *tls.CertificateVerificationError
		host   x509.HostnameError
	)
	return errors.As(err, &status) ||
		errors.As(err, &dns) && dns.IsNotFound ||
		errors.As(err, &cert) || errors.As(err, &host) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.Is(err, errRedirects) || errors.Is(err, errRedirectLoop) ||
		errors.Is(err, errScheme) || errors.Is(err, errProxy) || errors.Is(err, errEncoding) ||
		errors.Is(err, ErrTooLarge) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// wait is retryablehttp's Backoff: what the server asks for, else doubling
// from MinWait with a random part, so that parallel requests spread out.
func (r *retry) wait(_, _ time.Duration, attempt int, resp *http.Response) time.Duration {
	r.attempts = attempt + 2
	if d, ok := retryAfter(resp); ok {
		return min(d, r.cfg.MaxWait)
	}
	d := r.cfg.MinWait << min(attempt, 16)
	d = min(d, r.cfg.MaxWait)
	return d/2 + rand.N(d/2+1)
}

// retryAfter reads the header in both forms, seconds and HTTP date.
func retryAfter(resp *http.Response) (time.Duration, bool) {
	if resp == nil || !transient(resp.StatusCode) {
		return 0, false
	}
	h := resp.Header.Get("Retry-After")
	if s, err := strconv.ParseUint(h, 10, 31); err == nil {
		return time.Duration(s) * time.Second, true
	}
	if t, err := http.ParseTime(h); err == nil {
		return max(time.Until(t), 0), true
	}
	return 0, false
}
