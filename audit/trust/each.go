package trust

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/registry"
)

// concurrency is how many packages are judged at a time; the client has a limit
// of its own for requests.
const concurrency = 16

// each asks the registry for the names, several at a time, and has take look at what
// it says of each. An error that is one of silent means that the registry does not
// have the package or does not show it, and take is given nil; any other ends it.
func each[T any](ctx context.Context, byName map[string][]T, ask func(context.Context, string) (*registry.Packument, error), progress func(done, of int),
	take func(ctx context.Context, name string, list []T, doc *registry.Packument) error, silent ...error) error {
	var mu sync.Mutex
	done := 0
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(concurrency)
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		g.Go(func() error {
			doc, err := ask(gctx, name)
			if err != nil {
				if !slices.ContainsFunc(silent, func(s error) bool { return errors.Is(err, s) }) {
					return err
				}
				doc = nil
			}
			if err := take(gctx, name, byName[name], doc); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; progress != nil {
				progress(done, len(byName))
			}
			return nil
		})
	}
	return g.Wait()
}

// unanswered is the error of each as the user sees it.
func unanswered(ctx context.Context, err error, what, next string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.Wrap(err, fault.Pos{}, "%s", what).WithNext("%s", cmp.Or(fault.NextOf(err), next))
}
