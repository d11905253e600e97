package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/keymerge"
)

// recordBase writes into .portalctl.yaml which template is merged now, and from which
// one the merge of each file starts that is left: as copier and cruft keep theirs.
func (pl *planner) recordBase() error {
	pending := map[string]string{}
	leave := func(f File) {
		rel := f.Base
		if rel == "" {
			rel = pl.plan.Base.Used
		}
		pending[f.Path] = rel
	}
	for _, f := range pl.plan.Files {
		byHand := f.State == Conflict && !(pl.opts.Markers && len(f.Hunks) > 0 && !hasKeyConflict(f))
		if byHand {
			leave(f)
		}
	}
	for _, f := range pl.left {
		leave(f)
	}
	if len(pl.plan.Files)+len(pl.left) == 0 && (pl.in.Config == nil || pl.in.Config.Base == "") {
		return nil // nothing was merged
	}
	var b strings.Builder
	fmt.Fprintf(&b, "template:\n  base: %s\n", pl.plan.To)
	if len(pending) > 0 {
		b.WriteString("  # files whose merge is left, and the release that it starts from\n  pending:\n")
		for _, p := range slices.Sorted(maps.Keys(pending)) {
			fmt.Fprintf(&b, "    %s: %s\n", yamlKey(p), pending[p])
		}
	}
	text, err := put(pl.in.ConfigText, b.String())
	if err != nil {
		return err
	}
	pl.plan.record = &write{finding.ConfigFile, pl.in.ConfigText, text}
	return nil
}

func hasKeyConflict(f File) bool {
	return slices.ContainsFunc(f.Keys, func(k Key) bool { return k.State == Conflict })
}

// put makes the section what it is to be, beside whatever else is in the file and in
// the section.
func put(old []byte, section string) ([]byte, error) {
	if old == nil {
		return []byte(section), nil
	}
	all := func([]string, string, string, string) (keymerge.State, string) { return keymerge.Taken, "" }
	base := old
	if !strings.Contains(section, "\n  pending:") {
		section = strings.TrimRight(section, "\n") + "\n"
	}
	// What the section had before and is not to have is what "theirs" removed.
	r, err := keymerge.YAML(finding.ConfigFile, own(base), old, []byte(section), keymerge.Rules{Both: all})
	return r.Text, err
}

// own is the part of the file that this command writes: base and pending.
func own(src []byte) []byte {
	c, err := ParseConfig(finding.ConfigFile, src)
	if err != nil || c.Base == "" && len(c.Pending) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("template:\n")
	if c.Base != "" {
		fmt.Fprintf(&b, "  base: %s\n", c.Base)
	}
	if len(c.Pending) > 0 {
		b.WriteString("  # files whose merge is left, and the release that it starts from\n  pending:\n")
		for _, p := range slices.Sorted(maps.Keys(c.Pending)) {
			fmt.Fprintf(&b, "    %s: %s\n", yamlKey(p), c.Pending[p])
		}
	}
	return []byte(b.String())
}

// yamlKey is a path as a key: in quotes where it would not be read as it stands.
func yamlKey(p string) string {
	plain := strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") == ""
	if plain && p[0] != '-' {
		return p
	}
	return "'" + strings.ReplaceAll(p, "'", "''") + "'"
}
