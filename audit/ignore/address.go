package ignore

import (
	"net/url"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// address reads where packages may come from: https://host[:port][/path], or a
// host alone. It is returned as a URL without a slash at the end. The wrong one
// is not quoted: it may hold a password.
func address(v yamledit.Value) (string, error) {
	s := strings.TrimSpace(v.String())
	if s != "" && !strings.Contains(s, "://") && !strings.Contains(s, "@") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, "*{}[, "):
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", fault.At(v.Pos(), "the address of a registry has more than a host, a port and a path").
			WithNext("Write it as https://host/path; credentials belong in the settings of the package manager")
	case u.Scheme != "https":
		return "", fault.At(v.Pos(), "the address of a registry starts with %s:, and only https is allowed", u.Scheme).
			WithNext("Write it as https://%s", u.Host)
	default:
		return strings.TrimRight(u.String(), "/"), nil
	}
	return "", fault.At(v.Pos(), "this is not the address of a registry").WithNext("Write it as https://host/path, or as a host")
}
