package workspace

import (
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
)

// foreignFiles are the files by which a repo of another package manager is
// known, with the commands that do there what portalctl does with yarn.lock.
var foreignFiles = []struct{ file, manager string }{
	{"pnpm-lock.yaml", "pnpm"},
	{"pnpm-workspace.yaml", "pnpm"},
	{"package-lock.json", "npm"},
	{"npm-shrinkwrap.json", "npm"},
	{"bun.lock", "bun"},
	{"bun.lockb", "bun"},
}

// Manager is the package manager of the project where that is not Yarn, and the
// file that says so: the packageManager field of the root, else the lock of
// another one where there is no yarn.lock. "" is Yarn, or nothing that tells.
func (p *Project) Manager() (name string, at fault.Pos) {
	root := p.RootWorkspace()
	switch pm := root.File.PackageManager.Name; pm {
	case "yarn":
		return "", fault.Pos{}
	case "pnpm", "npm", "bun":
		return pm, fault.Pos{File: root.File.Path()}
	}
	if p.Lockfile != "" || p.repo.IsFile(filepath.Join(p.Root, ".yarnrc.yml")) {
		return "", fault.Pos{}
	}
	for _, f := range foreignFiles {
		if _, err := p.repo.Stat(filepath.Join(p.Root, f.file)); err == nil {
			return f.manager, fault.Pos{File: f.file}
		}
	}
	return "", fault.Pos{}
}

// OnlyYarn is why a command that writes the portal must not: the lock that
// belongs to its edits is not yarn.lock. nil for a repo of Yarn.
func (p *Project) OnlyYarn() error {
	name, at := p.Manager()
	if name == "" {
		return nil
	}
	run := map[string]string{"pnpm": "pnpm exec", "npm": "npx", "bun": "bunx"}[name]
	return fault.At(at, "this is a repository of %s: portalctl writes yarn.lock only, so nothing was changed", name).
		WithNext("Use the official tool, which leaves the lock to %[1]s: %[2]s backstage-cli versions:bump --skip-install, then %[1]s install", name, run)
}
