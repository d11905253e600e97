package relock

import "github.com/portalctl/portalctl/internal/spec"

type (
	descriptor = spec.Descriptor
	locator    = spec.Locator
)
