package production

import (
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/semrange"
)

// supplyItems are those about what comes in from outside.
func supplyItems() []item {
	return []item{
		{checkItem{"ci-audit", areaSecurity, "CI looks for known vulnerabilities in the dependencies",
			"A portal has some 3,000 packages; each month brings advisories for some of them.",
			nextAudit,
			2, profileTeam}, ciAudit},
		{checkItem{"lock-committed", areaSecurity, "The lockfile is in the repository",
			"Without it each build takes whatever was published last.",
			"Commit yarn.lock, and take it out of .gitignore",
			1, profileDemo}, lockCommitted},
		{checkItem{"install-scripts", areaSecurity, "Packages run no scripts when they are installed",
			"An install script of any package in the tree runs with what CI may do: it is how most npm malware starts.",
			nextScripts,
			4, profileEnterprise}, installScripts},
		{checkItem{"internal-registry", areaSecurity, "Packages come from a registry of one's own",
			"A mirror keeps builds going when the public one is down or a package is taken away, and is where rules can hold.",
			"Set npmRegistryServer in .yarnrc.yml to the registry of your organisation",
			5, profileEnterprise}, internalRegistry},
	}
}

const (
	nextAudit   = "Run portalctl's audit in the pull requests' workflow (portalctl's init writes one; docs/audit.md), or yarn npm audit, osv-scanner, Trivy, Snyk or dependency-review"
	nextScripts = "Set enableScripts: false in .yarnrc.yml, and allow those that must build with dependenciesMeta.NAME.built: true in package.json"
)

// audits is a step that looks dependencies up: commands and ready-made actions.
var audits = pattern.New(`(?i)portalctl(/portalctl)?\\S*\s.*audit|portalctl/portalctl@|\b(yarn|npm|pnpm)( npm)? audit\b|yarn-audit|osv-scanner|\btrivy\b|\bsnyk\b|dependency-review-action|` +
	`dependency-check|dependency[-_]audit|audit-ci|\bgrype\b|\bnancy\b|dependency[-_]scanning|mend-|whitesource|nexusiq|sonatype|xray|wizcli|govulncheck|socket-security`)

func ciAudit(v *view) outcome {
	if e, _, ok := v.step(audits()); ok {
		return pass("CI audits the dependencies", e)
	}
	return v.noStep("audit", "a dependency audit", nextAudit)
}

func lockCommitted(v *view) outcome {
	for _, name := range []string{"yarn.lock", "package-lock.json", "pnpm-lock.yaml"} {
		if f, ok := v.file(name); ok {
			if e, ignored := v.gitignores(name); ignored {
				return fail(problem{pos: e.Pos, name: name, message: name + " is there, but .gitignore keeps it out of the repository", next: "Take the line out of .gitignore and commit " + name})
			}
			if _, err := f.load(); err != nil && err != errTooLarge {
				return unknown(name+" cannot be read: "+err.Error(), "Put a lock that yarn install writes in its place", evidencePlace{f.pos(1, 0), "cannot be read"})
			}
			return pass(name+" is there", evidencePlace{f.pos(1, 0), name})
		}
	}
	return missing(v.manifest(), "yarn.lock", "there is no lockfile", "Run yarn install and commit yarn.lock")
}

// gitignores is the line of .gitignore that names a file of the root.
func (v *view) gitignores(name string) (evidencePlace, bool) {
	f, ok := v.file(".gitignore")
	if !ok {
		return evidencePlace{}, false
	}
	for i, l := range f.lines() {
		if t := strings.TrimPrefix(strings.TrimSpace(l), "/"); t == name || t == "*.lock" && strings.HasSuffix(name, ".lock") {
			return evidencePlace{f.pos(i+1, 0), t}, true
		}
	}
	return evidencePlace{}, false
}

// scriptsOffSince is the Yarn from which enableScripts is off by default.
const scriptsOffSince = "4.14.0"

func installScripts(v *view) outcome {
	for _, rc := range []struct{ name, key string }{{".yarnrc.yml", "enableScripts"}, {".npmrc", "ignore-scripts"}} {
		f, ok := v.file(rc.name)
		if !ok || !v.reads(rc.name) {
			continue
		}
		for i, l := range f.lines() {
			key, value, found := strings.Cut(strings.NewReplacer("=", ":").Replace(l), ":")
			if !found || strings.TrimSpace(key) != rc.key {
				continue
			}
			value, _, _ = strings.Cut(value, "#")
			value = strings.TrimSpace(value)
			e := evidencePlace{f.pos(i+1, 0), rc.key + ": " + value}
			if value == "false" && rc.key == "enableScripts" || value == "true" && rc.key == "ignore-scripts" {
				return pass("install scripts are off", e)
			}
			return fail(problem{pos: e.Pos, name: rc.key, message: rc.key + " is " + value + ": packages run scripts when they are installed", next: nextScripts})
		}
	}
	yarn, e := v.yarnVersion()
	switch {
	case yarn == "":
		return unknown("the repository does not say which Yarn installs", "Set packageManager in package.json, and enableScripts: false in .yarnrc.yml")
	case semrange.CompareText(yarn, scriptsOffSince) >= 0:
		return pass("Yarn "+yarn+" runs no install scripts by default", e)
	}
	return fail(problem{pos: e.Pos, name: "enableScripts", message: "Yarn " + yarn + " runs the install scripts of all packages by default", next: nextScripts})
}

var yarnRelease = pattern.New(`yarn-(\d+\.\d+\.\d+)\.c?js`)

// yarnVersion is the Yarn that the repository says installs it, "" if it does not.
func (v *view) yarnVersion() (string, evidencePlace) {
	if f, ok := v.file(".yarnrc.yml"); ok {
		for i, l := range f.lines() {
			if m := yarnRelease().FindStringSubmatch(l); m != nil && strings.HasPrefix(strings.TrimSpace(l), "yarnPath") {
				return m[1], evidencePlace{f.pos(i+1, 0), strings.TrimSpace(l)}
			}
		}
	}
	if pm := v.in.Project.RootWorkspace().File.PackageManager; pm.Name == "yarn" {
		if _, err := semrange.ParseVersion(pm.Version); err == nil {
			f, _ := v.file("package.json")
			return pm.Version, evidencePlace{f.pos(f.find(`"packageManager"`), 0), "packageManager: yarn@" + pm.Version}
		}
	}
	if f, ok := v.file("yarn.lock"); ok && f.find("# yarn lockfile v1") > 0 {
		return "1.22.0", evidencePlace{f.pos(f.find("# yarn lockfile v1"), 0), "a lock of Yarn 1"}
	}
	return "", evidencePlace{}
}

// reads reports whether the repository's package manager reads a file of settings: Yarn
// from 2 on reads its own alone.
func (v *view) reads(name string) bool {
	yarn, _ := v.yarnVersion()
	return name == ".yarnrc.yml" || yarn == "" || semrange.CompareText(yarn, "2.0.0") < 0
}

// publicRegistries are those that anybody publishes to.
var publicRegistries = pattern.New(`registry\.(npmjs\.org|yarnpkg\.com)|npm\.pkg\.github\.com`)

func internalRegistry(v *view) outcome {
	for _, rc := range []struct{ name, key string }{{".yarnrc.yml", "npmRegistryServer"}, {".npmrc", "registry"}, {".yarnrc", "registry"}} {
		f, ok := v.file(rc.name)
		if !ok || !v.reads(rc.name) {
			continue
		}
		for i, l := range f.lines() {
			rest, found := strings.CutPrefix(strings.TrimSpace(l), rc.key)
			if !found || rest == "" || !strings.ContainsAny(rest[:1], ":= ") {
				continue
			}
			e := evidencePlace{f.pos(i+1, 0), rc.key}
			if publicRegistries().MatchString(rest) {
				return fail(problem{pos: e.Pos, name: rc.key, message: "packages come from the public registry", next: "Name the registry of your organisation here"})
			}
			return pass("packages come from a registry that the repository names", e)
		}
	}
	return unknown("the repository names no registry; the machines of CI may", "Set npmRegistryServer in .yarnrc.yml, or attest where it is set")
}
