package trust

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/npmsign"
	"github.com/portalctl/portalctl/internal/registry"
)

// signatures is the rule signature: about the versions that a change brings.
type signatures struct {
	ask  *registry.Client // nil for nobody
	root *npmsign.Root
	was  map[string][]string // the base's versions by name
	// unknown has the versions by the reason why they could not be judged.
	unknown map[string][]string
}

// offline judges, where nobody may be asked, by what earlier runs have asked, and says
// once what is not known then.
func (c *checker) offline(ctx context.Context) error {
	if !c.in.Offline || c.off(ruleSigned) || c.in.Base == nil {
		return nil
	}
	s := c.signaturesBy(c.in.Kept)
	byName := c.toAsk()
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		for _, a := range byName[name] {
			if !a.fresh {
				continue
			}
			j := &judgement{at: name + "@" + a.version, unknown: []string{registry.NotAsked}}
			if s.ask != nil {
				if doc, err := c.in.Kept.Packument(ctx, name); err == nil && doc.Has(a.version) {
					published, err := doc.Version(a.version)
					if err != nil {
						return err
					}
					if j, err = s.judge(ctx, name, a, doc, published.Dist.Integrity); err != nil {
						return err
					}
				}
			}
			c.signed(s, name, a, j)
		}
	}
	c.unsigned(s)
	return ctx.Err()
}

// newSignatures is nil where the rule has nothing to do.
func (c *checker) newSignatures() *signatures {
	if c.in.Registry == nil || c.off(ruleSigned) || c.in.Base == nil {
		return nil
	}
	return c.signaturesBy(c.in.Registry)
}

// signaturesBy is the rule by the answers of a registry, nil for none.
func (c *checker) signaturesBy(reg *registry.Client) *signatures {
	s := &signatures{ask: reg, root: c.in.Root, was: map[string][]string{}, unknown: map[string][]string{}}
	if s.root == nil {
		s.root = npmsign.Sigstore()
	}
	for at := range c.was.exact {
		s.was[at[0]] = append(s.was[at[0]], at[1])
	}
	return s
}

// judgement is what there is to say of one version.
type judgement struct {
	at      string // name@version
	wrong   []verdict
	unknown []string
}

type verdict struct {
	kind, text string
	weak       bool
}

// judge asks about one version, whose tarball has a hash by its packument. It is nil
// for a version that is not new. The error is one that ends the audit.
func (s *signatures) judge(ctx context.Context, name string, a asked, doc *registry.Packument, integrity string) (*judgement, error) {
	if s == nil || !a.fresh {
		return nil, nil
	}
	j := &judgement{at: name + "@" + a.version}
	now, err := s.ask.Signed(ctx, name, a.version)
	if err != nil {
		return j, j.unless(err, "the registry does not show who signed it")
	}
	keys, err := s.ask.Keys(ctx, name)
	if err != nil {
		keys = npmsign.Known()
		if err := j.unless(err, "the registry's keys cannot be had"); err != nil {
			return nil, err
		}
	}
	before, err := s.before(ctx, name, a.version, doc, j)
	if err != nil {
		return nil, err
	}
	if len(now.Signatures) > 0 {
		j.note(keys.Check(j.at, integrity, doc.Time(a.version), now.Signatures))
	} else if was := before.signed; was != "" {
		j.wrong = append(j.wrong, verdict{kind: "unsigned", text: fmt.Sprintf("is not signed by the registry, and %s@%s, which the base has, is", name, was)})
	} else if keys.Told {
		j.wrong = append(j.wrong, verdict{kind: "missing", text: "is not signed by the registry, which has keys to sign with", weak: true})
	} else {
		j.unknown = append(j.unknown, "the registry has neither a signature nor keys")
	}
	subject := npmsign.Subject{Name: name, Version: a.version, Integrity: integrity, Repository: now.Repository}
	return j, s.attested(ctx, j, now, before, subject, keys)
}

// attested judges a version's attestations, or that it has none.
func (s *signatures) attested(ctx context.Context, j *judgement, now *registry.Signed, before had, subject npmsign.Subject, keys npmsign.Keys) error {
	if !now.Attested {
		if was := before.attested; was != "" {
			j.wrong = append(j.wrong, verdict{kind: "provenance", text: fmt.Sprintf("has no attestation of who built it, and %s@%s, which the base has, has one: it was published in another way", subject.Name, was)})
		}
		return nil
	}
	list, err := s.ask.Attestations(ctx, subject.Name, subject.Version)
	if err != nil {
		return j.unless(err, "its attestations cannot be had")
	}
	for _, a := range list {
		_, err := a.Check(subject, keys, s.root)
		j.note(err)
	}
	if before.attested != "" && !npmsign.SameSource(before.source, subject.Repository) {
		j.wrong = append(j.wrong, verdict{kind: "moved", weak: true, text: fmt.Sprintf("has %s as its source, and %s@%s, which the base has, has %s",
			cmp.Or(english.Short(subject.Repository, 80), "nothing"), subject.Name, before.attested, cmp.Or(english.Short(before.source, 80), "nothing"))})
	}
	return nil
}

// had is what the base's versions of a package have: one that is signed, one that is
// attested, and the source of that.
type had struct{ signed, attested, source string }

// before asks about the base's versions of a package: what they have is what a new
// version may lose.
func (s *signatures) before(ctx context.Context, name, version string, doc *registry.Packument, j *judgement) (had, error) {
	var out had
	list := slices.Sorted(slices.Values(s.was[name]))
	for _, was := range list[max(len(list)-maxBefore, 0):] {
		if was == version || !doc.Has(was) {
			continue
		}
		old, err := s.ask.Signed(ctx, name, was)
		if err != nil {
			if err := j.unless(err, "the registry does not show who signed the base's version of it"); err != nil {
				return out, err
			}
			continue
		}
		if len(old.Signatures) > 0 {
			out.signed = was
		}
		if old.Attested {
			out.attested, out.source = was, old.Repository
		}
	}
	return out, nil
}

// note takes down the outcome of a proof.
func (j *judgement) note(err error) {
	var wrong *npmsign.Wrong
	var unknown *npmsign.NotKnown
	switch {
	case errors.As(err, &wrong):
		if v := (verdict{kind: wrong.Kind, text: wrong.Text}); !slices.Contains(j.wrong, v) {
			j.wrong = append(j.wrong, v)
		}
	case errors.As(err, &unknown):
		j.unknown = append(j.unknown, unknown.Text)
	}
}

// unless is the error of a registry that failed. Any other leaves something unknown.
func (j *judgement) unless(err error, what string) error {
	why, ok := registry.Unsure(err, what)
	if !ok {
		return err
	}
	j.unknown = append(j.unknown, why)
	return nil
}

// signed reports what was judged of an entry; the caller has it for itself.
func (c *checker) signed(s *signatures, name string, a asked, j *judgement) {
	if j == nil {
		return
	}
	for _, v := range j.wrong {
		c.add(issue{rule: ruleSigned, pos: a.lock.Pos(a.entry), name: name, kind: v.kind, added: true, weak: v.weak,
			message: j.at + " " + v.text,
			next:    "Do not install it before you know who published it and why that differs"})
	}
	for _, why := range j.unknown {
		s.unknown[why] = append(s.unknown[why], j.at)
	}
}

// unsigned says what could not be judged, once for each reason.
func (c *checker) unsigned(s *signatures) {
	if s == nil {
		return
	}
	for _, why := range slices.Sorted(maps.Keys(s.unknown)) {
		next := nextRegistry
		if why == registry.NotAsked {
			next = "Audit it with --online"
		}
		c.notKnown(ruleSigned, "who published ", s.unknown[why], " is not verified: "+why, next)
	}
}
