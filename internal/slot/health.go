package slot

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

// readiness is where Backstage says whether it is ready (coreServices.rootHealth).
const readiness = "/.backstage/health/v1/readiness"

// A Health is what the portal said of itself.
type Health struct {
	// URL is the address, without what may be secret.
	URL string `json:"url"`
	OK  bool   `json:"ok"`
	// Status is that of the last answer, 0 without one; Milliseconds how long it took,
	// Attempts how often it was asked.
	Status       int    `json:"status"`
	Milliseconds int64  `json:"milliseconds"`
	Attempts     int    `json:"attempts"`
	Why          string `json:"why,omitempty"`
	Next         string `json:"next,omitempty"`
}

// HealthURL reads the address of --health: one without a path is of a portal, and gets
// Backstage's own. A password in it is refused, as everybody on the machine reads it.
func HealthURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", fault.New("--health is not an http or https address: %s", httpfetch.Redact(text)).WithNext("Write it as https://portal.example.com, or with the path of the endpoint")
	case u.User != nil:
		return "", fault.New("--health holds a login, which everybody on this machine can read").WithNext("Leave it out: %s needs none", readiness)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = readiness
	}
	return u.String(), nil
}

// Pauses between two questions.
const (
	firstPause = 500 * time.Millisecond
	mostPause  = 5 * time.Second
	// oneAnswer bounds the wait for one answer.
	oneAnswer = 10 * time.Second
)

// AskHealth asks until the portal says that it is ready, for as long as most. What time
// does not mend, such as a certificate that does not fit, ends it at once. The error is
// that the run was interrupted.
func AskHealth(ctx context.Context, address string, most time.Duration, cfg httpfetch.Config) (*Health, error) {
	h := &Health{URL: httpfetch.Redact(address)}
	cfg.Retries, cfg.Timeout, cfg.MaxTime = -1, min(most, oneAnswer), min(most, oneAnswer)
	client := httpfetch.New(cfg)
	defer client.CloseIdle()
	end := time.Now().Add(most)
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		h.Attempts++
		start := time.Now()
		answer, err := client.Get(ctx, httpfetch.Request{URL: address, MaxBytes: 64 << 10, Header: http.Header{"Accept": {"application/json"}}})
		h.Milliseconds = time.Since(start).Milliseconds()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if h.judge(answer, err, strings.HasSuffix(address, readiness)) || lasting(err) || time.Now().Add(pause).After(end) {
			return h, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// lasting reports whether another try cannot help.
func lasting(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.As(err, &cert) || errors.Is(err, http.ErrSchemeMismatch)
}

// judge reads an answer. What it says beside its status is not shown: it is text of
// others.
func (h *Health) judge(answer *httpfetch.Response, err error, own bool) bool {
	h.Status, h.Why, h.Next = 0, "", ""
	var status *httpfetch.StatusError
	switch {
	case errors.As(err, &status):
		h.Status, h.Why = status.Code, status.Error()
		h.Next = "Look at the log of the new release's pods"
	case err != nil:
		h.Why, h.Next = err.Error(), fault.NextOf(err)
		if f := (*fault.Error)(nil); errors.As(err, &f) && f.Err != nil {
			h.Why = f.Err.Error() // the address is told already
		}
	default:
		h.Status = http.StatusOK
		var is struct{ Status string }
		isJSON := json.Unmarshal(answer.Body, &is) == nil
		switch {
		case isJSON && is.Status == "ok", !own && (!isJSON || is.Status == ""):
			h.OK = true
		case !isJSON:
			h.Why = "it answered 200 with something else than Backstage's JSON"
			h.Next = "Check the address: a page of the frontend, or of a proxy, answers in place of the backend"
		default:
			h.Why = "it answered 200 without the status ok"
			h.Next = "Look at the log of the new release's pods"
		}
	}
	return h.OK
}
