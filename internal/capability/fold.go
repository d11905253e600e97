package capability

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"github.com/portalctl/portalctl/internal/jsscan"
)

func unquote(data []byte) string {
	if len(data) < 2 {
		return ""
	}
	return jsscan.Unescape(string(data[1 : len(data)-1]))
}

func memberName(e js.IExpr) string {
	switch e := e.(type) {
	case js.LiteralExpr:
		return string(e.Data)
	case *js.LiteralExpr:
		return string(e.Data)
	case *js.Var:
		return string(e.Data)
	}
	return ""
}

func number(s string) (int, bool) {
	n, err := strconv.ParseInt(s, 0, 32)
	return int(n), err == nil
}

// joined is a text with another behind it.
func (f *follower) joined(a, b value, known bool) value {
	v := value{kind: text, made: true, decoded: a.decoded || b.decoded}
	if !known || b.kind != text || !f.room(len(a.text)+len(b.text)) {
		v.text, v.open = a.text, true
		return v
	}
	v.text, v.open = a.text+b.text, b.open
	return v
}

func (f *follower) template(e *js.TemplateExpr) []value {
	if e.Tag != nil {
		return nil
	}
	v := value{kind: text}
	for _, p := range e.List {
		cut := strings.TrimPrefix(strings.TrimPrefix(string(p.Value), "`"), "}")
		v = value{kind: text, text: v.text + jsscan.Unescape(strings.TrimSuffix(cut, "${")), made: true, decoded: v.decoded}
		got, ok := one(f.values(p.Expr))
		if v = f.joined(v, got, ok); v.open {
			return []value{v}
		}
	}
	tail := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(string(e.Tail), "`"), "}"), "`")
	v.text += jsscan.Unescape(tail)
	return []value{v}
}

func (f *follower) binary(e *js.BinaryExpr) []value {
	switch e.Op {
	case js.AddToken:
		a, ok := one(f.values(e.X))
		if !ok || a.kind != text || a.open {
			if ok && a.open {
				return []value{a}
			}
			return nil
		}
		b, ok := one(f.values(e.Y))
		return []value{f.joined(a, b, ok)}
	case js.OrToken, js.NullishToken:
		return some(f.values(e.X), f.values(e.Y))
	case js.AndToken, js.EqToken:
		return f.values(e.Y)
	}
	return nil
}

// made is a value that was put together.
func (f *follower) made(s string, of value) []value {
	if !f.room(len(s)) {
		return nil
	}
	return []value{{kind: text, text: s, made: true, decoded: of.decoded}}
}

// method is what a method of a known text or array gives.
func (f *follower) method(v value, name string, args js.Args) ([]value, bool) {
	arg := func(i int) (value, bool) {
		got, ok := f.arg(args, i)
		return got, ok && !got.open
	}
	first, has := arg(0)
	if v.open {
		return nil, true
	}
	switch {
	case v.kind == text && name == "split" && has:
		if !f.room(len(v.text)) || strings.Count(v.text, first.text) >= maxList {
			return nil, true
		}
		parts := strings.Split(v.text, first.text)
		out := value{kind: list, made: true}
		for _, p := range parts {
			out.list = append(out.list, value{kind: text, text: p, made: true, decoded: v.decoded})
		}
		return []value{out}, true
	case v.kind == text && name == "concat" && has:
		return []value{f.joined(v, first, true)}, true
	case v.kind == text && (name == "toString" || name == "valueOf" || name == "trim"):
		return []value{v}, true
	case v.kind == text && name == "toLowerCase":
		return f.made(strings.ToLower(v.text), v), true
	case v.kind == text && name == "toUpperCase":
		return f.made(strings.ToUpper(v.text), v), true
	case v.kind == text && name == "replace" && has && first.kind == text:
		if by, ok := arg(1); ok && by.kind == text {
			return f.made(strings.Replace(v.text, first.text, by.text, 1), v), true
		}
	case v.kind == text && (name == "slice" || name == "substring" || name == "substr") && has:
		return f.slice(v, first, name, arg)
	case v.kind == list && name == "reverse":
		out := value{kind: list, list: slices.Clone(v.list)}
		slices.Reverse(out.list)
		return []value{out}, true
	case v.kind == list && name == "map" && has && first.kind == closure:
		out := value{kind: list}
		for _, item := range v.list {
			got, _ := one(f.apply(first.fn, []value{item}))
			out.list = append(out.list, got)
		}
		return []value{out}, true
	case v.kind == list && name == "join":
		sep := ","
		if has {
			sep = first.text
		}
		return []value{f.join(v, sep)}, true
	}
	return nil, v.kind == text || v.kind == list
}

func (f *follower) join(v value, sep string) value {
	out := value{kind: text}
	for i, item := range v.list {
		if i > 0 && sep != "" {
			out = f.joined(out, value{kind: text, text: sep}, true)
		}
		if out = f.joined(out, item, item.kind == text); out.open {
			break
		}
	}
	return out
}

func (f *follower) slice(v, from value, name string, arg func(int) (value, bool)) ([]value, bool) {
	start, ok := number(from.text)
	if !ok {
		return nil, true
	}
	end := len(v.text)
	if to, ok := arg(1); ok {
		if n, ok := number(to.text); ok {
			if end = n; name == "substr" {
				end += start
			}
		}
	}
	if start < 0 || end < start || end > len(v.text) {
		return nil, true
	}
	return f.made(v.text[start:end], v), true
}

// decode undoes an encoding that Buffer or atob knows.
func decode(s, encoding string) (string, bool) {
	switch strings.ToLower(encoding) {
	case "base64", "base64url":
		s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\n", "").Replace(s), "=")
		out, err := base64.RawStdEncoding.DecodeString(s)
		return string(out), err == nil
	case "hex":
		out, err := hex.DecodeString(s)
		return string(out), err == nil
	case "percent":
		out, err := url.PathUnescape(s)
		return out, err == nil
	}
	return "", false
}

// characters are the text of String.fromCharCode.
func characters(args []value) (string, bool) {
	var b strings.Builder
	for _, a := range args {
		n, ok := number(a.text)
		if a.kind != text || !ok || n < 0 || n > 0x10ffff {
			return "", false
		}
		b.WriteRune(rune(n))
	}
	return b.String(), len(args) > 0
}
