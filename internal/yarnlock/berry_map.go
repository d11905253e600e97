package yarnlock

import "github.com/portalctl/portalctl/internal/fault"

// berryMap reads a field whose value is indented below its name.
func (p *parser) berryMap(e *Entry, name string) error {
	var err error
	switch name {
	case "version", "resolution", "checksum", "conditions", "languageName", "linkType":
		at := p.at
		if err := p.next(); err != nil {
			return err
		}
		if p.done {
			return p.cutShort(name + " has no value")
		}
		return p.fail(at, "%s has no value", name).WithNext("%s", nextRestoreCap)
	case "dependencies":
		e.Dependencies, err = p.berryDeps(name)
	case "peerDependencies":
		e.PeerDependencies, err = p.berryDeps(name)
	case "bin":
		var list []Dep
		list, err = p.berryDeps(name)
		e.Bin = make([]Bin, len(list))
		for i, d := range list {
			e.Bin[i] = Bin{d.Name, d.Range}
		}
	case "dependenciesMeta":
		e.DependenciesMeta, err = p.berryMeta(name)
	case "peerDependenciesMeta":
		e.PeerDependenciesMeta, err = p.berryMeta(name)
	default:
		return p.block(e, name)
	}
	return err
}

// berryDeps reads the lines "name: range" below the current one.
func (p *parser) berryDeps(field string) ([]Dep, error) {
	if err := p.pairs(field, 4, p.berryPair); err != nil {
		return nil, err
	}
	return p.depList(), nil
}

func (p *parser) berryPair() (name, val string, err error) {
	name, rest, err := p.berryKey()
	if err != nil {
		return "", "", err
	}
	val, err = p.berryScalar(rest)
	return name, val, err
}

// pairs collects the names and values below the current line, which is field's,
// in depBuf. Each stands alone on a line of that indent, in the way of read's
// dialect.
func (p *parser) pairs(field string, indent int, read func() (name, val string, err error)) error {
	if err := p.below(field, indent); err != nil {
		return err
	}
	p.depBuf = p.depBuf[:0]
	for !p.done && p.indent > indent-2 {
		if p.indent != indent {
			return p.badIndent(indent)
		}
		name, val, err := read()
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

// berryMeta reads dependenciesMeta or peerDependenciesMeta.
func (p *parser) berryMeta(field string) ([]Meta, error) {
	at := fault.Pos{File: p.lock.File, Line: p.line, Col: 3}
	if err := p.below(field, 4); err != nil {
		return nil, err
	}
	var list []Meta
	for !p.done && p.indent > 2 {
		if p.indent != 4 {
			return nil, p.badIndent(4)
		}
		name, rest, err := p.berryKey()
		if err != nil {
			return nil, err
		}
		if rest != "" {
			return nil, p.fail(p.at, "%s has a value where settings belong", brief(name)).WithNext("%s", nextRewrite)
		}
		flags, err := p.berryFlags(name)
		if err != nil {
			return nil, err
		}
		list = append(list, Meta{name, flags})
	}
	if i := twin(len(list), func(i int) string { return list[i].Name }); i >= 0 {
		return nil, fault.At(at, "%s is twice in %s", brief(list[i].Name), field).WithNext("%s", nextRewrite)
	}
	return list, nil
}

func (p *parser) berryFlags(pkg string) ([]Flag, error) {
	if err := p.pairs(pkg, 6, p.berryPair); err != nil {
		return nil, err
	}
	flags := make([]Flag, len(p.depBuf))
	for i, d := range p.depBuf {
		flags[i] = Flag{d.Name, d.Range}
	}
	return flags, nil
}
