package trust

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/capability"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	packages "github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Profiles tells what published packages reach: *published.Profiles.
type Profiles interface {
	Read(ctx context.Context, name, version string) (*capability.Profile, error)
}

// brought is a package that the change adds, or moves to another version.
type brought struct {
	lock          *yarnlock.Lock
	entry         *yarnlock.Entry
	name, version string
	// before are the versions that the base has, the highest first; none of a
	// package that is new.
	before []string

	now *capability.Profile
	was []*capability.Profile
	// lacks is a version of before that could not be read, "" if all were.
	lacks string
}

func (b *brought) id() string { return b.name + "@" + b.version }

// maxBefore is with how many versions of the base one is compared.
const maxBefore = 3

// contents is the rules that look into packages: about what a change adds alone, as
// the code of all packages of a portal is gigabytes.
func (c *checker) contents(ctx context.Context) error {
	if c.in.Base == nil || c.in.Profiles == nil || c.off(ruleCapability) && c.off(ruleScript) {
		return nil
	}
	list := c.bringsIn()
	offline, missing, err := c.readContents(ctx, list)
	if err != nil {
		return err
	}
	var fresh []*brought
	for _, b := range list {
		if b.now == nil {
			continue
		}
		c.installScript(b)
		switch {
		case len(b.before) == 0:
			if !c.newcomer(b) {
				fresh = append(fresh, b)
			}
		default:
			c.gained(b)
		}
	}
	c.newcomers(fresh)
	c.notRead(list, offline, missing)
	return nil
}

// bringsIn are the registry packages of the head's locks that no lock of the base
// has in that version, each once.
func (c *checker) bringsIn() []*brought {
	had := map[string][]string{}
	for _, l := range c.in.Base.Locks {
		for _, e := range l.Entries {
			if name, _, ok := e.Package(); ok {
				for _, v := range e.Versions() {
					if !slices.Contains(had[name], v) {
						had[name] = append(had[name], v)
					}
				}
			}
		}
	}
	var out []*brought
	seen := map[string]bool{}
	for _, l := range c.in.Head.Locks {
		for _, e := range l.Entries {
			if _, _, ok := e.Package(); !ok || e.Resolution.Is(spec.Patch) {
				continue // the package behind a patch has an entry of its own
			}
			// Where the name or the version that is written and the tarball's differ,
			// all that may be installed is looked at.
			for _, name := range e.Names() {
				for _, version := range e.Versions() {
					id := name + "@" + version
					if seen[id] || slices.Contains(had[name], version) {
						continue
					}
					seen[id] = true
					out = append(out, &brought{lock: l, entry: e, name: name, version: version, before: newest(had[name])})
				}
			}
		}
	}
	return out
}

// newest are the highest versions, at most maxBefore.
func newest(list []string) []string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b string) int {
		x, errX := semrange.ParseVersion(a)
		y, errY := semrange.ParseVersion(b)
		if errX != nil || errY != nil {
			return cmp.Compare(b, a)
		}
		return semrange.Compare(y, x)
	})
	return list[:min(len(list), maxBefore)]
}

// readContents reads the packages side by side. What the registry does not have is
// missing; offline counts those that would need a network. A tarball that is not
// what was published, or that cannot be read within bounds, is an error: what it
// would install is not known.
func (c *checker) readContents(ctx context.Context, list []*brought) (offline int, missing []string, err error) {
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2*runtime.GOMAXPROCS(0) + 2) // some wait for the network, others parse
	for _, b := range list {
		g.Go(func() error {
			now, err := c.in.Profiles.Read(gctx, b.name, b.version)
			switch {
			case err == nil:
				b.now = now
			case errors.Is(err, registry.ErrOffline):
				mu.Lock()
				offline++
				mu.Unlock()
				return nil
			case errors.Is(err, registry.ErrNotFound), errors.Is(err, registry.ErrAuth):
				mu.Lock()
				missing = append(missing, b.id())
				mu.Unlock()
				return nil
			default:
				return cannotRead(b.id(), err)
			}
			for _, v := range b.before {
				was, err := c.in.Profiles.Read(gctx, b.name, v)
				if gctx.Err() != nil {
					return gctx.Err()
				}
				if err != nil {
					// The portal has it already: that it cannot be read stops nobody.
					b.lacks = v
					continue
				}
				b.was = append(b.was, was)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		if ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		return 0, nil, err
	}
	return offline, missing, nil
}

func cannotRead(id string, err error) error {
	if packages.IsBroken(err) || errors.Is(err, registry.ErrIntegrity) || errors.Is(err, registry.ErrInvalid) {
		return fault.Wrap(err, fault.Pos{}, "the rules %s and %s cannot read %s", ruleCapability, ruleScript, id).
			WithNext("%s", cmp.Or(fault.NextOf(err), "Do not install it: what is in it is not known. Where you know it, turn both rules off in the base's .portalctl.yaml"))
	}
	return fault.Wrap(err, fault.Pos{}, "the rule %s cannot ask the registry", ruleCapability).
		WithNext("%s", cmp.Or(fault.NextOf(err), "Try again, or leave out --online"))
}

// notRead says once each what is not known.
func (c *checker) notRead(list []*brought, offline int, missing []string) {
	rule := ruleCapability
	if c.off(rule) {
		rule = ruleScript
	}
	if offline > 0 {
		c.unknown = append(c.unknown, finding.Unknown{Rule: rule,
			Reason: fmt.Sprintf("what %s of the %d that the change brings can do was not read before, and the network may not be used", english.Count(offline, "package"), len(list)),
			Next:   "Run the audit with --online"})
	}
	c.notKnown(rule, "the registry does not have, or does not show, ", missing, ": what they can do is not known", nextRegistry)
	if c.off(ruleCapability) {
		return
	}
	var lacks, dark []string
	for _, b := range list {
		if b.now == nil {
			continue
		}
		if b.lacks != "" {
			lacks = append(lacks, b.name+"@"+b.lacks)
		}
		if n := b.now.UnreadCount; n > 0 {
			u := b.now.Unread[0]
			more := ""
			if n > 1 {
				more = fmt.Sprintf(" and %d more", n-1)
			}
			dark = append(dark, fmt.Sprintf("%s (%s%s: %s)", b.id(), u.File, more, u.Why))
		}
	}
	c.notKnown(ruleCapability, "what is new cannot be told, as these could not be read: ", lacks, "", "Ask a registry that has them")
	if len(dark) > 0 {
		slices.Sort(dark)
		text := strings.Join(dark[:min(len(dark), 3)], "; ")
		if len(dark) > 3 {
			text += fmt.Sprintf("; and %d packages more", len(dark)-3)
		}
		c.unknown = append(c.unknown, finding.Unknown{Rule: ruleCapability, Reason: "not all code could be read: " + text, Next: "Read these files by hand"})
	}
}
