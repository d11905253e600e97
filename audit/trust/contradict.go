package trust

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// contradiction is a field of an entry that the registry has otherwise.
type contradiction struct {
	kind, text string
	line       int // of the field, 0 for the entry
}

// contradictions compares an entry with what Yarn writes for the manifest that
// the registry has. packageExtensions never show in entries. What Yarn adds by
// itself (node-gyp, for scripts that mention it) depends on whether the
// registry showed the scripts.
func contradictions(l *yarnlock.Lock, e *yarnlock.Entry, m *relock.Manifest) []contradiction {
	want := m.LockFields()
	var out []contradiction
	have := slices.Concat(e.Dependencies, e.OptionalDependencies)
	ranges := make(map[string]string, len(want.Dependencies))
	for _, d := range want.Dependencies {
		ranges[d.Name] = plain(d.Range)
	}
	for _, d := range have {
		rng, ok := ranges[d.Name]
		delete(ranges, d.Name)
		switch {
		case d.Name == "node-gyp" && plain(d.Range) == "latest":
		case !ok:
			out = append(out, contradiction{"dependency " + d.Name, "asks for " + d.Name + "@" + plain(d.Range) + " in yarn.lock, and does not in the registry", d.Line})
		case rng != plain(d.Range):
			out = append(out, contradiction{"dependency " + d.Name, fmt.Sprintf("asks for %s@%s in yarn.lock, and for %s in the registry", d.Name, plain(d.Range), rng), d.Line})
		}
	}
	if l.Kind == yarnlock.Classic {
		return append(out, hashes(e, m)...) // Yarn 1 leaves out what a package bundles
	}
	for _, d := range want.Dependencies {
		if rng, left := ranges[d.Name]; left && d.Name != "node-gyp" {
			out = append(out, contradiction{"dependency " + d.Name, "does not ask for " + d.Name + "@" + rng + " in yarn.lock, and does in the registry", 0})
		}
	}
	for _, b := range e.Bin {
		if len(want.Bin) == 0 {
			break // mirrors leave out what npm takes from directories.bin
		}
		i := slices.IndexFunc(want.Bin, func(w yarnlock.Bin) bool { return w.Name == b.Name })
		switch {
		case i < 0:
			out = append(out, contradiction{"bin " + b.Name, fmt.Sprintf("has a command %s in yarn.lock, and none of that name in the registry", b.Name), 0})
		case binPath(want.Bin[i].Path) != binPath(b.Path):
			out = append(out, contradiction{"bin " + b.Name, fmt.Sprintf("runs %s for the command %s in yarn.lock, and %s in the registry", b.Path, b.Name, want.Bin[i].Path), 0})
		}
	}
	if e.Conditions != "" && want.Conditions == "" {
		out = append(out, contradiction{"conditions", "is for some platforms only in yarn.lock (" + e.Conditions + "), so that it needs no checksum, and for all in the registry", 0})
	}
	return out
}

func plain(rng string) string { return spec.Bare(rng) }

func binPath(p string) string { return strings.TrimPrefix(p, "./") }

// hashes compares those of one algorithm, of which a registry may have several.
func hashes(e *yarnlock.Entry, m *relock.Manifest) []contradiction {
	const text = "has another hash in yarn.lock than in the registry"
	for part := range strings.FieldsSeq(e.Integrity) {
		algorithm, _, _ := strings.Cut(part, "-")
		comparable, equal := false, false
		for theirs := range strings.FieldsSeq(m.Integrity) {
			if a, _, _ := strings.Cut(theirs, "-"); a == algorithm {
				comparable = true
				equal = equal || bare(theirs) == bare(part)
			}
		}
		if comparable && !equal {
			return []contradiction{{"hash", text, 0}}
		}
	}
	if _, sha1, ok := strings.Cut(e.Resolved, "#"); ok && len(sha1) == 40 && len(m.Shasum) == 40 && !strings.EqualFold(sha1, m.Shasum) {
		return []contradiction{{"hash", text, 0}}
	}
	return nil
}

// bare is a hash without its options.
func bare(s string) string {
	s, _, _ = strings.Cut(s, "?")
	return s
}
