package plugin

import (
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/pattern"
)

var visibilityTag = pattern.New(`@(?:deepV|v)isibility\s+(\w+)`)

// declared reads the interface Config of a declaration.
func (c *config) declared(src []byte, place func(line int) string) {
	tokens, err := jsscan.ScanDocs("config.ts", string(src))
	if err != nil {
		c.Unknown = "its schema cannot be read: " + err.Error()
	}
	d := declaration{tokens, c, place}
	found := false
	for i, t := range tokens {
		if t.Is("Config") && i > 0 && (tokens[i-1].Is("interface") || tokens[i-1].Is("type")) {
			for ; i < len(tokens) && !tokens[i].Is("{"); i++ {
			}
			d.members(i, "", 0)
			found = true
			break
		}
	}
	if !found && c.Unknown == "" {
		c.Unknown = "it has no interface Config"
	}
	c.once()
}

type declaration struct {
	tokens []jsscan.Token
	c      *config
	place  func(line int) string
}

// members reads the members of the type that { at i begins, and gives the place
// behind its }.
func (d declaration) members(i int, prefix string, depth int) int {
	doc := ""
	for i++; i < len(d.tokens); {
		t := d.tokens[i]
		switch {
		case t.Is("}"):
			return i + 1
		case t.Kind == jsscan.Doc:
			doc = t.Text
			i++
		case t.Is(";"), t.Is(","), t.Is("readonly"):
			i++
		case t.Is("["): // an index signature
			for ; i < len(d.tokens) && !d.tokens[i].Is("]"); i++ {
			}
			i = d.typed(i+1, join(prefix, "*"), depth)
			doc = ""
		case t.Kind == jsscan.Word || t.Kind == jsscan.String:
			optional := i+1 < len(d.tokens) && d.tokens[i+1].Is("?")
			at := i + 1
			if optional {
				at++
			}
			if at >= len(d.tokens) || !d.tokens[at].Is(":") {
				i++ // no member that is known
				continue
			}
			key := schemaKey{Path: join(prefix, english.Short(t.Text, maxName)), Required: !optional, Where: d.place(t.Line)}
			if m := visibilityTag().FindStringSubmatch(doc); m != nil {
				key.Visibility = visibility(m[1])
			}
			if len(d.c.Keys) < maxKeys {
				d.c.Keys = append(d.c.Keys, key)
			}
			i, doc = d.typed(at, key.Path, depth), ""
		default:
			i++
		}
	}
	return i
}

// typed reads the type behind the : at i, into what it is made of: {…}, {…}[],
// Array<{…}>, unions of these. It gives the place of what ends the member.
func (d declaration) typed(i int, path string, depth int) int {
	open := 0
	for i++; i < len(d.tokens); i++ {
		switch t := d.tokens[i]; {
		case t.Is("{"):
			if depth >= maxDepth {
				d.c.Unknown = errDeep.Error()
				return len(d.tokens)
			}
			i = d.members(i, path+d.listed(i), depth+1) - 1
		case t.Is("("), t.Is("<"), t.Is("["):
			open++
		case t.Is(")"), t.Is(">"), t.Is("]"):
			open--
		case (t.Is(";") || t.Is(",")) && open <= 0:
			return i + 1
		case t.Is("}") && open <= 0:
			return i
		}
	}
	return i
}

// listed is [] where the type that { at i begins is that of a list's items.
func (d declaration) listed(i int) string {
	if i >= 2 && d.tokens[i-1].Is("<") && (d.tokens[i-2].Is("Array") || d.tokens[i-2].Is("ReadonlyArray")) {
		return "[]"
	}
	depth := 0
	for ; i < len(d.tokens); i++ {
		switch t := d.tokens[i]; {
		case t.Is("{"), t.Is("("):
			depth++
		case t.Is("}"), t.Is(")"):
			if depth--; depth == 0 {
				for i++; i < len(d.tokens) && d.tokens[i].Is(")"); i++ {
				}
				if i+1 < len(d.tokens) && d.tokens[i].Is("[") && d.tokens[i+1].Is("]") {
					return "[]"
				}
				return ""
			}
		}
	}
	return ""
}
