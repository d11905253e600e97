package httpfetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
)

var (
	// ErrOffline: the client may not use the network.
	ErrOffline = errors.New("the network is switched off")
	// ErrTooLarge: the body is larger than Request.MaxBytes.
	ErrTooLarge = errors.New("the answer is larger than allowed")
	// ErrTimeout: the server was silent for Config.Timeout, or the request
	// took longer than Config.MaxTime.
	ErrTimeout = errors.New("the server did not answer in time")

	errScheme = errors.New("not an absolute http or https address")
)

// StatusError is an answer that is not 200.
type StatusError struct {
	Code int
	// URL is the address asked for, without userinfo and query.
	URL string
	// RetryAfter is how long the server asked to wait, 0 if it did not.
	RetryAfter time.Duration
}

func (e *StatusError) Error() string {
	s := fmt.Sprintf("the server answered %d %s", e.Code, http.StatusText(e.Code))
	if e.RetryAfter > 0 {
		s += fmt.Sprintf(" and asks to wait %s", e.RetryAfter)
	}
	return strings.TrimSuffix(s, " ")
}

// IsStatus reports whether err is an answer with that status code.
func IsStatus(err error, code int) bool {
	var e *StatusError
	return errors.As(err, &e) && e.Code == code
}

// Unreachable reports whether err means that no proper answer came: offline,
// no connection, silence, a cut body, or a server that says that it cannot
// (429, 5xx). A cached answer may stand in then.
func Unreachable(err error) bool {
	var (
		status    *StatusError
		dns       *net.DNSError
		transport *transportError
	)
	switch {
	case err == nil:
		return false
	case errors.As(err, &status):
		return transient(status.Code)
	case errors.Is(err, ErrOffline), errors.Is(err, ErrTimeout), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &dns):
		return true
	}
	return errors.As(err, &transport) && !permanent(err)
}

// transportError hides secrets that net/http's messages may hold (addresses
// with userinfo or query).
type transportError struct {
	text string
	err  error
}

func (e *transportError) Error() string { return e.text }
func (e *transportError) Unwrap() error { return e.err }

// explain makes the error that the user sees.
func explain(rawURL string, attempts int, err error) error {
	what := "cannot fetch"
	if attempts > 1 {
		what = fmt.Sprintf("cannot fetch (tried %d times)", attempts)
	}
	var ue *url.Error
	for errors.As(err, &ue) { // its text repeats the address
		err = ue.Err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // before the headers were in
	}
	if !known(err) {
		err = &transportError{text: scrub(err.Error()), err: err}
	}
	f := fault.Wrap(err, fault.Pos{File: Redact(rawURL)}, "%s", what)
	f.Next = nextStep(rawURL, err)
	return f
}

// known: errors whose text holds no address, or a clean one.
func known(err error) bool {
	switch err {
	case ErrOffline, ErrTooLarge, ErrTimeout, errScheme, errProxy, errEncoding, errRedirects, errRedirectLoop, io.ErrUnexpectedEOF,
		context.Canceled, context.DeadlineExceeded:
		return true
	}
	_, status := err.(*StatusError)
	return status
}

func nextStep(rawURL string, err error) string {
	host := hostOf(rawURL)
	var (
		status  *StatusError
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		cert    *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &status):
		return statusStep(host, status.Code)
	case errors.Is(err, ErrOffline):
		return "Run the command again without --offline, with a network"
	case errors.Is(err, ErrTooLarge):
		return "Check that " + host + " serves what it should; a proxy may answer in its place"
	case errors.Is(err, errProxy):
		return "Correct HTTPS_PROXY or HTTP_PROXY: they have the form http://host:port"
	case errors.Is(err, errScheme):
		return "Correct the setting that holds this address"
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &unknown):
		return "If a proxy of your company signs for " + host + ", name its CA file: httpsCaFilePath in .yarnrc.yml or NODE_EXTRA_CA_CERTS"
	case errors.As(err, &cert):
		return "Check the address, and the clock of this machine; the certificate of " + host + " does not fit"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "Use http:// in this address if " + host + " does not speak https"
	case errors.As(err, &dns):
		return "Check the host name " + host + " and the network; behind a proxy, set HTTPS_PROXY"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "Run the command again; the connection to " + host + " broke off"
	}
	return "Check the network, and the proxy settings (HTTPS_PROXY, NO_PROXY), then run the command again"
}

func statusStep(host string, code int) string {
	switch {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return "Check that your credentials for " + host + " are set, and allow this"
	case code == http.StatusNotFound || code == http.StatusGone:
		return "Check the address and the name in it"
	case code == http.StatusProxyAuthRequired:
		return "Put the proxy's user and password into HTTPS_PROXY"
	case transient(code):
		return "Run the command again later; " + host + " has a problem of its own"
	}
	return "Check the address; a proxy may answer in place of " + host
}
