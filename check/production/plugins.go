package production

import (
	"path"
	"slices"

	"github.com/portalctl/portalctl/internal/codeowners"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/workspace"
)

// pluginItems are the items of the area Plugins.
func pluginItems() []item {
	list := []item{
		{checkItem{"plugin-structure", areaPlugins, "Own plugins have the structure of Backstage's: frontend, backend, common",
			"Tools, upgrades and other plugins go by role and plugin ID; code on the wrong side ends up in the browser, or does not run.",
			"Follow the next step of each finding of portalctl's check",
			2, profileTeam}, pluginStructure},
		{checkItem{"plugin-owner", areaPlugins, "Every own plugin has an owner",
			"A plugin without an owner is upgraded by nobody, and breaks the portal's upgrade for all.",
			"Give each folder of plugins/ a line in CODEOWNERS (portalctl's init adds them), or a catalog-info.yaml with spec.owner",
			3, profileTeam}, pluginOwner},
		{checkItem{"plugin-oncall", areaPlugins, "Who is on call for own plugins is in the catalog",
			"When a plugin takes the portal down, somebody has to be found at night.",
			nextOncall,
			5, profileEnterprise}, pluginOncall},
	}
	return append(list, catalogItems()...)
}

const nextOncall = "Annotate the component of the plugin or of the portal with pagerduty.com/service-id, opsgenie.com/component-selector or the like"

// structureRules are the rules of check that the item rests on.
var structureRules = []string{"plugin-structure", "backend-registered"}

func pluginStructure(v *view) outcome {
	own := v.ownPlugins()
	if len(own) == 0 {
		return notApplicable("the repository has no plugins of its own")
	}
	if v.in.Check == nil {
		return unknown("the portal could not be checked", "Run portalctl check"+v.opts.At+" and follow what it says")
	}
	var problems []problem
	for _, f := range slices.Concat(v.in.Check.Findings, v.in.Check.Known) {
		if slices.Contains(structureRules, f.Rule) {
			problems = append(problems, problem{pos: f.Pos, name: f.Name, key: f.Rule + " " + f.Key, message: f.Message, next: f.Next})
		}
	}
	var seen []evidencePlace
	for _, w := range own {
		seen = append(seen, evidencePlace{v.manifestOf(w), w.Name() + " is a " + w.File.Backstage.Role})
	}
	return judged(problems, "check finds nothing wrong with "+english.Count(len(own), "own plugin package"), seen)
}

// manifestOf is the place of a workspace's name.
func (v *view) manifestOf(w *workspace.Workspace) fault.Pos {
	if w.File.NamePos.Line > 0 {
		return w.File.NamePos
	}
	return fault.Pos{File: path.Join(w.Rel, "package.json"), Line: 1}
}

// ownerLine is a line of CODEOWNERS.
type ownerLine struct {
	file file
	codeowners.Line
}

func (o ownerLine) evidence() evidencePlace {
	return evidencePlace{o.file.pos(o.Number, 0), shorten(o.Text)}
}

// codeowners are the lines of the file that GitHub or GitLab reads; where it cannot be
// read, bad is the outcome of an item that needs them.
func (v *view) codeowners() (list []ownerLine, bad *outcome) {
	for _, name := range codeowners.Places {
		f, ok := v.repo.has(name)
		if !ok {
			continue
		}
		src, err := f.load()
		if err != nil {
			o := unknown("CODEOWNERS cannot be read: "+err.Error(), "Make it a text", evidencePlace{f.pos(1, 0), "cannot be read"})
			return nil, &o
		}
		for _, l := range codeowners.Parse(string(src)) {
			list = append(list, ownerLine{f, l})
		}
		break
	}
	return list, nil
}

func pluginOwner(v *view) outcome {
	own := v.ownPlugins()
	if len(own) == 0 {
		return notApplicable("the repository has no plugins of its own")
	}
	lines, bad := v.codeowners()
	if bad != nil {
		return *bad
	}
	var problems []problem
	var seen []evidencePlace
	for _, w := range own {
		dir := path.Join(v.base, w.Rel)
		if e, ok := v.ownerOf(dir, lines); ok {
			seen = append(seen, e)
			continue
		}
		problems = append(problems, problem{pos: v.manifestOf(w), name: w.Name(), message: w.Name() + " has no owner: neither CODEOWNERS nor a catalog file in its folder names one",
			next: "Add /" + dir + "/ with its team to CODEOWNERS, or a catalog-info.yaml with spec.owner to " + w.Rel})
	}
	return judged(problems, "each of "+english.Count(len(own), "own plugin package")+" has an owner", seen)
}

// ownerOf is who owns a folder: the last line of CODEOWNERS that is about it, or a
// catalog file in it.
func (v *view) ownerOf(dir string, lines []ownerLine) (evidencePlace, bool) {
	for _, o := range slices.Backward(lines) {
		if o.Owns(dir) {
			if len(o.Owners) == 0 {
				break // it takes the owner away
			}
			return o.evidence(), true
		}
	}
	for _, e := range v.entries() {
		if e.file.dir() == dir && str(e.root, "spec", "owner") != "" {
			owner, _ := e.root.Get("spec", "owner")
			return evidencePlace{owner.Pos(), "owner: " + shorten(owner.String())}, true
		}
	}
	return evidencePlace{}, false
}

// oncall are the annotations of services that call somebody.
var oncall = []string{"pagerduty.com/service-id", "pagerduty.com/integration-key", "opsgenie.com/component-selector", "opsgenie.com/team",
	"grafana.com/oncall-integration", "victorops.com/team", "splunk.com/on-call-team", "firehydrant.com/service-name", "ilert.com/integration-key", "incident.io/component"}

func pluginOncall(v *view) outcome {
	if len(v.ownPlugins()) == 0 {
		return notApplicable("the repository has no plugins of its own")
	}
	components := v.components()
	for _, e := range components {
		for _, key := range oncall {
			if a, ok := e.annotation(key); ok && a.String() != "" {
				return pass("the catalog says who is on call for "+e.name, evidencePlace{keyPos(e.root, "metadata", "annotations", key), key})
			}
		}
	}
	if len(components) == 0 {
		return unknown("the repository describes no component: who is on call may be in another catalog file", nextOncall+", or attest it")
	}
	return missing(components[0].root.Pos(), "on-call", "no component of the repository says who is on call", nextOncall)
}
