package yarnpatch

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
)

// Kinds of effects, by Yarn's names for them.
const (
	kindRename   = "rename"
	kindDeletion = "file deletion"
	kindCreation = "file creation"
	kindMode     = "mode change"
	kindPatch    = "patch"
)

// effect is one change that a patch makes to a package.
type effect struct {
	kind        string
	exclusivity *string
	path        string // of the file; the new path of a rename
	from        string // the old path of a rename
	hunks       []*hunk
	// mode of a file made or deleted; oldMode and mode of a mode change.
	oldMode, mode int
	before, after *string
}

// interpret is interpretParsedPatchFile.
func interpret(diffs []*fileDiff) ([]effect, error) {
	var effects []effect
	for _, d := range diffs {
		es, err := d.effects()
		if err != nil {
			return nil, err
		}
		effects = append(effects, es...)
	}
	if len(effects) == 0 {
		return nil, errors.New("the patch changes nothing")
	}
	return effects, nil
}

func (d *fileDiff) effects() ([]effect, error) {
	var es []effect
	var target *string
	switch {
	case truthy(d.renameFrom):
		if !truthy(d.renameTo) {
			return nil, errors.New("a rename has no new name")
		}
		es = append(es, effect{kind: kindRename, exclusivity: d.exclusivity, from: clean(*d.renameFrom), path: clean(*d.renameTo)})
		target = d.renameTo
	case truthy(d.deletedMode):
		e, err := d.whole(kindDeletion, either(d.diffFrom, d.from), *d.deletedMode, d.before)
		return []effect{e}, err
	case truthy(d.newFileMode):
		e, err := d.whole(kindCreation, either(d.diffTo, d.to), *d.newFileMode, d.after)
		return []effect{e}, err
	default:
		target = either(d.to, d.diffTo)
	}
	if !truthy(target) {
		return es, nil
	}
	if truthy(d.oldMode) && truthy(d.newMode) && *d.oldMode != *d.newMode {
		oldMode, err := parseMode(*d.oldMode)
		if err != nil {
			return nil, err
		}
		mode, err := parseMode(*d.newMode)
		if err != nil {
			return nil, err
		}
		es = append(es, effect{kind: kindMode, exclusivity: d.exclusivity, path: clean(*target), oldMode: oldMode, mode: mode})
	}
	if len(d.hunks) > 0 {
		es = append(es, effect{kind: kindPatch, exclusivity: d.exclusivity, path: clean(*target), hunks: d.hunks, before: d.before, after: d.after})
	}
	return es, nil
}

// whole is the creation or the deletion of a file.
func (d *fileDiff) whole(kind string, p *string, mode string, hash *string) (effect, error) {
	if !truthy(p) {
		return effect{}, fmt.Errorf("a %s has no path", kind)
	}
	m, err := parseMode(mode)
	return effect{kind: kind, exclusivity: d.exclusivity, path: clean(*p), hunks: d.hunks[:min(1, len(d.hunks))], mode: m, after: hash}, err
}

func parseMode(s string) (int, error) {
	n, _ := jstext.ParseInt(s, 8)
	mode := int(jstext.ToInt(n)) & 0o777
	if mode != 0o644 && mode != 0o755 {
		return 0, fmt.Errorf("unexpected file mode %q", s)
	}
	return mode, nil
}

// clean is ppath.relative("/", ppath.resolve("/", p)).
func clean(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

func truthy(s *string) bool { return s != nil && *s != "" }

func either(a, b *string) *string {
	if truthy(a) {
		return a
	}
	return b
}
