package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/repofile"
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
	if n.CA != nil {
		cfg.CAPEM = append(cfg.CAPEM, n.CA)
	} else if n.CAFile != "" {
		cfg.CAFiles = []string{n.CAFile}
	}
	if !n.Enabled {
		cfg.Offline = true
	}
	return cfg
}

// ownSettings are those of the machine and the user, without any repo's: where
// a change must not say how a host is reached. They are read from the home
// folder, not from where the cache lies, which may be in a checkout.
func (e env) ownSettings() (*yarnrc.Settings, error) {
	home := e.get("HOME")
	if home == "" {
		home = e.get("USERPROFILE")
	}
	if !filepath.IsAbs(home) {
		home = string(filepath.Separator)
	}
	return yarnrc.Load(home, e.Environ)
}

// cacheOf is the cache for answers that come by the way of cfg. What comes by
// the way that this machine and this user have set up is shared between repos.
// A repo's own proxy, certificate authorities or unchecked TLS could forge it:
// what comes that way is kept apart, for those who go the same way.
func (e env) cacheOf(cfg httpfetch.Config, address string) (string, error) {
	cache, err := e.cacheDir()
	if err != nil {
		return "", err
	}
	way := wayOf(cfg)
	if own, err := e.ownSettings(); err == nil && wayOf(httpConfig(own, e, address)) == way {
		return cache, nil
	}
	return filepath.Join(cache, "ways", way), nil
}

// wayOf is a name for all that decides whom a client talks to and believes.
// Credentials of a proxy are not part of it.
func wayOf(cfg httpfetch.Config) string {
	way := struct {
		HTTP, HTTPS string
		No          string
		Insecure    bool
		CA          []string
	}{bare(cfg.Proxy.HTTP), bare(cfg.Proxy.HTTPS), cfg.Proxy.NoProxy, cfg.InsecureSkipVerify, nil}
	for _, pem := range cfg.CAPEM {
		way.CA = append(way.CA, string(pem))
	}
	for _, file := range cfg.CAFiles {
		text, err := repofile.Read(file, repofile.MaxSettings)
		if err != nil {
			text = []byte(file)
		}
		way.CA = append(way.CA, string(text))
	}
	b, _ := json.Marshal(way) // texts and a list of texts
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

func bare(proxy string) string {
	u, err := url.Parse(proxy)
	if err != nil {
		return "" // no request is made through it
	}
	u.User = nil
	return u.String()
}
