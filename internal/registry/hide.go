package registry

import (
	"errors"
	"net/url"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// hide takes what variables hold out of an error about a registry whose address
// has some: it is shown as it is written.
func hide(ep yarnrc.Endpoint, err error) error {
	var f *fault.Error
	if err == nil || ep.Shown() == "" || !errors.As(err, &f) {
		return err
	}
	pairs := []string{ep.URL, ep.Shown()}
	if u, perr := url.Parse(ep.URL); perr == nil && u.Host != "" {
		pairs = append(pairs, u.Host, ep.ShownHost(), u.Hostname(), ep.ShownHost())
	}
	names := strings.NewReplacer(pairs...)
	out := *f
	out.Pos.File = names.Replace(out.Pos.File)
	out.What, out.Next = names.Replace(out.What), names.Replace(out.Next)
	if out.Err != nil {
		out.Err = &hidden{names.Replace(out.Err.Error()), out.Err}
	}
	return &out
}

// hidden is an error with another text.
type hidden struct {
	text string
	err  error
}

func (h *hidden) Error() string { return h.text }
func (h *hidden) Unwrap() error { return h.err }
