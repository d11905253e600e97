package production

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/workspace"
)

// ecosystem is a published plugin: the annotations of which an entity needs one, and
// the plugin ID that own plugins of the same purpose mostly have.
type ecosystem struct {
	packages    []string
	annotations []string
	ids         []string
}

// ecosystems are the plugins that are in most portals, with the annotations that their
// own documentation names.
var ecosystems = []ecosystem{
	{[]string{"@backstage/plugin-kubernetes"}, []string{"backstage.io/kubernetes-id", "backstage.io/kubernetes-label-selector"}, []string{"kubernetes"}},
	{[]string{"@roadiehq/backstage-plugin-argo-cd", "@backstage-community/plugin-argocd", "@backstage-community/plugin-redhat-argocd"}, []string{"argocd/app-name", "argocd/app-selector", "argocd/project-name"}, []string{"argocd", "argo-cd"}},
	{[]string{"@backstage-community/plugin-sonarqube"}, []string{"sonarqube.org/project-key"}, []string{"sonarqube"}},
	{[]string{"@backstage-community/plugin-grafana", "@k-phoen/backstage-plugin-grafana"}, []string{"grafana/dashboard-selector", "grafana/alert-label-selector", "grafana/overview-dashboard"}, []string{"grafana"}},
	{[]string{"@pagerduty/backstage-plugin", "@backstage/plugin-pagerduty"}, []string{"pagerduty.com/service-id", "pagerduty.com/integration-key"}, []string{"pagerduty"}},
	{[]string{"@backstage-community/plugin-github-actions", "@backstage-community/plugin-github-issues", "@roadiehq/backstage-plugin-github-insights", "@roadiehq/backstage-plugin-github-pull-requests",
		"@roadiehq/backstage-plugin-security-insights"}, []string{"github.com/project-slug"}, []string{"github-actions", "github-workflows"}},
	{[]string{"@backstage-community/plugin-jenkins"}, []string{"jenkins.io/job-full-name", "jenkins.io/github-folder"}, []string{"jenkins"}},
	{[]string{"@backstage-community/plugin-azure-devops"}, []string{"dev.azure.com/project", "dev.azure.com/project-repo", "dev.azure.com/build-definition"}, []string{"azure-devops"}},
	{[]string{"@immobiliarelabs/backstage-plugin-gitlab"}, []string{"gitlab.com/project-slug", "gitlab.com/project-id"}, []string{"gitlab", "gitlab-pipelines"}},
	{[]string{"@backstage-community/plugin-sentry"}, []string{"sentry.io/project-slug"}, []string{"sentry"}},
	{[]string{"@backstage-community/plugin-lighthouse"}, []string{"lighthouse.com/website-url"}, []string{"lighthouse"}},
	{[]string{"@circleci/backstage-plugin", "@backstage/plugin-circleci", "@backstage-community/plugin-circleci"}, []string{"circleci.com/project-slug"}, []string{"circleci"}},
	{[]string{"@backstage-community/plugin-quay"}, []string{"quay.io/repository-slug"}, []string{"quay"}},
	{[]string{"@roadiehq/backstage-plugin-jira", "@axis-backstage/plugin-jira-dashboard"}, []string{"jira/project-key", "jira.com/project-key"}, []string{"jira"}},
	{[]string{"@roadiehq/backstage-plugin-datadog"}, []string{"datadoghq.com/dashboard-url", "datadoghq.com/graph-token", "datadoghq.com/site"}, []string{"datadog"}},
	{[]string{"@backstage-community/plugin-dynatrace"}, []string{"dynatrace.com/dynatrace-entity-id"}, []string{"dynatrace"}},
	{[]string{"@backstage-community/plugin-newrelic-dashboard"}, []string{"newrelic.com/dashboard-guid"}, []string{"newrelic"}},
	{[]string{"@backstage-community/plugin-rollbar"}, []string{"rollbar.com/project-slug"}, []string{"rollbar"}},
	{[]string{"@globallogicuki/backstage-plugin-terraform"}, nil, []string{"terraform"}},
	{[]string{"@weaveworksoss/backstage-plugin-flux"}, nil, []string{"flux"}},
	{[]string{"@backstage-community/plugin-vault"}, []string{"vault.io/secrets-path"}, []string{"vault", "vault-explorer"}},
	{[]string{"@backstage-community/plugin-tech-radar"}, nil, []string{"tech-radar"}},
	{[]string{"@backstage-community/plugin-announcements"}, nil, []string{"announcements"}},
	{[]string{"@backstage-community/plugin-cost-insights"}, nil, []string{"cost-insights"}},
}

// catalogItems are those about ecosystem plugins.
func catalogItems() []item {
	return []item{
		{checkItem{"catalog-annotations", areaPlugins, "Entities have the annotations that installed plugins need",
			"A plugin without its annotation shows an empty tab, and nobody knows why.",
			"Give a component of the repository's catalog files one of the annotations that the finding names",
			3, profileEnterprise}, catalogAnnotations},
		{checkItem{"plugin-overlap", areaPlugins, "No own plugin does what one of the ecosystem does",
			"An own plugin has to be moved with each release; one of the community's is moved by others.",
			"Compare the two; keep the own one if it does more, and ignore the finding with the reason",
			0, advice}, pluginOverlap},
	}
}

func catalogAnnotations(v *view) outcome {
	var problems []problem
	var seen, open []evidencePlace
	components := v.components()
	for _, eco := range ecosystems {
		if len(eco.annotations) == 0 {
			continue
		}
		at, ok := v.installs(eco.packages)
		if !ok {
			continue
		}
		if len(components) == 0 {
			open = append(open, at)
			continue
		}
		found := false
		for _, e := range components {
			for _, key := range eco.annotations {
				if _, ok := e.annotation(key); ok && !found {
					seen, found = append(seen, evidencePlace{keyPos(e.root, "metadata", "annotations", key), key}), true
				}
			}
		}
		if !found {
			name := strings.TrimPrefix(at.Text, "depends on ")
			problems = append(problems, problem{pos: at.Pos, name: name, message: name + " is installed, but no component of the repository has " + strings.Join(eco.annotations, " or "),
				next: "Add " + eco.annotations[0] + " to the catalog-info.yaml of a component"})
		}
	}
	switch {
	case len(problems)+len(seen) > 0:
		return judged(problems, "each installed plugin finds its annotation", seen)
	case len(open) > 0:
		return unknown("the repository describes no component; entities are elsewhere", "Check them there, and attest it", open...)
	}
	return notApplicable("no installed plugin of those that are known needs an annotation")
}

// installs is the dependency of an app on one of some packages.
func (v *view) installs(packages []string) (evidencePlace, bool) {
	for _, w := range v.in.Project.Workspaces {
		if w.File.Backstage.Role != "frontend" && w.Rel != "packages/app" {
			continue
		}
		for _, d := range runtimeDeps(w) {
			if slices.Contains(packages, d.Name) {
				return evidencePlace{d.Pos, "depends on " + d.Name}, true
			}
		}
	}
	return evidencePlace{}, false
}

// namesake is a package that the portal depends on and that has the name of an own one in
// another scope.
func (v *view) namesake(own *workspace.Workspace) (string, fault.Pos, bool) {
	_, name, _ := strings.Cut(own.File.Name, "/")
	for _, w := range v.in.Project.Workspaces {
		for _, d := range runtimeDeps(w) {
			scope, other, _ := strings.Cut(d.Name, "/")
			if name != "" && other == name && d.Name != own.File.Name && (scope == "@backstage" || scope == "@backstage-community") {
				return d.Name, d.Pos, true
			}
		}
	}
	return "", fault.Pos{}, false
}

func pluginOverlap(v *view) outcome {
	own := v.ownPlugins()
	if len(own) == 0 {
		return notApplicable("the repository has no plugins of its own")
	}
	var problems []problem
	var seen, open []evidencePlace
	done := map[string]bool{}
	for _, w := range own {
		id := w.File.Backstage.PluginID
		if id == "" {
			id = portal.ParseName(w.File.Name).ID
		}
		role := w.File.Backstage.Role
		if d, at, ok := v.namesake(w); ok && strings.Contains(role, "-plugin") {
			done[id] = true
			problems = append(problems, problem{pos: v.manifestOf(w), name: w.Name(), message: w.Name() + " has the name of " + d + ", which is installed beside it (" + at.String() + ")",
				next: "Compare them; take out the one that does not run, or keep the own one and ignore this with the reason"})
			continue
		}
		if role != "frontend-plugin" && role != "backend-plugin" {
			continue
		}
		if id == "" {
			open = append(open, evidencePlace{v.manifestOf(w), w.Name()})
			continue
		}
		seen = append(seen, evidencePlace{v.manifestOf(w), w.Name() + " is of no purpose that a known plugin has"})
		for _, eco := range ecosystems {
			if slices.Contains(eco.ids, id) && !slices.Contains(eco.packages, w.Name()) && !done[id] {
				done[id] = true
				problems = append(problems, problem{pos: v.manifestOf(w), name: w.Name(), message: w.Name() + " is of the same purpose as " + eco.packages[0],
					next: "Compare them; keep the own one if it does more, and ignore this with the reason"})
			}
		}
	}
	if len(problems) == 0 && len(open) > 0 {
		return unknown("what the plugin is for is not in its name", "Give its package.json backstage.pluginId", open...)
	}
	if len(problems)+len(seen) == 0 {
		return notApplicable("the repository has modules and libraries of its own, but no plugins")
	}
	return judged(problems, "own plugins have a purpose of their own", seen)
}
