package yarnrc

import (
	"net/url"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// A variable of the environment may hold anything: a change that nobody has
// reviewed could put it into an address and so have it sent to a host of its
// own choice. In the address of a registry or a proxy that the repository's own
// files give, a variable may therefore be all of the address, all of its host,
// or user and password (which are sent as what they are, credentials of that
// host); never a part of the host's name, nor what comes after the host.

// The marks around what a variable gave.
const begin, end = '\x01', '\x02'

// marking makes a lookup mark what it gives. Of a file that the settings have
// read variables from (.env.yarn) the text may have others in it: nested has
// such, with their marks.
func marking(env lookup, nested map[string]string) lookup {
	return func(name string) (string, bool) {
		val, ok := env(name)
		if m, has := nested[name]; has && strings.IndexByte(m, begin) >= 0 {
			return m, true
		}
		if val == "" {
			return "", ok
		}
		return string(begin) + val + string(end), ok
	}
}

// unmarked is the text that a marked one stands for.
func unmarked(s string) string {
	return strings.NewReplacer(string(begin), "", string(end), "").Replace(s)
}

// exposed reports whether a marked address sends a variable where only a
// credential or an address belongs.
func exposed(marked string) bool {
	if strings.IndexByte(marked, begin) < 0 {
		return false
	}
	// from says for each byte of the address which variable gave it, 0 for none.
	var text []byte
	var from []int
	depth, n := 0, 0
	for i := range len(marked) {
		switch marked[i] {
		case begin:
			depth++
			n++
		case end:
			depth--
		default:
			text = append(text, marked[i])
			if depth > 0 {
				from = append(from, n)
			} else {
				from = append(from, 0)
			}
		}
	}
	start := strings.Index(string(text), "://")
	if start < 0 {
		return true // no address: it is refused, and not looked at any closer
	}
	start += len("://")
	stop := len(text)
	if i := strings.IndexAny(string(text[start:]), `/?#\`); i >= 0 {
		stop = start + i
	}
	if i := strings.LastIndexByte(string(text[start:stop]), '@'); i >= 0 {
		start += i + 1
	}
	if start == stop {
		return true
	}
	host := from[start]
	for _, f := range from[start:stop] {
		if f != host {
			return true
		}
	}
	for i, f := range from[stop:] {
		// The variable that is the address may go on behind the host.
		if f != 0 && (f != host || from[stop+i-1] != host) {
			return true
		}
	}
	return false
}

// ours reports whether a file is the repository's, not the user's or the
// machine's. What a variable of the environment says has no file.
func ours(repo *repofile.Repo, file string) bool {
	return file != "" && !strings.HasPrefix(file, "environment variable ") && repo.Has(file)
}

// trust notes the host of an address that the user's own settings name.
func (d *decoder) trust(address string) {
	address = strings.TrimSpace(address)
	if strings.HasPrefix(address, "//") {
		address = "https:" + address
	}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		if d.trusted == nil {
			d.trusted = map[string]bool{}
		}
		d.trusted[strings.ToLower(u.Host)] = true
	}
}

// trustOwn notes the hosts that the user's files and variables name.
func (d *decoder) trustOwn(v *value) {
	if v == nil {
		return
	}
	if v.kind == text {
		if !ours(d.repo, v.pos.File) {
			if s, err := substitute(v.text, d.env); err == nil {
				d.trust(s)
			}
		}
		return
	}
	for _, m := range v.members {
		if !ours(d.repo, m.pos.File) {
			d.trust(m.key)
		}
		d.trustOwn(m.val)
	}
	for _, item := range v.items {
		d.trustOwn(item)
	}
}

// refuse is why a marked address of the repository's own must not be used, nil
// if it may.
func (d *decoder) refuse(marked string, pos fault.Pos, name string) *fault.Error {
	if !ours(d.repo, pos.File) || !exposed(marked) {
		return nil
	}
	if u, err := url.Parse(unmarked(marked)); err == nil && d.trusted[strings.ToLower(u.Host)] {
		return nil
	}
	return fault.At(pos, "%s: what the variable in this address holds would be sent to a host that only this repository names", name).
		WithNext("Write the address out (a variable may be the whole address, the whole host, or user and password), " +
			"or name the host in your own settings: YARN_NPM_REGISTRY_SERVER, or npmRegistries in ~/.yarnrc.yml")
}

// shown is how an address appears in messages: as it is written where variables
// are in it, without user and password.
func shown(written string) string {
	scheme, rest, ok := strings.Cut(written, "://")
	if !ok {
		return written
	}
	host, path, slash := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if slash {
		host += "/" + path
	}
	return strings.TrimSuffix(scheme+"://"+host, "/")
}
