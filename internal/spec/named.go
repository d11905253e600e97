package spec

import (
	"regexp"
	"sync"
)

// Named are the packages with a scope that a text names, in its order: the text of a
// deprecation, for example.
func Named(text string) []string { return scoped().FindAllString(text, -1) }

var scoped = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`@[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*[a-z0-9]`)
})
