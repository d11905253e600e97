// Package otherlock reads the locks of other package managers than Yarn, as far
// as an audit needs them: which packages are installed, from where, with which
// hash. What it reads it gives in the terms of yarnlock.
package otherlock

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Tool is the package manager that a lock is of.
type Tool string

// The tools.
const (
	npm  Tool = "npm"
	pnpm Tool = "pnpm"
)

// Lock is a lock in the terms of yarnlock.
type Lock struct {
	Tool Tool
	// Lock has one entry for each package and source. Its keys ask for exactly
	// what is installed: who asks with which range is not read.
	Lock *yarnlock.Lock
	// Dev are the entries that only development needs, as the lock says.
	Dev map[*yarnlock.Entry]bool
}

// readable are the locks that are read, by the name of the file.
func readable(name string) (Tool, bool) {
	switch path.Base(name) {
	case "package-lock.json", "npm-shrinkwrap.json":
		return npm, true
	case "pnpm-lock.yaml":
		return pnpm, true
	}
	return "", false
}

// Is reports whether a file is a lock that Parse reads.
func Is(name string) bool { _, ok := readable(name); return ok }

// Unread reports whether a file is a lock of npm packages that Parse cannot read.
func Unread(name string) bool {
	return slices.Contains([]string{"bun.lock", "bun.lockb", "deno.lock", "vlt-lock.json"}, path.Base(name))
}

// UnknownError says that a lock is of a version that is not known.
type UnknownError struct{ Version string }

func (e UnknownError) Error() string { return "lockfileVersion " + e.Version + " is not known" }

// Parse reads a lock that Is one. Errors are *fault.Error, one with an
// UnknownError for a version that is not known.
func Parse(file string, src []byte) (*Lock, error) {
	lock, err := yarnlock.New(file, yarnlock.MaxVersion, "")
	if err != nil {
		return nil, err
	}
	tool, _ := readable(file)
	r := &reader{out: &Lock{Tool: tool, Lock: lock, Dev: map[*yarnlock.Entry]bool{}}, seen: map[string]*yarnlock.Entry{}, known: map[[2]string]bool{}}
	if tool == pnpm {
		err = r.pnpm(file, src)
	} else {
		err = r.npm(file, src)
	}
	if err != nil {
		return nil, err
	}
	return r.out, nil
}

func unknown(pos fault.Pos, version string) error {
	return fault.Wrap(UnknownError{version}, pos, "the lock cannot be read").WithNext("Use a portalctl that knows it, or leave the lock out with --exclude")
}

type reader struct {
	out  *Lock
	seen map[string]*yarnlock.Entry
	// known are the names and versions that were read.
	known map[[2]string]bool
}

// found is one package as a lock has it.
type found struct {
	name, version string
	// address is the tarball, or the git repository, "" for the registry's.
	address   string
	integrity string
	dev       bool
	// bundled: it comes within another package.
	bundled bool
	pos     fault.Pos
}

// add notes a package. What is installed is what the address has: entries of
// the same content are one.
func (r *reader) add(f found) {
	r.known[[2]string{f.name, f.version}] = true
	if f.name == "" || local(f.address) || local(f.version) {
		return // the repository's own
	}
	ref, key := spec.NPM.Of(f.version), ""
	switch {
	case exotic(f.version): // the address stands in the place of a version
		ref, f.version = f.version, ""
	case exotic(f.address) && !tarball(f.address):
		ref = f.address
	case f.address != "" && !usual(f):
		ref += "::__archiveUrl=" + url.QueryEscape(f.address)
	}
	sum := checksum(f.integrity)
	key = f.name + "\x00" + ref + "\x00" + sum
	if e := r.seen[key]; e != nil {
		r.out.Dev[e] = r.out.Dev[e] && f.dev
		return
	}
	e := &yarnlock.Entry{
		Keys: []yarnlock.Descriptor{{Name: f.name, Range: ref}}, Resolution: yarnlock.Locator{Name: f.name, Reference: ref},
		Version: f.version, Checksum: sum, LanguageName: "node", LinkType: "hard", Line: f.pos.Line,
	}
	if f.bundled || !spec.NPM.In(ref) {
		e.LinkType = "soft" // pinned by the commit, or by what it comes within
	}
	e.Touch()
	r.seen[key], r.out.Dev[e] = e, f.dev
	r.out.Lock.Entries = append(r.out.Lock.Entries, e)
}

func local(s string) bool {
	return spec.Local(s) || spec.IsPath(s)
}

// exotic tells an address from a version.
func exotic(s string) bool { return strings.ContainsAny(s, ":/") && !spec.NPM.In(s) }

// tarball reports whether an address is a web address that is not a git repository.
func tarball(address string) bool {
	bare, _, _ := strings.Cut(address, "#")
	return (strings.HasPrefix(bare, "https://") || strings.HasPrefix(bare, "http://")) && !strings.HasSuffix(bare, ".git")
}

// usual reports whether a tarball is where npm's registry has it.
func usual(f found) bool {
	name, version := yarnlock.Tarball(f.address)
	bare, _, _ := strings.Cut(f.version, "+")
	return name == f.name && version == bare &&
		(strings.HasPrefix(f.address, "https://registry.npmjs.org/") || strings.HasPrefix(f.address, "https://registry.yarnpkg.com/"))
}

// checksum is the strongest hash of an integrity, as algorithm/hex.
func checksum(integrity string) string {
	best := ""
	for part := range strings.FieldsSeq(integrity) {
		algorithm, hash, _ := strings.Cut(part, "-")
		hash, _, _ = strings.Cut(hash, "?")
		raw, err := base64.StdEncoding.DecodeString(hash)
		if err != nil {
			return algorithm + "/" + hash
		}
		if sum := algorithm + "/" + hex.EncodeToString(raw); best == "" || algorithm == "sha512" {
			best = sum
		}
	}
	return best
}
