package production

import (
	"bytes"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// object is an object of Kubernetes: of a manifest, or of a chart's template as far as
// that can be read without Helm.
type object struct {
	file file
	kind string
	root yamledit.Value
	// templated: {{ }} stands in the file, so that what it has may be otherwise.
	templated bool
	// err is why a file that has such objects cannot be read.
	err error
}

// helmMark stands where a template puts something in. No manifest has the word.
const helmMark = "HELM-VALUE"

// isChart reports whether a file is a template of a chart.
func (t *tree) isChart(name string) bool {
	i := strings.LastIndex("/"+name, "/templates/")
	if i < 0 {
		return false
	}
	_, ok := t.has(path.Join(("/" + name)[1:max(1, i)], "Chart.yaml"))
	return ok
}

// readObjects are the objects of the deploy repository, then those of the repository.
func (v *view) readObjects() []object {
	var list []object
	for _, t := range []*tree{v.deploy, v.repo} {
		for _, f := range t.match(func(n string) bool {
			return in(path.Ext(n), ".yaml", ".yml", ".tpl") && (t == v.deploy || !isAside(n) || t.isChart(n))
		}) {
			list = append(list, f.objects()...)
		}
	}
	return list
}

func (f file) objects() []object {
	src, err := f.load()
	if err != nil || !bytes.Contains(src, []byte("apiVersion:")) || !bytes.Contains(src, []byte("kind:")) || bytes.Contains(src, []byte("backstage.io/v1")) {
		return nil
	}
	templated := f.isChart(f.name) && bytes.Contains(src, []byte("{{"))
	docs := f.yaml
	if templated {
		docs = func() []doc { return f.parse(plain(src)) }
	}
	var list []object
	for _, d := range docs() {
		if d.err != nil {
			list = append(list, object{file: f, err: d.err, templated: templated})
			continue
		}
		if kind := str(d.root, "kind"); kind != "" && str(d.root, "apiVersion") != "" {
			list = append(list, object{file: f, kind: kind, root: d.root, templated: templated})
		}
	}
	return list
}

var (
	action     = pattern.New(`\{\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\}`)
	onlyAction = pattern.New(`^\s*(\{\{[^\n]*\}\}\s*)+$`)
)

// plain is a chart's template with its actions taken out: lines that have nothing else
// are blank, and elsewhere a mark stands for the value. The lines stay where they are.
func plain(src []byte) []byte {
	lines := strings.Split(string(src), "\n")
	open := false // an action over several lines
	for i, l := range lines {
		switch {
		case open:
			open = !strings.Contains(l, "}}")
			lines[i] = ""
		case onlyAction().MatchString(l):
			lines[i] = ""
		default:
			l = action().ReplaceAllString(l, helmMark)
			if strings.Contains(l, "{{") {
				l, open = l[:strings.Index(l, "{{")], true
			}
			lines[i] = l
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// marked reports whether a template puts a value in here.
func marked(v yamledit.Value) bool { return strings.Contains(v.String(), helmMark) }

// podPaths are where kinds keep the template of their pods.
var podPaths = map[string][]string{
	"Deployment": {"spec", "template"}, "StatefulSet": {"spec", "template"}, "DeploymentConfig": {"spec", "template"},
	"Rollout": {"spec", "template"},
}

// workload is a Deployment or the like that runs the portal.
type workload struct {
	object
	spec      yamledit.Value // of its pods
	container yamledit.Value
}

// workloads are those that run the portal.
func (v *view) workloads() []workload {
	var list []workload
	for _, o := range v.objects() {
		at, ok := podPaths[o.kind]
		if o.err != nil || !ok {
			continue
		}
		spec, ok := o.root.Get(append(append([]string{}, at...), "spec")...)
		if !ok {
			continue
		}
		containers, _ := spec.Get("containers")
		for _, c := range containers.Items() {
			if v.isPortal(o, c, len(containers.Items())) {
				list = append(list, workload{o, spec, c})
				break
			}
		}
	}
	return list
}

// isPortal reports whether a container runs the portal: by its command, its image, or
// its name.
func (v *view) isPortal(o object, c yamledit.Value, of int) bool {
	words := append(valueWords(c, "command"), valueWords(c, "args")...)
	if runsBackend(words) {
		return true
	}
	image := str(c, "image")
	if i := strings.LastIndexByte(image, '/'); i >= 0 {
		image = image[i+1:]
	}
	names := []string{image, str(c, "name")}
	if of == 1 {
		names = append(names, str(o.root, "metadata", "name"))
		if strings.Contains(string(o.file.read()), "backstage") && o.templated {
			names = append(names, o.file.name)
		}
	}
	own := strings.TrimPrefix(v.in.Project.RootWorkspace().File.Name, "@")
	for _, n := range names {
		n = strings.ToLower(n)
		if others().MatchString(n) {
			return false
		}
		if strings.Contains(n, "backstage") || strings.Contains(n, "developer-portal") || len(own) > 4 && own != "root" && strings.Contains(n, own) {
			return true
		}
	}
	return false
}

// others are images that run something else beside a portal, or in a test.
var others = pattern.New(`postgres|redis|psql|valkey|memcache|keycloak|opensearch|elasticsearch|^(alpine|busybox|nginx|httpd|ubuntu|debian|curl)(:|@|$)`)

func valueWords(c yamledit.Value, key string) []string {
	v, _ := c.Get(key)
	return commandWords(v)
}

// manifestStarts are the commands of workloads that name config files. A template's
// arguments are known as far as they stand there.
func (v *view) manifestStarts() []backendStart {
	var list []backendStart
	for _, w := range v.workloads() {
		args, ok := w.container.Get("args")
		if !ok {
			args, ok = w.container.Get("command")
		}
		words := append(valueWords(w.container, "command"), valueWords(w.container, "args")...)
		if configs := configArgs(words); ok && len(configs) > 0 && !w.templated {
			list = append(list, backendStart{Pos: args.Pos(), By: "the arguments of the " + w.kind + " " + w.name(), Deployed: true,
				Config: v.configFiles(configs, ".")})
		}
	}
	return list
}

// templatedConfig are the config files that a chart's template adds to those of the
// image, where its values say so: what they say is not known.
func (v *view) templatedConfig() []configFile {
	for _, w := range v.workloads() {
		if args, ok := w.container.Get("args"); ok && w.templated && (len(configArgs(valueWords(w.container, "args"))) > 0 || strings.Contains(strings.Join(valueWords(w.container, "args"), " "), helmMark)) {
			return []configFile{{Arg: "what the chart's values add (" + args.Pos().String() + ")"}}
		}
	}
	return nil
}

// name is the object's name, or its file where a template makes it.
func (o object) name() string {
	if n := str(o.root, "metadata", "name"); n != "" && !strings.Contains(n, helmMark) {
		return n
	}
	return o.file.base()
}
