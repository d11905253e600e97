package production

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/dockerfile"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// backendStart is one way in which the repository starts the backend.
type backendStart struct {
	Pos fault.Pos
	// By is what says so: a Dockerfile's command, compose, a manifest, a script.
	By     string
	Config []configFile
	// Deployed reports whether something that deploys says so, which overrides the image.
	Deployed bool
}

// configFile is one --config.
type configFile struct {
	// Arg is as it is written, Rel the file from the portal's root: "" if the
	// repository does not have it.
	Arg, Rel string
	// mounted is what production has in its place, nil for none.
	mounted *mounted
}

// file is where the file is: in the repository, or where what production mounts stands;
// "" for neither.
func (c configFile) file() string {
	if c.mounted != nil {
		return c.mounted.place
	}
	return c.Rel
}

// image is a Dockerfile; err says why it cannot be read.
type image struct {
	file
	docker *dockerfile.File
	err    error
	// runs: its command starts a Backstage backend.
	runs bool
}

// aside are folders whose manifests and images are for tests, examples and tools.
var aside = pattern.New(`(^|/)(e2e[^/]*|__[^/]*__|tests?|testdata|fixtures?|examples?|\.ci|\.devcontainer|templates?/[^/]*/(skeleton|content)|skeletons?)/`)

func isAside(name string) bool { return aside().MatchString(name) }

func isDockerfile(name string) bool {
	base := strings.ToLower(path.Base(name))
	if strings.HasSuffix(base, ".md") || strings.HasSuffix(base, ".adoc") || strings.HasSuffix(base, ".dockerignore") || strings.HasSuffix(base, ".sh") {
		return false
	}
	for _, word := range []string{"dockerfile", "containerfile"} {
		if base == word || strings.HasPrefix(base, word+".") || strings.HasPrefix(base, word+"-") || strings.HasSuffix(base, "."+word) {
			return true
		}
	}
	return false
}

// readImages are the Dockerfiles, that of the backend first.
func (v *view) readImages() []image {
	var list []image
	for _, f := range v.repo.match(func(n string) bool { return isDockerfile(n) && !isAside(n) }) {
		im := image{file: f}
		if src, err := f.load(); err != nil {
			im.err = fault.Wrap(err, f.pos(0, 0), "the file cannot be read")
		} else if im.docker, im.err = dockerfile.Parse(f.place(f.name), src); im.err == nil {
			words, _, ok := im.docker.Command()
			im.runs = ok && runsBackend(words)
		}
		list = append(list, im)
	}
	rank := func(im image) int {
		r := strings.Count(im.name, "/") * 2
		switch {
		case im.name == path.Join(v.base, "packages/backend/Dockerfile"):
			r = -1
		case !in(im.base(), "Dockerfile", "Containerfile"):
			r++
		}
		if !im.runs {
			r += 1000
		}
		return r
	}
	slices.SortStableFunc(list, func(a, b image) int { return rank(a) - rank(b) })
	return list
}

// runsBackend reports whether a command is one that starts a Backstage backend.
func runsBackend(words []string) bool {
	for i, w := range words {
		if strings.Contains(w, "packages/backend") || w == "--config" || strings.HasPrefix(w, "--config=") ||
			strings.Contains(w, "backstage-cli") || (w == "backend" && i > 0) {
			return true
		}
	}
	return false
}

// configArgs are the values of --config.
func configArgs(words []string) []string {
	var list []string
	for i, w := range words {
		if value, ok := strings.CutPrefix(w, "--config="); ok {
			list = append(list, value)
		} else if w == "--config" && i+1 < len(words) {
			list = append(list, words[i+1])
		}
	}
	return list
}

// readStarts are all that start the backend, the one that decides first: what deploys
// overrides what the image says, and that the scripts.
func (v *view) readStarts() []backendStart {
	starts := v.manifestStarts()
	starts = append(starts, v.valuesStarts(v.deploy)...)
	starts = append(starts, v.composeStarts()...)
	more := v.templatedConfig()
	for _, im := range v.images() {
		if im.err != nil || !im.runs {
			continue
		}
		words, at, _ := im.docker.Command()
		starts = append(starts, backendStart{Pos: im.pos(at.LineOf("--config"), 0), By: at.Name + " of " + im.place(im.name),
			Config: append(v.configFiles(configArgs(words), im.dir()), more...)})
	}
	// Values beside the source are mostly those of a test environment.
	starts = append(append(starts, v.valuesStarts(v.repo)...), v.scriptStarts()...)
	for _, s := range starts {
		for i, c := range s.Config {
			if m, ok := v.mount(c); ok {
				s.Config[i].mounted = &m
			}
		}
	}
	return starts
}

// scriptStarts are scripts of package.json files that run what was built.
func (v *view) scriptStarts() []backendStart {
	var list []backendStart
	for _, w := range v.in.Project.Workspaces {
		f, ok := v.file(path.Join(w.Rel, "package.json"))
		if !ok || w.Rel != "." && w.File.Backstage.Role != "backend" {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(w.File.Scripts)) {
			words := dockerfile.Words(w.File.Scripts[name], nil)
			if !in("node", words...) || len(configArgs(words)) == 0 || !strings.HasPrefix(name, "start") && !strings.HasPrefix(name, "serve") {
				continue
			}
			list = append(list, backendStart{Pos: f.pos(f.find(`"`+name+`"`), 0), By: "the script " + name, Config: v.configFiles(configArgs(words), f.dir())})
		}
	}
	return list
}

// composeStarts are services of compose files that run the backend with a command of
// their own.
func (v *view) composeStarts() []backendStart {
	var list []backendStart
	for _, f := range v.repo.match(func(n string) bool { return composeName().MatchString(path.Base(n)) && !isAside(n) }) {
		for _, d := range f.yaml() {
			services, _ := d.root.Get("services")
			for _, m := range services.Members() {
				cmd, ok := m.Value.Get("command")
				if words := commandWords(cmd); ok && runsBackend(words) && len(configArgs(words)) > 0 {
					list = append(list, backendStart{Pos: cmd.Pos(), By: "the command of the service " + m.Key, Deployed: true,
						Config: v.configFiles(configArgs(words), f.dir())})
				}
			}
		}
	}
	return list
}

var composeName = pattern.New(`^(docker-)?compose([.-].*)?\.ya?ml$|-compose\.ya?ml$`)

// commandWords are the words of a command in YAML: a list, or a line.
func commandWords(v yamledit.Value) []string {
	if v.Kind() != yamledit.Sequence {
		return dockerfile.Words(v.String(), nil)
	}
	var exec []string
	for _, it := range v.Items() {
		exec = append(exec, it.String())
	}
	return dockerfile.Argv(exec, nil)
}

// configFiles finds the files that --config names. A container has them where its
// Dockerfile copies them, mostly beside packages/: they are looked for at the portal's
// root, then beside the file that starts, then by their name alone.
func (v *view) configFiles(args []string, dir string) []configFile {
	var list []configFile
	for _, arg := range args {
		c := configFile{Arg: arg}
		rel := strings.TrimPrefix(path.Clean(arg), "./")
		for strings.HasPrefix(rel, "../") {
			rel = rel[3:]
		}
		candidates := []string{rel, path.Join(v.relDir(dir), rel), path.Base(rel)}
		for _, name := range candidates {
			if f, ok := v.file(strings.TrimPrefix(name, "/")); ok && strings.HasSuffix(f.name, "ml") {
				c.Rel = v.place(f.name)
				break
			}
		}
		list = append(list, c)
	}
	return list
}

// relDir is a folder of the repository from the portal's root.
func (v *view) relDir(dir string) string {
	return path.Dir(v.place(path.Join(dir, "x")))
}
