package production

import (
	"bytes"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/yamledit"
)

// entity is an entity of the catalog that the repository describes.
type entity struct {
	file file
	kind string
	name string
	root yamledit.Value
}

// annotation is the value of an annotation.
func (e entity) annotation(key string) (yamledit.Value, bool) {
	return e.root.Get("metadata", "annotations", key)
}

// readEntities are the entities of all files that are no skeletons.
func (v *view) readEntities() []entity {
	var list []entity
	for _, f := range v.repo.match(func(n string) bool { return in(path.Ext(n), ".yaml", ".yml") }) {
		src := f.read()
		if !bytes.Contains(src, []byte("backstage.io/v1")) {
			continue
		}
		for _, d := range f.yaml() {
			api := str(d.root, "apiVersion")
			if d.err != nil || !strings.Contains(api, "backstage.io/") {
				continue
			}
			list = append(list, entity{f, str(d.root, "kind"), str(d.root, "metadata", "name"), d.root})
		}
	}
	return list
}

// components are the Components of the repository itself: not those of examples, and
// not those that a template makes.
func (v *view) components() []entity {
	var list []entity
	for _, e := range v.entries() {
		if e.kind == "Component" && !isAside(e.file.name) && !strings.Contains(e.name, "{{") && !v.inSkeleton(e.file.name) {
			list = append(list, e)
		}
	}
	return list
}

// skeleton is a folder that a Scaffolder template makes a repository of.
type skeleton struct {
	template entity
	dir      string
	// at is where the template names it.
	at yamledit.Value
	// elsewhere: the url is of another repository.
	elsewhere bool
	// publishes: the template makes a repository of its own of it.
	target string
}

// skeletons are those of all templates: of steps that fetch with a template.
func (v *view) skeletons() []skeleton {
	var list []skeleton
	for _, e := range v.entries() {
		if e.kind != "Template" {
			continue
		}
		steps, _ := e.root.Get("spec", "steps")
		for _, s := range steps.Items() {
			action := str(s, "action")
			if !strings.HasPrefix(action, "fetch:template") && action != "fetch:plain" && action != "fetch:cookiecutter" {
				continue
			}
			url, ok := s.Get("input", "url")
			if !ok {
				continue
			}
			text := url.String()
			sk := skeleton{template: e, at: url, target: str(s, "input", "targetPath")}
			sk.elsewhere = strings.Contains(text, "://") || strings.Contains(text, "${{") || text == ""
			if !sk.elsewhere {
				sk.dir = path.Join(e.file.dir(), text)
			}
			list = append(list, sk)
		}
	}
	return list
}

// inSkeleton reports whether a file is part of a skeleton.
func (v *view) inSkeleton(name string) bool {
	for _, s := range v.skeletons() {
		if !s.elsewhere && strings.HasPrefix(name, s.dir+"/") {
			return true
		}
	}
	return false
}
