package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// optional is a flag that may stand alone, or name one of a few words after an
// equals sign, as --color does for git and ls.
type optional struct {
	*cli.GenericFlag
	words []string
}

func optionalFlag(name, usage string, words ...string) cli.Flag {
	return &optional{&cli.GenericFlag{Name: name, Usage: usage, Value: new(optionalValue)}, words}
}

// TakesValue is false: the next word on a command line is not its.
func (f *optional) TakesValue() bool { return false }

// String is the flag's line of help.
func (f *optional) String() string { return cli.FlagStringer(f) }

// optionalValue is what was said: "true" for the flag alone.
type optionalValue string

// Set takes any word: which ones are known, optionalWord says.
func (v *optionalValue) Set(text string) error { *v = optionalValue(text); return nil }

func (v *optionalValue) String() string {
	if v == nil {
		return ""
	}
	return string(*v)
}

// IsBoolFlag has package flag take the flag without a value.
func (v *optionalValue) IsBoolFlag() bool { return true }

// optionalWord is the word of an optional flag, "" where it stands alone.
func optionalWord(c *cli.Context, name string) (word string, set bool, err error) {
	for _, have := range c.Command.Flags {
		o, ok := have.(*optional)
		if !ok || o.Name != name || !c.IsSet(name) {
			continue
		}
		switch word := fmt.Sprint(c.Generic(name)); {
		case word == "true":
			return "", true, nil
		case word == "false":
			return "", false, nil
		case slices.Contains(o.words, word):
			return word, true, nil
		default:
			return "", false, usagef("--%s %q is not known", name, word).WithNext("Write --%s alone, or --%s= and one of: %s", name, name, strings.Join(o.words, ", "))
		}
	}
	return "", false, nil
}
