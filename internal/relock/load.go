package relock

import (
	"path"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// load makes the package of a locator: Resolver.resolve.
func (s *solver) load(loc locator, d descriptor) (p *pkg, ready bool, err error) {
	if e := s.located(loc); e != nil {
		return fromEntry(e), true, nil
	}
	switch loc.Protocol() {
	case spec.Workspace:
		return s.loadWorkspace(loc), true, nil
	case spec.Patch:
		return s.loadPatched(loc, d)
	case spec.Link:
		// Yarn never looks at what is behind a link.
		return s.made(loc, "", soft, s.cfg.language, &yarnlock.Entry{}), true, nil
	case spec.Portal:
		p, err := s.loadPortal(loc, d)
		return p, err == nil, err
	case spec.NPM:
		return s.loadNpm(loc, d)
	}
	if e := s.previous(loc); e != nil && !transient(loc.Reference) {
		return fromEntry(e), true, nil
	}
	return nil, false, s.unsupported(d)
}

func (s *solver) loadWorkspace(loc locator) *pkg {
	rel, _ := loc.Workspace()
	w := s.byRel[rel]
	p := s.made(loc, w.version, soft, "unknown", WorkspaceFields(w.file))
	p.ws = w
	return p
}

func (s *solver) loadNpm(loc locator, d descriptor) (*pkg, bool, error) {
	version, _ := loc.Version()
	pk, ok := s.packument(loc.Name)
	if !ok {
		return nil, false, nil
	}
	if pk.err != nil {
		return nil, false, s.registryError(d, pk.err)
	}
	m, err := pk.doc.Manifest(version)
	if err != nil {
		return nil, false, s.registryError(d, err)
	}
	p := s.made(loc, version, hard, "node", m.LockFields())
	p.install = m.Install
	return p, true, nil
}

// loadPatched is PatchResolver.resolve: the patched package has the fields of
// its source.
func (s *solver) loadPatched(loc locator, d descriptor) (*pkg, bool, error) {
	source, ok := loc.Patched()
	if !ok {
		return nil, false, s.unsupported(d)
	}
	inner, ok := s.pkgs[source]
	if !ok {
		// The source is always resolved first; only a locator that the lock
		// names without its source gets here.
		var err error
		if inner, err = s.reach(source, d); err != nil || inner == nil {
			return nil, false, err
		}
	}
	p := *inner
	p.loc, p.edges, p.ws, p.file = loc, nil, nil, nil
	p.entry = s.previous(loc)
	return &p, true, nil
}

// loadPortal reads the package.json behind portal:, as PortalResolver does.
func (s *solver) loadPortal(loc locator, d descriptor) (*pkg, error) {
	dir, ok := portalFolder(loc, maxPortals)
	if !ok || s.in.ReadFile == nil {
		return nil, s.unsupported(d)
	}
	rel := path.Join(dir, pkgjson.FileName)
	src, err := s.in.ReadFile(rel)
	if err != nil {
		return nil, fault.Wrap(err, s.descriptorPos(d), "%s", d).
			WithNext("Correct the path behind portal:, then run the command again.")
	}
	f, err := pkgjson.Parse(rel, src)
	if err != nil {
		return nil, err
	}
	m := workspaceManifest(f)
	m.dev = nil
	p := s.made(loc, f.Version, soft, s.cfg.language, m.fields())
	p.file = f
	return p, nil
}

// maxPortals bounds portals that lead to each other: each way around makes a
// new locator, and Yarn goes on until it has no memory left.
const maxPortals = 8

// portalFolder is the folder, from the root, that a portal: locator leads to.
func portalFolder(loc locator, limit int) (string, bool) {
	r := loc.Parsed()
	parent, ok := spec.ParseLocator(r.Bind("locator"))
	if !ok || path.IsAbs(r.Selector()) || limit == 0 {
		return "", false
	}
	dir, ok := parent.Workspace()
	if !ok {
		if !parent.Is(spec.Portal) {
			return "", false
		}
		if dir, ok = portalFolder(parent, limit-1); !ok {
			return "", false
		}
	}
	return path.Join(dir, r.Selector()), true
}

// locked and located are the entries of the lock as Yarn sees it after
// forgetTransientResolutions, by descriptor and by locator, nil where it has
// none. They have no sense once write has changed it.
func (s *solver) locked(d descriptor) *yarnlock.Entry { return lasting(s.in.Lock.Lookup(d)) }

func (s *solver) located(loc locator) *yarnlock.Entry { return lasting(s.in.Lock.Locate(loc)) }

func lasting(e *yarnlock.Entry) *yarnlock.Entry {
	if e == nil || transient(e.Resolution.Reference) {
		return nil
	}
	return e
}

// previous is the entry that the lock had for loc, transient or not.
func (s *solver) previous(loc locator) *yarnlock.Entry {
	if s.in.Lock == nil {
		return nil
	}
	return s.in.Lock.Locate(loc)
}

// transient is the reverse of Resolver.shouldPersistResolution: Yarn resolves
// what stands behind these protocols anew at every install.
func transient(ref string) bool { return spec.Patch.In(ref) || spec.Local(ref) }
