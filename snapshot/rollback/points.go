package rollback

import "context"

type pointsKey struct{}

// withPoints has f called whenever a restore reaches a point from which it
// could be interrupted; an error of f ends the restore there. It exists for
// tests, as txn.WithFS does: they kill, fail and look at every point.
func withPoints(ctx context.Context, f func(point string) error) context.Context {
	return context.WithValue(ctx, pointsKey{}, f)
}

func reached(ctx context.Context, point string) error {
	if f, ok := ctx.Value(pointsKey{}).(func(string) error); ok {
		if err := f(point); err != nil {
			return err
		}
	}
	return ctx.Err()
}
