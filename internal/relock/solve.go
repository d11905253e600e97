package relock

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"path"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnpatch"
)

// Solve writes the lock that belongs to the project's package.json files.
//
// Errors are *Unsupported when only the repo's own Yarn can do it, else
// faults, or ctx's error. in.Lock is changed only on success.
func Solve(ctx context.Context, in *Input, source Source, policy Policy) (*Result, error) {
	s, err := newSolver(in, source, policy)
	if err != nil {
		return nil, err
	}
	s.ahead = newPrefetch(ctx, s)
	defer s.ahead.close()
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	before := make(chan versions, 1)
	go func() { before <- census(s.in.lockEntries()) }()
	err = s.checksums(ctx)
	had := <-before // from here on the lock changes
	if err == nil {
		err = s.absent.err()
	}
	if err != nil {
		return nil, err
	}
	s.ahead.close()
	if err := s.write(); err != nil {
		return nil, err
	}
	return s.result(had), nil
}

func newSolver(in *Input, source Source, policy Policy) (*solver, error) {
	cfg, err := readConfig(in)
	if err != nil {
		return nil, err
	}
	if in.Lock == nil {
		if in.Lock, err = yarnlock.Parse("yarn.lock", nil); err != nil {
			return nil, err
		}
	}
	s := &solver{in: in, cfg: cfg, source: source, policy: policy, packs: map[string]*pack{}, own: map[locator]*yarnpatch.Patch{},
		read: map[string]*semver.Version{}}
	if err := s.loadWorkspaces(); err != nil {
		return nil, err
	}
	s.resolutions = loadResolutions(s.workspaces[0].file)
	s.patchesByName = byName(in.Lock, spec.Patch)
	// Not needed for a lock in order, and asked for from several goroutines.
	s.npmByName = sync.OnceValue(func() map[string][]*yarnlock.Entry { return byName(in.Lock, spec.NPM) })
	in.Lock.Locate(locator{}) // makes its index now, which goroutines share too
	return s, nil
}

// byName are the entries of a protocol by the name of their locator.
func byName(lock *yarnlock.Lock, protocol spec.Protocol) map[string][]*yarnlock.Entry {
	m := map[string][]*yarnlock.Entry{}
	for _, e := range lock.Entries {
		if e.Resolution.Is(protocol) {
			m[e.Resolution.Name] = append(m[e.Resolution.Name], e)
		}
	}
	return m
}

// loadWorkspaces names the workspaces as Workspace.setup does.
func (s *solver) loadWorkspaces() error {
	s.byIdent, s.byRel = map[string]*workspaceNode{}, map[string]*workspaceNode{}
	for _, ws := range s.in.Project.Workspaces {
		w := &workspaceNode{rel: cleanPath(ws.Rel), ident: ws.File.Name, version: ws.File.Version, file: ws.File}
		if w.ident == "" {
			w.ident = unnamedWorkspace(w.rel)
		}
		if other := s.byIdent[w.ident]; other != nil {
			return fault.At(ws.File.NamePos, "two workspaces are called %s: %s and %s", w.ident, other.rel, w.rel).
				WithNext("Give one of them another name, then run the command again.")
		}
		for _, x := range ws.File.DependenciesMeta {
			if _, err := semrange.ParseVersion(x.Range); x.Range != "" && err != nil {
				return fault.At(fault.Pos{File: ws.File.Path()}, "dependenciesMeta of %s@%s: Yarn takes a version there, not a range", x.Name, x.Range).
					WithNext("Write it as %s or %s@1.2.3, then run the command again.", x.Name, x.Name)
			}
		}
		s.byIdent[w.ident], s.byRel[w.rel] = w, w
		s.workspaces = append(s.workspaces, w)
	}
	if len(s.workspaces) == 0 || s.workspaces[0].rel != "." {
		return fault.New("the project has no root workspace").WithNext("Run the command in the folder of the root package.json.")
	}
	return nil
}

// cleanPath is path.Clean of a workspace's path, with "." for the root.
func cleanPath(p string) string { return path.Clean(strings.ReplaceAll(p, `\`, "/")) }

// unnamedWorkspace is the name that Yarn gives a workspace without one: its
// folder and the start of a hash of its path.
func unnamedWorkspace(rel string) string {
	base := path.Base(rel)
	if rel == "." {
		base = "root-workspace"
	}
	sum := sha512.Sum512([]byte(rel))
	return base + "-" + hex.EncodeToString(sum[:])[:6]
}
