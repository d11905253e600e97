package yarnlock

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
)

// members reads what an entry has, each member once.
func (p *parser) members(e *Entry) error {
	for seen := 0; !p.done && p.indent > 0; {
		if p.indent != 2 {
			return p.badIndent(2)
		}
		name, rest, below, err := p.member()
		if err != nil {
			return err
		}
		var at any // nil for a field without a meaning
		if i, f := p.lock.Kind.field(name); f != nil {
			if seen&(1<<i) != 0 {
				return p.fail(p.at, "%s is twice in this entry", brief(name)).WithNext("%s", nextRewrite)
			}
			seen |= 1 << i
			at = f.at(e)
		}
		if below {
			err = p.list(e, name, at)
		} else {
			err = p.value(e, name, rest, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// member takes a name off the current line and returns what follows it; below
// says that its value is indented below the line. Yarn 1 takes "name value" and
// "name: value".
func (p *parser) member() (name, rest string, below bool, err error) {
	if p.lock.Kind == Classic {
		name, rest, err = p.classicKey(p.text)
		return name, trim(strings.TrimPrefix(rest, ":")), rest == ":", err
	}
	name, rest, err = p.berryKey()
	return name, rest, rest == "", err
}

// value reads a field whose value takes the rest of the line.
func (p *parser) value(e *Entry, name, rest string, at any) error {
	val, err := p.scalar(rest)
	if err != nil {
		return err
	}
	switch at := at.(type) {
	case *string:
		*at = val
	case *Locator:
		loc, ok := spec.ParseLocator(val)
		if !ok {
			return p.fail(p.at, "the resolution %q is not a valid locator (name@reference)", brief(val)).WithNext("%s", nextRewrite)
		}
		*at = loc
	case *[]Dep, *[]Meta:
		return p.fail(p.at, "%s has a value where a list of packages belongs", name).WithNext("%s", nextRewrite)
	default:
		e.Extra = append(e.Extra, Field{Name: name, Value: val})
	}
	return p.next()
}

// list reads a field whose value is indented below its name.
func (p *parser) list(e *Entry, name string, at any) (err error) {
	switch at := at.(type) {
	case nil:
		return p.block(e, name)
	case *[]Dep:
		if err = p.pairs(name, 4); err == nil {
			*at = carve(&p.deps, p.depBuf)
		}
	case *[]Bin:
		if err = p.pairs(name, 4); err == nil {
			*at = make([]Bin, len(p.depBuf))
			for i, d := range p.depBuf {
				(*at)[i] = Bin{d.Name, d.Range}
			}
		}
	case *[]Meta:
		*at, err = p.metas(name)
	default:
		where := p.at
		if err := p.next(); err != nil {
			return err
		}
		if p.done {
			return p.cutShort(name + " has no value")
		}
		return p.fail(where, "%s has no value", name).WithNext("%s", nextRestoreCap)
	}
	return err
}

// pairs collects the names and values below the current line, which is field's,
// in depBuf. Each stands alone on a line of that indent.
func (p *parser) pairs(field string, indent int) error {
	if err := p.below(field, indent); err != nil {
		return err
	}
	p.depBuf = p.depBuf[:0]
	for !p.done && p.indent > indent-2 {
		if p.indent != indent {
			return p.badIndent(indent)
		}
		name, rest, _, err := p.member()
		if err != nil {
			return err
		}
		val, err := p.scalar(rest)
		if err != nil {
			return err
		}
		p.depBuf = append(p.depBuf, Dep{Name: name, Range: val, Line: p.line})
		if err := p.next(); err != nil {
			return err
		}
	}
	return p.noTwins()
}

// noTwins refuses a list that has a name twice: one of the two would silently
// win.
func (p *parser) noTwins() error {
	i := twin(len(p.depBuf), func(i int) string { return p.depBuf[i].Name })
	if i < 0 {
		return nil
	}
	d := p.depBuf[i]
	return fault.At(p.lock.DepPos(d), "%s is twice in this list", brief(d.Name)).WithNext("%s", nextRewrite)
}

// twin is the index of the first name that was there before, or -1. Names are
// sorted as a rule, and then cost no memory.
func twin(n int, name func(int) string) int {
	sorted := true
	for i := 1; i < n && sorted; i++ {
		sorted = name(i-1) < name(i)
	}
	if sorted {
		return -1
	}
	seen := make(map[string]bool, n)
	for i := range n {
		if seen[name(i)] {
			return i
		}
		seen[name(i)] = true
	}
	return -1
}

// metas reads dependenciesMeta or peerDependenciesMeta.
func (p *parser) metas(field string) ([]Meta, error) {
	at := fault.Pos{File: p.lock.File, Line: p.line, Col: 3}
	if err := p.below(field, 4); err != nil {
		return nil, err
	}
	var list []Meta
	for !p.done && p.indent > 2 {
		if p.indent != 4 {
			return nil, p.badIndent(4)
		}
		name, _, below, err := p.member()
		if err != nil {
			return nil, err
		}
		if !below {
			return nil, p.fail(p.at, "%s has a value where settings belong", brief(name)).WithNext("%s", nextRewrite)
		}
		if err := p.pairs(name, 6); err != nil {
			return nil, err
		}
		m := Meta{name, make([]Flag, len(p.depBuf))}
		for i, d := range p.depBuf {
			m.Flags[i] = Flag{d.Name, d.Range}
		}
		list = append(list, m)
	}
	if i := twin(len(list), func(i int) string { return list[i].Name }); i >= 0 {
		return nil, fault.At(at, "%s is twice in %s", brief(list[i].Name), field).WithNext("%s", nextRewrite)
	}
	return list, nil
}
