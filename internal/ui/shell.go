package ui

import (
	"strings"
	"unicode"
)

// ShellWord quotes a word for sh, if it has to be: what a person reads has no
// more quotes than it needs.
func ShellWord(word string) string {
	special := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@%+=:,./_-", r)
	}
	if word != "" && strings.IndexFunc(word, special) < 0 {
		return word
	}
	return ShellQuote(word)
}

// ShellQuote quotes a text for sh, in any case. The variables, such as $TIME, are
// for the shell to fill in; everything else stands for itself.
func ShellQuote(text string, variables ...string) string {
	if len(variables) == 0 {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	// At a place, the variables come before the dollar that they begin with.
	var pairs []string
	for _, name := range variables {
		pairs = append(pairs, name, name)
	}
	pairs = append(pairs, `\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$`)
	return `"` + strings.NewReplacer(pairs...).Replace(text) + `"`
}
