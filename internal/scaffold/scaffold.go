// Package scaffold renders the app templates of @backstage/create-app: what
// `npx @backstage/create-app` would have written, for any version that the
// registry has. A template has files that are copied and files that end in .hbs,
// in which a few placeholders are filled in (create-app's templatingTask).
package scaffold

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
)

// Package is the npm package that has the templates.
const Package = "@backstage/create-app"

// Frontend is which frontend system an app is made for.
type Frontend string

const (
	// Legacy apps get createApp from @backstage/app-defaults.
	Legacy Frontend = "legacy"
	// New apps get it from @backstage/frontend-defaults.
	New Frontend = "new"
)

// Kit is what one version of create-app has. It is not to be changed.
type Kit struct {
	// Version is create-app's.
	Version string
	changes []byte
	// files are the templates' by path: "default-app/package.json.hbs". Yarn's own
	// releases, of 3 MB each, are in yarn instead, by their hash.
	files map[string][]byte
	yarn  map[string]string
	cache *cache
}

// Changes are the sections of create-app's changelog, newest version first.
func (k *Kit) Changes() []changelog.Section {
	if len(k.changes) > changelog.MaxSize {
		return nil
	}
	return changelog.Parse(string(k.changes))
}

// Context is what a template is filled in with.
type Context struct {
	// Name is the app's, Branch git's default branch.
	Name, Branch string
	// Versions are those of the release's packages. Release is its own version.
	Versions map[string]string
	Release  string
	// YarnPlugin has the @backstage packages asked for as "backstage:^".
	YarnPlugin bool
}

// Tree is a rendered template.
type Tree struct {
	// CreateApp is the version, Variant the template: "legacy-app".
	CreateApp, Variant string
	// Files are the texts by slashed path.
	Files map[string][]byte
	// Yarn is where the tree has Yarn itself: ".yarn/releases/yarn-4.13.0.cjs", or
	// "". ReadYarn reads it.
	Yarn string
	sum  string
	kit  *Kit
}

// ReadYarn is the program at t.Yarn.
func (t *Tree) ReadYarn() ([]byte, error) {
	b, err := t.kit.cache.blob(t.sum)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "Yarn's release of %s@%s is not in the cache any more", Package, t.CreateApp).
			WithNext("Run the command again")
	}
	return b, nil
}

// YarnIs reports whether b is the program at t.Yarn.
func (t *Tree) YarnIs(b []byte) bool { return t.Yarn != "" && t.sum == sumOf(b) }

// apps are the files that tell which frontend a template is for.
var apps = []string{"packages/app/src/App.tsx", "packages/app/src/App.ts", "packages/app/src/App.jsx"}

// createApp is the import that does.
var createApp = pattern.New(`\bcreateApp\b[^;]*?\bfrom\s+['"]@backstage/(app|frontend)-defaults['"]`)

// FrontendOf is the frontend system of the app whose source this is, "" where it
// imports createApp of neither.
func FrontendOf(src []byte) Frontend {
	m := createApp().FindSubmatch(src)
	switch {
	case m == nil:
		return ""
	case string(m[1]) == "app":
		return Legacy
	}
	return New
}

// Variant is the template for a frontend system, "" where the version has none.
// Up to 0.8.1 default-app was the legacy one and next-app the other; since then
// there is legacy-app, and default-app is new. What the template itself imports
// tells.
func (k *Kit) Variant(f Frontend) string {
	for _, v := range []string{"default-app", "legacy-app", "next-app"} {
		for _, name := range apps {
			if FrontendOf(k.files[v+"/"+name]) == f {
				return v
			}
		}
	}
	return ""
}

// Render fills a template in.
func (k *Kit) Render(variant string, c Context) (*Tree, error) {
	t := &Tree{CreateApp: k.Version, Variant: variant, Files: map[string][]byte{}, kit: k}
	for _, name := range slices.Sorted(maps.Keys(k.files)) {
		rel, ok := strings.CutPrefix(name, variant+"/")
		if !ok {
			continue
		}
		text := k.files[name]
		if to, ok := strings.CutSuffix(rel, ".hbs"); ok {
			filled, err := fill(string(text), path.Base(to), c)
			if err != nil {
				return nil, fault.Wrap(err, fault.Pos{File: name}, "this file of %s@%s cannot be filled in", Package, k.Version).
					WithNext("Use another release, or a newer portalctl")
			}
			rel, text = to, []byte(filled)
		}
		if c.YarnPlugin && path.Base(rel) == "package.json" {
			text = backstageRange().ReplaceAll(text, []byte(`${1}"backstage:^"`))
		}
		t.Files[rel] = text
	}
	for name, sum := range k.yarn {
		if rel, ok := strings.CutPrefix(name, variant+"/"); ok {
			t.Yarn, t.sum = rel, sum
		}
	}
	if len(t.Files) == 0 {
		return nil, fault.New("%s@%s has no template %s", Package, k.Version, variant).WithNext("Use another release")
	}
	return t, nil
}

// backstageRange is a dependency on a package of the release, as templates write it.
var backstageRange = pattern.New(`(?m)^(\s+"@backstage/[^"]+":\s*)"\^[^"]*"`)

var (
	placeholder = pattern.New(`(\\*)\{\{\{?([^{}]*)\}\}\}?`)
	versionCall = pattern.New(`^version\s+(?:'([^']*)'|"([^"]*)")$`)
)

// fill fills the placeholders of a Handlebars text in: {{name}}, {{defaultBranch}}
// and {{version 'package'}}; \{{ is a {{ that is meant. What else Handlebars can do
// no template uses, and is an error.
func fill(text, base string, c Context) (string, error) {
	var bad error
	out := placeholder().ReplaceAllStringFunc(text, func(s string) string {
		m := placeholder().FindStringSubmatch(s)
		if len(m[1])%2 == 1 {
			return s[1:]
		}
		if strings.HasPrefix(strings.TrimLeft(s, `\`), "{{{") {
			bad = fmt.Errorf("%s is not understood", s)
			return s
		}
		name := base
		if c.Name != "" {
			name = c.Name
		}
		switch word := strings.TrimSpace(m[2]); {
		case word == "name":
			return m[1] + name
		case word == "defaultBranch":
			return m[1] + c.Branch
		default:
			call := versionCall().FindStringSubmatch(word)
			if call == nil {
				bad = fmt.Errorf("%s is not understood", s)
				return s
			}
			pkg := call[1] + call[2]
			if pkg == "root" {
				return m[1] + c.Release
			}
			v, ok := c.Versions[pkg]
			if !ok {
				bad = fmt.Errorf("the release has no %s", pkg)
			}
			return m[1] + v
		}
	})
	return out, bad
}
