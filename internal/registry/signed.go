package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/klauspost/compress/s2"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/loosejson"
	"github.com/portalctl/portalctl/internal/npmsign"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// maxDocument is the largest of the documents below in bytes, uncompressed. The
// largest known ones have some 100 KB.
const maxDocument = 4 << 20

// Signed is what a registry says of who signed a version. Packuments, which are kept by
// the hundred, leave it out; a version's own document has it, which is what Corepack
// reads it from.
type Signed struct {
	Signatures []npmsign.Signature
	// Attested says that there are attestations to ask for.
	Attested bool
	// Repository is the address of the source as its package.json has it.
	Repository string
}

// Signed asks for a version's own document. The error is a fault, as of Packument.
func (c *Client) Signed(ctx context.Context, name, version string) (*Signed, error) {
	raw, address, err := c.document(ctx, name, func(base string) string { return base + "/" + escape(version) })
	if err != nil {
		return nil, err
	}
	var doc struct {
		Name       string          `json:"name"`
		Version    string          `json:"version"`
		Repository json.RawMessage `json:"repository"`
		Dist       struct {
			Signatures   []npmsign.Signature `json:"signatures"`
			Attestations json.RawMessage     `json:"attestations"`
		} `json:"dist"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, badDocument(errors.New("it is not the JSON that is expected"), name+"@"+version, address)
	}
	if doc.Name != name || doc.Version != version {
		return nil, badDocument(errors.New("it is about "+quote(doc.Name+"@"+doc.Version)), name+"@"+version, address)
	}
	s := &Signed{Signatures: doc.Dist.Signatures, Attested: loosejson.Object(doc.Dist.Attestations) != nil}
	if s.Repository = loosejson.Text(doc.Repository); s.Repository == "" {
		s.Repository = loosejson.Text(loosejson.Object(doc.Repository)["url"])
	}
	return s, nil
}

// Keys are those that versions of a package are signed by: its registry's, which is
// asked once, or npm's own where that has none or does not show them.
func (c *Client) Keys(ctx context.Context, name string) (npmsign.Keys, error) {
	ep := c.cfg.Settings.Endpoint(name)
	c.keysMu.Lock() // held while it is asked: the others wait for the answer
	defer c.keysMu.Unlock()
	if known, ok := c.keys[ep.URL]; ok {
		return known.keys, known.err
	}
	keys := npmsign.Keys{Told: true}
	raw, address, err := c.document(ctx, name, func(string) string { return "/-/npm/v1/keys" })
	if err == nil {
		if keys.List, err = npmsign.ParseKeys(raw); err != nil {
			err = badDocument(err, "the registry's keys", address)
		}
	} else if errors.Is(err, ErrNotFound) || errors.Is(err, ErrAuth) {
		keys, err = npmsign.Known(), nil
	}
	if ctx.Err() == nil {
		if c.keys == nil {
			c.keys = map[string]knownKeys{}
		}
		c.keys[ep.URL] = knownKeys{keys, err}
	}
	return keys, err
}

type knownKeys struct {
	keys npmsign.Keys
	err  error
}

// Attestations asks for those of a version. As in npm they are asked of the registry
// that the package is of, whatever address it gives.
func (c *Client) Attestations(ctx context.Context, name, version string) ([]npmsign.Attestation, error) {
	raw, address, err := c.document(ctx, name, func(base string) string { return "/-/npm/v1/attestations" + base + "@" + escape(version) })
	if err != nil {
		return nil, err
	}
	list, err := npmsign.ParseAttestations(raw)
	if err != nil {
		return nil, badDocument(err, "the attestations of "+name+"@"+version, address)
	}
	return list, nil
}

// document asks the registry of a package for a document that is small, at a path that
// is made of the package's own. It is kept on disk and revalidated as packuments are.
func (c *Client) document(ctx context.Context, name string, at func(base string) string) (raw []byte, address string, err error) {
	if err := checkName(name); err != nil {
		return nil, "", err
	}
	ep := c.cfg.Settings.Endpoint(name)
	defer func() { err = hide(ep, err) }()
	if err := ep.Err(); err != nil {
		return nil, "", err
	}
	path := at(namePath(name, "%2f"))
	address = ep.URL + path
	got, err := c.entry(ctx, ep, path, address, address, func() error { return absent(ep, address) }, func(cached *cacheEntry) (*cacheEntry, error) {
		return c.askDocument(ctx, ep, address, cached)
	})
	if err != nil {
		return nil, address, err
	}
	if len(got.p.blocks) != 1 {
		return nil, address, errCorrupt
	}
	raw, err = s2.Decode(nil, got.p.blocks[0])
	return raw, address, err
}

func (c *Client) askDocument(ctx context.Context, ep yarnrc.Endpoint, address string, cached *cacheEntry) (*cacheEntry, error) {
	req := httpfetch.Request{URL: address, MaxBytes: maxDocument, Header: http.Header{"Accept": {"application/json"}}, Auth: ep.Authorize}
	if cached != nil {
		req.ETag = cached.etag
	}
	got, err := c.cfg.HTTP.Get(ctx, req)
	switch {
	case errors.Is(err, httpfetch.ErrTooLarge):
		return nil, badDocument(httpfetch.ErrTooLarge, "a document", address)
	case err != nil:
		// npm takes 400 for no, too (verify-signatures.js); others say it in other ways.
		for _, no := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotImplemented} {
			if httpfetch.IsStatus(err, no) {
				return nil, absent(ep, address)
			}
		}
		return nil, c.refused(ep, address, address, err)
	case got.NotModified && cached != nil:
		return cached, nil
	}
	if err := jsonType(got.Header); err != nil {
		return nil, badDocument(err, "a document", address)
	}
	return &cacheEntry{etag: got.ETag, p: &Packument{blocks: [][]byte{s2.Encode(nil, got.Body)}}}, nil
}

// absent is the error for a document that a registry does not have.
func absent(ep yarnrc.Endpoint, address string) error {
	return setAt(ep, fault.Wrap(ErrNotFound, fault.Pos{File: httpfetch.Redact(address)}, "a document").
		WithNext("Ask the registry that it comes from"))
}

func badDocument(err error, what, address string) error {
	return fault.Wrap(&invalidError{err}, fault.Pos{File: httpfetch.Redact(address)}, "the answer about %s is not valid", what).
		WithNext("Check that the registry is one of npm; a proxy or a login page may answer in its place")
}

// NotAsked is what Unsure says of a registry that may not be asked.
const NotAsked = "the registry may not be asked"

// Unsure is why something is not known that a registry was asked for: it lacks it or
// does not show it, which what says, sends what is not valid, or may not be asked. ok is
// false for a registry that fails.
func Unsure(err error, what string) (why string, ok bool) {
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrAuth):
		return what, true
	case errors.Is(err, ErrOffline):
		return NotAsked, true
	case errors.Is(err, ErrInvalid):
		var f *fault.Error
		if errors.As(err, &f) && f.Err != nil {
			what += ": " + english.Short(f.Err.Error(), 300)
		}
		return what, true
	}
	return "", false
}
