package appconfig

import (
	"path/filepath"
	"slices"
	"strconv"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// maxIncludes bounds the files that one configuration includes, so that files
// which include each other twice end.
const maxIncludes = 2_000

// reader reads the files of one configuration.
type reader struct {
	repo     *repofile.Repo
	root     string
	env      environment
	included map[string]bool
	includes int
	notes    []Note
	unset    []Unset // of the file that is being read
	keep     bool    // see Options.Keep
}

// scope is where a value stands: the folder that includes are relative to, the
// includes that led here, and the keys from the top of the configuration.
type scope struct {
	dir   string
	chain []string
	path  []string
}

// at is the scope of a field or, as "[0]", of an item.
func (s scope) at(key string) scope {
	s.path = append(slices.Clip(s.path), key)
	return s
}

// transform applies substitutions and includes to a value of a file
// (applyConfigTransforms). nil is undefined: the value is left out.
func (r *reader) transform(n *node, s scope) (*node, error) {
	switch n.kind {
	case String:
		return r.substitute(n, s), nil
	case Object:
		in, applied, err := r.include(n, s)
		if err != nil {
			return nil, err
		}
		if !applied {
			return r.children(n, s)
		}
		if in.node == nil {
			return nil, nil
		}
		if len(in.chain) > 0 {
			s.chain = in.chain
		}
		s.dir = in.dir
		return r.children(in.node, s)
	}
	return r.children(n, s)
}

// substitute is environment.substitute, and keeps what was not set.
func (r *reader) substitute(n *node, s scope) *node {
	out, unset := r.env.substitute(n)
	for _, name := range unset {
		r.missing(name, n, s)
	}
	if out == nil && r.keep {
		kept := *n
		kept.origin.Vars = append(slices.Clone(n.origin.Vars), unset...)
		return &kept
	}
	return out
}

// children transforms what is in a value. What an include gave is not
// transformed itself: Backstage looks for includes in its fields only.
func (r *reader) children(n *node, s scope) (*node, error) {
	switch n.kind {
	case Array:
		out := &node{kind: Array, origin: n.origin}
		for i, item := range n.items {
			v, err := r.transform(item, s.at("["+strconv.Itoa(i)+"]"))
			if err != nil {
				return nil, err
			}
			if v != nil {
				out.items = append(out.items, v)
			}
		}
		return out, nil
	case Object:
		out := newObject(n.origin)
		for _, k := range n.keys {
			v, err := r.transform(n.fields[k], s.at(k))
			if err != nil {
				return nil, err
			}
			if v != nil {
				out.set(k, v)
			}
		}
		return out, nil
	}
	return n, nil
}

// resolvePath is path.resolve(dir, name).
func resolvePath(dir, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}

// name is how a file is called in positions: relative to the root if it is
// below it.
func (r *reader) name(path string) string {
	if rel, err := filepath.Rel(r.root, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}

func (r *reader) count(n *node) error {
	if r.includes++; r.includes > maxIncludes {
		return n.wrong("more than %d includes: the files include each other", maxIncludes).
			WithNext("Write the values out instead of nesting includes")
	}
	return nil
}

// pathFault says that a file that the configuration names cannot be read.
func pathFault(n *node, err error) *fault.Error {
	return fault.Wrap(err, n.origin.Pos, "the file %s cannot be read", n.shown())
}
