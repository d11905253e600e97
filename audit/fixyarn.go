package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/relock"
)

// yarnRuns is how often Yarn is asked to write one lock, at most: a run takes
// seconds on a small portal and a minute on a large one.
const yarnRuns = 32

// finish has the lock of all that was accepted written, and puts it into the
// plan. What is written, by Yarn perhaps, is held to the same rules: a way that
// does not keep them there is dropped, and the lock written once more.
func (x *fixer) finish(ctx context.Context) (*Lock, error) {
	sound := &written{} // by the first of the accepted ways, which keep the rules
	for len(x.accepted) > 0 {
		if x.spent() {
			return x.settle(sound)
		}
		w, err := x.write(ctx, x.accepted)
		if err != nil {
			return nil, err
		}
		kept, bad, err := x.judge(ctx, w)
		switch {
		case err != nil:
			return nil, err
		case len(kept) < len(w.steps):
			x.accepted, sound = kept, &written{}
		case len(bad) == 0:
			return x.put(w), nil
		default:
			if sound, err = x.blame(ctx, sound, w, bad); err != nil {
				return nil, err
			}
		}
		if err := x.adopt(ctx); err != nil {
			return nil, err
		}
	}
	return x.m.Lock, nil
}

// written is a lock as it is written with the first of the steps made; why says
// why Yarn had to write it, "" where it had not.
type written struct {
	*trial
	steps []*remedy
	why   string
}

// judge drops the ways that do not end what they are to end, and returns the others
// and the rules that the lock breaks.
func (x *fixer) judge(ctx context.Context, w *written) (kept []*remedy, bad []breach, err error) {
	bad = x.breaches(w.trial)
	if w.byYarn(x) && x.plain == nil && (len(bad) > 0 || x.undoes(w.trial, w.steps)) {
		if err := x.findPlain(ctx); err != nil {
			return nil, nil, err
		}
		bad = x.breaches(w.trial)
	}
	for _, r := range w.steps {
		if x.ended(w.trial, r.ends) {
			kept = append(kept, r)
			continue
		}
		x.drop(r, keepsIt)
	}
	return kept, bad, nil
}

// byYarn reports whether Yarn wrote the lock.
func (w *written) byYarn(x *fixer) bool { return w.why != "" && x.lock.Yarn != nil }

// blame drops ways with which the lock breaks rules, and returns the lock of the
// first of those that are left, as far as it is known to keep them. Those that look
// guilty are left out to see which breaches go with them: they are guilty then. Where
// that shows nothing, it halves what is left to look at: of 100 ways it has seven
// locks written, not 100.
func (x *fixer) blame(ctx context.Context, sound, w *written, bad []breach) (*written, error) {
	suspects := x.suspects(w.trial, w.steps, bad)
	if len(suspects) == 0 || x.spent() {
		return x.halve(ctx, sound, bad[0].reason)
	}
	rest := without(x.accepted, suspects)
	next := &written{trial: x.before, steps: rest}
	if len(rest) > 0 {
		var err error
		if next, err = x.write(ctx, rest); err != nil {
			return nil, err
		}
	}
	still := x.breaches(next.trial)
	var guilty []*remedy
	stuck := false // all that can be guessed was
	for _, b := range bad {
		own := x.suspects(w.trial, w.steps, []breach{b})
		if slices.ContainsFunc(still, func(s breach) bool { return s.key() == b.key() }) {
			if len(without(own, suspects)) == 0 {
				stuck = stuck || x.wrong[b.key()]
				x.wrong[b.key()] = true
			}
			continue
		}
		for _, r := range without(own, guilty) {
			if slices.Contains(suspects, r) {
				guilty = append(guilty, r)
				x.drop(r, b.reason, x.via[b.key()]...)
			}
		}
	}
	switch {
	case len(guilty) > 0:
	case stuck:
		return x.halve(ctx, sound, bad[0].reason)
	default:
		return x.blame(ctx, sound, w, bad) // with another guess
	}
	x.accepted = without(x.accepted, guilty)
	if len(still) == 0 && len(guilty) == len(suspects) {
		return next, nil
	}
	return &written{}, nil
}

// halve drops the way with which the lock begins to break a rule, for reason, as
// that of all ways does.
func (x *fixer) halve(ctx context.Context, sound *written, reason string) (*written, error) {
	lo, hi := len(sound.steps), len(x.accepted)
	for hi-lo > 1 {
		if x.spent() {
			return sound, nil
		}
		mid := lo + (hi-lo)/2
		w, err := x.write(ctx, x.accepted[:mid:mid])
		if err != nil {
			return nil, err
		}
		if why := x.refused(w.trial); why != "" {
			hi, reason = mid, why
		} else {
			lo, sound = mid, w
		}
	}
	x.drop(x.accepted[hi-1], reason)
	x.accepted = slices.Delete(slices.Clone(x.accepted), hi-1, hi)
	return sound, nil
}

// spent reports whether Yarn is not to be asked again.
func (x *fixer) spent() bool { return x.runs >= yarnRuns }

// settle takes what is known to keep the rules when Yarn is not to be asked again.
func (x *fixer) settle(sound *written) (*Lock, error) {
	if slices.ContainsFunc(sound.steps, func(r *remedy) bool { return !x.ended(sound.trial, r.ends) }) {
		sound = &written{}
	}
	reason := fmt.Sprintf("which of the last steps it is that brings other findings is not known after %d runs of Yarn, the most there are", yarnRuns)
	for _, r := range without(x.accepted, sound.steps) {
		x.drop(r, reason)
	}
	x.accepted = sound.steps
	for _, p := range x.orphans {
		if sound.trial != nil && x.ended(sound.trial, p.findings) {
			x.besides(p)
			continue
		}
		x.plan.leave(leftRefused, x.m.Path, p.findings, reason, "")
	}
	if len(sound.steps) == 0 {
		return x.m.Lock, nil
	}
	return x.put(sound), nil
}

// write makes the lock with steps and all that belongs into it.
func (x *fixer) write(ctx context.Context, steps []*remedy) (*written, error) {
	e, err := x.edit(steps)
	if err != nil {
		return nil, err
	}
	w := &written{trial: &trial{edited: e}, steps: steps, why: x.yarnOnly}
	if w.why == "" {
		r, err := x.solve(ctx, e, false)
		if u := relock.AsUnsupported(err); u != nil && u.Checksum {
			// Yarn is given the lock without them, and adds them.
			w.why = u.Construct + ": " + u.Why
			r, err = x.solve(ctx, e, true)
		}
		if err != nil {
			return nil, err
		}
		w.text = r.Lock
	} else {
		lock, err := x.seed(ctx, e)
		if err != nil {
			return nil, err
		}
		w.text = lock.Format()
	}
	if !w.byYarn(x) {
		return w, x.look(ctx, w.trial)
	}
	if x.last != nil && slices.Equal(x.last.steps, steps) {
		return x.last, nil
	}
	if err := x.askYarn(ctx, w.trial); err != nil {
		return nil, err
	}
	x.last = w
	return w, x.look(ctx, w.trial)
}

// askYarn has Yarn complete the lock of a trial.
func (x *fixer) askYarn(ctx context.Context, t *trial) (err error) {
	files := maps.Clone(t.texts)
	files["yarn.lock"] = t.text
	x.runs++
	if t.text, err = x.lock.Yarn(ctx, files); err != nil && ctx.Err() == nil {
		return &yarnFailure{err}
	}
	return err
}

// yarnFailure is what Yarn says when it cannot write a lock: the other locks are
// none of its business.
type yarnFailure struct{ error }

func (f *yarnFailure) Unwrap() error { return f.error }

// fail leaves a lock that Yarn cannot write as it is.
func (x *fixer) fail(err error) {
	for _, r := range x.accepted {
		x.plan.leave(leftUnsolvable, x.m.Path, r.ends, "the project's own Yarn fails on the lock", fault.NextOf(err))
	}
	x.plan.Failed = append(x.plan.Failed, err)
}

// findPlain finds out what Yarn makes of the lock without a step, and notes what
// findings that brings.
func (x *fixer) findPlain(ctx context.Context) error {
	t := &trial{edited: x.before.edited, text: x.before.text}
	if err := x.askYarn(ctx, t); err != nil {
		return err
	}
	if err := x.look(ctx, t); err != nil {
		return err
	}
	x.plain = t
	var brings []string
	for _, key := range t.advisories() {
		for _, v := range t.found[key] {
			if !slices.Contains(x.before.found[key], v) {
				brings = append(brings, key[1]+" for "+key[0]+" "+v)
			}
		}
	}
	if len(brings) > 0 {
		x.plan.Notes = append(x.plan.Notes, fmt.Sprintf("%s: a plain yarn install, without a fix, brings %s that the lock does not have: %s",
			x.m.Path, english.Count(len(brings), "finding"), english.Some(brings, 5)))
	}
	return nil
}
