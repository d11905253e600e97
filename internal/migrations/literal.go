package migrations

import (
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"github.com/portalctl/portalctl/internal/jsscan"
)

// global is a name that the file does not declare.
func global(name []byte) value {
	switch string(name) {
	case "Promise", "Object", "Array", "JSON", "require", "eval":
		return globalName(name)
	}
	return opaque{}
}

func (f *follower) literal(e *js.LiteralExpr) value {
	f.at(e.Data)
	switch e.TokenType {
	case js.StringToken:
		return unquote(e.Data)
	case js.TrueToken:
		return true
	case js.FalseToken:
		return false
	case js.NullToken:
		return nothing{null: true}
	case js.ThisToken:
		return f.call.this
	case js.RegExpToken:
		end := strings.LastIndexByte(string(e.Data), '/')
		return pattern{string(e.Data[1:end]), string(e.Data[end+1:])}
	}
	if js.IsNumeric(e.TokenType) {
		text := strings.ReplaceAll(string(e.Data), "_", "")
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
		if n, err := strconv.ParseInt(text, 0, 64); err == nil {
			return float64(n)
		}
	}
	return opaque{}
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func unquote(text []byte) string {
	if len(text) < 2 {
		return hole
	}
	return unescaped(text[1 : len(text)-1])
}

// unescaped is the text of a literal; a NUL in it is not a hole.
func unescaped(text []byte) string {
	return strings.ReplaceAll(jsscan.Unescape(string(text)), hole, "\uFFFD")
}

func propertyName(l js.LiteralExpr) string {
	if l.TokenType == js.StringToken {
		return unquote(l.Data)
	}
	return string(l.Data)
}

func (f *follower) propertyOf(e js.IExpr) string {
	switch e := e.(type) {
	case js.LiteralExpr:
		f.at(e.Data)
		return string(e.Data)
	case *js.LiteralExpr:
		f.at(e.Data)
		return string(e.Data)
	}
	return hole
}

func (f *follower) template(e *js.TemplateExpr, env *scope) (value, bool) {
	var b strings.Builder
	var values []value
	place := f.line
	for i, part := range e.List {
		if line := f.at(part.Value); i == 0 {
			place = line
		}
		b.WriteString(unescaped(trimmed(part.Value, 2)))
		v, threw := f.expr(part.Expr, env)
		if threw {
			return nil, true
		}
		b.WriteString(text(v))
		values = append(values, v)
	}
	if line := f.at(e.Tail); len(e.List) == 0 {
		place = line
	}
	b.WriteString(unescaped(trimmed(e.Tail, 1)))
	f.line = place
	if e.Tag == nil {
		return b.String(), false
	}
	tag, threw := f.expr(e.Tag, env)
	if threw {
		return nil, true
	}
	if fn, ok := tag.(*function); ok {
		texts := &list{}
		for _, part := range e.List {
			texts.items = append(texts.items, unescaped(trimmed(part.Value, 2)))
		}
		texts.items = append(texts.items, unescaped(trimmed(e.Tail, 1)))
		return f.invoke(fn, append([]value{texts}, values...), opaque{})
	}
	if carries(tag) {
		f.doubt("a text is given to a function by a tag")
		return hidden{}, false
	}
	return hole, false
}

// trimmed leaves out the delimiter before a template's text, and that behind it.
func trimmed(text []byte, behind int) []byte {
	if len(text) < 1+behind {
		return nil
	}
	return text[1 : len(text)-behind]
}
