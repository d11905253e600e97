package yarnrc

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/secret"
	"github.com/portalctl/portalctl/internal/sorting"
)

// Network is what holds for requests to one host.
type Network struct {
	// Enabled is false when enableNetwork forbids requests to the host.
	Enabled bool
	// HTTPProxy and HTTPSProxy are the proxies for http and https requests, as
	// URLs that may hold a password; zero if the settings name none.
	HTTPProxy, HTTPSProxy secret.Text
	// CAFile holds the only certificate authorities to trust, "" for the
	// system's. CertFile and KeyFile are the client's own certificate.
	CAFile, CertFile, KeyFile string
	// CA is what CAFile holds in the commit that the settings are of; nil where
	// the file on disk counts.
	CA []byte
}

type hostSettings struct {
	glob                      string
	enabled                   Setting[bool]
	httpProxy, httpsProxy     Setting[secret.Text]
	caFile, certFile, keyFile Setting[string]
}

// network is networkSettings with the top-level settings as the last, catch-all,
// entry.
func (d *decoder) network(npm *npmConfig, dir, home string) []hostSettings {
	var out []hostSettings
	for _, m := range d.members(d.raw("networkSettings"), "networkSettings") {
		d.shape(m.val, "networkSettings."+m.key, "httpsCaFilePath", "caFilePath", "enableNetwork",
			"httpProxy", "httpsProxy", "httpsKeyFilePath", "httpsCertFilePath")
		out = append(out, d.hostSettings(m.key, "networkSettings."+m.key+".", m.val.get))
	}
	// Yarn's getNetworkSettings: the longest pattern is the most specific.
	sorting.Stable(out, func(a, b hostSettings) int { return cmp.Compare(len(b.glob), len(a.glob)) })
	top := d.hostSettings("**", "", d.raw)
	if p, pos, ok := npm.path("cafile", dir, home); ok && !top.caFile.IsSet {
		top.caFile = Setting[string]{p, pos, true}
	}
	proxy := func(keys ...string) Setting[secret.Text] {
		for _, k := range keys {
			if v, ok := npm.get(k); ok && v.text != "false" {
				if err := d.refuse(cmp.Or(v.marked, v.text), v.pos, k); err != nil {
					d.fail(err)
				}
				return Setting[secret.Text]{secret.New(v.text), v.pos, true}
			}
		}
		return Setting[secret.Text]{}
	}
	if !top.httpProxy.IsSet {
		top.httpProxy = proxy("proxy", "http-proxy", "https-proxy")
	}
	if !top.httpsProxy.IsSet {
		top.httpsProxy = proxy("https-proxy", "proxy", "http-proxy")
	}
	return append(out, top)
}

func (d *decoder) hostSettings(glob, prefix string, get func(string) *value) hostSettings {
	h := hostSettings{
		glob:       glob,
		enabled:    d.boolean(get("enableNetwork"), prefix+"enableNetwork"),
		httpProxy:  d.proxy(get("httpProxy"), prefix+"httpProxy"),
		httpsProxy: d.proxy(get("httpsProxy"), prefix+"httpsProxy"),
		caFile:     d.existing(get("httpsCaFilePath"), prefix+"httpsCaFilePath"),
		certFile:   d.existing(get("httpsCertFilePath"), prefix+"httpsCertFilePath"),
		keyFile:    d.existing(get("httpsKeyFilePath"), prefix+"httpsKeyFilePath"),
	}
	if !h.caFile.IsSet {
		h.caFile = d.existing(get("caFilePath"), prefix+"caFilePath") // its name in Yarn 3
	}
	return h
}

func (d *decoder) proxy(v *value, name string) Setting[secret.Text] {
	s := d.str(v, name)
	if s.IsSet {
		marked, _ := substitute(v.text, d.marked) // it went well without marks
		if err := d.refuse(marked, v.pos, name); err != nil {
			d.fail(err)
		}
	}
	return Setting[secret.Text]{secret.New(s.Value), s.Pos, s.IsSet && s.Value != ""}
}

// Network are the settings for requests to a host (without port).
func (s *Settings) Network(host string) Network {
	out := Network{Enabled: true}
	var enabled Setting[bool]
	for _, h := range s.network {
		if h.glob != "**" && !matchHost(h.glob, host) {
			continue
		}
		if !enabled.IsSet {
			enabled = h.enabled
		}
		out.HTTPProxy = cmp.Or(out.HTTPProxy, h.httpProxy.Value)
		out.HTTPSProxy = cmp.Or(out.HTTPSProxy, h.httpsProxy.Value)
		out.CAFile = cmp.Or(out.CAFile, h.caFile.Value)
		out.CertFile = cmp.Or(out.CertFile, h.certFile.Value)
		out.KeyFile = cmp.Or(out.KeyFile, h.keyFile.Value)
	}
	if out.CAFile != "" && s.repo != nil && s.repo.InState(out.CAFile) {
		out.CA, _ = s.repo.Read(out.CAFile, repofile.MaxSettings)
		out.CA = append([]byte{}, out.CA...) // none is not a certificate
	}
	out.Enabled = enabled.Or(true)
	if s.exempt(host) {
		out.HTTPProxy, out.HTTPSProxy = secret.Text{}, secret.Text{}
	}
	return out
}

func matchHost(glob, host string) bool {
	ok, _ := doublestar.Match(strings.ToLower(glob), strings.ToLower(host))
	return ok
}

// exempt reports whether npm's noproxy names the host or a parent domain.
func (s *Settings) exempt(host string) bool {
	return slices.ContainsFunc(s.NoProxy, func(p string) bool {
		p = strings.ToLower(strings.TrimPrefix(p, "*"))
		h := strings.ToLower(host)
		return p == "" || h == strings.TrimPrefix(p, ".") || strings.HasSuffix(h, "."+strings.TrimPrefix(p, "."))
	})
}

// HTTPAllowed reports whether plain http requests may go to a host: Yarn's
// unsafeHttpWhitelist. Requests to the machine itself never leave it and are
// always allowed.
func (s *Settings) HTTPAllowed(host string) bool {
	if host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.") {
		return true
	}
	return slices.ContainsFunc(s.UnsafeHTTPWhitelist, func(glob string) bool { return matchHost(glob, host) })
}

// fillFromNPM takes from .npmrc what the other settings leave open.
func (s *Settings) fillFromNPM(npm *npmConfig, dir, home string) {
	s.CACerts = npm.ca
	if v, ok := npm.get("noproxy"); ok {
		for p := range strings.SplitSeq(v.text, ",") {
			if p = strings.TrimSpace(p); p != "" {
				s.NoProxy = append(s.NoProxy, p)
			}
		}
	}
	if v, ok := npm.get("strict-ssl"); ok && !s.EnableStrictSSL.IsSet {
		if val, ok := parseBool(v.text); ok {
			s.EnableStrictSSL = Setting[bool]{val, v.pos, true}
		}
	}
	if v, ok := npm.get("yarn-path"); ok && s.Classic && s.YarnPath == "" {
		s.YarnPath, _, _ = npm.path("yarn-path", filepathDir(v.pos, dir), home)
		s.YarnPathPos = v.pos
	}
}

func filepathDir(pos fault.Pos, dir string) string {
	if pos.Line == 0 {
		return dir // from a variable
	}
	return filepath.Dir(pos.File)
}
