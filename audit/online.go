package audit

import (
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
)

// AskRegistry lets the report ask the registry which releases admit a fix. What
// cannot be asked makes the advice less exact, nothing more: late says so once the
// report is there.
func (in *Input) AskRegistry(ctx context.Context, client *registry.Client) (late func() []string) {
	known := map[string][]publishedVersion{}
	var failed []string
	in.Published = func(name string) ([]publishedVersion, bool) {
		if list, ok := known[name]; ok {
			return list, list != nil
		}
		known[name] = nil
		doc, err := client.Packument(ctx, name)
		if err != nil {
			failed = append(failed, name)
			return nil, false
		}
		list := []publishedVersion{}
		for _, v := range doc.Versions() {
			if m, err := doc.Version(v); err == nil && m.Deprecated == "" {
				list = append(list, publishedVersion{Version: v, Dependencies: m.Dependencies})
			}
		}
		known[name] = list
		return list, true
	}
	return func() []string {
		if len(failed) == 0 {
			return nil
		}
		slices.Sort(failed)
		return []string{"the registry did not answer for " + english.Some(failed, 8) + ": the advice about these is less exact"}
	}
}

// AskReleases sets the Backstage releases that are newer than the portal's, as far
// as source knows them, if the portal names one.
func (in *Input) AskReleases(ctx context.Context, source *release.Source) {
	for _, l := range in.Head {
		if l.Project == nil || l.Project.Declared() == "" {
			continue
		}
		now, err := semrange.ParseVersion(source.Standing(l.Lock, l.Project.Declared()).Release)
		if err != nil {
			return
		}
		for _, known := range source.Known(ctx) {
			v, err := semrange.ParseVersion(known)
			if err != nil || v.Prerelease() != "" || semrange.Compare(v, now) <= 0 {
				continue
			}
			if m, err := source.Get(ctx, known); err == nil {
				in.Releases = append(in.Releases, newerRelease{Version: known, Packages: m.Packages})
			}
		}
		return
	}
}
