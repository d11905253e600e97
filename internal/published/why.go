package published

import (
	"errors"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/registry"
)

// Why says in a few words why a version could not be read.
func Why(err error, version string) string {
	var f *fault.Error
	switch {
	case errors.Is(err, ErrNoVersion):
		return "the registry has neither " + version + " nor a version above it"
	case errors.Is(err, registry.ErrNotFound):
		return "the registry does not have it: a private package?"
	case errors.Is(err, registry.ErrOffline):
		return "it was not read before, and the network may not be used"
	case errors.Is(err, registry.ErrAuth):
		return "the registry refuses access to it"
	case errors.As(err, &f):
		return "it could not be read: " + f.What
	}
	return "it could not be read: " + err.Error()
}
