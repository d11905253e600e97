package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/klauspost/compress/s2"

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
	Integrity  string
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
			Integrity    string              `json:"integrity"`
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
	s := &Signed{Integrity: doc.Dist.Integrity, Signatures: doc.Dist.Signatures, Attested: loosejson.Object(doc.Dist.Attestations) != nil}
	if s.Repository = loosejson.Text(doc.Repository); s.Repository == "" {
		s.Repository = loosejson.Text(loosejson.Object(doc.Repository)["url"])
	}
	return s, nil
}

// Keys asks the registry of a package for its keys. errors.Is finds ErrNotFound for
// one that has none. Each registry is asked once.
func (c *Client) Keys(ctx context.Context, name string) ([]npmsign.Key, error) {
	ep := c.cfg.Settings.Endpoint(name)
	c.keysMu.Lock() // held while it is asked: the others wait for the answer
	defer c.keysMu.Unlock()
	if known, ok := c.keys[ep.URL]; ok {
		return known.list, known.err
	}
	raw, address, err := c.document(ctx, name, func(string) string { return "/-/npm/v1/keys" })
	var list []npmsign.Key
	if err == nil {
		if list, err = npmsign.ParseKeys(raw); err != nil {
			err = badDocument(err, "the registry's keys", address)
		}
	}
	if ctx.Err() == nil {
		if c.keys == nil {
			c.keys = map[string]knownKeys{}
		}
		c.keys[ep.URL] = knownKeys{list, err}
	}
	return list, err
}

type knownKeys struct {
	list []npmsign.Key
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
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, address, ctx.Err()
	}
	cached := c.load(ep.URL, path)
	now := c.cfg.Now()
	if cached != nil && (c.cfg.Offline || c.fresh(cached, now)) {
		raw, err = cached.document()
		return raw, address, err
	}
	if err := c.online(ep, address, address); err != nil {
		if cached != nil && errors.Is(err, ErrOffline) {
			raw, err = cached.document()
			return raw, address, err
		}
		if errors.Is(err, ErrOffline) && c.knownMissing(ep.URL, path) {
			return nil, address, absent(ep, address)
		}
		return nil, address, err
	}
	got, err := c.askDocument(ctx, ep, address, cached)
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			c.storeMissing(ep.URL, path, now)
		}
		return nil, address, err
	}
	got.fetched = now.UnixMilli()
	c.store(ep.URL, path, got)
	raw, err = got.document()
	return raw, address, err
}

// document is the text of an entry that is no packument.
func (e *cacheEntry) document() ([]byte, error) {
	if len(e.p.blocks) != 1 {
		return nil, errCorrupt
	}
	return s2.Decode(nil, e.p.blocks[0])
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
