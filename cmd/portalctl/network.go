package main

import (
	"net/url"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// httpConfig is how to reach the host of address: what the repo's Yarn and npm
// settings say of it, and the standard proxy variables where they are silent.
func httpConfig(s *yarnrc.Settings, e env, address string) httpfetch.Config {
	cfg := httpfetch.Config{
		UserAgent:          "portalctl/" + version(),
		Proxy:              httpfetch.ProxyFromEnv(e.get),
		Timeout:            s.HTTPTimeout.Value,
		Concurrency:        s.NetworkConcurrency.Value,
		InsecureSkipVerify: !s.EnableStrictSSL.Or(true),
		Offline:            s.EnableOfflineMode.Value || !s.EnableNetwork.Or(true),
	}
	if s.HTTPRetry.IsSet {
		cfg.Retries = s.HTTPRetry.Value
		if cfg.Retries == 0 {
			cfg.Retries = -1 // to httpfetch 0 is "the default"
		}
	}
	for _, pem := range s.CACerts {
		cfg.CAPEM = append(cfg.CAPEM, []byte(pem))
	}
	host := ""
	if u, err := url.Parse(address); err == nil {
		host = u.Hostname()
	}
	n := s.Network(host)
	if !n.HTTPProxy.IsZero() {
		cfg.Proxy.HTTP = n.HTTPProxy.Reveal()
	}
	if !n.HTTPSProxy.IsZero() {
		cfg.Proxy.HTTPS = n.HTTPSProxy.Reveal()
	}
	if n.CAFile != "" {
		cfg.CAFiles = []string{n.CAFile}
	}
	if !n.Enabled {
		cfg.Offline = true
	}
	return cfg
}
