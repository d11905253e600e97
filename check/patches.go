package check

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// patch is one patch: spec of a package.json.
type patch struct {
	spec spec.Spec
	pos  fault.Pos // of the spec
	key  fault.Pos // of the resolution's key; zero for a dependency
	res  string    // the resolution's key
	// files are the patch files, relative to the project's root.
	files []string
}

// patches is the rule patch-stale: what "backstage-cli pm verify-patches"
// looks at, apart from the resolutions that are not patches.
func (m *model) patches() {
	list := m.declaredPatches()
	missing := map[string]int{}
	for _, p := range list {
		_ = m.patchFiles(p, missing) || m.patchUnused(p) || m.patchHoldsBack(p)
	}
	m.patchShared(list)
	m.patchOrphans(list)
}

func (m *model) declaredPatches() []patch {
	var list []patch
	for _, p := range m.packages {
		for _, d := range p.File.AllDeps() {
			if s := d.Parsed; s.Kind == spec.KindPatch {
				list = append(list, patch{spec: s, pos: d.Pos, files: patchFiles(s.Path, p.Rel)})
			}
		}
		if p.Rel != "." {
			continue
		}
		for _, r := range p.File.Resolutions() {
			if s := r.Parsed; s.Kind == spec.KindPatch {
				list = append(list, patch{spec: s, pos: r.Pos, key: r.KeyPos, res: r.Key, files: patchFiles(s.Path, ".")})
			}
		}
	}
	return list
}

// patchFiles are the files behind a patch's selector, for a package in the
// folder rel. Builtin patches have none.
func patchFiles(selector, rel string) []string {
	var files []string
	for text := range strings.SplitSeq(selector, "&") {
		if i := strings.LastIndexByte(text, '!'); i >= 0 {
			text = text[i+1:] // flags such as optional!
		}
		text = strings.TrimPrefix(text, "~builtin")
		switch {
		case text == "", strings.HasPrefix(text, "builtin<"), strings.HasPrefix(text, "<"), strings.HasPrefix(text, "/"):
		case strings.HasPrefix(text, "~/"):
			files = append(files, path.Clean(text[2:]))
		default:
			files = append(files, path.Join(rel, text))
		}
	}
	return files
}

func (m *model) patchFinding(p patch, severity finding.Severity, key, message, next string, explains ...cause) bool {
	pos := p.pos
	if !p.key.IsZero() {
		pos = p.key
	}
	m.add(finding.Finding{Rule: rulePatch, Severity: severity, Pos: pos, Name: p.spec.Name, Key: key, Message: message, Next: next,
		Fixes: []finding.Fix{finding.FixManifest}}, append(explains, at(pos), at(p.pos))...)
	return true
}

// patchFiles looks for the files of a patch. One that is gone is one finding,
// however many resolutions name it: missing has the finding by file.
func (m *model) patchFiles(p patch, missing map[string]int) bool {
	if m.in.Files == nil {
		return false
	}
	for _, file := range p.files {
		if !fs.ValidPath(file) {
			continue // outside of the project
		}
		if info, err := fs.Stat(m.in.Files, file); err == nil && info.Mode().IsRegular() {
			continue
		}
		if i, ok := missing[file]; ok {
			f := &m.findings[i]
			if !m.filter.Hides(*f) {
				m.claim(at(p.pos), at(p.key))
			}
			f.Lines = append(f.Lines, fmt.Sprintf("%s:%d names it too", p.pos.File, p.pos.Line))
			return true
		}
		missing[file] = len(m.findings)
		return m.patchFinding(p, finding.Error, "file "+file,
			fmt.Sprintf("the patch of %s names %s, which is not there", p.spec.Name, file),
			"Restore the file from version control, or remove the patch")
	}
	return false
}

// patchUnused finds resolutions whose key matches no dependency any more: the
// package was updated, and runs unpatched.
func (m *model) patchUnused(p patch) bool {
	if p.res == "" {
		return false
	}
	for _, o := range m.overrides() {
		if o.res.Key == p.res && m.appliesToAny(o.Override) {
			return false
		}
	}
	if message, next, follows := m.misspelt(p.res); message != "" {
		return m.patchFinding(p, "", "unused "+p.res,
			fmt.Sprintf("the patch of %s applies to nothing, so the package runs unpatched: %s", p.spec.Name, message), next, follows...)
	}
	if keys := m.askedKeys(p.res); len(keys) > 0 {
		return m.patchFinding(p, "", "unused "+p.res,
			fmt.Sprintf("the patch of %s applies to nothing, so the package runs unpatched: a key names the range that is asked for, and %s", p.spec.Name, m.askedAs(p.res)),
			fmt.Sprintf("Write the key as %s, then run %s; the patch has to be one for the version in use (else yarn patch %s)", strings.Join(keys, ", or "), m.install(), p.spec.Name))
	}
	return m.patchFinding(p, "", "unused "+p.res,
		fmt.Sprintf("the patch of %s applies to nothing: no package asks for %s, so the package runs unpatched", p.spec.Name, p.res),
		fmt.Sprintf("Make the patch again for the version in use (yarn patch %s), or remove the resolution and its file", p.spec.Name))
}

// patchHoldsBack compares patched packages with the release.
func (m *model) patchHoldsBack(p patch) bool {
	inner := p.spec.Inner
	for inner != nil && inner.Kind == spec.KindPatch {
		inner = inner.Inner
	}
	want, ok := m.versions[p.spec.Name]
	if !ok || inner == nil || inner.Kind != spec.KindRange {
		return false
	}
	v, err := semrange.ParseVersion(want)
	if err != nil || inner.Versions.Satisfies(v) {
		return false
	}
	return m.patchFinding(p, "", "release",
		fmt.Sprintf("the patch holds %s at %s; release %s has %s", p.spec.Name, inner.Range, m.release(), want),
		fmt.Sprintf("Make the patch again for %s (yarn patch %s@npm:%s), or remove it if the release has the fix", want, p.spec.Name, want), allVersions(p.spec.Name))
}

// patchShared finds files that patch two versions at once.
func (m *model) patchShared(list []patch) {
	first := map[string]patch{}
	for _, p := range list {
		source := p.spec.Name
		if p.spec.Inner != nil {
			source += "@" + p.spec.Inner.Raw
		}
		for _, file := range p.files {
			other, ok := first[file]
			if !ok {
				first[file] = p
				continue
			}
			was := other.spec.Name
			if other.spec.Inner != nil {
				was += "@" + other.spec.Inner.Raw
			}
			if was != source && !m.isClaimed(at(p.pos)) {
				m.patchFinding(p, "", "shared "+file, fmt.Sprintf("%s patches both %s and %s", file, was, source),
					"Make a patch of its own for each version")
			}
		}
	}
}

// patchOrphans finds patch files that no package.json names.
func (m *model) patchOrphans(list []patch) {
	if m.in.Files == nil {
		return
	}
	if s := m.in.Settings; s != nil {
		if _, other := s.Lookup("patchFolder"); other {
			return // kept elsewhere, and perhaps with other files
		}
	}
	named := map[string]bool{}
	for _, p := range list {
		for _, f := range p.files {
			named[f] = true
		}
	}
	_ = fs.WalkDir(m.in.Files, ".yarn/patches", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || named[name] || !strings.HasSuffix(name, ".patch") {
			return nil
		}
		m.add(finding.Finding{Rule: rulePatch, Pos: fault.Pos{File: name, Line: 1}, Name: path.Base(name),
			Message: fmt.Sprintf("no package.json names the patch %s", path.Base(name)), Next: "Remove the file, or restore the resolution that named it"})
		return nil
	})
}
