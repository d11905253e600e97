package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock"
)

// shelf is a registry: by package and version, what the version asks for. A
// version is a day old unless young names it.
type shelf map[string]map[string]map[string]string

var errNotOnShelf = errors.New("not found")

func (s shelf) published(name string) ([]publishedVersion, bool) {
	var out []publishedVersion
	for v, deps := range s[name] {
		out = append(out, publishedVersion{v, deps})
	}
	return out, out != nil
}

// source answers the solver from a shelf.
type source struct {
	shelf shelf
	young []string // name@version
}

type shelved struct {
	source
	name string
}

func (s source) Packument(_ context.Context, name string) (relock.Packument, error) {
	if s.shelf[name] == nil {
		return nil, fmt.Errorf("%s: %w", name, errNotOnShelf)
	}
	return shelved{s, name}, nil
}

func (s source) Checksum(_ context.Context, req relock.ChecksumRequest) (string, error) {
	return req.CacheKey + "/" + strings.Repeat("a", 128), nil
}

func (s source) PatchHash(context.Context, string, string, string) (string, error) {
	return "", errNotOnShelf
}

func (p shelved) Versions() []string        { return slices.Collect(maps.Keys(p.shelf[p.name])) }
func (p shelved) Tag(string) (string, bool) { return "", false }
func (p shelved) Deprecated(string) bool    { return false }
func (p shelved) Published(version string) (time.Time, bool) {
	if slices.Contains(p.young, p.name+"@"+version) {
		return today.Add(-time.Hour), true
	}
	return today.AddDate(0, -1, 0), true
}

func (p shelved) Manifest(version string) (*relock.Manifest, error) {
	deps, ok := p.shelf[p.name][version]
	if !ok {
		return nil, errNotOnShelf
	}
	return relock.NewManifest(&registry.Manifest{Dependencies: deps}), nil
}

// planned is the plan for locks of files, over a shelf.
func planned(t *testing.T, files map[string]string, src source, reach Reach, change func(*FixInput), list ...*osv.Advisory) (*FixPlan, *Report) {
	t.Helper()
	head := load(t, files)
	in := Input{Head: head, Hits: matched(list, head), Published: src.shelf.published}
	r := reported(t, in, Defaults())
	f := FixInput{Input: in, Options: Defaults(), Report: r, Reach: reach, Match: func(_ context.Context, packages []osv.Package) ([]osv.Hit, error) {
		var out []osv.Hit
		for _, p := range packages {
			for _, a := range list {
				if a.Affects(p) {
					out = append(out, osv.Hit{Package: p, Advisory: a})
				}
			}
		}
		return out, nil
	}}
	f.Options.Now = today
	for _, l := range head {
		f.Locks = append(f.Locks, FixLock{Lock: l, Source: src, Released: func(name, version string) (time.Time, bool) { return shelved{src, name}.Published(version) }})
	}
	if change != nil {
		change(&f)
	}
	p, err := NewFixPlan(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	after := p.After
	after.Published = nil
	return p, reported(t, after, Defaults())
}

// steps are the fixes of a plan in short.
func (p *FixPlan) steps() []string {
	var out []string
	for _, f := range p.Fixes {
		text := string(f.Kind) + ": " + f.title()
		for _, l := range f.Lines {
			text += " | " + l.text()
		}
		out = append(out, text+" | "+endsWords(f.Findings))
	}
	for _, l := range p.Left {
		text := "left " + string(l.Kind) + ": " + l.text()
		if l.Next != "" {
			text += " → " + l.Next
		}
		out = append(out, text)
	}
	return out
}

// planCase is a lock over a shelf, and what is to be done about it.
type planCase struct {
	name  string
	deps  []string
	lock  []string
	shelf shelf
	young []string
	reach Reach
	// files are more of the project's, by path.
	files map[string]string
	list  []*osv.Advisory
	// change is made to the input.
	change func(*FixInput)
	want   []string
	// left are the findings of the lock that the plan leaves.
	left []string
}

func (c planCase) run(t *testing.T) {
	t.Helper()
	t.Parallel()
	files := monorepo(nil, c.deps, c.lock...)
	maps.Copy(files, c.files)
	p, after := planned(t, files, source{c.shelf, c.young}, c.reach, c.change, c.list...)
	if got := p.steps(); !slices.Equal(got, c.want) {
		t.Errorf("the plan:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
	}
	if got := lines(after); !slices.Equal(got, c.left) {
		t.Errorf("left:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(c.left, "\n  "))
	}
}
