package yarnlock

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// Package is the registry package that e installs and its version: the real
// name behind an alias, the patched package behind patch:, and on Classic what
// resolutions put in the place of another. ok is false for what is not from a
// registry (workspaces, git, tarball URLs, files).
func (e *Entry) Package() (name, version string, ok bool) {
	loc, known := e.Resolution.Unpatched()
	version, ok = loc.Version()
	if !ok || !known {
		return "", "", false
	}
	if e.classic {
		return e.classicNames()[0], version, true
	}
	return loc.Name, version, true
}

// Names are the names that the package of e may have, the real one first as far
// as can be told. There are several where the entry names one package and the
// address of the tarball another.
func (e *Entry) Names() []string {
	if e.classic {
		return e.classicNames()
	}
	names := []string{e.Resolution.Name}
	if loc, ok := e.Resolution.Unpatched(); ok {
		names[0] = loc.Name
	}
	if name, _ := Tarball(e.Address()); name != "" && name != names[0] {
		names = append(names, name)
	}
	return names
}

// Versions are the versions that e may install, as registries write them,
// whatever the spelling in the lock, the one that is installed first as far as
// can be told: by the address of the tarball, which Yarn 1 and the archives of
// Berry are fetched from, else by Berry's resolution; its version field decides
// nothing. There are none where no version can be told.
func (e *Entry) Versions() []string {
	var out []string
	add := func(text string) {
		if v, ok := semrange.Clean(text); ok && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	_, version := Tarball(e.Address())
	add(version)
	switch _, written, ok := e.Package(); {
	case ok:
		add(written)
	default:
		add(e.Version)
	}
	return out
}

// Address is where the tarball of e is, if the lock says so: resolved on
// Classic; the archive of a registry package, or the address of another, on
// Berry.
func (e *Entry) Address() string {
	if e.classic {
		return e.Resolved
	}
	loc, ok := e.Resolution.Unpatched()
	if !ok {
		return ""
	}
	if at := loc.Parsed().Bind("__archiveUrl"); at != "" {
		return at
	}
	if loc.Is(spec.HTTPS) || loc.Is(spec.HTTP) {
		address, _, _ := strings.Cut(loc.Reference, "::")
		return address
	}
	return ""
}

// classicNames is Names for Classic. Where resolutions replace a package, Yarn 1
// writes what was asked for and what took its place into one entry, and the
// replaced name sorts first: "a@^1.0.0", "a@npm:@other/b@2.0.0". Where they have
// the address of a tarball instead of an alias, the address alone tells.
func (e *Entry) classicNames() []string {
	var names []string
	seen := map[string]bool{"": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	tarball, _ := Tarball(e.Resolved)
	replaced := map[string]bool{}
	for _, k := range e.Keys {
		if real := classicAlias(k, tarball); real != "" {
			add(real)
			replaced[k.Name] = true
		}
	}
	add(tarball)
	for _, k := range e.Keys {
		if !replaced[k.Name] {
			add(k.Name)
		}
		// Without the address an alias without a range cannot be told from a tag.
		if bare, ok := spec.NPM.Cut(k.Range); ok && tarball == "" && bare != "" && (bare[0] == '@' || isLetter(bare[0])) {
			add(spec.ParseClassicKey(bare).Name)
		}
	}
	if len(names) == 0 {
		return []string{e.Resolution.Name}
	}
	return names
}

// classicAlias is the real package behind a Classic key that is an alias, else
// "". Yarn 1 (RegistryResolver) takes one without a range, too: npm:name.
func classicAlias(k Descriptor, tarball string) string {
	if real, ok := k.Alias(); ok {
		return real.Name
	}
	if tarball != "" && k.Range == spec.NPM.Of(tarball) {
		return tarball
	}
	return ""
}

// Tarball is the package and the version whose tarball an address is, by the
// form that npm's registry and its mirrors give it:
//
//	<registry>/<name>/-/<base>-<version>.tgz
//
// where base is the name without its scope, or with it (Artifactory, GitLab),
// and the slash of a scoped name may be escaped. The path of a mirror may have
// folders before the name. Both are "" for every other address.
func Tarball(address string) (name, version string) {
	address, _, _ = strings.Cut(address, "#")
	address, _, _ = strings.Cut(address, "?")
	scheme, address, ok := strings.Cut(address, "://")
	if !ok || scheme != "https" && scheme != "http" {
		return "", "" // a file, git, or an offline mirror
	}
	_, address, _ = strings.Cut(address, "/")
	address = "/" + spec.Unescape(address)
	i := strings.LastIndex(address, "/-/")
	if i < 0 {
		return "", ""
	}
	folder, file := address[:i], address[i+len("/-/"):]
	at := strings.LastIndexByte(folder, '/')
	if at < 0 || at+1 == len(folder) || folder[at+1] == '@' {
		return "", ""
	}
	base := folder[at+1:]
	name = base
	if scope := folder[strings.LastIndexByte(folder[:at], '/')+1 : at]; len(scope) > 1 && scope[0] == '@' {
		name = scope + "/" + base
	}
	file, ok = strings.CutSuffix(file, ".tgz")
	for _, prefix := range []string{base + "-", name + "-"} {
		if rest, found := strings.CutPrefix(file, prefix); ok && found {
			if version, isVersion := semrange.Clean(rest); isVersion {
				return name, version
			}
		}
	}
	return "", ""
}
