package gitbase

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// The objects of a repository are read here and not by go-git's object
// package, which verifies signatures, too, and links OpenPGP for it.

// commit is what is needed of a commit object.
type commit struct {
	hash, tree plumbing.Hash
	parents    []plumbing.Hash
	// when is the committer's date, in seconds.
	when int64
}

// treeEntry is one line of a folder.
type treeEntry struct {
	name string
	mode filemode.FileMode
	hash plumbing.Hash
}

var errObject = errors.New("the object is damaged")

// object is the content of an object of a kind. Of another kind it is not there.
func (r *Repo) object(kind plumbing.ObjectType, h plumbing.Hash) ([]byte, error) {
	o, err := r.encoded(kind, h)
	if err != nil {
		return nil, err
	}
	if o.Size() > maxFile {
		return nil, errTooLarge
	}
	in, err := o.Reader()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	// The size is what the object says: room for more is made when it is needed.
	var b bytes.Buffer
	b.Grow(int(min(o.Size(), 16<<20)) + bytes.MinRead)
	_, err = b.ReadFrom(in)
	if err == nil && plumbing.ComputeHash(kind, b.Bytes()) != h {
		err = errObject
	}
	return b.Bytes(), err
}

// fields calls use for each line of an object's head: its first word, and the
// rest. Lines that go on, as those of a signature do, begin with a space.
func fields(src []byte, use func(key, value string) error) error {
	for line := range bytes.Lines(src) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) == 0 {
			return nil
		}
		key, value, _ := strings.Cut(string(line), " ")
		if key == "" {
			continue
		}
		if err := use(key, value); err != nil {
			return err
		}
	}
	return nil
}

func readHash(text string) (plumbing.Hash, error) {
	if !plumbing.IsHash(text) {
		return plumbing.ZeroHash, errObject
	}
	return plumbing.NewHash(text), nil
}

// commitOf reads a commit.
func (r *Repo) commitOf(h plumbing.Hash) (*commit, error) {
	src, err := r.object(plumbing.CommitObject, h)
	if err != nil {
		return nil, err
	}
	c := &commit{hash: h}
	err = fields(src, func(key, value string) (err error) {
		switch key {
		case "tree":
			c.tree, err = readHash(value)
		case "parent":
			var p plumbing.Hash
			p, err = readHash(value)
			c.parents = append(c.parents, p)
		case "committer":
			// Name <address> seconds zone; a damaged date counts as the oldest.
			_, date, _ := strings.Cut(value[strings.LastIndexByte(value, '>')+1:], " ")
			seconds, _, _ := strings.Cut(date, " ")
			c.when, _ = strconv.ParseInt(seconds, 10, 64)
		}
		return err
	})
	if err == nil && c.tree.IsZero() {
		err = errObject
	}
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", h, err)
	}
	return c, nil
}

// tagTarget is what an annotated tag names.
func (r *Repo) tagTarget(h plumbing.Hash) (target plumbing.Hash, err error) {
	src, err := r.object(plumbing.TagObject, h)
	if err != nil {
		return target, err
	}
	err = fields(src, func(key, value string) (err error) {
		if key == "object" {
			target, err = readHash(value)
		}
		return err
	})
	return target, err
}

// treeOf reads a folder.
func (r *Repo) treeOf(h plumbing.Hash) ([]treeEntry, error) {
	src, err := r.object(plumbing.TreeObject, h)
	if err != nil {
		return nil, err
	}
	var list []treeEntry
	for len(src) > 0 {
		mode, rest, ok := bytes.Cut(src, []byte(" "))
		name, rest, named := bytes.Cut(rest, []byte{0})
		if !ok || !named || len(rest) < len(plumbing.ZeroHash) {
			return nil, fmt.Errorf("tree %s: %w", h, errObject)
		}
		e := treeEntry{name: string(name)}
		if e.mode, err = filemode.New(string(mode)); err != nil {
			return nil, fmt.Errorf("tree %s: %w", h, errObject)
		}
		copy(e.hash[:], rest)
		src = rest[len(e.hash):]
		list = append(list, e)
	}
	return list, nil
}

// byName is treeOf with the entries by their names; of two of one name the first.
func (r *Repo) byName(h plumbing.Hash) (map[string]treeEntry, error) {
	tree, err := r.treeOf(h)
	list := make(map[string]treeEntry, len(tree))
	for _, e := range slices.Backward(tree) {
		list[e.name] = e
	}
	return list, err
}

// entryAt is the entry of a path, with forward slashes, below a tree; "" is the
// tree itself. ok is false when there is none. folder reads a tree, as byName does.
func entryAt(tree plumbing.Hash, path string, folder func(plumbing.Hash) (map[string]treeEntry, error)) (e treeEntry, ok bool, err error) {
	e = treeEntry{mode: filemode.Dir, hash: tree}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." {
			continue
		}
		if e.mode != filemode.Dir {
			return treeEntry{}, false, nil
		}
		list, err := folder(e.hash)
		if err != nil {
			return treeEntry{}, false, err
		}
		if e, ok = list[part]; !ok {
			return treeEntry{}, false, nil
		}
	}
	return e, true, nil
}

// leaves calls use for everything below a tree that is not a folder.
func (r *Repo) leaves(tree plumbing.Hash, prefix string, use func(path string, e treeEntry)) error {
	list, err := r.treeOf(tree)
	if err != nil {
		return err
	}
	for _, e := range list {
		name := prefix + e.name
		if e.mode != filemode.Dir {
			use(name, e)
		} else if err := r.leaves(e.hash, name+"/", use); err != nil {
			return err
		}
	}
	return nil
}
