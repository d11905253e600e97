package check

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/workspace"
)

const releaseFile = "backstage.json"

// releaseDiffers is the rule of that name: backstage.json is damaged, missing
// where backstage:^ needs it, or names another release than the one that most
// of the locked packages are those of. All other rules count from the lock, so
// that this is one finding.
func (m *model) releaseDiffers() {
	s, user := m.in.standing(), m.backstageRange()
	f := finding.Finding{Rule: ruleReleaseDiffers, Pos: fault.Pos{File: releaseFile}, Name: releaseFile, Key: s.Declared,
		Fixes: []finding.Fix{finding.FixManifest}}
	if b := m.in.Project.Backstage; b != nil && b.VersionPos.Line > 0 {
		f.Pos = b.VersionPos
	}
	write, lock := "the release that the portal is on", ""
	if s.Release != "" && !s.Valid {
		write = s.Release
		lock = fmt.Sprintf("; yarn.lock is %s (%d of %d @backstage packages)", s.LockIs(), s.Matches, s.Of)
	}
	err := m.in.Project.BackstageErr
	bound, of := m.boundRelease()
	if bound != "" && !s.Valid {
		write = bound
	}
	switch {
	case err != nil:
		f.Severity, f.Message, f.Next = severityFor(user), err.Error()+lock, fault.NextOf(err)
		var at *fault.Error
		if errors.As(err, &at) {
			f.Pos, f.Message = at.Pos, at.What+lock
		}
	case s.Declared != "" && !s.Valid:
		f.Severity = severityFor(user)
		f.Message = fmt.Sprintf("version %q is not a Backstage release%s", s.Declared, lock)
		f.Next = fmt.Sprintf("Write %s there", write)
	case s.Declared == "" && user != nil:
		f.Severity, f.Pos = finding.Error, user.Pos
		f.Message = fmt.Sprintf("%s asks for backstage:^, and no backstage.json says which release that is: Yarn installs nothing%s", user.Name, lock)
		f.Next = fmt.Sprintf("Create backstage.json with {\"version\": \"%s\"}", strings.ReplaceAll(write, "the release that the portal is on", "<release>"))
	case s.Differs && user != nil:
		// Yarn reads the versions of backstage:^ from backstage.json.
		f.Message = s.Difference()
		f.Fixes = []finding.Fix{finding.FixLock}
		f.Next = fmt.Sprintf("Run %s --release %s, which moves both together; or keep %s and bring yarn.lock in line with it", m.bump(), s.Release, s.Declared)
	case s.Valid && user != nil && bound != "" && bound != s.Declared:
		f.Severity, f.Fixes = finding.Error, []finding.Fix{finding.FixLock}
		f.Message = fmt.Sprintf("backstage.json says %s, and yarn.lock has the backstage:^ ranges of %s (%s)", s.Declared, bound, english.CountOf(of, "range", "ranges"))
		f.Next = fmt.Sprintf("Run %s, or write %s into backstage.json", m.install(), bound)
		if fault.Nearest(s.Declared, []string{bound}) != "" && release.Known(s.Declared) == nil {
			f.Next = fmt.Sprintf("Write %s into backstage.json if that is meant; else run %s", bound, m.install())
		}
	case s.Differs:
		f.Message, f.FixedBy = s.Difference(), finding.ByFix
		f.Next = fmt.Sprintf("Run %s, which writes %s into it", m.fix(""), s.Release)
	default:
		return
	}
	f.Details = map[string]any{"release": s.Release, "declared": s.Declared, "matches": s.Matches,
		"declaredMatches": s.DeclaredMatches, "of": s.Of, "candidates": s.Candidates}
	m.add(f)
}

func severityFor(user *pkgjson.Dep) finding.Severity {
	if user != nil {
		return finding.Error
	}
	return finding.Warning
}

// boundRelease is the release that yarn.lock has bound backstage:^ ranges to, with
// how many; "" where there are several or none.
func (m *model) boundRelease() (version string, ranges int) {
	if m.in.Lock == nil {
		return "", 0
	}
	for _, e := range m.in.Lock.Entries {
		for _, k := range e.Keys {
			if !k.Is(spec.Backstage) {
				continue
			}
			switch v := spec.Parse(k.Range).Bind("backstage"); {
			case v == "" || version != "" && v != version:
				return "", 0
			default:
				version, ranges = v, ranges+1
			}
		}
	}
	return version, ranges
}

// backstageRange is the first dependency whose version follows backstage.json,
// nil for none.
func (m *model) backstageRange() *pkgjson.Dep {
	for _, p := range m.packages {
		for _, d := range p.File.AllDeps() {
			if d.Parsed.Kind == spec.KindBackstage {
				return &d
			}
		}
	}
	return nil
}

// releaseChange is the release that backstage.json named and the one it names
// after a fix.
type releaseChange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// release writes the lock's release into backstage.json where that is the fix.
func (f *Fixed) release(m *model, ignored map[string]bool) error {
	s := m.in.standing()
	if !s.Differs || m.off(ruleReleaseDiffers) || ignored[ruleReleaseDiffers+" "+releaseFile] || m.backstageRange() != nil {
		return nil
	}
	file := m.in.Project.Backstage
	old := file.Doc.Bytes()
	doc, err := jsonedit.Parse(releaseFile, old)
	if err != nil {
		return err
	}
	edited := &workspace.VersionFile{Path: file.Path, Doc: doc}
	if err := edited.SetVersion(s.Release); err != nil {
		return err
	}
	f.Release = &releaseChange{From: s.Declared, To: s.Release}
	f.Edits = append(f.Edits, txn.Edit{Path: filepath.Join(m.in.Project.Root, releaseFile), Old: old, New: doc.Bytes()})
	project := copyProject(f.After.Project)
	project.Backstage = edited
	s.Declared, s.Differs, s.DeclaredMatches = s.Release, false, s.Matches
	f.After.Project, f.After.Standing = project, &s
	return nil
}
