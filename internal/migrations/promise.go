package migrations

import "slices"

// built is something that runs when it is waited for: *schema, *query, *raw.
type built interface {
	run(f *follower)
	hasRun() bool
}

// once is what runs at most once.
type once struct{ ran bool }

func (o *once) hasRun() bool { return o.ran }

// first reports whether it runs for the first time.
func (o *once) first() bool {
	first := !o.ran
	o.ran = true
	return first
}

// waits reports whether a value is something that runs when it is waited for.
func waits(v value) bool {
	switch v := v.(type) {
	case built:
		return true
	case *list:
		return slices.ContainsFunc(v.items, waits)
	}
	return false
}

// wait is await: what knex has built is run.
func (f *follower) wait(v value) (value, bool) {
	switch v := v.(type) {
	case built:
		v.run(f)
	case rejected:
		return nil, true
	case *list:
		if !v.either {
			return v, false
		}
		f.maybe++
		for _, i := range v.items {
			_, _ = f.wait(i)
		}
		f.maybe--
	default:
		return v, false
	}
	return opaque{}, false
}

// unawaited is what happens to a value that nobody keeps: knex runs only what is
// waited for, here or, by another name, later.
func (f *follower) unawaited(v value) {
	if waits(v) && !ran(v) {
		f.loose = append(f.loose, loose{v, f.line})
	}
}

// loose is a statement that was built and not waited for.
type loose struct {
	v    value
	line int
}

// tie names what was never waited for.
func (f *follower) tie() {
	for _, l := range f.loose {
		if q, ok := l.v.(*query); ran(l.v) || ok && q.effect == "" {
			continue
		}
		f.line = l.line
		f.doubt("a statement is built here and never waited for")
	}
	f.loose = nil
}

func ran(v value) bool {
	switch v := v.(type) {
	case built:
		return v.hasRun()
	case *list:
		return !slices.ContainsFunc(v.items, func(i value) bool { return waits(i) && !ran(i) })
	}
	return true
}
