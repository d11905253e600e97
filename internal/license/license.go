// Package license reads what packages say of their licence, and what a team has
// decided about licences. Expressions are those of SPDX, read with GitHub's
// go-spdx, whose table of licences is that of the SPDX license list.
package license

import (
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
)

// Kind is what a package says of its licence.
type Kind uint8

// The kinds.
const (
	// Silent: nothing.
	Silent Kind = iota
	// Expression: a licence, or several, in SPDX's terms.
	Expression
	// File: "SEE LICENSE IN <file>", as npm has it for licences without a name.
	File
	// Unlicensed: "UNLICENSED", npm's word for "nobody may use this". It is not
	// Unlicense, which is a licence.
	Unlicensed
	// Other: a text that is none of these. It may well name a licence; which one is
	// for a person to say.
	Other
)

// Declared is what a package says of its licence.
type Declared struct {
	Kind Kind
	// Text is the expression as SPDX spells it, the name of the file, or the text;
	// "" for Silent and Unlicensed.
	Text string
}

// maxText bounds what is read as an expression, in bytes. Real ones have some dozen.
const maxText = 1 << 10

const seeFile = "SEE LICENSE IN "

// Read is what the text of a manifest says.
func Read(text string) Declared {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Declared{}
	case text == "UNLICENSED":
		return Declared{Kind: Unlicensed}
	case len(text) > len(seeFile) && strings.EqualFold(text[:len(seeFile)], seeFile):
		return Declared{File, strings.TrimSpace(text[len(seeFile):])}
	}
	if spelled, ok := normal(text); ok {
		return Declared{Expression, spelled}
	}
	return Declared{Other, text}
}

// normal is an expression as SPDX spells it; ok is false for what is none.
func normal(text string) (spelled string, ok bool) {
	if len(text) > maxText {
		return "", false
	}
	valid, _ := spdxexp.ValidateAndNormalizeLicensesWithOptions([]string{text}, spdxexp.ValidateLicensesOptions{})
	if len(valid) != 1 {
		return "", false
	}
	return valid[0], true
}

// String is what the package says, for people.
func (d Declared) String() string {
	switch d.Kind {
	case Silent:
		return "no licence"
	case Unlicensed:
		return "UNLICENSED"
	case File:
		return "the licence in its file " + d.Text
	case Other:
		return `"` + d.Text + `"`
	}
	return d.Text
}
