package database

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/portal/plugins"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Source is what Open reads beside the project.
type Source struct {
	// Cwd is the folder that Files, the arguments of --config, are relative to.
	Cwd   string
	Files []string
	// Env is the environment, each entry as in os.Environ.
	Env []string
	// Server is the --dsn, see Options.
	Server *pg.Target
	// PasswordOf is the server that PGPASSWORD is for, see Options.
	PasswordOf *pg.Target
	// Lock is the deployed commit's, and says which versions of Backstage's
	// loader and connectors run; nil for what is installed, or else the
	// project's own yarn.lock.
	Lock *yarnlock.Lock
	// Registry is asked about packages that are not installed, see plugins.Read.
	Registry plugins.Registry
}

// The packages whose version decides how configuration is read.
const (
	backendDefaults = "@backstage/backend-defaults"
	configLoader    = "@backstage/config-loader"
)

// Open reads a project's app-config and plugins, the dynamic ones too, and says
// where they keep their data.
func Open(p *workspace.Project, s Source) (*Layout, *appconfig.Tree, error) {
	o := options{Env: s.Env, Server: s.Server, PasswordOf: s.PasswordOf, Cwd: p.Root}
	var err error
	if o.Plugins, err = plugins.Read(p, s.Registry); err != nil {
		return nil, nil, err
	}
	backend := plugins.Backends(p)[0] // Read has made sure of one
	versions := versionsOf{project: p, backend: backend, lock: s.Lock}
	loader, err := versions.of(configLoader)
	if err != nil {
		return nil, nil, err
	}
	if o.BackendDefaults, err = versions.of(backendDefaults); err != nil {
		return nil, nil, err
	}
	tree, err := appconfig.Load(appconfig.Options{Root: p.Root, Cwd: s.Cwd, Files: s.Files, Env: s.Env, Loader: loader})
	if err != nil {
		return nil, nil, err
	}
	notes, err := o.addDynamic(p, tree) // of a folder that is not here
	if err != nil {
		return nil, nil, err
	}
	l, err := layoutOf(tree, o)
	if err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(l.Plugins, func(p Plugin) bool { return p.Kind == sqlite }) {
		if l, err = l.inFolder(tree, o, backend.Dir); err != nil {
			return nil, nil, err
		}
	}
	if err := l.otherFiles(p.Root, s, loader, o); err != nil {
		return nil, nil, err
	}
	for _, n := range tree.Notes {
		l.Notes = append(l.Notes, n.Pos.String()+": "+n.Text)
	}
	l.Notes, l.NoDynamic = append(l.Notes, notes...), len(notes) > 0
	return l, tree, nil
}

// addDynamic adds the plugins of dynamicPlugins.rootDirectory, which is
// relative to the project's root (PluginScanner).
func (o *options) addDynamic(p *workspace.Project, tree *appconfig.Tree) (notes []string, err error) {
	dir, ok, err := tree.Text("dynamicPlugins.rootDirectory")
	if err != nil || !ok {
		return nil, err
	}
	path := resolvePath(p.Root, dir.Reveal())
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return []string{"the folder of dynamic plugins (" + dir.Key() + ") is not here: databases of dynamic plugins count as unknown"}, nil
	}
	dynamic, err := plugins.ReadDynamic(path)
	o.Plugins = append(o.Plugins, dynamic...)
	return nil, err
}

// versionsOf finds the versions of packages that the backend loads.
type versionsOf struct {
	project *workspace.Project
	backend *workspace.Workspace
	lock    *yarnlock.Lock // the deployed one
	own     *yarnlock.Lock // the project's, once it was read
}

// of is the version in the deployed lock, else the installed one, else that of
// the project's lock; "" when none of them has the package.
func (v *versionsOf) of(name string) (string, error) {
	if found := locked(v.lock, name); found != "" {
		return found, nil
	}
	found, err := plugins.Version(v.project, v.backend, name)
	if found != "" || err != nil || v.lock != nil || v.project.Lockfile == "" {
		return found, err
	}
	if v.own == nil {
		file := filepath.Base(v.project.Lockfile)
		src, err := repofile.ReadIn(repofile.Top(v.project.Root), v.project.Lockfile, repofile.MaxLock)
		if err != nil {
			return "", fault.Wrap(err, fault.Pos{File: file}, "the lock cannot be read")
		}
		if v.own, err = yarnlock.Parse(file, src); err != nil {
			return "", err
		}
	}
	return locked(v.own, name), nil
}

// locked is the newest version of a package in a lock.
func locked(lock *yarnlock.Lock, name string) string {
	if lock == nil {
		return ""
	}
	newest := ""
	for _, e := range lock.Named(name) {
		_, v, ok := e.Package()
		if !ok {
			continue
		}
		parsed, err := semrange.ParseVersion(v)
		if err != nil {
			continue
		}
		if old, err := semrange.ParseVersion(newest); err != nil || semrange.Compare(parsed, old) > 0 {
			newest = v
		}
	}
	return newest
}

// inFolder decides which folder SQLite paths are relative to: the backend runs
// in its own with yarn start and in the root in an image made by Backstage's
// Dockerfile. The one that has more of the files is meant; the backend's own
// when that says nothing.
func (l *Layout) inFolder(tree *appconfig.Tree, o options, backend string) (*Layout, error) {
	o.Cwd = backend
	own, err := layoutOf(tree, o)
	if err != nil {
		return nil, err
	}
	atRoot, atBackend := l.files(), own.files()
	chosen := own
	if atRoot > atBackend {
		chosen = l
	}
	differ := slices.ContainsFunc(own.Plugins, func(p Plugin) bool {
		return slices.ContainsFunc(l.Plugins, func(q Plugin) bool { return p.ID == q.ID && p.Path != q.Path })
	})
	if atRoot > 0 && atBackend > 0 && differ {
		chosen.Notes = append(chosen.Notes, "SQLite files are below the root and below the backend; those where more are count: remove the others")
	}
	return chosen, nil
}

// files is the number of SQLite files that exist.
func (l *Layout) files() int {
	n := 0
	for _, p := range l.Plugins {
		if info, err := os.Stat(p.Path); p.Path != "" && err == nil && info.Mode().IsRegular() {
			n++
		}
	}
	return n
}
