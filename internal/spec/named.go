package spec

import (
	"github.com/portalctl/portalctl/internal/pattern"
)

// Named are the packages with a scope that a text names, in its order: the text of a
// deprecation, for example.
func Named(text string) []string { return scoped().FindAllString(text, -1) }

var scoped = pattern.New(`@[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*[a-z0-9]`)
