package migrations

import (
	"slices"
	"strings"
)

// ofList calls a method of an array.
func (f *follower) ofList(l *list, name string, args []value, called string) (value, bool) {
	fn, _ := arg(args, 0).(*function)
	sure := !l.open && !l.either
	switch name {
	case "map", "forEach", "filter", "flatMap", "some", "every", "find":
		if fn == nil {
			break
		}
		return f.each(l, name, fn)
	case "reduce":
		if fn == nil || !sure {
			break
		}
		acc, items, at := arg(args, 1), l.items, 0
		if len(args) < 2 && len(items) > 0 {
			acc, items, at = items[0], items[1:], 1
		}
		for i, item := range items {
			var threw bool
			if acc, threw = f.invoke(fn, []value{acc, item, float64(at + i)}, opaque{}); threw {
				return nil, true
			}
		}
		return acc, false
	case "push", "unshift":
		l.items = append(l.items, args...)
		l.open = l.open || f.maybe > 0 || name == "unshift"
		return opaque{}, false
	case "concat":
		out := &list{items: slices.Clone(l.items), open: l.open}
		for _, a := range args {
			if more, ok := a.(*list); ok {
				out.items, out.open = append(out.items, more.items...), out.open || more.open
			} else {
				out.items = append(out.items, a)
			}
		}
		return out, false
	case "join":
		sep, ok := arg(args, 0).(string)
		if !ok && len(args) > 0 || !sure {
			return hole, false
		}
		if len(args) == 0 {
			sep = ","
		}
		var parts []string
		size := 0
		for _, i := range l.items {
			parts = append(parts, text(i))
			size += len(parts[len(parts)-1]) + len(sep)
		}
		if !f.room(size) {
			return hole, false
		}
		return strings.Join(parts, sep), false
	case "includes", "indexOf":
		return f.within(l, name, arg(args, 0)), false
	case "slice", "reverse", "sort", "flat", "values":
		return &list{items: slices.Clone(l.items), open: true}, false
	case "entries":
		out := &list{open: l.open}
		for i, item := range l.items {
			out.items = append(out.items, &list{items: []value{float64(i), item}})
		}
		return out, false
	case "pop", "shift", "at":
		v := anyOf(l)
		l.open = true
		return v, false
	}
	return f.stranger(append(args, unsure(l)), called, false), false
}

// within is list.includes, list.indexOf.
func (f *follower) within(l *list, name string, v value) value {
	sure := !l.open && !l.either
	for i, item := range l.items {
		switch same(item, v) {
		case yes:
			if name == "includes" {
				return true
			}
			if sure {
				return float64(i)
			}
		case perhaps:
			sure = false
		}
	}
	if sure && name == "includes" {
		return false
	}
	if sure {
		return float64(-1)
	}
	return opaque{}
}

// each calls a function for the items of an array.
func (f *follower) each(l *list, name string, fn *function) (value, bool) {
	sure := !l.open && !l.either && name != "some" && name != "every" && name != "find"
	items := l.items
	if !sure {
		f.forget(fn.env)
		items = []value{anyOf(l)}
		f.maybe++
		defer func() { f.maybe-- }()
	}
	out := &list{open: !sure}
	for i, item := range items {
		at := value(float64(i))
		if !sure {
			at = opaque{}
		}
		got, threw := f.invoke(fn, []value{item, at, opaque{}}, opaque{})
		if threw {
			if sure {
				return nil, true
			}
			continue
		}
		switch name {
		case "map", "some", "every", "find":
			out.items = append(out.items, got)
		case "flatMap":
			if more, ok := got.(*list); ok {
				out.items, out.open = append(out.items, more.items...), out.open || more.open
			} else {
				out.items = append(out.items, got)
			}
		case "filter":
			switch truthy(got) {
			case yes:
				out.items = append(out.items, item)
			case perhaps:
				out.items, out.open = append(out.items, item), true
			}
		case "forEach":
			f.unawaited(got)
		}
	}
	switch name {
	case "forEach":
		return nothing{}, false
	case "some", "every":
		return opaque{}, false
	case "find":
		return either(anyOf(l), nothing{}), false
	}
	return out, false
}
