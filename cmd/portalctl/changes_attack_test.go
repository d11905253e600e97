//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// changesPortal is a portal with one dependency, which moves from 1.0.0 to 2.0.0,
// and what is to be served for it. files are those of the target's tarball.
func changesPortal(t *testing.T, files ...npmregistry.File) (dir string, r *npmregistry.Registry, environ []string) {
	t.Helper()
	r = npmregistry.New(t)
	r.Publish("@backstage/lib@1.0.0")
	m := map[string]any{"name": "@backstage/lib", "version": "2.0.0", "types": "index.d.ts"}
	r.PublishAs(m, npmregistry.Pack(m, files...))
	dir = t.TempDir()
	if err := errors.Join(
		plant(dir, "manifest.json", `{"releaseVersion":"1.99.0","packages":[{"name":"@backstage/lib","version":"2.0.0"}]}`),
		plant(dir, "portal/backstage.json", `{"version":"1.98.0"}`),
		plant(dir, "portal/package.json", `{"name":"root","dependencies":{"@backstage/lib":"^1.0.0"}}`),
		plant(dir, "portal/src/index.ts", "import { gone, old } from '@backstage/lib';\n"),
		plant(dir, "portal/yarn.lock", "__metadata:\n  version: 8\n\n\"@backstage/lib@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"@backstage/lib@npm:1.0.0\"\n  languageName: node\n  linkType: hard\n\n"+
			"\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  dependencies:\n    \"@backstage/lib\": \"npm:^1.0.0\"\n  languageName: unknown\n  linkType: soft\n"),
	); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "portal"), r, []string{"HOME=" + t.TempDir(), "YARN_HTTP_RETRY=0", "YARN_NPM_REGISTRY_SERVER=" + r.URL, "NO_PROXY=127.0.0.1",
		"YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "BACKSTAGE_MANIFEST_FILE=" + filepath.Join(dir, "manifest.json"), "PORTALCTL_CACHE_DIR=" + t.TempDir()}
}

// What changelogs and declarations say comes out harmlessly in every form.
func TestHostileChangelogs(t *testing.T) {
	testkit.SkipRace(t)
	for _, text := range hostile {
		dir, _, environ := changesPortal(t,
			npmregistry.File{"package/CHANGELOG.md", "## 2.0.0\n\n### Major Changes\n\n- aaaaaaa: Removed `gone`. " + text + "\n\n  " + text + "\n\n- " + text + "\n"},
			npmregistry.File{"package/index.d.ts", "/** @deprecated " + strings.ReplaceAll(text, "*/", "") + " */\nexport declare const old: 1;\n"})
		for _, form := range []string{"table", "json", "markdown"} {
			for _, all := range [][]string{nil, {"--all"}} {
				args := append([]string{"versions", "changes", "-C", dir, "--format", form}, all...)
				code, out, errOut := run0(t, "", environ, args...)
				if code != 0 || !strings.Contains(out, "gone") {
					t.Errorf("%q: exit %d\n%s%s", text, code, out, errOut)
				}
				harmlessText(t, text, args, out, false)
				harmlessText(t, text, args, errOut, false)
			}
		}
	}
}

// What cannot be looked at is named, and the rest is there; nothing hangs, and
// nothing is called fine.
func TestChangesBadInput(t *testing.T) {
	good := []npmregistry.File{{"package/CHANGELOG.md", "## 2.0.0\n\n- aaaaaaa: **BREAKING**: Removed `gone`.\n"}, {"package/index.d.ts", "export declare const old: 1;\n"}}
	const tarball = "/@backstage/lib/-/lib-2.0.0.tgz"
	for name, c := range map[string]struct {
		files []npmregistry.File
		spoil func(t *testing.T, dir string, r *npmregistry.Registry)
		want  []string // of "package: why", or of names that are gone
	}{
		"all is well":                          {good, nil, []string{"gone gone"}},
		"no declarations":                      {good[:1], nil, []string{"@backstage/lib: @backstage/lib: it has no type declarations"}},
		"no changelog":                         {good[1:], nil, []string{"gone gone", "published without a CHANGELOG.md"}},
		"declarations that are not TypeScript": {[]npmregistry.File{good[0], {"package/index.d.ts", "export const a = '"}}, nil, []string{"index.d.ts: line 1: a string is never closed"}},
		"a tarball that is none": {good, func(t *testing.T, dir string, r *npmregistry.Registry) {
			m := map[string]any{"name": "@backstage/lib", "version": "2.0.0"}
			r.PublishAs(m, []byte("no gzip"))
		}, []string{"the tarball cannot be read"}},
		"the registry dies half-way": {good, func(t *testing.T, dir string, r *npmregistry.Registry) {
			r.Fail(tarball, -1, npmregistry.Cut("application/octet-stream", strings.Repeat("x", 4096)))
		}, []string{"@backstage/lib: it could not be read"}},
		"the registry is gone": {good, func(t *testing.T, dir string, r *npmregistry.Registry) {
			r.Fail("/@backstage/lib", -1, npmregistry.Status(http.StatusInternalServerError))
		}, []string{"@backstage/lib: it could not be read"}},
		"a private package": {good, func(t *testing.T, dir string, r *npmregistry.Registry) {
			r.Fail("/@backstage/lib", -1, npmregistry.Status(http.StatusForbidden))
		}, []string{"the registry refuses access to it"}},
		"a large minified file": {good, func(t *testing.T, dir string, r *npmregistry.Registry) {
			must(t, plant(dir, "src/vendor.min.js", strings.Repeat("import{gone}from'@backstage/lib';", 10<<20/33)))
		}, []string{"gone gone", "src/vendor.min.js: it was not read: it is larger than 1 MB"}},
		"loops and pipes": {good, func(t *testing.T, dir string, r *npmregistry.Registry) {
			must(t, errors.Join(os.Symlink("..", filepath.Join(dir, "src", "up")), os.Symlink("loop", filepath.Join(dir, "src", "loop.ts")), os.Symlink("/dev/zero", filepath.Join(dir, "src", "zero.ts"))))
		}, []string{"gone gone"}},
		"source that does not parse": {good, func(t *testing.T, dir string, r *npmregistry.Registry) {
			must(t, plant(dir, "src/broken.tsx", "import { gone } from '@backstage/lib';\nconst a = <b>{'</b>;\n"))
		}, []string{"gone gone src/broken.tsx", "src/broken.tsx:2: it does not parse"}},
		"generated folders": {good, func(t *testing.T, dir string, r *npmregistry.Registry) {
			must(t, errors.Join(plant(dir, "dist/a.js", "import { other } from '@backstage/lib'"), plant(dir, "node_modules/x/a.js", "import { other } from '@backstage/lib'")))
		}, []string{"gone gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, r, environ := changesPortal(t, c.files...)
			if c.spoil != nil {
				c.spoil(t, dir, r)
			}
			code, out, errOut := run0(t, "", environ, "versions", "changes", "-C", dir, "--format", "json")
			var report struct {
				Gone []struct {
					Name   string
					Places []struct{ File string }
				}
				Unknown []struct{ Package, Why string }
			}
			if err := json.Unmarshal([]byte(out), &report); code != 0 || err != nil {
				t.Fatalf("exit %d, %v\n%s%s", code, err, out, errOut)
			}
			var said []string
			for _, g := range report.Gone {
				line := "gone " + g.Name
				for _, p := range g.Places {
					line += " " + p.File
				}
				said = append(said, line)
			}
			for _, u := range report.Unknown {
				said = append(said, u.Package+": "+u.Why)
			}
			all := strings.Join(said, "\n")
			for _, want := range c.want {
				if !strings.Contains(all, want) {
					t.Errorf("%q is not in\n%s", want, all)
				}
			}
			if len(report.Gone) > 1 || strings.Contains(all, "gone other") || !strings.Contains(strings.Join(c.want, "\n"), "gone gone") && len(report.Gone) > 0 {
				t.Errorf("too much is gone:\n%s", all)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
