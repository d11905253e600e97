package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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
		kept, reason, err := x.judge(ctx, w)
		switch {
		case err != nil:
			return nil, err
		case len(kept) < len(w.steps):
			x.accepted, sound = kept, &written{}
		case reason == "":
			return x.put(w), nil
		default:
			if sound, err = x.blame(ctx, sound, reason); err != nil {
				return nil, err
			}
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

// judge notes which ways do not end what they are to end, and returns the others
// and the rule that the lock breaks, "" if none.
func (x *fixer) judge(ctx context.Context, w *written) (kept []*remedy, reason string, err error) {
	reason = x.refused(w.trial)
	if w.byYarn(x) && x.plain == nil && (reason != "" || x.undoes(w.trial, w.steps)) {
		if err := x.findPlain(ctx); err != nil {
			return nil, "", err
		}
		reason = x.refused(w.trial)
	}
	for _, r := range w.steps {
		if x.ended(w.trial, r.ends) {
			kept = append(kept, r)
			continue
		}
		x.drop(r, "the lock keeps it all the same")
	}
	return kept, reason, nil
}

// byYarn reports whether Yarn wrote the lock.
func (w *written) byYarn(x *fixer) bool { return w.why != "" && x.lock.Yarn != nil }

// drop leaves what a way was to end.
func (x *fixer) drop(r *remedy, reason string) {
	x.plan.leave(leftRefused, x.m.Path, r.ends, strings.Join(r.titles(), ", ")+": "+reason, "")
}

// blame drops the way with which the lock begins to break a rule, and returns the
// lock of those before it. It halves what is left to look at: of 100 ways it has
// seven locks written, not 100. The lock of all ways breaks a rule, for reason.
func (x *fixer) blame(ctx context.Context, sound *written, reason string) (*written, error) {
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
	if sound.trial != nil && x.undoes(sound.trial, sound.steps) {
		sound = &written{}
	}
	for _, r := range x.accepted[len(sound.steps):] {
		x.drop(r, fmt.Sprintf("which of the last steps it is that brings other findings is not known after %d runs of Yarn, the most there are", yarnRuns))
	}
	x.accepted = sound.steps
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
	} else if w.text, err = x.seed(ctx, e); err != nil {
		return nil, err
	}
	if w.byYarn(x) {
		if err := x.askYarn(ctx, w.trial); err != nil {
			return nil, err
		}
	}
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
