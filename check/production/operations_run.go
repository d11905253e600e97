package production

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// runItems are those about the process and who watches it.
func runItems() []item {
	return []item{
		{checkItem{"probes", areaOperations, "The pod has readiness and liveness probes",
			"Without them users are sent to a backend that is not up, and one that hangs stays.",
			"Add readinessProbe on /.backstage/health/v1/readiness and livenessProbe on /.backstage/health/v1/liveness to the container",
			2, profileTeam}, probes},
		{checkItem{"startup-probe", areaOperations, "A startup probe leaves time for the migrations of an upgrade",
			"Migrations run at boot: a pod that is killed in the middle starts them again, and again.",
			nextStartup,
			3, profileTeam}, startupProbe},
		{checkItem{"otel-started", areaOperations, "OpenTelemetry is started before the backend",
			"What is loaded before it is not measured: no traces, no metrics of the catalog, the scaffolder and the database.",
			"Start it with node --require ./instrumentation.js packages/backend, and name an exporter",
			3, profileEnterprise}, otelStarted},
		{checkItem{"structured-logs", areaOperations, "Logs are JSON",
			"Lines for people cannot be searched by plugin, user or request.",
			"Set NODE_ENV=production in the image; a root logger of your own must write JSON",
			2, profileTeam}, structuredLogs},
	}
}

// startupSeconds is how long a boot with migrations has to be let: what the catalog's
// of 1.50 to 1.52 take on a million rows, with as much again.
const startupSeconds = 300

var nextStartup = fmt.Sprintf("Add a startupProbe with failureThreshold × periodSeconds of at least %d s, and of what portalctl's snapshot forecast says before an upgrade", startupSeconds)

func probes(v *view) outcome {
	workloads := v.workloads()
	if len(workloads) == 0 {
		return v.noWorkload()
	}
	var problems []problem
	var seen []evidencePlace
	for _, w := range workloads {
		for _, name := range []string{"readinessProbe", "livenessProbe"} {
			if p, ok := w.container.Get(name); ok {
				e := evidencePlace{keyPos(w.container, name), name}
				if marked(p) {
					return unknown("the chart's values have the "+name, "Give --deploy-dir the output of helm template", e)
				}
				seen = append(seen, e)
				continue
			}
			problems = append(problems, problem{pos: keyPos(w.container, "name"), name: w.name(), key: name, message: "the container of " + w.name() + " has no " + name,
				next: "Add a " + name + " on /.backstage/health/v1/" + strings.TrimSuffix(name, "Probe")})
		}
	}
	return judged(problems, "readiness and liveness are probed", seen)
}

// number is a whole number at a key, or fallback. known is false where a template puts
// it in.
func number(v yamledit.Value, key string, fallback int) (n int, known bool) {
	got, ok := v.Get(key)
	if !ok {
		return fallback, true
	}
	if _, err := fmt.Sscanf(got.String(), "%d", &n); err != nil {
		return 0, false
	}
	return n, true
}

func startupProbe(v *view) outcome {
	workloads := v.workloads()
	if len(workloads) == 0 {
		return v.noWorkload()
	}
	var problems []problem
	var seen []evidencePlace
	least := 0
	for _, w := range workloads {
		p, ok := w.container.Get("startupProbe")
		if !ok {
			at := keyPos(w.container, "name")
			if _, live := w.container.Get("livenessProbe"); live {
				at = keyPos(w.container, "livenessProbe")
			}
			problems = append(problems, problem{pos: at, name: w.name(), message: "the container of " + w.name() + " has no startupProbe: a liveness probe may kill it while it migrates", next: nextStartup})
			continue
		}
		e := evidencePlace{keyPos(w.container, "startupProbe"), "startupProbe"}
		times, a := number(p, "failureThreshold", 3)
		period, b := number(p, "periodSeconds", 10)
		delay, c := number(p, "initialDelaySeconds", 0)
		if !a || !b || !c {
			return unknown("the chart's values say how long the startup probe waits", "Give --deploy-dir the output of helm template", e)
		}
		budget := delay + times*period
		if least == 0 || budget < least {
			least = budget
		}
		if budget < startupSeconds {
			problems = append(problems, problem{pos: e.Pos, name: w.name(), message: fmt.Sprintf("the startup probe of %s waits for %d s, and migrations may take %d s", w.name(), budget, startupSeconds), next: nextStartup})
			continue
		}
		e.Text = fmt.Sprintf("startupProbe waits for %d s", budget)
		seen = append(seen, e)
	}
	o := judged(problems, "the startup probe leaves time", seen)
	o.seconds = least
	return o
}

var instrument = pattern.New(`(?i)instrument|opentelemetry|otel|dd-trace|newrelic|elastic-apm|applicationinsights|splunk`)

func otelStarted(v *view) outcome {
	if len(v.backends()) == 0 {
		return notApplicable("the repository has no backend")
	}
	im, ok := v.image()
	if ok {
		words, at, _ := im.docker.Command()
		for i, w := range words {
			loads := in(w, "--require", "-r", "--import") && i+1 < len(words) && instrument().MatchString(words[i+1])
			if loads || (strings.HasPrefix(w, "--require=") || strings.HasPrefix(w, "--import=")) && instrument().MatchString(w) {
				return pass("the backend is started with it", evidencePlace{im.pos(at.LineOf(w), 0), shorten(strings.Join(words, " "))})
			}
		}
		for _, s := range im.docker.Chain(im.docker.Final()) {
			for _, ins := range s.Instructions {
				for _, p := range ins.Pairs() {
					if p.Name == "NODE_OPTIONS" && strings.ContainsAny(p.Value, "-") && instrument().MatchString(p.Value) {
						return pass("NODE_OPTIONS loads it", evidencePlace{im.pos(ins.LineOf("NODE_OPTIONS"), 0), "NODE_OPTIONS"})
					}
				}
			}
		}
	}
	for _, w := range v.workloads() {
		for _, a := range valueWords(w.container, "args") {
			if strings.HasPrefix(a, "--require") && instrument().MatchString(a) {
				return pass("the backend is started with it", evidencePlace{keyPos(w.container, "args"), "args"})
			}
		}
		tmpl, _ := w.root.Get("spec", "template", "metadata", "annotations")
		if m, ok := tmpl.Member("instrumentation.opentelemetry.io/inject-nodejs"); ok && m.Value.String() != "false" {
			return pass("the operator of OpenTelemetry puts it in", evidencePlace{m.KeyPos, m.Key})
		}
	}
	for _, b := range v.backends() {
		for _, c := range v.codeOf(b, "createBackend") {
			if len(c.words("createBackend")) == 0 {
				continue
			}
			for _, im := range c.imports() {
				if im.TypeOnly {
					continue
				}
				if instrument().MatchString(im.Module) {
					return pass("it is the first that the backend imports", evidencePlace{c.pos(im.Line, 0), im.Module})
				}
				break // what comes after another import is too late
			}
		}
	}
	if !ok {
		return unknown("no Dockerfile of the repository starts the backend", "Start it with an instrumentation, or attest it", evidencePlace{v.manifestOf(v.backends()[0]), "backend"})
	}
	_, at, _ := im.docker.Command()
	return missing(im.pos(at.Line, 0), "opentelemetry", "the backend is started without OpenTelemetry", "Add --require ./instrumentation.js before packages/backend: the file starts @opentelemetry/sdk-node with an exporter")
}

// ownLogger is where a backend sets a root logger, -1 if it only uses the one there is.
func ownLogger(c code) int {
	for i, t := range c.tokens {
		if t.Kind != jsscan.Word || !strings.HasPrefix(t.Text, "rootLogger") {
			continue
		}
		uses := c.is(i-2, "coreServices", ".") && !c.is(i-4, "service", ":")
		if !uses && !c.is(i+1, ":") {
			return i
		}
	}
	return -1
}

func structuredLogs(v *view) outcome {
	for _, b := range v.backends() {
		for _, c := range v.codeOf(b, "ootLogger") {
			if i := ownLogger(c); i >= 0 {
				return unknown("the backend has a root logger of its own", "Attest that it writes JSON", evidencePlace{c.line(i), c.tokens[i].Text})
			}
		}
	}
	im, ok := v.image()
	if !ok {
		return v.noImage()
	}
	for _, s := range im.docker.Chain(im.docker.Final()) {
		for _, ins := range s.Instructions {
			for _, p := range ins.Pairs() {
				if p.Name == "NODE_ENV" {
					e := evidencePlace{im.pos(ins.LineOf("NODE_ENV"), 0), "NODE_ENV=" + shorten(p.Value)}
					if p.Value == "production" {
						return pass("Backstage writes JSON where NODE_ENV is production", e)
					}
					return fail(problem{pos: e.Pos, name: "NODE_ENV", message: "NODE_ENV is not production: logs are lines for people", next: "Set NODE_ENV=production in the image"})
				}
			}
		}
	}
	return missing(im.pos(im.docker.Final().Line, 0), "NODE_ENV", "the image does not set NODE_ENV: logs are lines for people", "Add ENV NODE_ENV=production to the last stage")
}
