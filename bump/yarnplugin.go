package bump

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yamledit"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// isYarnPlugin recognises the Backstage Yarn plugin by the same signs as the
// official tool: where its file is, or where it came from.
func isYarnPlugin(p yarnrc.Plugin) bool {
	return strings.HasSuffix(filepath.ToSlash(p.Path), "/plugin-backstage.cjs") ||
		strings.HasSuffix(p.Spec, "/yarn-plugin") || p.Spec == "@yarnpkg/plugin-backstage"
}

// bumpYarnPlugin brings the Backstage Yarn plugin to the release: its file, and
// its checksum and spec in .yarnrc.yml. When the plugin cannot be had, the user
// is told what to run.
func (pl *planner) bumpYarnPlugin(ctx context.Context) error {
	if pl.in.Settings == nil {
		return nil
	}
	for _, p := range pl.in.Settings.Plugins {
		if !isYarnPlugin(p) {
			continue
		}
		pl.plan.yarnPlugin = true
		if pl.plan.Declared == pl.plan.To || pl.rc() == nil || p.DocPath == nil {
			return nil
		}
		return pl.replacePlugin(ctx, p)
	}
	return nil
}

func (pl *planner) replacePlugin(ctx context.Context, p yarnrc.Plugin) error {
	to := pl.manifest.ReleaseVersion
	spec := respec(p.Spec, to)
	code, err := pl.in.Releases.YarnPlugin(ctx, to)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		pl.note(Note{Kind: noteYarnPlugin, File: fmt.Sprintf("%s:%d", pl.rel(pl.in.Settings.FilePath), p.Pos.Line),
			Message: fmt.Sprintf("the Backstage Yarn plugin of %s could not be fetched (%v); "+
				"it keeps working as it is, update it with: yarn plugin import %s", to, err, spec)})
		return nil
	}
	if p.Path == "" || !filepath.IsLocal(filepath.FromSlash(p.Path)) {
		pl.note(Note{Kind: noteYarnPlugin, File: p.Pos.String(), Message: fmt.Sprintf(
			"the Backstage Yarn plugin's file %q is not inside the repo; update it with: yarn plugin import %s", p.Path, spec)})
		return nil
	}
	file := p.AbsPath
	old, err := pl.in.Project.Read(pl.rel(file), repofile.MaxCode)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, fault.Pos{File: file}, "the Backstage Yarn plugin cannot be read")
	}
	pl.edit(file, old, code)
	if string(old) != string(code) {
		pl.plan.Changes = append(pl.plan.Changes, Change{File: p.Path, Section: "plugins", Name: "@yarnpkg/plugin-backstage",
			From: pl.plan.Declared, To: to, Jump: jumpNone})
	}
	return pl.replacePluginEntry(p, spec, code)
}

// replacePluginEntry updates the plugin's checksum and spec where .yarnrc.yml
// has them.
func (pl *planner) replacePluginEntry(p yarnrc.Plugin, spec string, code []byte) error {
	path := pl.in.Settings.FilePath
	before := pl.content(path, pl.rc().Bytes())
	doc, err := yamledit.Parse(pl.rel(path), before)
	if err != nil {
		return err
	}
	sum := sha512.Sum512(code)
	for _, f := range []struct{ key, old, new string }{
		{"checksum", p.Checksum, hex.EncodeToString(sum[:])},
		{"spec", p.Spec, spec},
	} {
		if f.old == "" || f.old == f.new {
			continue
		}
		if err := doc.SetString(append(slices.Clone(p.DocPath), f.key), f.new); err != nil {
			return err
		}
		pl.plan.Changes = append(pl.plan.Changes, Change{File: pl.rel(path), Section: "plugins", Name: f.key,
			From: f.old, To: f.new, Jump: jumpNone})
	}
	if string(before) != string(doc.Bytes()) {
		pl.edit(path, pl.rc().Bytes(), doc.Bytes())
	}
	return nil
}

// respec puts another release into the URL that the plugin came from, whatever
// mirror serves it.
func respec(spec, release string) string {
	re := regexp.MustCompile(`/v1/releases/[^/]+/yarn-plugin$`)
	return re.ReplaceAllLiteralString(spec, "/v1/releases/"+release+"/yarn-plugin")
}
