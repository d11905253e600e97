package main

import (
	"context"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
)

// judgeLocks runs the rules about locks and settings.
func (r *auditRun) judgeLocks(ctx context.Context, p ignore.Policy) error {
	in := r.in.TrustInput(r.head, r.base, p, r.now)
	in.Offline = r.o.offline
	if r.o.online || r.licenses != nil {
		client, err := r.registry()
		if err != nil {
			return err
		}
		in.AllLicenses = r.o.outs.inventories()
		if in.Licenses = r.licenses; in.Licenses != nil || in.AllLicenses {
			in.Manifests = client
		}
		if r.o.online {
			in.Registry, in.Fetch = client, r.fetch
			if in.ChecksumDir, err = (&checkout{settings: r.settings, net: r.settings}).registryCache(r.e, "checksums"); err != nil {
				return err
			}
		}
		progress := r.e.Progress("Asking the registry", -1)
		defer progress.Done()
		in.Progress = func(int, int) { progress.Add(1) }
	}
	if err := r.profiles(&in); err != nil {
		return err
	}
	result, err := trust.Check(ctx, in)
	if err != nil {
		return err
	}
	r.in.Trust = result
	return nil
}

// profiles has the packages looked into that a change adds: with --online, and with
// --offline as far as they are known.
func (r *auditRun) profiles(in *trust.Input) error {
	if in.Base == nil || !r.o.online && !r.o.offline {
		return nil
	}
	client, err := r.registry()
	if err != nil {
		return err
	}
	facts, err := (&checkout{settings: r.settings, net: r.settings}).facts(r.e, client)
	if err != nil {
		return err
	}
	in.Profiles = &published.Profiles{Registry: client, CacheDir: facts.CacheDir}
	if r.o.offline {
		in.Kept = client
	}
	return nil
}

// registry answers for npm packages, by the settings that decide.
func (r *auditRun) registry() (*registry.Client, error) {
	return (&checkout{settings: r.settings, net: r.settings}).registry(r.e, r.o.offline)
}

// fetch reads a public address, without credentials.
func (r *auditRun) fetch(ctx context.Context, url string) ([]byte, error) {
	got, err := httpfetch.New(httpConfig(r.settings, r.e, url)).Get(ctx, httpfetch.Request{URL: url})
	if err != nil {
		return nil, err
	}
	return got.Body, nil
}

// registryAdvice has the registry and the releases asked which versions admit a
// fix; late is what there is to say of it once the report is there.
func (r *auditRun) registryAdvice(ctx context.Context) (late func() []string) {
	late = func() []string { return nil }
	if !r.o.online && !r.o.fixes {
		return late
	}
	if client, err := r.registry(); err == nil {
		r.client = client
		late = r.in.AskRegistry(ctx, client)
		if source, err := (&checkout{settings: r.settings, net: r.settings}).releases(r.e, r.o.offline); err == nil {
			r.in.AskReleases(ctx, source)
		}
	}
	return late
}
