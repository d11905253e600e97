package template

import (
	"cmp"
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
	leave := func(f changedFile) {
		pending[f.Path] = cmp.Or(f.Base, pl.plan.Base.Used)
	}
	for _, f := range pl.plan.Files {
		marked := pl.opts.Markers && len(f.Hunks) > 0 && !hasKeyConflict(f)
		if f.State == stateConflict && !marked {
			leave(f)
		}
	}
	for _, f := range pl.left {
		leave(f)
	}
	if len(pl.plan.Files)+len(pl.left) == 0 && (pl.in.Config == nil || pl.in.Config.Base == "") {
		return nil // nothing was merged
	}
	text, err := put(pl.in.ConfigText, section(pl.plan.To, pending))
	if err != nil {
		return err
	}
	pl.plan.record = &write{finding.ConfigFile, pl.in.ConfigText, text}
	return nil
}

func hasKeyConflict(f changedFile) bool {
	return slices.ContainsFunc(f.Keys, func(k keymerge.Key) bool { return k.State == stateConflict })
}

// section is what this command writes of the section.
func section(base string, pending map[string]string) string {
	var b strings.Builder
	b.WriteString("template:\n")
	if base != "" {
		fmt.Fprintf(&b, "  base: %s\n", base)
	}
	if len(pending) > 0 {
		b.WriteString("  # files whose merge is left, and the release that it starts from\n  pending:\n")
		for _, p := range slices.Sorted(maps.Keys(pending)) {
			fmt.Fprintf(&b, "    %s: %s\n", yamlKey(p), pending[p])
		}
	}
	return b.String()
}

// put makes the section what it is to be, beside whatever else is in the file and in
// the section.
func put(old []byte, section string) ([]byte, error) {
	if old == nil {
		return []byte(section), nil
	}
	all := func([]string, string, string, string) (keymerge.State, string) { return keymerge.Taken, "" }
	// What the section had before and is not to have is what "theirs" removed.
	r, err := keymerge.YAML(finding.ConfigFile, own(old), old, []byte(section), keymerge.Rules{Both: all})
	return r.Text, err
}

// own is the part of the file that this command has written.
func own(src []byte) []byte {
	c, err := ParseConfig(finding.ConfigFile, src)
	if err != nil || c.Base == "" && len(c.Pending) == 0 {
		return nil
	}
	return []byte(section(c.Base, c.Pending))
}

// yamlKey is a path as a key: in quotes where it would not be read as it stands.
func yamlKey(p string) string {
	plain := strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") == ""
	if plain && p[0] != '-' {
		return p
	}
	return "'" + strings.ReplaceAll(p, "'", "''") + "'"
}
