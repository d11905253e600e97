package registry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// inMemory is the largest tarball that is not put into a file.
const inMemory = 2 << 20

// Tarball is a verified tarball. Close it: it may be a temporary file.
type Tarball struct {
	size int64
	at   io.ReaderAt
	file *os.File
	gone bool // the file has no name any more
}

// unverifiable is an ErrIntegrity: what cannot be verified is not used.
type unverifiable struct{}

func (unverifiable) Error() string        { return "dist.integrity is missing or not understood" }
func (unverifiable) Is(target error) bool { return target == ErrIntegrity }

// Size is the number of bytes.
func (t *Tarball) Size() int64 { return t.size }

// ReadAt reads at an offset.
func (t *Tarball) ReadAt(p []byte, off int64) (int, error) { return t.at.ReadAt(p, off) }

// Reader reads the tarball from its start.
func (t *Tarball) Reader() io.Reader { return io.NewSectionReader(t.at, 0, t.size) }

// Close gives up the memory or the file.
func (t *Tarball) Close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	if !t.gone {
		if rerr := os.Remove(t.file.Name()); err == nil {
			err = rerr
		}
	}
	t.file = nil
	return err
}

// Tarball downloads the tarball of a version and hands it out only if it has
// the checksum of dist: the strongest hash of dist.Integrity, else dist.Shasum.
// The error is a fault; errors.Is finds ErrIntegrity, ErrNotFound, ErrOffline,
// ErrAuth and ErrInvalid in it. Tarballs are not cached.
func (c *Client) Tarball(ctx context.Context, name, version string, dist Dist) (_ *Tarball, err error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	ep := c.cfg.Settings.Endpoint(name)
	defer func() { err = hide(ep, err) }()
	if err := ep.Err(); err != nil {
		return nil, err
	}
	address, err := c.tarballURL(ep, name, version, dist)
	if err != nil {
		return nil, err
	}
	id := name + "@" + version
	pos := fault.Pos{File: httpfetch.Redact(address)}
	want, ok := newVerifier(dist.Integrity, dist.Shasum)
	if !ok {
		return nil, fault.Wrap(unverifiable{}, pos, "the registry gives no usable checksum for %s", id).
			WithNext("Tell the operator of the registry, or let the repo's own Yarn write the lockfile")
	}
	if err := c.online(ep, "the tarball of "+id, address); err != nil {
		return nil, err
	}
	return again(ctx, c, func() (*Tarball, bool, error) { return c.download(ctx, ep, id, address, want) })
}

func (c *Client) download(ctx context.Context, ep yarnrc.Endpoint, id, address string, want verifier) (t *Tarball, body bool, err error) {
	stream, err := c.cfg.HTTP.Stream(ctx, httpfetch.Request{URL: address, MaxBytes: c.cfg.MaxTarball, Auth: ep.Authorize})
	if err != nil {
		return nil, false, c.refused(ep, id, address, err)
	}
	defer stream.Body.Close()
	hash := want.new()
	size, _ := strconv.ParseInt(stream.Header.Get("Content-Length"), 10, 64)
	t, err = c.spool(io.TeeReader(stream.Body, hash), size)
	if err != nil {
		return nil, true, err
	}
	if !want.matches(hash.Sum(nil)) {
		_ = t.Close()
		return nil, true, mismatch(stream.Header, id, address, want)
	}
	return t, true, nil
}

// spool keeps a stream in memory, or once it is large, in a file. The announced
// size is a hint.
func (c *Client) spool(r io.Reader, size int64) (*Tarball, error) {
	var buf bytes.Buffer
	buf.Grow(int(min(max(size, 0), inMemory)) + bytes.MinRead)
	n, err := io.Copy(&buf, io.LimitReader(r, inMemory+1))
	if err != nil {
		return nil, err
	}
	if n <= inMemory {
		return &Tarball{size: n, at: bytes.NewReader(buf.Bytes())}, nil
	}
	file, err := os.CreateTemp(c.cfg.TempDir, "portalctl-*.tgz")
	if err != nil {
		return nil, diskFault(err)
	}
	// Where that is possible, the file loses its name at once: so it is gone
	// even if the process is killed.
	t := &Tarball{file: file, at: file, gone: os.Remove(file.Name()) == nil}
	if _, err = buf.WriteTo(file); err == nil {
		_, err = io.Copy(file, r)
	}
	if err == nil {
		t.size, err = file.Seek(0, io.SeekCurrent)
	}
	if err != nil {
		_ = t.Close()
		var f *fault.Error
		if errors.As(err, &f) {
			return nil, err // of the network
		}
		return nil, diskFault(err)
	}
	return t, nil
}

func diskFault(err error) error {
	return fault.Wrap(err, fault.Pos{}, "cannot keep a downloaded tarball").
		WithNext("Make room in the folder for temporary files, or name another one in TMPDIR")
}

func mismatch(h http.Header, id, address string, want verifier) error {
	f := fault.Wrap(ErrIntegrity, fault.Pos{File: httpfetch.Redact(address)}, "%s (%s)", id, want.algorithm)
	if media, _, _ := mime.ParseMediaType(h.Get("Content-Type")); media == "text/html" {
		return f.WithNext("The server sent a web page: a proxy or a login page may answer in place of the registry")
	}
	return f.WithNext("Run the command again. If it happens again, do not use the package: what the server sends is not what was published")
}

// tarballURL is where a version's tarball is fetched: where the packument
// says, with Yarn's corrections. A URL that has the conventional form is one
// of the registry, whatever host it names, if the registry is Yarn's default
// server: that is an alias, whose packuments name the host behind it
// (NpmSemverFetcher.isConventionalTarballUrl). http turns into https where
// the registry has https.
func (c *Client) tarballURL(ep yarnrc.Endpoint, name, version string, dist Dist) (string, error) {
	_, base := spec.SplitScope(name)
	file := "/-/" + escape(base) + "-" + escape(version) + ".tgz"
	plain, escaped := namePath(name, "/")+file, namePath(name, "%2f")+file
	if dist.Tarball == "" {
		return ep.URL + plain, nil
	}
	u, err := url.Parse(dist.Tarball)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fault.Wrap(ErrInvalid, fault.Pos{}, "the registry names no address for the tarball of %s@%s", name, version).
			WithNext("Tell the operator of the registry")
	}
	if path := u.EscapedPath(); ep.URL == yarnrc.DefaultRegistry && (path == plain || path == escaped) {
		return ep.URL + path, nil
	}
	u.User, u.Fragment = nil, ""
	registry, err := url.Parse(ep.URL)
	if err == nil && u.Scheme == "http" && registry.Scheme == "https" && strings.EqualFold(u.Hostname(), registry.Hostname()) && u.Port() == "" {
		u.Scheme, u.Host = "https", registry.Host
	}
	sameHost := err == nil && registry.Scheme == "http" && strings.EqualFold(u.Host, registry.Host)
	if u.Scheme == "http" && !sameHost && !c.cfg.Settings.HTTPAllowed(u.Hostname()) {
		return "", fault.Wrap(ErrInvalid, fault.Pos{File: httpfetch.Redact(dist.Tarball)}, "the tarball of %s@%s is offered by plain http", name, version).
			WithNext("Add %s to unsafeHttpWhitelist in .yarnrc.yml if that is right", u.Hostname())
	}
	return u.String(), nil
}
