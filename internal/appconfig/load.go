// Package appconfig reads a portal's app-config files as Backstage does
// (@backstage/config-loader 1.11.3): which files there are, what stands in for
// what, and how they are layered. Every value knows its place in the files and
// the environment variables that it came from, and hides what may be secret.
package appconfig

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/semrange"
)

// Options say which configuration to read.
type Options struct {
	// Root is the folder of the root package.json, where the default files are.
	Root string
	// Cwd is the folder that Files are relative to, "" for Root.
	Cwd string
	// Files are the arguments of --config, in order. Any of them replaces the
	// default files.
	Files []string
	// Env is the environment, each entry as in os.Environ.
	Env []string
	// Loader is the version of @backstage/config-loader that the backend has,
	// "" for the newest: BACKSTAGE_ENV is read since 1.10.3, and taken for a
	// list since 1.11.0.
	Loader string
	// Repo has the files, for who reviews a repository: those of --config are then
	// its files, too, and nothing else is read. nil reads the machine's.
	Repo *repofile.Repo
	// Keep leaves a value there whose variable or $file only production has. Its
	// Origin names them; its text has the variable as it is written.
	Keep bool
}

// Tree is a configuration that was read, with all layers.
type Tree struct {
	*Config
	// Files are the files that were layered, from the weakest to the
	// strongest: absolute, without those that $file and $include read.
	Files []string
	// Included are the files that $file and $include read, absolute, sorted.
	Included []string
	// Notes are what Backstage reads otherwise than it looks.
	Notes []Note
	// Unset are the environment variables that would have given a value and are
	// not set: Backstage leaves such a value out without a word. Those whose
	// value a stronger layer decides are not in it. The strongest layer's come
	// first.
	Unset []Unset
}

// Note is a remark about a place in a file.
type Note struct {
	Pos  fault.Pos
	Text string
}

// Load reads the configuration. A *fault.Error has the place of what is wrong;
// it is an error of Backstage's at boot, too.
func Load(o Options) (*Tree, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: o.Root}, "the folder cannot be found")
	}
	repo := o.Repo
	if repo == nil {
		repo = repofile.Of(repofile.Top(root))
		defer repo.Close()
	}
	r := &reader{repo: repo, root: root, env: newEnvironment(o.Env), included: map[string]bool{}, keep: o.Keep}
	files, err := r.files(o)
	if err != nil {
		return nil, err
	}
	t := &Tree{Files: files}
	var layers []layer
	for _, path := range files {
		read, err := r.layer(path, len(o.Files) > 0 && o.Repo == nil)
		if err != nil {
			return nil, err
		}
		if read != nil {
			t.Config = &Config{data: read, fallback: t.Config}
			layers = append(layers, layer{read, r.unset})
		}
	}
	fromEnv, err := readEnv(o.Env)
	if err != nil {
		return nil, err
	}
	if fromEnv != nil {
		t.Config = &Config{data: fromEnv, fallback: t.Config}
		layers = append(layers, layer{data: fromEnv})
	}
	t.Config = cmp.Or(t.Config, &Config{})
	t.Included = slices.Sorted(maps.Keys(r.included))
	t.Notes = r.notes
	t.Unset = effective(layers)
	return t, nil
}

// files are the files to layer (ConfigSources.defaultForTargets). Of the
// defaults only app-config.yaml must exist.
func (r *reader) files(o Options) ([]string, error) {
	if len(o.Files) > 0 {
		return targets(o)
	}
	out := []string{filepath.Join(r.root, "app-config.yaml")}
	envs := backstageEnv(r.env["BACKSTAGE_ENV"], o.Loader)
	names := []string{}
	for _, e := range envs {
		names = append(names, "app-config."+e+".yaml")
	}
	names = append(names, "app-config.local.yaml")
	for _, e := range envs {
		names = append(names, "app-config."+e+".local.yaml")
	}
	for _, name := range names {
		path := resolvePath(r.root, name)
		if _, err := r.repo.Stat(path); err == nil {
			out = append(out, path)
		}
	}
	return out, nil
}

// backstageEnv are the environments that BACKSTAGE_ENV names.
func backstageEnv(value, loader string) []string {
	if v, err := semrange.ParseVersion(loader); err == nil {
		since := func(first string) bool {
			f, err := semrange.ParseVersion(first)
			return err == nil && semrange.Compare(v, f) >= 0
		}
		switch {
		case value == "" || !since("1.10.3-next.0"):
			return nil
		case !since("1.11.0-next.0"):
			return []string{value}
		}
	}
	var out []string
	for _, e := range strings.Split(value, ",") {
		if e = jstext.Trim(e); e != "" {
			out = append(out, e)
		}
	}
	return out
}

// targets are the files of --config. Backstage takes URLs only where a program
// asks for it, and fetching what decides about databases is not for a reader.
func targets(o Options) ([]string, error) {
	cwd := cmp.Or(o.Cwd, o.Root)
	var out []string
	for _, f := range o.Files {
		if f == "" {
			continue // parseArgs filters them
		}
		if isURL(f) {
			return nil, fault.New("--config %s is a URL, and only files are read", withoutUser(f)).
				WithNext("Download it and give the file to --config")
		}
		path, err := filepath.Abs(resolvePath(cwd, f))
		if err != nil {
			return nil, fault.Wrap(err, fault.Pos{File: f}, "the file cannot be found")
		}
		out = append(out, path)
	}
	return out, nil
}

// layer reads one file; nil for one without content.
func (r *reader) layer(path string, given bool) (*node, error) {
	read := func() ([]byte, error) { return readWithin(r.repo, r.root, path) }
	if given {
		read = func() ([]byte, error) { return readFile(path, true) }
	}
	src, err := read()
	if err != nil {
		f := fault.Wrap(err, fault.Pos{File: r.name(path)}, "the config file cannot be read")
		if given {
			return nil, f.WithNext("Correct --config")
		}
		return nil, f.WithNext("Run the command in the portal, or name its files with --config")
	}
	n, err := r.parseYAML(r.name(path), src)
	if err != nil || n.kind == Null {
		return nil, err
	}
	r.unset = nil
	out, err := r.transform(n, scope{dir: filepath.Dir(path)})
	if err != nil {
		return nil, err
	}
	if !out.isObject() {
		return nil, n.wrong("the file holds no object").WithNext("Write keys and values: app-config is an object")
	}
	return out, nil
}
