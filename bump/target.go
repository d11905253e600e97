package bump

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Masterminds/semver/v3"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/semrange"
)

const backstageScope = "@backstage/"

// target is where one package name goes.
type target struct {
	version *semver.Version // nil: it stays
	note    *Note           // why it stays, or what else is to be said
}

// targets decides for every name at once, because names that the manifest
// lacks are looked up in parallel.
type targets map[string]target

// lookups is how many packuments are asked for at once; the registry client
// has its own, lower limit on connections.
const lookups = 16

// courtesy is how long an answer is waited for that nothing depends on.
const courtesy = 3 * time.Second

func (pl *planner) findTargets(ctx context.Context, names map[string]*semver.Version) (targets, error) {
	t := make(targets, len(names))
	var ask []string
	for name := range names {
		if v, ok := pl.manifest.Packages[name]; ok {
			version, err := semrange.ParseVersion(v)
			if err != nil {
				return nil, err
			}
			t[name] = target{version: version}
			continue
		}
		ask = append(ask, name)
	}
	sort.Strings(ask)
	found := make([]target, len(ask))
	var done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(lookups)
	for i, name := range ask {
		g.Go(func() error {
			var err error
			found[i], err = pl.lookup(ctx, name, names[name])
			if pl.opts.Progress != nil {
				pl.opts.Progress(int(done.Add(1)), len(ask))
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i, name := range ask {
		t[name] = found[i]
	}
	return t, nil
}

// lookup decides for a name that the manifest lacks.
func (pl *planner) lookup(ctx context.Context, name string, use *semver.Version) (target, error) {
	own := strings.HasPrefix(name, backstageScope)
	stay := func(kind NoteKind, format string, args ...any) (target, error) {
		return target{note: &Note{Kind: kind, Name: name, Message: fmt.Sprintf(format, args...)}}, nil
	}
	if moved := pl.movedTo(name); moved != "" {
		return stay(Moved, "moved to %s; replace it there, this name gets no further releases", moved)
	}
	asked := ctx
	if own && pl.line == "" {
		// With an exact release the registry has no say in the version. It is
		// asked only whether the package goes by a new name, and nobody should
		// wait long for a courtesy.
		var cancel context.CancelFunc
		asked, cancel = context.WithTimeout(ctx, courtesy)
		defer cancel()
	}
	p, err := pl.in.Registry.Packument(asked, name)
	switch {
	case ctx.Err() != nil:
		return target{}, ctx.Err()
	case errors.Is(err, registry.ErrNotFound):
		return stay(noteNotFound, "neither release %s nor the npm registry has it (a private fork?); left as it is", pl.manifest.ReleaseVersion)
	case err != nil && own && pl.line == "":
		return stay(noteNotInRelease, "not part of release %s; left as it is", pl.manifest.ReleaseVersion)
	case err != nil:
		return target{}, err
	}
	if latest, err := p.Version(p.DistTags["latest"]); err == nil && latest.Backstage.Moved != "" {
		return stay(Moved, "moved to %s; replace it there, this name gets no further releases", latest.Backstage.Moved)
	}
	if !own {
		return pl.newestAdmitting(name, p, use)
	}
	if pl.line == "" {
		return stay(noteNotInRelease, "not part of release %s; left as it is", pl.manifest.ReleaseVersion)
	}
	return pl.tagged(name, p)
}

// tagged follows a release line's dist-tag as the official tool does: latest
// for main; for next whichever of next and latest was published last.
func (pl *planner) tagged(name string, p *registry.Packument) (target, error) {
	version := p.DistTags["latest"]
	if next := p.DistTags["next"]; pl.line == "next" && next != "" {
		if version == "" || !p.Time(version).After(p.Time(next)) {
			version = next
		}
	}
	v, err := semrange.ParseVersion(version)
	if err != nil {
		return target{note: &Note{Kind: noteNotFound, Name: name,
			Message: fmt.Sprintf("the registry names no version for the %s line; left as it is", pl.line)}}, nil
	}
	return target{version: v}, nil
}
