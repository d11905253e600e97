package production

import (
	"regexp"
	"strings"

	"github.com/portalctl/portalctl/internal/dockerfile"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// imageItems are those about the image and how it runs.
func imageItems() []item {
	return []item{
		{checkItem{"image-credentials", areaSecurity, "No file with credentials is copied into the image",
			"Whoever can pull the image has them, from every layer, also after they were deleted in a later one.",
			nextImage,
			1, profileTeam}, imageCredentials},
		{checkItem{"dockerignore", areaSecurity, ".dockerignore keeps local settings and git's history out of the build",
			"COPY takes all that is in the folder: *.local.yaml with one's own tokens, .env, .git.",
			nextIgnore,
			2, profileTeam}, dockerignore},
		{checkItem{"security-context", areaSecurity, "The pod runs without privileges",
			"A way out of the portal's process is then not one into the node.",
			"Set runAsNonRoot: true, allowPrivilegeEscalation: false and capabilities.drop: [ALL] in the securityContext",
			3, profileEnterprise}, securityContext},
		{checkItem{"network-policy", areaSecurity, "A NetworkPolicy says who may talk to the portal and its database",
			"The backend holds tokens for all that it integrates: what may reach it, and what it may reach, is to be written down.",
			"Add a NetworkPolicy that selects the portal's pods",
			4, profileEnterprise}, networkPolicy},
	}
}

const (
	nextImage  = "Leave the file out of COPY; mount it, or give its value as a variable, when the container starts"
	nextIgnore = "Add *.local.yaml, .env and .git to .dockerignore"
)

// credentialFile is a file that has credentials by its name.
var credentialFile = pattern.New(`(?i)(^|/)(\.env(\.[^/]*)?|\.npmrc|\.netrc|\.pgpass|\.git-credentials|id_(rsa|ed25519|ecdsa|dsa)|kubeconfig|\.kube|\.aws|credentials(\.json|\.ya?ml)?|` +
	`[^/]*-credentials\.ya?ml|service-?account[^/]*\.json|[^/]*\.(pem|key|p12|pfx|jks|keystore)|app-config\.local\.yaml|[^/]*\.local\.yaml)$`)

func isExampleName(name string) bool {
	return strings.Contains(name, "example") || strings.Contains(name, "sample") || strings.Contains(name, "template")
}

// image is the Dockerfile of the image that starts the backend.
func (v *view) image() (image, bool) {
	for _, im := range v.images() {
		if im.runs && im.err == nil {
			return im, true
		}
	}
	return image{}, false
}

// noImage is the outcome where no Dockerfile starts the backend.
func (v *view) noImage() outcome {
	for _, im := range v.images() {
		if im.err != nil {
			return unknown("a Dockerfile cannot be read: "+im.err.Error(), "Correct the file", evidencePlace{im.pos(1, 0), "cannot be read"})
		}
	}
	return notApplicable("no Dockerfile of the repository starts the backend")
}

func imageCredentials(v *view) outcome {
	im, ok := v.image()
	if !ok {
		return v.noImage()
	}
	var problems []problem
	var seen []evidencePlace
	for _, s := range im.docker.Chain(im.docker.Final()) {
		for _, in := range s.Instructions {
			if in.Name != "COPY" && in.Name != "ADD" || in.Flag("from") != "" {
				continue
			}
			words := copied(in)
			seen = append(seen, evidencePlace{im.pos(in.Line, 0), shorten(in.Name + " " + in.Args)})
			for _, w := range words {
				if credentialFile().MatchString(w) && !isExampleName(w) && !strings.ContainsAny(w, "*?") {
					problems = append(problems, problem{pos: im.pos(in.LineOf(w), 0), name: w, message: w + ", which holds credentials by its name, is copied into the image", next: nextImage})
				}
			}
		}
	}
	if len(seen) == 0 {
		seen = append(seen, evidencePlace{im.pos(im.docker.Final().Line, 0), "copies nothing from the repository"})
	}
	return judged(problems, "no file that is copied holds credentials by its name", seen)
}

// copied are the sources of a COPY.
func copied(in dockerfile.Instruction) []string {
	words := in.Exec
	if words == nil {
		words = dockerfile.Words(in.Args, nil)
	}
	if len(words) < 2 {
		return nil
	}
	return words[:len(words)-1]
}

func dockerignore(v *view) outcome {
	im, ok := v.image()
	if !ok {
		return v.noImage()
	}
	// Docker takes the one beside the Dockerfile first: Dockerfile.dockerignore.
	f, ok := v.repo.has(im.name + ".dockerignore")
	if !ok {
		f, ok = v.first(".dockerignore")
	}
	if !ok {
		return missing(im.pos(1, 0), ".dockerignore", "there is no .dockerignore", nextIgnore)
	}
	var seen []evidencePlace
	var lacks []string
	lines := f.lines()
	for _, want := range []struct {
		what string
		like *regexp.Regexp
	}{{"*.local.yaml", localPattern()}, {".git", gitPattern()}} {
		found := false
		for i, l := range lines {
			if t := strings.TrimSpace(l); want.like.MatchString(t) {
				seen, found = append(seen, evidencePlace{f.pos(i+1, 0), t}), true
				break
			}
		}
		if !found && (want.what != ".git" || copiesAll(im)) {
			lacks = append(lacks, want.what)
		}
	}
	if len(lacks) > 0 {
		return fail(problem{pos: f.pos(1, 0), name: f.base(), message: ".dockerignore does not keep out " + strings.Join(lacks, " and "), next: "Add " + strings.Join(lacks, " and ") + " to .dockerignore"})
	}
	return pass("local settings stay out of the build", seen...)
}

var (
	localPattern = pattern.New(`^(\*\*/|/)?(\*|app-config(\.\*)?|app-config\*)\.?local\.(yaml|\*|ya?ml)$|^\*$|^\*\*$`)
	gitPattern   = pattern.New(`^(\*\*/|/)?\.git(/.*)?$|^\*$|^\*\*$|^\.\*$`)
)

// copiesAll reports whether a stage copies the whole folder.
func copiesAll(im image) bool {
	for _, s := range im.docker.Stages {
		for _, ins := range s.Instructions {
			if ins.Name == "COPY" && ins.Flag("from") == "" {
				for _, w := range copied(ins) {
					if w == "." || w == "./" || w == "*" || w == "/" || strings.HasPrefix(w, "$") && !strings.Contains(w, "/") {
						return true
					}
				}
			}
		}
	}
	return false
}

// noWorkload is the outcome of an item about manifests where none runs the portal.
func (v *view) noWorkload() outcome {
	for _, o := range v.objects() {
		if o.err != nil {
			pos := placeOf(o.err, o.file.pos(1, 0))
			return unknown("a manifest cannot be read without Helm: "+o.err.Error(), "Give --deploy-dir the output of helm template", evidencePlace{pos, "cannot be read"})
		}
	}
	return notApplicable("no manifest of the repository runs the portal; --deploy-dir names those of another one")
}

// setting is what a workload's pod or container says, the container first.
func (w workload) setting(keys ...string) (yamledit.Value, evidencePlace, bool) {
	for _, from := range []yamledit.Value{w.container, w.spec} {
		if v, ok := from.Get(keys...); ok {
			return v, evidencePlace{keyPos(from, keys...), strings.Join(keys, ".") + ": " + shorten(v.String())}, true
		}
	}
	return yamledit.Value{}, evidencePlace{}, false
}

func securityContext(v *view) outcome {
	workloads := v.workloads()
	if len(workloads) == 0 {
		return v.noWorkload()
	}
	var problems []problem
	var seen []evidencePlace
	for _, w := range workloads {
		var lacks []string
		at := keyPos(w.container, "securityContext")
		for _, want := range []struct{ key, value string }{{"runAsNonRoot", "true"}, {"allowPrivilegeEscalation", "false"}} {
			val, e, ok := w.setting("securityContext", want.key)
			if ok && marked(val) {
				return unknown("the chart's values say "+want.key, "Give --deploy-dir the output of helm template", e)
			}
			if !ok || val.String() != want.value {
				if ok && len(lacks) == 0 { // it says the contrary, and where it does is the place
					at = e.Pos
				}
				lacks = append(lacks, want.key+": "+want.value)
				continue
			}
			seen = append(seen, e)
		}
		if val, e, ok := w.setting("securityContext", "privileged"); ok && val.String() == "true" {
			problems = append(problems, problem{pos: e.Pos, name: w.name(), key: "privileged", message: "the container of " + w.name() + " is privileged", next: "Take privileged: true out"})
		}
		if len(lacks) > 0 {
			problems = append(problems, problem{pos: at, name: w.name(), message: "the pod of " + w.name() + " does not have " + strings.Join(lacks, ", "),
				next: "Add " + strings.Join(lacks, ", ") + " to its securityContext"})
		}
	}
	return judged(problems, "the pod runs without privileges", seen)
}

func networkPolicy(v *view) outcome {
	workloads := v.workloads()
	if len(workloads) == 0 {
		return v.noWorkload()
	}
	for _, o := range v.objects() {
		if o.err == nil && in(o.kind, "NetworkPolicy", "CiliumNetworkPolicy") && o.selects(workloads[0]) {
			return pass("a "+o.kind+" is about the portal's pods", evidencePlace{keyPos(o.root, "kind"), "kind: " + o.kind})
		}
	}
	w := workloads[0]
	return missing(keyPos(w.root, "kind"), w.name(), "nothing says who may talk to the pods of "+w.name(), "Add a NetworkPolicy that selects the portal's pods")
}

// selects reports whether a policy is about the pods of a workload: all labels that it
// asks for are theirs. Where a chart puts a value in, the label's name decides.
func (o object) selects(w workload) bool {
	selector, ok := o.root.Get("spec", "podSelector")
	if !ok {
		selector, ok = o.root.Get("spec", "endpointSelector")
	}
	want, _ := selector.Get("matchLabels")
	have, _ := w.root.Get(append(append([]string{}, podPaths[w.kind]...), "metadata", "labels")...)
	for _, m := range want.Members() {
		label, found := have.Get(m.Key)
		if !found || label.String() != m.Value.String() && !marked(label) && !marked(m.Value) {
			return false
		}
	}
	return ok
}
