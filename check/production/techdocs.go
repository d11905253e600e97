package production

import (
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
)

// techdocsItems are the items of the area TechDocs.
func techdocsItems() []item {
	return []item{
		{checkItem{"techdocs-builder", areaTechDocs, "TechDocs are built outside of the backend and published to storage",
			"A backend that builds documentation runs Docker or mkdocs on what others wrote, while users wait, and loses it with the pod.",
			nextBuilder,
			2, profileTeam}, techdocsBuilder},
		{checkItem{"techdocs-pipeline", areaTechDocs, "A pipeline generates and publishes the documentation",
			"With an external builder nothing is shown that no pipeline has published.",
			nextPipeline,
			3, profileTeam}, techdocsPipeline},
		{checkItem{"techdocs-skeletons", areaTechDocs, "What the Scaffolder makes has documentation from the start",
			"A component that begins without docs keeps none: mkdocs.yml, docs/ and the annotation cost nothing in the template.",
			nextSkeleton,
			3, profileTeam}, techdocsSkeletons},
		{checkItem{"techdocs-pairs", areaTechDocs, "Each techdocs-ref has its mkdocs.yml, and each mkdocs.yml a techdocs-ref",
			"One without the other is a broken Docs tab, or documentation that nobody finds.",
			"Put mkdocs.yml where backstage.io/techdocs-ref points to, and the annotation on the entity beside a mkdocs.yml",
			2, profileTeam}, techdocsPairs},
	}
}

// noTechdocs reports whether neither the backend's source nor app-config has TechDocs.
func (v *view) noTechdocs() bool {
	_, added := v.adds("@backstage/plugin-techdocs-backend")
	_, configured := v.config().get("techdocs")
	return !added && !configured && len(v.source()) > 0 && v.config().settled()
}

func techdocsBuilder(v *view) outcome {
	if v.noTechdocs() {
		return notApplicable("the backend does not have TechDocs")
	}
	c := v.config()
	builder, at, known, ok := c.text("techdocs.builder")
	if !ok || !known || builder != "external" {
		if o := c.unsure(); o != nil {
			return withEvidence(*o, at)
		}
		if ok && !known {
			return unknown("techdocs.builder comes from the environment", "Write it into app-config, or attest it", at)
		}
		if !ok {
			return missing(c.top(), "techdocs.builder", "techdocs.builder is not set, and the default builds in the backend", nextBuilder)
		}
		return fail(problem{pos: at.Pos, name: "techdocs.builder", message: "techdocs.builder is " + builder + ": the backend builds the documentation itself", next: nextBuilder})
	}
	kind, where, known, ok := c.text("techdocs.publisher.type")
	switch {
	case ok && !known:
		return unknown("techdocs.publisher.type comes from the environment", "Write it into app-config, or attest it", at, where)
	case ok && kind != "local":
		return pass("built outside, published to "+kind, at, where)
	}
	if o := c.unsure(); o != nil {
		return withEvidence(*o, at, where)
	}
	pos := at.Pos
	message := "techdocs.builder is external, but no techdocs.publisher is set: the backend then reads its own disk"
	if ok {
		pos, message = where.Pos, "techdocs.publisher.type is local: what a pipeline publishes is not what the backend reads"
	}
	return fail(problem{pos: pos, name: "techdocs.publisher.type", message: message,
		next: "Set techdocs.publisher.type to awsS3, googleGcs, azureBlobStorage or openStackSwift, with its bucket"})
}

const nextBuilder = "Set techdocs.builder to external and techdocs.publisher.type to a storage that the pipeline publishes to, in the app-config that production starts with"

// withEvidence adds what was seen to an outcome.
func withEvidence(o outcome, list ...evidencePlace) outcome {
	for _, e := range list {
		if !e.Pos.IsZero() {
			o.evidence = append(o.evidence, e)
		}
	}
	return o
}

const (
	nextPipeline = "Run techdocs-cli generate and publish in CI for each repository with documentation, or attest where that is done"
	nextSkeleton = "Give each skeleton a mkdocs.yml, docs/index.md and a catalog-info.yaml with backstage.io/techdocs-ref: dir:."
	techdocsRef  = "backstage.io/techdocs-ref"
)

// publishes is a step that publishes documentation: TechDocs' own tool, or a workflow
// or an action that says so in its name.
var publishes = pattern.New(`techdocs-cli\s+publish|@techdocs/cli\S*\s+publish|(publish|upload)[-_]?techdocs|techdocs[-_]?(publish|upload)`)

var generates = pattern.New(`techdocs-cli\s+generate|@techdocs/cli\S*\s+generate`)

func techdocsPipeline(v *view) outcome {
	if v.noTechdocs() {
		return notApplicable("the backend does not have TechDocs")
	}
	if e, _, ok := v.step(publishes()); ok {
		return pass("CI publishes documentation", e)
	}
	if e, fl, ok := v.step(generates()); ok {
		return fail(problem{pos: e.Pos, name: fl.base(), message: "CI generates documentation, and publishes none of it", next: "Run techdocs-cli publish after it, with the publisher that app-config names"})
	}
	return unknown("no CI of this repository publishes documentation; that of the components may", nextPipeline)
}

// techdocsSkeletons looks at what templates make a component of: a skeleton without an
// entity is a part of something else.
func techdocsSkeletons(v *view) outcome {
	var problems []problem
	var seen []evidencePlace
	elsewhere := 0
	for _, s := range v.skeletons() {
		e := evidencePlace{s.at.Pos(), "skeleton " + shorten(s.at.String())}
		if s.elsewhere {
			elsewhere++
			continue
		}
		files := v.repo.below(s.dir)
		name := v.place(s.dir)
		if len(files) == 0 {
			problems = append(problems, problem{pos: e.Pos, name: name, message: "the skeleton " + name + " of the template " + s.template.name + " is not there", next: "Correct the url of the step, or take it out"})
			continue
		}
		if lacks := skeletonLacks(files, s.dir); len(lacks) > 0 {
			problems = append(problems, problem{pos: e.Pos, name: name, message: "the skeleton " + name + " has no " + strings.Join(lacks, ", no "), next: nextSkeleton})
			continue
		}
		seen = append(seen, e)
	}
	switch {
	case len(problems)+len(seen) > 0:
		return judged(problems, "each skeleton has mkdocs.yml, docs and techdocs-ref", seen)
	case elsewhere > 0:
		return unknown("the skeletons of the templates are in other repositories", "Check them there, and attest it")
	}
	return notApplicable("the repository has no template that makes files of a skeleton")
}

func skeletonLacks(files []file, dir string) []string {
	mkdocs, docs, ref := false, false, false
	for _, f := range files {
		rel := strings.TrimPrefix(f.name, dir+"/")
		base := strings.TrimSuffix(path.Base(rel), ".njk")
		mkdocs = mkdocs || in(base, "mkdocs.yml", "mkdocs.yaml")
		docs = docs || strings.Contains("/"+rel, "/docs/")
		ref = ref || strings.Contains(base, ".yaml") && f.find(techdocsRef) > 0
	}
	var lacks []string
	for _, l := range []struct {
		has  bool
		what string
	}{{mkdocs, "mkdocs.yml"}, {docs, "docs/"}, {ref, techdocsRef}} {
		if !l.has {
			lacks = append(lacks, l.what)
		}
	}
	return lacks
}

func techdocsPairs(v *view) outcome {
	var problems []problem
	var seen []evidencePlace
	var away []evidencePlace
	used := map[string]bool{}
	mkdocs := func(dir string) (file, bool) {
		for _, n := range []string{"mkdocs.yml", "mkdocs.yaml"} {
			if f, ok := v.repo.has(path.Join(dir, n)); ok {
				return f, true
			}
		}
		return file{}, false
	}
	for _, e := range v.entries() {
		ref, ok := e.annotation(techdocsRef)
		if !ok || isAside(e.file.name) || v.inSkeleton(e.file.name) {
			continue
		}
		dir, local := strings.CutPrefix(ref.String(), "dir:")
		if !local {
			away = append(away, evidencePlace{ref.Pos(), techdocsRef})
			continue // of another repository, or of a URL
		}
		at := path.Join(e.file.dir(), dir)
		f, ok := mkdocs(at)
		if !ok {
			problems = append(problems, problem{pos: ref.Pos(), name: e.name, message: e.name + " has its documentation in " + v.place(at) + ", where no mkdocs.yml is",
				next: "Put mkdocs.yml and docs/ there, or correct " + techdocsRef})
			continue
		}
		used[f.name] = true
		seen = append(seen, evidencePlace{ref.Pos(), techdocsRef + ": " + shorten(ref.String())}, evidencePlace{f.pos(1, 0), "mkdocs"})
	}
	for _, f := range v.repo.match(func(n string) bool { return in(path.Base(n), "mkdocs.yml", "mkdocs.yaml") && !isAside(n) }) {
		if !used[f.name] && !v.inSkeleton(f.name) {
			problems = append(problems, problem{pos: f.pos(1, 0), name: v.place(f.name), message: v.place(f.name) + " is of no entity: no catalog file of the repository points to it with " + techdocsRef,
				next: "Give the entity beside it the annotation " + techdocsRef + ": dir:."})
		}
	}
	if len(problems)+len(seen) == 0 && len(away) > 0 {
		return unknown("the documentation that techdocs-ref names is elsewhere", "Check it there, and attest it", away...)
	}
	if len(problems)+len(seen) == 0 {
		return notApplicable("the repository has neither techdocs-ref nor mkdocs.yml of its own")
	}
	return judged(problems, "each techdocs-ref has its mkdocs.yml, and the other way round", seen)
}
