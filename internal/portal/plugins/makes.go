package plugins

import (
	"slices"

	"github.com/portalctl/portalctl/internal/jsscan"
)

// Made is a plugin or a module that a source file makes.
type Made struct {
	By string // the function, such as createBackendPlugin
	// ID is the plugin's, where the call has it; else Constant is the name of what
	// holds it. Both are "" where it cannot be told.
	ID, Constant string
}

// Makes lists what a file makes with the functions of those names, each called
// with an object: its pluginId is the ID, or id of the older functions.
func Makes(tokens []jsscan.Token, functions []string) []Made {
	var list []Made
	for i, t := range tokens {
		if t.Kind == jsscan.Word && slices.Contains(functions, t.Text) && i+2 < len(tokens) && tokens[i+1].Is("(") && tokens[i+2].Is("{") {
			m := idIn(tokens[i+2:])
			m.By = t.Text
			list = append(list, m)
		}
	}
	return list
}

// idIn reads the ID from the object that the tokens start with.
func idIn(tokens []jsscan.Token) Made {
	depth := 0
	for i, t := range tokens {
		if t.Kind != jsscan.Word && t.Kind != jsscan.Punct {
			continue
		}
		switch t.Text {
		case "{", "(", "[", "${":
			depth++
		case "}", ")", "]":
			if depth--; depth == 0 {
				return Made{}
			}
		case "pluginId", "id":
			if depth != 1 || i+3 >= len(tokens) {
				continue
			}
			if !tokens[i+1].Is(":") { // {pluginId} is short for {pluginId: pluginId}
				return Made{Constant: t.Text}
			}
			switch value, after := tokens[i+2], tokens[i+3]; {
			case value.Kind == jsscan.Word:
				return Made{Constant: value.Text}
			case value.Kind == jsscan.String && (after.Is(",") || after.Is("}")):
				return Made{ID: value.Text}
			}
			return Made{}
		}
	}
	return Made{}
}

// Constant is the text of "const name = '…'" in a file.
func Constant(tokens []jsscan.Token, name string) (string, bool) {
	for i := range len(tokens) - 3 {
		if tokens[i].Is("const") && tokens[i+1].Is(name) && tokens[i+2].Is("=") && tokens[i+3].Kind == jsscan.String {
			return tokens[i+3].Text, true
		}
	}
	return "", false
}
