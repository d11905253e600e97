package parity

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
)

// Edit is one change of a package.json.
type Edit struct {
	Workspace string // folder
	Section   pkgjson.Section
	Name      string
	From, To  string // "" for nothing: an addition or a removal
}

// String is a line for a log.
func (e Edit) String() string {
	switch {
	case e.From == "":
		return fmt.Sprintf("%s: add %s@%s", e.Workspace, e.Name, e.To)
	case e.To == "":
		return fmt.Sprintf("%s: remove %s@%s", e.Workspace, e.Name, e.From)
	}
	return fmt.Sprintf("%s: %s@%s to %s", e.Workspace, e.Name, e.From, e.To)
}

// Apply makes the edit in the tree at dir.
func (e Edit) Apply(dir string) error {
	file := filepath.Join(dir, filepath.FromSlash(e.Workspace), pkgjson.FileName)
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	f, err := pkgjson.Parse(file, src)
	if err != nil {
		return err
	}
	path := []string{string(e.Section), e.Name}
	err = f.Edit(func(d *jsonedit.Doc) error {
		if e.To == "" {
			return d.Remove(path)
		}
		if _, ok := d.Get(path...); ok {
			return d.SetString(path, e.To)
		}
		if _, ok := d.Get(path[0]); !ok {
			if err := d.Insert(path[:1], []byte("{}")); err != nil {
				return err
			}
		}
		return d.InsertString(path, e.To)
	})
	if err != nil {
		return err
	}
	return os.WriteFile(file, f.Bytes(), 0o644)
}

// Editor invents edits for a tree.
type Editor struct {
	Project *workspace.Project
	// Names are packages that may be added.
	Names  []string
	Source relock.Source
	Rand   *rand.Rand
	// Bound are the packages of the release in a repo with the Backstage Yarn
	// plugin, which may become backstage:^.
	Bound map[string]string

	used map[string]bool
}

// Next invents an edit that does not touch what an earlier one touched, or
// fails after many tries.
func (ed *Editor) Next(ctx context.Context) (Edit, error) {
	if ed.used == nil {
		ed.used = map[string]bool{}
	}
	for range 400 {
		e, ok := ed.invent(ctx)
		if key := e.Workspace + "\x00" + e.Name; ok && !ed.used[key] {
			ed.used[key] = true
			return e, nil
		}
	}
	return Edit{}, fmt.Errorf("no edit left")
}

func (ed *Editor) invent(ctx context.Context) (Edit, bool) {
	w := ed.Project.Workspaces[ed.Rand.IntN(len(ed.Project.Workspaces))]
	if ed.Rand.IntN(100) < 30 && len(ed.Names) > 0 {
		e := Edit{Workspace: w.Rel, Name: ed.Names[ed.Rand.IntN(len(ed.Names))]}
		e.Section = []pkgjson.Section{pkgjson.Dependencies, pkgjson.Dependencies, pkgjson.DevDependencies, pkgjson.OptionalDependencies}[ed.Rand.IntN(4)]
		if slices.ContainsFunc(w.File.AllDeps(), func(d pkgjson.Dep) bool { return d.Name == e.Name }) || ed.Project.ByName(e.Name) != nil {
			return e, false
		}
		e.To = ed.rangeFor(ctx, e.Name, nil)
		return e, e.To != ""
	}
	var deps []pkgjson.Dep
	for _, d := range w.File.AllDeps() {
		if k := d.Parsed.Kind; d.Section != pkgjson.PeerDependencies && (k == spec.KindRange || k == spec.KindBackstage) && ed.Project.ByName(d.Name) == nil {
			deps = append(deps, d)
		}
	}
	if len(deps) == 0 {
		return Edit{}, false
	}
	d := deps[ed.Rand.IntN(len(deps))]
	e := Edit{Workspace: w.Rel, Section: d.Section, Name: d.Name, From: d.Spec}
	if ed.Rand.IntN(100) < 25 {
		return e, true
	}
	near := new(semrange.Range)
	var err error
	if *near, err = semrange.Parse(spec.Bare(d.Spec)); err != nil {
		near = nil
	}
	if ed.Bound[d.Name] != "" && d.Section != pkgjson.OptionalDependencies && ed.Rand.IntN(100) < 40 {
		e.To = spec.BackstageRange
	} else {
		e.To = ed.rangeFor(ctx, d.Name, near)
	}
	return e, e.To != "" && e.To != e.From
}

// rangeFor is a range around a version that the registry has; near is the
// range that was there: most edits stay in its neighbourhood.
func (ed *Editor) rangeFor(ctx context.Context, name string, near *semrange.Range) string {
	p, err := ed.Source.Packument(ctx, name)
	if err != nil {
		return ""
	}
	var all []*semver.Version
	for _, text := range p.Versions() {
		if v, err := semrange.ParseVersion(text); err == nil && (v.Prerelease() == "" || ed.Rand.IntN(20) == 0) {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, semrange.Compare)
	if len(all) == 0 {
		return ""
	}
	from := max(0, len(all)-12)
	if near != nil {
		if at := slices.IndexFunc(all, near.Satisfies); at >= 0 && ed.Rand.IntN(3) > 0 {
			from = max(0, at-3)
			all = all[:min(len(all), at+9)]
		}
	}
	v := all[from+ed.Rand.IntN(len(all)-from)]
	if v.Prerelease() != "" {
		return v.Original()
	}
	switch n := ed.Rand.IntN(100); {
	case n < 50:
		return "^" + v.Original()
	case n < 68:
		return "~" + v.Original()
	case n < 80:
		return v.Original()
	case n < 85:
		return ">=" + v.Original()
	case n < 90:
		return fmt.Sprintf("%d.x", v.Major())
	case n < 94:
		return fmt.Sprintf("^%d.%d.%d || ^%d.0.0", v.Major(), v.Minor(), v.Patch(), v.Major()+1)
	case n < 97:
		return spec.NPM.Of("^" + v.Original())
	}
	return "latest"
}
