package production

import "strings"

const (
	deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: backstage
spec:
  replicas: 1
  template:
    metadata:
      labels: {app: backstage}
    spec:
      containers:
        - name: backstage
          image: acme/backstage
`
	probed = deployment + `          readinessProbe: {httpGet: {path: /x, port: 7007}}
          livenessProbe: {httpGet: {path: /x, port: 7007}}
`
	workflow = "on: push\njobs:\n  x:\n    runs-on: a\n    steps:\n      - uses: actions/checkout@v4\n      - run: |\n          yarn install\n"
	template = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec:\n  steps:\n    - action: fetch:template\n      input:\n        url: ./skeleton\n"
	entityOf = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: portal\n  annotations:\n    a: b\nspec:\n  owner: team-portal\n"
	ownID    = `{"name": "@acme/plugin-own", "backstage": {"role": "frontend-plugin", "pluginId": "own", "pluginPackages": ["@acme/plugin-own"]}, "files": ["dist"]}`
	backID   = `{"name": "@acme/plugin-own-backend", "backstage": {"role": "backend-plugin", "pluginId": "own", "pluginPackages": ["@acme/plugin-own-backend"]}, "files": ["dist"]}`
)

// brokenChart is a template that is not YAML without Helm.
var brokenChart = files{"chart/Chart.yaml": "name: x\n", "chart/templates/d.yaml": "apiVersion: apps/v1\nkind: Deployment\nspec:\n  {{- if .Values.x }}\n foo: [\n  {{- end }}\n"}

func annotated(lines string) string { return strings.Replace(entityOf, "    a: b\n", lines, 1) }

func itemCases() []itemCase {
	return append(append(docsCases(), securityCases()...), operationsCases()...)
}

// docsCases are those of TechDocs, plugins and organisation.
func docsCases() []itemCase {
	own := files{"plugins/own/package.json": ownID}
	noOwner := files{"plugins/own/package.json": ownID, "catalog-info.yaml": entityOf}
	techdocs := adds("@backstage/plugin-techdocs-backend")
	merge := func(list ...files) files { return files{}.with(list...) }
	return []itemCase{
		{
			id:      "techdocs-builder",
			pass:    merge(techdocs, conf("techdocs:\n  builder: external\n  publisher:\n    type: awsS3\n")),
			fail:    merge(techdocs, conf("techdocs:\n  builder: local\n")),
			at:      "app-config.yaml:2",
			unknown: merge(techdocs, elsewhere),
			absent:  adds("@backstage/plugin-auth-backend"),
		},
		{
			id:      "techdocs-pipeline",
			pass:    files{".github/workflows/docs.yml": workflow + "          techdocs-cli publish --publisher-type awsS3\n"},
			fail:    files{".github/workflows/docs.yml": workflow + "          techdocs-cli generate\n"},
			at:      ".github/workflows/docs.yml:9",
			unknown: files{},
			absent:  adds("@backstage/plugin-auth-backend"),
		},
		{
			id:      "techdocs-skeletons",
			pass:    files{"t/template.yaml": template, "t/skeleton/mkdocs.yml": "a: b\n", "t/skeleton/docs/index.md": "# x\n", "t/skeleton/catalog-info.yaml": "backstage.io/techdocs-ref: dir:.\n"},
			fail:    files{"t/template.yaml": template, "t/skeleton/index.js": "x\n"},
			at:      "t/template.yaml:8",
			unknown: files{"t/template.yaml": strings.Replace(template, "./skeleton", "https://github.com/acme/skeletons", 1)},
			absent:  files{},
		},
		{
			id:      "techdocs-pairs",
			pass:    files{"catalog-info.yaml": annotated("    backstage.io/techdocs-ref: dir:.\n"), "mkdocs.yml": "a: b\n"},
			fail:    files{"catalog-info.yaml": annotated("    backstage.io/techdocs-ref: dir:.\n")},
			at:      "catalog-info.yaml:6",
			unknown: files{"catalog-info.yaml": annotated("    backstage.io/techdocs-ref: url:https://github.com/acme/docs\n")},
			absent:  files{},
		},
		{
			id:      "plugin-structure",
			pass:    own,
			fail:    files{"plugins/own/package.json": `{"name": "@acme/plugin-own", "backstage": {"role": "frontend-plugin"}}`},
			at:      "plugins/own/package.json:1",
			unknown: files{"plugins/own/package.json": ownID, "#nocheck": "x"},
			absent:  files{},
		},
		{
			id:      "plugin-owner",
			pass:    files{"plugins/own/package.json": ownID, "CODEOWNERS": "# who\n/plugins/own/ @acme/portal\n"},
			fail:    files{"plugins/own/package.json": ownID, "CODEOWNERS": "/packages/ @acme/portal\n"},
			at:      "plugins/own/package.json:1",
			unknown: files{"plugins/own/package.json": ownID, "CODEOWNERS": "\x00\x01"},
			absent:  files{},
		},
		{
			id:      "plugin-oncall",
			pass:    files{"plugins/own/package.json": ownID, "catalog-info.yaml": annotated("    pagerduty.com/service-id: P1\n")},
			fail:    noOwner,
			at:      "catalog-info.yaml:1",
			unknown: own,
			absent:  files{},
		},
		{
			id: "catalog-annotations",
			pass: files{"packages/app/package.json": `{"name": "app", "backstage": {"role": "frontend"}, "dependencies": {"@backstage/plugin-kubernetes": "1"}}`,
				"catalog-info.yaml": annotated("    backstage.io/kubernetes-id: portal\n")},
			fail: files{"packages/app/package.json": "{\"name\": \"app\", \"backstage\": {\"role\": \"frontend\"}, \"dependencies\": {\n\"@backstage/plugin-kubernetes\": \"1\"}}",
				"catalog-info.yaml": entityOf},
			at:      "packages/app/package.json:2",
			unknown: files{"packages/app/package.json": `{"name": "app", "backstage": {"role": "frontend"}, "dependencies": {"@backstage/plugin-kubernetes": "1"}}`},
			absent:  files{"catalog-info.yaml": entityOf},
		},
		{
			id:      "plugin-overlap",
			pass:    own,
			fail:    files{"plugins/own/package.json": strings.ReplaceAll(ownID, "own", "grafana")},
			at:      "plugins/own/package.json:1",
			absent:  files{},
			unknown: files{"plugins/own/package.json": `{"name": "@acme/thing", "backstage": {"role": "frontend-plugin"}}`},
		},
		{
			id:      "contribution-guide",
			pass:    files{"CONTRIBUTING.md": "# How to contribute\n"},
			fail:    files{"CONTRIBUTING.md": "\n"},
			at:      "CONTRIBUTING.md:1",
			unknown: files{"CONTRIBUTING.md": "\x00\x01\x02"},
		},
		{
			id:      "rfc-process",
			pass:    files{"docs/rfc/0001-x.md": "# RFC\n"},
			fail:    files{},
			at:      "package.json:1",
			unknown: files{"CONTRIBUTING.md": "Decisions: see our RFCs at https://wiki.example.com/rfc\n"},
		},
		{
			id:      "ownership",
			pass:    files{".github/CODEOWNERS": "*  @acme/portal\n"},
			fail:    files{"catalog-info.yaml": strings.Replace(entityOf, "team-portal", "guests", 1)},
			at:      "catalog-info.yaml:8",
			unknown: files{"CODEOWNERS": "\x00\x01"},
		},
		{
			id:      "slo",
			pass:    files{"deploy/rules.yaml": "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups: [{name: a, rules: [{alert: Down, expr: up == 0}]}]\n"},
			fail:    files{"deploy/rules.yaml": "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups: []\n"},
			at:      "deploy/rules.yaml:4",
			unknown: files{},
		},
	}
}
