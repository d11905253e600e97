package trust

import (
	"net/url"
	"slices"
	"strings"
)

// ownPlaces are where Yarn's own plugin list (plugin.yml of yarnpkg/berry) and
// Backstage's releases have plugins: a path ends with a slash.
func ownPlaces() []string {
	return []string{
		"https://repo.yarnpkg.com/",
		"https://raw.githubusercontent.com/yarnpkg/berry/",
		"https://github.com/yarnpkg/berry/",
		"https://versions.backstage.io/",
	}
}

// vouched reports whether the base, the policy, or Yarn and Backstage themselves
// name the place that a plugin comes from.
func (c *codeCheck) vouched(spec string, was *settings) bool {
	if slices.ContainsFunc(ownPlaces(), func(place string) bool { return isBelow(spec, place) }) {
		return true
	}
	if slices.ContainsFunc(was.plugins, func(p plugin) bool { return samePlace(spec, p.spec) }) {
		return true
	}
	return slices.ContainsFunc(c.in.Registries, func(r string) bool {
		if strings.Contains(r, "://") {
			return host(r) == host(spec)
		}
		return r == host(spec)
	})
}

// isBelow reports whether an address lies below place, as servers understand it.
func isBelow(spec, place string) bool {
	u, err := url.Parse(spec)
	p, perr := url.Parse(place)
	return err == nil && perr == nil && host(spec) == p.Host && u.User == nil && plainPath(u) && strings.HasPrefix(u.Path, p.Path)
}

// plainPath: no part of it leads up again, nor may be read as if it did.
func plainPath(u *url.URL) bool {
	return u.RawPath == "" && !strings.ContainsAny(u.Path, "\\") &&
		!slices.ContainsFunc(strings.Split(u.Path, "/"), func(part string) bool { return part == ".." || part == "." })
}

// shared are hosts where anybody has a folder: there the first two parts of the
// path say whose it is.
func shared(host string) bool {
	for _, name := range []string{"github.com", "githubusercontent.com", "gitlab.com", "bitbucket.org", "codeberg.org", "jsdelivr.net", "unpkg.com",
		"amazonaws.com", "googleapis.com", "windows.net", "github.io", "gitlab.io", "pages.dev", "npmjs.org", "npmjs.com", "yarnpkg.com"} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return true
		}
	}
	return false
}

// samePlace reports whether two addresses are of one owner.
func samePlace(a, b string) bool {
	if host(a) == "" || host(a) != host(b) {
		return false
	}
	if !shared(host(a)) {
		return true
	}
	ua, _ := url.Parse(a)
	ub, _ := url.Parse(b)
	pa, pb := strings.Split(ua.Path, "/"), strings.Split(ub.Path, "/")
	return plainPath(ua) && plainPath(ub) && len(pa) > 3 && len(pb) > 3 && pa[1] == pb[1] && pa[2] == pb[2]
}
