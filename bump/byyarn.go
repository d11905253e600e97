package bump

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/yarncli"
)

// LockByYarn is the lock that belongs to the repo once the plan is applied, as the
// repo's own Yarn writes it. more are files that are to change besides, or otherwise
// than the plan says.
func (p *Plan) LockByYarn(ctx context.Context, yarn *yarncli.Yarn, in Input, more map[string][]byte) ([]byte, error) {
	files := map[string][]byte{}
	for _, f := range p.Files() {
		files[f.Rel] = f.New
	}
	maps.Copy(files, more)
	if p.seed != nil {
		files["yarn.lock"] = p.seed
	}
	return LockByYarn(ctx, yarn, in, p.To, files)
}

// LockByYarn is the lock that the repo's own Yarn writes in a scratch mirror for
// files, by their path from the root; with the Backstage Yarn plugin, for a
// release. It writes nothing to the repo.
func LockByYarn(ctx context.Context, yarn *yarncli.Yarn, in Input, version string, files map[string][]byte) ([]byte, error) {
	req := yarncli.Request{Root: in.Project.Root, Files: files}
	for _, ws := range in.Project.Workspaces {
		req.Workspaces = append(req.Workspaces, ws.Rel)
	}
	if in.hasYarnPlugin() {
		// The Backstage Yarn plugin would ask the public host; it shall see the
		// same manifest as the plan, mirror and cache included.
		m, err := in.Releases.Get(ctx, version)
		if err != nil {
			return nil, err
		}
		file, remove, err := manifestFile(m)
		if err != nil {
			return nil, err
		}
		defer remove()
		req.Env = append(req.Env, release.ManifestFileEnv+"="+file)
	}
	return yarn.UpdateLock(ctx, req)
}

// manifestFile writes a release's manifest where Yarn can read it.
func manifestFile(m *release.Manifest) (name string, remove func(), err error) {
	type pkg struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	doc := struct {
		ReleaseVersion string `json:"releaseVersion"`
		Packages       []pkg  `json:"packages"`
	}{ReleaseVersion: m.ReleaseVersion}
	for _, name := range slices.Sorted(maps.Keys(m.Packages)) {
		doc.Packages = append(doc.Packages, pkg{name, m.Packages[name]})
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "portalctl-manifest-")
	if err == nil {
		name = filepath.Join(dir, "manifest.json")
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Pos{}, "the release manifest could not be handed to Yarn").
			WithNext("Check that the disk has space, or point TMPDIR at another place")
	}
	return name, func() { os.RemoveAll(dir) }, nil
}
