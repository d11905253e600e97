package httpfetch

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

var errProxy = errors.New("the proxy setting is not an address")

// Proxy says which proxy a request goes through, with the rules of Go and
// curl: by the scheme of the request's address, and never for this machine or
// what NoProxy names. The zero Proxy means a direct connection.
type Proxy struct {
	// HTTP and HTTPS are addresses such as http://user:password@host:3128; the
	// scheme may be left out. socks5:// works too.
	HTTP, HTTPS string
	// NoProxy is a comma-separated list of hosts ("example.com" and its
	// subdomains, ".example.com" for those only), IP addresses, networks
	// ("10.0.0.0/8"), each with an optional port, or "*".
	NoProxy string
}

// ProxyFromEnv reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or the same in
// lower case, which curl prefers and so do we. HTTP_PROXY is ignored in a CGI
// process, where a client could set it.
func ProxyFromEnv(getenv func(string) string) Proxy {
	get := func(name string) string {
		if v := getenv(strings.ToLower(name)); v != "" {
			return v
		}
		return getenv(name)
	}
	p := Proxy{HTTP: get("HTTP_PROXY"), HTTPS: get("HTTPS_PROXY"), NoProxy: get("NO_PROXY")}
	if getenv("REQUEST_METHOD") != "" {
		p.HTTP = getenv("http_proxy")
	}
	return p
}

func (p Proxy) forRequest(req *http.Request) (*url.URL, error) {
	address := p.HTTP
	if req.URL.Scheme == "https" {
		address = p.HTTPS
	}
	if address == "" || p.bypass(req.URL) {
		return nil, nil
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, errProxy
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u, nil
	}
	return nil, errProxy
}

// bypass reports whether a request goes to its host directly.
func (p Proxy) bypass(u *url.URL) bool {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	ip, _ := netip.ParseAddr(host)
	ip = ip.Unmap()
	if host == "localhost" || ip.IsLoopback() {
		return true
	}
	for entry := range strings.SplitSeq(p.NoProxy, ",") {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if entry == "*" || entry != "" && excludes(entry, host, port(u), ip) {
			return true
		}
	}
	return false
}

// excludes reports whether a NO_PROXY entry covers host.
func excludes(entry, host, port string, ip netip.Addr) bool {
	if network, err := netip.ParsePrefix(entry); err == nil {
		return ip.IsValid() && network.Contains(ip)
	}
	if h, p, err := net.SplitHostPort(entry); err == nil {
		if p != port {
			return false
		}
		entry = h
	}
	if addr, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
		return ip.IsValid() && addr.Unmap() == ip
	}
	entry = strings.TrimPrefix(entry, "*")
	if domain, ok := strings.CutPrefix(entry, "."); ok {
		return strings.HasSuffix(host, "."+domain)
	}
	return host == entry || strings.HasSuffix(host, "."+entry)
}
