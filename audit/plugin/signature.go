package plugin

import (
	"context"
	"errors"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/npmsign"
	"github.com/portalctl/portalctl/internal/registry"
)

// The states of a signature.
const (
	signedValid   = "valid"
	signedMissing = "missing"
	signedUnknown = "unknown"
	signedWrong   = "wrong"
)

// signature finds out who signed the version: the registry, and where it was built and
// published, as npm audit signatures does. The error is that of a registry that fails.
func (r *reviewer) signature(ctx context.Context) error {
	s := &r.Review.Signature
	s.Where = "registry: dist.signatures"
	now, err := r.Registry.Signed(ctx, r.Package, r.Version)
	if err != nil {
		s.State, s.Text, err = unsure(err, "the registry does not show who signed it")
		return err
	}
	keys, err := r.Registry.Keys(ctx, r.Package)
	if err != nil {
		s.State, s.Text, err = unsure(err, "the registry's keys cannot be had")
		return err
	}
	integrity := r.manifest.Dist.Integrity
	switch {
	case len(now.Signatures) > 0:
		s.State, s.Text = outcome(keys.Check(r.Package+"@"+r.Version, integrity, r.doc.Time(r.Version), now.Signatures))
		if s.State == signedValid {
			s.Text = "by the registry's key " + english.Short(now.Signatures[0].KeyID, maxName)
		}
	case keys.Told:
		s.State, s.Text = signedMissing, "is not signed by the registry, which has keys to sign with"
	default:
		s.State, s.Text = signedUnknown, "the registry has neither a signature nor keys"
	}
	if !now.Attested {
		s.Attested, s.AttestedText = signedMissing, "nobody attests where it was built"
		return nil
	}
	statements, err := r.Registry.Attestations(ctx, r.Package, r.Version)
	if err != nil {
		s.Attested, s.AttestedText, err = unsure(err, "its attestations cannot be had")
		return err
	}
	s.Attested, s.AttestedText = signedValid, "its publication"
	for _, a := range statements {
		source, err := a.Check(npmsign.Subject{Name: r.Package, Version: r.Version, Integrity: integrity, Repository: now.Repository}, keys, npmsign.Sigstore())
		state, text := outcome(err)
		switch {
		case state == signedValid && source != "" && s.Attested == signedValid:
			s.AttestedText = "built from " + english.Short(source, maxText)
		case state == signedWrong, state == signedUnknown && s.Attested != signedWrong:
			s.Attested, s.AttestedText = state, text
		}
	}
	return nil
}

// outcome is what a proof comes to.
func outcome(err error) (state, text string) {
	var wrong *npmsign.Wrong
	switch {
	case err == nil:
		return signedValid, ""
	case errors.As(err, &wrong):
		return signedWrong, wrong.Text
	}
	return signedUnknown, err.Error()
}

// unsure is the error of a registry that failed. Any other leaves something unknown.
func unsure(err error, what string) (state, text string, _ error) {
	if why, ok := registry.Unsure(err, what); ok {
		return signedUnknown, why, nil
	}
	return "", "", err
}

// text is the signature as a row has it.
func (s signatureFacts) text() string {
	out := strings.TrimSuffix(s.State+": "+s.Text, ": ")
	if s.State == signedValid {
		out = s.State + ", " + s.Text
	}
	switch s.Attested {
	case "":
	case signedMissing:
		out += "; " + s.AttestedText
	default:
		out += "; attested, " + s.Attested + ": " + s.AttestedText
	}
	return out
}

func (r *reviewer) judgeSignature() {
	s := r.Review.Signature
	for _, part := range [][2]string{{s.State, s.Text}, {s.Attested, s.AttestedText}} {
		if part[0] == signedWrong {
			r.because(doNot, s.Where, "who published it is not who it says: it %s", part[1])
		}
	}
	switch {
	case s.State == signedMissing:
		r.because(lookCloser, s.Where, "it %s", s.Text)
	case s.State == signedUnknown:
		r.unknown("who signed it", s.Text)
	}
	if s.Attested == signedUnknown {
		r.unknown("where it was built", s.AttestedText)
	}
}
