package setup

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/dockerfile"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/workspace"
)

// Platform runs the repository's CI.
type Platform string

// The platforms.
const (
	GitHub Platform = "github"
	GitLab Platform = "gitlab"
)

// Facts are what is known of a repository. What New needs to know is in them, so that
// it asks nobody.
type Facts struct {
	// Files are those of the repository, from its top.
	Files fs.FS
	// Portal is the portal's folder from there, with slashes; "." for the top.
	Portal  string
	Project *workspace.Project
	// Platforms are those that the repository shows, or the user names.
	Platforms []Platform
	// Branch is the default branch.
	Branch string
	// Manager is the package manager, "yarn" unless the repository shows another, and
	// Yarn its version, "" where package.json does not say it. Classic is of Yarn 1.
	Manager string
	Yarn    string
	Classic bool
	// Node is the Node.js that CI is to have: a version or a range as setup-node takes it.
	// NodeFile is the file at the portal's root that says so, "" for none.
	Node, NodeFile string
	// Release is what the portal is on, by its lock; "" where nothing tells it.
	Release string
	// Database is what the plugins keep their data in.
	Database database
	// Base is the release of the app template that the portal is nearest to, "" where it
	// is not known, and BaseWhy says why.
	Base, BaseWhy string
	// Baseline are check's findings as a baseline has them; nil where they are not asked.
	Baseline []byte
	// Version is the portalctl that writes: v1.2.3 for a release.
	Version string
	// Pins are what --update found for the actions of workflows, by repository.
	Pins map[string]Pin
	// Notes are what else a reader should know.
	Notes []string
}

// database is what app-config says of the plugins' databases.
type database struct {
	// Client is knex's name: pg, better-sqlite3; "" where nothing says it.
	Client string
	// Configs are the app-config files that production starts with, from the portal's root.
	Configs []string
	// Variables are the environment variables that the connection needs, sorted.
	Variables []string
}

// ownPlugins are the workspaces below plugins/, by folder.
func (f *Facts) ownPlugins() []*workspace.Workspace {
	var list []*workspace.Workspace
	for _, w := range f.Project.Workspaces {
		if strings.HasPrefix(w.Rel, "plugins/") {
			list = append(list, w)
		}
	}
	return list
}

// On reports whether a platform runs the repository's CI.
func (f *Facts) On(p Platform) bool { return slices.Contains(f.Platforms, p) }

// At is a path of the portal from the top of the repository.
func (f *Facts) At(rel string) string { return path.Join(f.Portal, rel) }

// in is what a command line needs to work on the portal from the repository's top: ""
// or " -C DIR".
func (f *Facts) in() string {
	if f.Portal == "." {
		return ""
	}
	return " -C " + f.Portal
}

// has reports whether something is at a path.
func (f *Facts) has(name string) bool {
	_, err := fs.Stat(f.Files, name)
	return err == nil
}

// PlatformsOf are the platforms that a repository shows: by its files, and where they
// show both or none, by the address of its remote.
func PlatformsOf(files fs.FS, remote string) []Platform {
	has := func(name string) bool { _, err := fs.Stat(files, name); return err == nil }
	hub := has(".github")
	lab := has(".gitlab-ci.yml") || has(".gitlab")
	host := remoteHost(remote)
	switch {
	case hub && !lab:
		return []Platform{GitHub}
	case lab && !hub:
		return []Platform{GitLab}
	case strings.Contains(host, "gitlab"):
		return []Platform{GitLab}
	case strings.Contains(host, "github"):
		return []Platform{GitHub}
	case hub && lab:
		return []Platform{GitHub, GitLab}
	}
	return nil
}

// remoteHost is the host of a remote's address: a URL, or user@host:path as ssh has it.
func remoteHost(remote string) string {
	if _, rest, ok := strings.Cut(remote, "://"); ok {
		remote = rest
	}
	host, _, _ := strings.Cut(remote, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(host)
}

// Complete fills in what the files of the repository say.
func (f *Facts) Complete() {
	root := f.Project.RootWorkspace().File
	f.Manager, f.Yarn = "yarn", ""
	if m := root.PackageManager; m.Name == "yarn" {
		f.Yarn = m.Version
	}
	if name, _ := f.Project.Manager(); name != "" {
		f.Manager = name
	}
	if lock, err := fs.ReadFile(f.Files, f.At("yarn.lock")); err == nil {
		f.Classic = bytes.Contains(lock[:min(len(lock), 200)], []byte("yarn lockfile v1"))
	}
	f.Node, f.NodeFile = f.node()
	f.Database = f.database()
}

var nodeMajor = pattern.New(`\b(\d{2})\b`)

// newestNode is what CI gets where nothing says it: the Node.js of the newest template.
const newestNode = "22"

// node is the Node.js that the repository asks for, and the file that CI can read it from.
func (f *Facts) node() (version, file string) {
	for _, name := range []string{".nvmrc", ".node-version"} {
		if src, err := fs.ReadFile(f.Files, f.At(name)); err == nil && len(bytes.TrimSpace(src)) > 0 {
			line, _, _ := strings.Cut(strings.TrimSpace(string(src)), "\n")
			return strings.TrimSpace(line), name
		}
	}
	if engines, ok := f.Project.RootWorkspace().File.Doc().Get("engines", "node"); ok {
		if all := nodeMajor().FindAllString(engines.String(), -1); len(all) > 0 {
			return slices.Max(all), "package.json"
		}
	}
	for _, d := range f.dockerfiles() {
		for _, s := range d.Stages {
			image, tag, _ := strings.Cut(path.Base(s.From), ":")
			if all := nodeMajor().FindAllString(tag, 1); image == "node" && len(all) > 0 {
				return all[0], ""
			}
		}
	}
	return newestNode, ""
}

// dockerfiles are those that the portal's image may be built by, as far as they can be
// read: the backend's, as create-app has it, then the root's.
func (f *Facts) dockerfiles() []*dockerfile.File {
	var list []*dockerfile.File
	for _, name := range []string{"packages/backend/Dockerfile", "Dockerfile"} {
		if src, err := fs.ReadFile(f.Files, f.At(name)); err == nil {
			if d, err := dockerfile.Parse(name, src); err == nil {
				list = append(list, d)
			}
		}
	}
	return list
}
