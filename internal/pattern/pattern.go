// Package pattern has regular expressions that are compiled when they are first asked
// for: a command needs few of them, and would pay for all when it starts.
package pattern

import (
	"regexp"
	"sync"
)

// New is the regular expression of a text. One that is none is a panic at its first use.
func New(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
