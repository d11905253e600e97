package production

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/workspace"
)

// view is what items look at. It reads each thing once, when it is first asked for,
// and changes nothing.
type view struct {
	in   Input
	opts Options
	// repo is the repository; base is the portal's folder in it, "." for its top.
	repo *tree
	base string
	// deploy is the deploy repository, with no files where there is none.
	deploy *tree

	starts  func() []backendStart
	config  func() config
	images  func() []image
	flows   func() []flow
	objects func() []object
	source  func() []module
	entries func() []entity
}

func newView(in Input, opts Options) *view {
	v := &view{in: in, opts: opts, base: "."}
	if rel, err := filepath.Rel(in.Top, in.Project.Root); err == nil {
		v.base = filepath.ToSlash(rel)
	}
	v.repo = newTree(in.Repo.FS(in.Top), v.place)
	v.deploy = newTree(in.Deploy, func(name string) string { return path.Join(in.DeployName, name) })
	v.starts, v.config, v.images = sync.OnceValue(v.readStarts), sync.OnceValue(v.readConfig), sync.OnceValue(v.readImages)
	v.flows, v.objects = sync.OnceValue(v.readFlows), sync.OnceValue(v.readObjects)
	v.source, v.entries = sync.OnceValue(v.readSource), sync.OnceValue(v.readEntities)
	return v
}

// place is how a file of the repository is called: from the portal's root.
func (v *view) place(name string) string {
	if v.base == "." {
		return name
	}
	if rel, ok := strings.CutPrefix(name, v.base+"/"); ok {
		return rel
	}
	return strings.Repeat("../", strings.Count(v.base, "/")+1) + name
}

// hasPortal reports whether a workspace is an app or a backend.
func (v *view) hasPortal() bool {
	return len(v.backends()) > 0 || slices.ContainsFunc(v.in.Project.Workspaces, func(w *workspace.Workspace) bool {
		return w.File.Backstage.Role == "frontend" || w.Rel == "packages/app"
	})
}

// file is a file of the portal, by its path from the portal's root.
func (v *view) file(rel string) (file, bool) { return v.repo.has(path.Join(v.base, rel)) }

// manifest is the place of the root package.json: where what is missing would be
// looked for.
func (v *view) manifest() fault.Pos { return fault.Pos{File: "package.json", Line: 1} }

// first is the first of some files of the portal, or of the repository's top.
func (v *view) first(names ...string) (file, bool) {
	for _, n := range names {
		if f, ok := v.file(n); ok {
			return f, true
		}
		if f, ok := v.repo.has(n); ok {
			return f, true
		}
	}
	return file{}, false
}

// config is app-config as production starts with it.
type config struct {
	tree *appconfig.Tree
	// err is why it cannot be read.
	err error
	// files are the files that were layered, from the portal's root; absent those that
	// the start names and the repository does not have: what they say is not known.
	files  []string
	absent []string
	start  backendStart
	// places are where what production mounts stands, by the name that it is read by.
	places map[string]string
}

// settled reports whether a key that is not there is not there in production either.
func (c config) settled() bool { return c.err == nil && c.tree != nil && len(c.absent) == 0 }

// get is the value at a key.
func (c config) get(key string) (appconfig.Value, bool) {
	if c.tree == nil {
		return appconfig.Value{}, false
	}
	v, ok, err := c.tree.Get(key)
	return v, ok && err == nil
}

// each visits all values, none where the files cannot be read.
func (c config) each(visit func(appconfig.Value)) {
	if all, ok := c.get(""); ok {
		each(all, visit)
	}
}

// judge is the outcome of an item about the text of one key. look says whether it is
// good, and what that or its fault is.
func (c config) judge(key, absent, next string, look func(text string) (good bool, reason string)) outcome {
	text, at, known, ok := c.text(key)
	good, reason := look(text)
	switch {
	case ok && !known:
		return unknown(key+" comes from the environment", "Write it into app-config, or attest it", at)
	case ok && good:
		return pass(reason, at)
	}
	if o := c.unsure(); o != nil {
		return withEvidence(*o, at)
	}
	if !ok {
		return missing(c.top(), key, absent, next)
	}
	return fail(problem{pos: at.Pos, name: key, message: reason, next: next})
}

// nulled is where null takes a key away from the files below.
func (c config) nulled(key string) (evidencePlace, bool) {
	if c.tree == nil {
		return evidencePlace{}, false
	}
	o, ok := c.tree.Nulled(key)
	pos := o.Pos
	if !o.Key.IsZero() {
		pos = o.Key
	}
	return evidencePlace{pos, key + ": null"}, ok
}

// text is a scalar's text and place, ok false without one. The text of a value that
// comes from the environment is "" and known false.
func (c config) text(key string) (text string, at evidencePlace, known, ok bool) {
	v, ok := c.get(key)
	if !ok || v.Kind() == appconfig.Object || v.Kind() == appconfig.Array {
		return "", at, false, false
	}
	at = evidenceOf(v)
	if v.Origin().Hidden() {
		return "", at, false, true
	}
	return v.Reveal(), at, true, true
}

// evidenceOf is a value as evidence: its key's place, and its text unless that may be
// secret.
func evidenceOf(v appconfig.Value) evidencePlace {
	o := v.Origin()
	pos := o.Pos
	if !o.Key.IsZero() {
		pos = o.Key
	}
	switch {
	case v.Kind() == appconfig.Object || v.Kind() == appconfig.Array:
		return evidencePlace{pos, v.Key()}
	case len(o.Vars) > 0:
		return evidencePlace{pos, v.Key() + ": from $" + strings.Join(o.Vars, ", $")}
	}
	return evidencePlace{pos, v.Key() + ": " + v.String()}
}

// unsure is the outcome of an item that needs a key that cannot be told, nil where a
// missing key is really missing.
func (c config) unsure() *outcome {
	switch {
	case c.err != nil:
		o := unknown("app-config cannot be read: "+c.err.Error(), "Correct the file", evidencePlace{placeOf(c.err, c.top()), "cannot be read"})
		return &o
	case c.tree == nil:
		o := unknown("nothing in the repository says which app-config production starts with",
			"Have the Dockerfile's CMD name its files with --config, or give --deploy-dir the folder with the manifests that do")
		return &o
	case len(c.absent) > 0:
		o := unknown("production also starts with "+strings.Join(c.absent, ", ")+", which the repository does not have",
			"Give --deploy-dir the folder that has it, or attest the item", evidencePlace{c.start.Pos, "starts with " + strings.Join(c.absent, ", ")})
		return &o
	}
	return nil
}

// placeOf is the place that an error names, or fallback.
func placeOf(err error, fallback fault.Pos) fault.Pos {
	if f, ok := err.(*fault.Error); ok && f.Pos.Line > 0 {
		return f.Pos
	}
	return fallback
}

// top is the place of the strongest file, for what none of them says.
func (c config) top() fault.Pos {
	if len(c.files) == 0 {
		return c.start.Pos
	}
	return fault.Pos{File: c.files[len(c.files)-1], Line: 1}
}

func (v *view) readConfig() config {
	starts := v.starts()
	if len(starts) == 0 {
		return config{}
	}
	c := config{start: starts[0], places: map[string]string{}}
	var files []string
	texts := map[string][]byte{}
	for _, name := range c.start.Config {
		if m := name.mounted; m != nil {
			at := fmt.Sprintf("mounted-%d.yaml", len(texts)+1)
			c.places[at], texts[at] = m.place, m.text
			files, c.files = append(files, filepath.Join(v.in.Project.Root, at)), append(c.files, m.place)
			continue
		}
		if name.Rel == "" {
			c.absent = append(c.absent, name.Arg)
			continue
		}
		files = append(files, filepath.Join(v.in.Project.Root, filepath.FromSlash(name.Rel)))
		c.files = append(c.files, name.Rel)
	}
	if len(c.start.Config) == 0 { // Backstage's own default
		c.files = []string{"app-config.yaml"}
		if _, ok := v.file("app-config.yaml"); !ok {
			c.absent = []string{"app-config.yaml"}
			c.files = nil
		}
	}
	if len(c.files) == 0 {
		c.tree = &appconfig.Tree{Config: &appconfig.Config{}} // nothing of it is in the repository
		return c
	}
	repo := v.in.Repo
	if len(texts) > 0 {
		repo = repo.With(v.in.Project.Root, texts)
		defer repo.Close()
	}
	c.tree, c.err = appconfig.Load(appconfig.Options{Root: v.in.Project.Root, Files: files, Repo: repo, Keep: true, Env: []string{}})
	return c
}

// placed is an outcome with the places of what is mounted: where it stands.
func (c config) placed(o outcome) outcome {
	for i := range o.evidence {
		if at := c.places[o.evidence[i].Pos.File]; at != "" {
			o.evidence[i].Pos.File, o.evidence[i].Pos.Col = at, 0
		}
	}
	for i := range o.problems {
		if at := c.places[o.problems[i].pos.File]; at != "" {
			o.problems[i].pos.File, o.problems[i].pos.Col = at, 0
		}
	}
	return o
}

// ownPlugins are the workspaces that are plugins or modules, with the folder in which
// each is.
func (v *view) ownPlugins() []*workspace.Workspace {
	var list []*workspace.Workspace
	for _, w := range v.in.Project.Workspaces {
		role := w.File.Backstage.Role
		isPlugin := strings.HasPrefix(role, "frontend-plugin") || strings.HasPrefix(role, "backend-plugin") || w.File.Backstage.PluginID != ""
		if role == "" && !isPlugin {
			isPlugin = portal.ParseName(w.File.Name).Kind != portal.NoKind && strings.HasPrefix(w.Rel, "plugins/")
		}
		if isPlugin && w.Rel != "." {
			list = append(list, w)
		}
	}
	return list
}
