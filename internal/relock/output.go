package relock

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnpatch"
)

// stored is the checksum that the lock has for a package, with its cache key,
// as Yarn keeps it in memory.
func (s *solver) stored(p *pkg) string {
	e := p.entry
	if e == nil || e.Checksum == "" {
		return ""
	}
	if !strings.Contains(e.Checksum, "/") && s.in.Lock.CacheKey != "" {
		return s.in.Lock.CacheKey + "/" + e.Checksum
	}
	return e.Checksum
}

// printedChecksum is how Yarn writes it: 4.0 leaves its own cache key out.
func (s *solver) printedChecksum(sum string) string {
	if s.cfg.bare {
		if bare, ok := strings.CutPrefix(sum, s.cfg.cacheKey+"/"); ok {
			return bare
		}
	}
	return sum
}

// supportedCacheKey is the one whose checksums can be computed here.
const supportedCacheKey = "10c0"

// computes reports whether checksums are computed at all.
func (s *solver) computes() bool {
	return s.cfg.cacheKey == supportedCacheKey && !s.in.LeaveChecksums
}

// checksums finds those of all packages of the graph: the lock's, or for what
// the lock has none of, new ones from the source. Yarn fetches the same
// packages in its update-lockfile mode.
func (s *solver) checksums(ctx context.Context) error {
	conditional := s.conditional()
	var missing []*pkg
	for _, p := range s.order {
		if p.soft() {
			continue
		}
		if sum := s.stored(p); sum != "" {
			p.sum = sum
		} else if !conditional[p.loc] {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 || s.in.LeaveChecksums {
		return nil
	}
	slices.SortFunc(missing, func(a, b *pkg) int { return strings.Compare(a.loc.String(), b.loc.String()) })
	reqs, err := s.checksumRequests(ctx, missing)
	if err != nil {
		return err
	}
	// The first failure is kept, and then ends the rest: nothing is written.
	g, failed := errgroup.WithContext(ctx)
	defer context.AfterFunc(failed, s.ahead.cancel)()
	offline := make([]error, len(missing))
	early := make([]*earlySum, len(missing))
	for i, p := range missing {
		if reqs[i].Manifest != nil { // else absent
			early[i] = s.ahead.start(p.loc, reqs[i])
		}
	}
	for i, p := range missing {
		if early[i] == nil {
			continue
		}
		g.Go(func() error {
			<-early[i].done // it ends with ctx at the latest
			err := early[i].err
			switch {
			case err == nil:
				return nil
			case errors.Is(err, httpfetch.ErrOffline):
				offline[i] = err
				return nil
			}
			return s.checksumError(p, err)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, p := range missing {
		if early[i] != nil {
			p.sum = early[i].sum
		}
		if offline[i] != nil {
			s.lacks("the tarball of "+reqs[i].Name+"@"+reqs[i].Version, s.whoAsks(p), offline[i])
		}
	}
	return nil
}

// checksumRequests finds out what the source has to know. A package that the
// lock has without a checksum may need a manifest that nobody asked for yet.
func (s *solver) checksumRequests(ctx context.Context, missing []*pkg) ([]ChecksumRequest, error) {
	if s.cfg.cacheKey != supportedCacheKey {
		p := missing[0]
		return nil, &Unsupported{Checksum: true,
			Construct: "compressionLevel " + s.cfg.compression, Pos: s.in.Settings.CompressionLevel.Pos,
			Why: "the checksum of " + p.loc.String() + ", which is new, would be of a compressed archive",
		}
	}
	for _, p := range missing {
		b, err := s.registryPackage(p)
		if err != nil {
			return nil, err
		}
		s.packument(b.loc.Name)
	}
	if err := s.fetch(ctx); err != nil {
		return nil, err
	}
	reqs := make([]ChecksumRequest, len(missing))
	for i, p := range missing {
		b, _ := s.registryPackage(p)
		pk := s.packs[b.loc.Name]
		if s.lacks(b.loc.Name, s.whoAsks(p), pk.err) {
			continue
		}
		if pk.err != nil {
			return nil, s.missingChecksum(p, pk.err)
		}
		var err error
		if reqs[i], err = b.request(pk, s.cfg); err != nil {
			return nil, s.missingChecksum(p, err)
		}
	}
	return reqs, nil
}

// checksumRequest is the same for a package whose packument is there.
func (s *solver) checksumRequest(p *pkg) (req ChecksumRequest, ok bool) {
	b, err := s.registryPackage(p)
	if err != nil {
		return req, false
	}
	pk := s.packs[b.loc.Name]
	if pk == nil || pk.err != nil {
		return req, false
	}
	req, err = b.request(pk, s.cfg)
	return req, err == nil
}

func (s *solver) missingChecksum(p *pkg, err error) error {
	d, _ := s.askedFor(p)
	return fault.Wrap(err, s.descriptorPos(d), "the lockfile has no checksum for %s, asked for by %s", withoutBindings(p.loc), s.askerName(d)).
		WithNext("%s", cmp.Or(fault.NextOf(err), "Make the registry reachable, then run the command again."))
}

// behind is the registry package that one of the graph is made of, and the
// patch that is applied to it, if any: Yarn's, by its selector, or the
// project's.
type behind struct {
	loc     locator
	builtin string
	own     *yarnpatch.Patch
}

func (b behind) request(pk *pack, cfg *config) (ChecksumRequest, error) {
	version, _ := b.loc.Version()
	m, err := pk.doc.Manifest(version)
	return ChecksumRequest{
		Name: b.loc.Name, Version: version, Manifest: m, CacheKey: cfg.cacheKey,
		Patch: b.builtin, Own: b.own, MissingFails: !cfg.yarn.atLeast("4.17.1"),
	}, err
}

func (s *solver) registryPackage(p *pkg) (b behind, err error) {
	b.loc = p.loc
	if p.loc.Is(spec.Patch) {
		source, ok := p.loc.Patched()
		selector := p.loc.Parsed().Selector()
		switch own := s.own[p.loc]; {
		case !ok:
			return b, s.noChecksum(p, "it is not known what is patched")
		case source.Is(spec.Patch):
			return b, s.noChecksum(p, "it is patched twice")
		case source.Name != p.loc.Name:
			return b, s.noChecksum(p, "it is patched under another name")
		case own != nil:
			b = behind{loc: source, own: own}
		case selector == builtinSelector(source.Name):
			b = behind{loc: source, builtin: selector}
		default:
			return b, s.noChecksum(p, "it is patched by a file that cannot be read")
		}
	}
	if !b.loc.Is(spec.NPM) {
		return b, s.noChecksum(p, "it is not from a registry")
	}
	return b, nil
}

// noChecksum names the place where p is asked for, else where the lock has it.
func (s *solver) noChecksum(p *pkg, why string) error {
	u := &Unsupported{Checksum: true, Construct: "new package " + p.loc.String(), Why: "its checksum cannot be computed: " + why}
	if d, ok := s.askedFor(p); ok {
		u.Pos = s.descriptorPos(d)
	}
	if u.Pos.IsZero() && p.entry != nil && p.entry.Line > 0 {
		u.Pos = s.in.Lock.Pos(p.entry)
	}
	return u
}

// write brings the lock in line with the graph. What stays the same keeps its
// bytes.
func (s *solver) write() error {
	lock := s.in.Lock
	lock.SetVersion(s.cfg.lockVersion)
	lock.SetCacheKey(s.cfg.cacheKey)
	keys := s.unbindGone()
	for _, p := range s.order {
		list := keys[p.loc]
		if len(list) == 0 {
			continue // everybody's range is bound already
		}
		slices.SortFunc(list, func(a, b descriptor) int { return strings.Compare(a.String(), b.String()) })
		if e := lock.Locate(p.loc); e != nil && len(e.Keys) > 0 && lock.Lookup(e.Keys[0]) == e {
			for _, d := range list {
				lock.RebindTo(d, e)
			}
			continue
		}
		e := &yarnlock.Entry{Keys: list}
		if p.entry != nil {
			e = p.entry.Anew(list)
		}
		p.fill(e)
		e.Checksum = s.printedChecksum(p.sum)
		if err := lock.Add(e); err != nil {
			return err
		}
	}
	for _, p := range s.order {
		e := lock.Locate(p.loc)
		if e == nil {
			continue
		}
		if sum := s.printedChecksum(p.sum); e.Checksum != sum {
			e.Checksum = sum
			e.Touch()
		}
		if p.fields != p.entry && !p.sameAs(e) {
			p.fill(e)
			e.Touch()
		}
	}
	lock.Normalize()
	return nil
}

// unbindGone takes descriptors out of the lock that the graph lacks or
// resolves to something else, and returns those that are missing there, by
// locator.
func (s *solver) unbindGone() map[locator][]descriptor {
	lock := s.in.Lock
	var gone []descriptor
	kept := 0
	for _, e := range lock.Entries {
		for _, k := range e.Keys {
			// Of two entries for one package, as a merge by git may leave them, the
			// first gets all keys: Yarn makes one of them.
			if p := s.got(k); p == nil || p.loc != e.Resolution || p.entry != e {
				gone = append(gone, k)
			} else {
				kept++
			}
		}
	}
	for _, d := range gone {
		lock.Unbind(d)
	}
	if kept == len(s.wanted) {
		return nil
	}
	missing := map[locator][]descriptor{}
	for d, w := range s.wanted {
		if w.got != nil && lock.Lookup(d) == nil {
			missing[w.got.loc] = append(missing[w.got.loc], d)
		}
	}
	return missing
}
