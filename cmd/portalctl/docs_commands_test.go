package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
	"github.com/portalctl/portalctl/internal/testkit/osvtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
)

// notRun are the documented command lines that no test can run, each with the
// reason. One that is in no page any more fails the test.
var notRun = map[string]string{
	"curl -fsSL https://raw.githubusercontent.com/portalctl/portalctl/main/install.sh | sh": "needs the network; internal/shipped runs install.sh against loopback",
	"CGO_ENABLED=0 go install github.com/portalctl/portalctl/cmd/portalctl@latest":          "needs the network",
	"CGO_ENABLED=0 go build -trimpath -o context/linux/amd64/portalctl ./cmd/portalctl":     ".ci/image runs it",
	"docker build --build-arg PG_MAJOR=16 --tag portalctl:pg16 --file Dockerfile context":   ".ci/image does, without a daemon",
	"gh attestation verify portalctl_1.2.3_linux_amd64.tar.gz --repo portalctl/portalctl":   "needs GitHub",
	"git clone --branch v1.2.3 https://github.com/portalctl/portalctl && cd portalctl":      "needs GitHub",
	"go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0":           "needs the network",
	"go install github.com/goreleaser/goreleaser/v2@v2.17.0":                                "needs the network",
	"goreleaser release --clean --skip=publish && cat dist/checksums.txt":                   ".ci/archives runs it",
	"sha256sum --check --ignore-missing checksums.txt":                                      "needs a release; .ci/archives compares them",
	"go test ./...": "is this run",
	"git add -A && git commit -m 'portalctl: the monthly upgrade'":                              "needs an identity; it commits what init wrote",
	"git push -u origin HEAD":                                                                   "needs a remote",
	"go test ./internal/e2e/scripts -run TestScripts/bump_specs":                                "is part of this run",
	"go test ./internal/e2e/scripts -update":                                                    "rewrites the repository",
	"go run ./internal/release/gentable -from DIR":                                              "needs a mirror of the versions host; internal/release tests it",
	"go run ./internal/codemods/gentable -from DIR":                                             "needs a checkout of the codemods",
	"go run ./internal/bench/peer bump -manifest MANIFEST.json -peer 'npx backstage-cli' TREE…": "needs other tools and trees",
	"go run ./internal/bench/peer noop -versions DIR TREE…":                                     "needs other tools and trees",
	"go run ./internal/bench/peer lock -versions DIR -edits 12 -release 1.53.0 -stand-in TREE":  "needs other tools and trees",
	"go run ./internal/bench/peer check -versions DIR TREE…":                                    "needs other tools and trees",
	"go run ./internal/bench/peer snapshot -runs 3 -entities 60000":                             "takes minutes",
	"go run ./internal/bench/peer snapshot -runs 3 -portal DIR":                                 "takes minutes",
	".ci/run":                       "runs this test",
	".ci/lint-shell":                "needs shellcheck and actionlint; internal/shipped runs them",
	".ci/archives, .ci/image":       "takes minutes and Debian's packages",
	".ci/link":                      "compiles for six systems; a job of the workflow runs it",
	"versions bump --lockfile yarn": "needs the repo's Yarn, from the network; internal/yarncli has a stand-in for it",
	`BACKSTAGE_VERSIONS_BASE_URL="file://$PWD/testdata/versions" \`:                     ".ci/readme runs it and compares what it prints",
	"go run ./cmd/portalctl versions bump --dry-run --lockfile skip -C testdata/portal": ".ci/readme runs it",
}

// otherCodes are the lines that end with another code than 0 or 1, and why.
var otherCodes = map[string]struct {
	code int
	why  string
}{
	"source <(portalctl completion zsh)":                {127, "is for zsh after compinit, and this is bash; TestCompletion… has the shells"},
	"versions bump":                                     {2, "asks, and there is no terminal"},
	"versions bump --release next":                      {2, "asks, and there is no terminal"},
	"versions bump --release X":                         {2, "asks, and there is no terminal"},
	"versions changes --from-ref HEAD~1 --to-ref HEAD":  {2, "needs two commits, and the example portal has none; a transcript has them"},
	"snapshot forecast --from-ref HEAD~1 --to-ref HEAD": {2, "needs two commits, and the example portal has none; a transcript has them"},
	"snapshot restore":                                  {2, "asks, and there is no terminal"},
	"versions bump --template":                          {2, "the example's releases have no create-app; a transcript has some"},
	"versions bump --migrate":                           {2, "asks, and there is no terminal"},
	"init":                                              {2, "asks, and there is no terminal"},
	"slot":                                              {2, "asks, and there is no terminal"},
	"slot status --format markdown -o slot.md":          {2, "there is no run of the example portal"},
	"slot deploy --config app-config.yaml --config app-config.production.yaml": {2, "needs two releases in git, and the example portal has none"},
	"slot deploy": {2, "needs two releases in git, and the example portal has none"},
	"slot verify --health https://portal.example.com": {2, "there was no slot deploy of the example portal"},
	"slot status":                   {2, "there is no run of the example portal"},
	"slot status --format markdown": {2, "there is no run of the example portal"},
	"check production --profile enterprise --deploy-dir ../gitops/portal": {2, "there is no such folder beside the example portal"},
	"versions template --dry-run":                                         {2, "the example portal has no source; a transcript has one"},
	"versions template --release 1.53.0 --yes":                            {2, "the example portal has no source; a transcript has one"},
	"versions template --conflicts markers --yes":                         {2, "the example portal has no source; a transcript has one"},
}

// placeholders are what a page has for the reader's own.
var placeholders = strings.NewReplacer("--release X", "--release 1.53.0", "--base REF", "--base origin/main", "help COMMAND --help", "help check", "-C my-portal", "-C .",
	"@acme/backstage-plugin-x", "@backstage/plugin-catalog", "@acme/plugin-x", "@backstage/plugin-catalog",
	"--compare A B", "--compare @backstage/plugin-catalog @backstage/plugin-org", "--output x.md A", "--output x.md @backstage/plugin-catalog",
	"--licenses FILE", "--licenses licenses.yaml")

// shown are the command lines of the pages and of the help, in their order: code
// blocks, and code in a sentence that has options. A command's bare name in a
// sentence is asked for its help instead.
func shown(t *testing.T) (lines []string) {
	add := func(line string) {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	starts := regexp.MustCompile(`^(portalctl|curl|CGO_ENABLED=|docker|gh|git|go|goreleaser|sha256sum|source|\.ci/|BACKSTAGE_VERSIONS_BASE_URL)\b`)
	comment := regexp.MustCompile(`\s+# .*$`)
	inline := regexp.MustCompile("`((?:portalctl|versions (?:bump|changes|lock|status|template)|check|audit|snapshot)(?: [^`]*)?)`")
	list := pages(t)
	names := make([]string, 0, len(list))
	for name := range list {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		page := regexp.MustCompile("(?ms)^```(yaml|toml|text)$.*?^```$").ReplaceAllString(list[name], "")
		var text []string
		fenced := false
		for line := range strings.Lines(page) {
			line = strings.TrimRight(line, "\n")
			switch {
			case strings.HasPrefix(line, "```"):
				fenced = !fenced
			case fenced, strings.HasPrefix(line, "    "):
				if line = comment.ReplaceAllString(strings.TrimSpace(line), ""); starts.MatchString(line) {
					add(line)
				}
			default:
				text = append(text, line)
			}
		}
		for _, m := range inline.FindAllStringSubmatch(strings.Join(text, "\n"), -1) {
			line := strings.TrimPrefix(strings.Join(strings.Fields(m[1]), " "), "portalctl ")
			switch {
			case line == "portalctl", strings.ContainsAny(line, "…<"):
			case strings.Contains(line, " -") || strings.HasPrefix(line, "-"):
				add("portalctl " + line)
			default:
				add("portalctl " + line + " --help")
			}
		}
	}
	e, _, _ := testEnv("", nil)
	leaves(newApp(e).Commands, "portalctl ", func(name string, c *cli.Command) {
		add(name + " --help")
		for _, m := range regexp.MustCompile(`(?m): {2}(.*portalctl .*)$`).FindAllStringSubmatch(c.Description, -1) {
			add(m[1])
		}
	})
	return lines
}

// Every command line that the pages and the help show runs as it is printed: on
// the example portal, or for snapshot on one with a SQLite file, with a
// registry, a versions host and an OSV service on loopback.
func TestDocumentedCommandLines(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("starts a hundred processes")
	}
	for _, program := range []string{"bash", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	lines := shown(t)
	if len(lines) < 60 {
		t.Fatalf("found %d lines only:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	for line := range notRun {
		if !slices.Contains(lines, line) && !slices.Contains(lines, "portalctl "+line) {
			t.Errorf("no page shows %q any more", line)
		}
	}
	for line := range otherCodes {
		if !slices.Contains(lines, "portalctl "+line) && !slices.Contains(lines, line) {
			t.Errorf("no page shows %q any more", line)
		}
	}
	environ := docsWorld(t)
	for _, line := range lines {
		bare := strings.TrimPrefix(line, "portalctl ")
		if notRun[line] != "" || notRun[bare] != "" {
			continue
		}
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(line, "| man ") {
				if _, err := exec.LookPath("man"); err != nil {
					t.Skip("man is not installed")
				}
			}
			dir, environ := docsPortal(t, bare, environ)
			c := exec.Command("bash", "-c", placeholders.Replace(line))
			c.Dir, c.Env = dir, environ
			out, err := c.CombinedOutput()
			code := 0
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				code = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if want, ok := otherCodes[bare]; ok {
				if code != want.code {
					t.Errorf("exit %d, want %d (%s)\n%s", code, want.code, want.why, out)
				}
			} else if code > 1 {
				t.Errorf("exit %d\n%s", code, out)
			}
		})
	}
}

// docsWorld starts the hosts, and returns the environment that leads to them.
func docsWorld(t *testing.T) []string {
	t.Helper()
	registry := npmregistry.New(t)
	publishExample(t, registry)
	records := t.TempDir()
	record := osvtest.Record("GHSA-aaaa-bbbb-cccc", "npm", "typescript", "99.0.0", time.Now())
	if err := os.WriteFile(filepath.Join(records, "GHSA-aaaa-bbbb-cccc.json"), record, 0o644); err != nil {
		t.Fatal(err)
	}
	osv, err := osvtest.Start(records)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(osv.Close)
	home := t.TempDir()
	// fish makes it when it starts for the first time.
	if err := os.MkdirAll(filepath.Join(home, ".config", "fish", "completions"), 0o755); err != nil {
		t.Fatal(err)
	}
	environ := append(exampleEnv(t), "HOME="+home, "PATH="+os.Getenv("PATH"), "TMPDIR="+os.TempDir(), "XDG_STATE_HOME="+t.TempDir(), "NO_PROXY=127.0.0.1",
		"YARN_NPM_REGISTRY_SERVER="+registry.URL, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "PORTALCTL_OSV_URL="+osv.URL, "PORTALCTL_OSV_DB_URL="+osv.URL+"/npm/all.zip",
		"GITHUB_STEP_SUMMARY="+filepath.Join(t.TempDir(), "summary.md"), "GIT_CONFIG_GLOBAL="+os.DevNull, program.SchemasVar+"="+schemas())
	if code, out, errOut := run0(t, "", environ, "audit", "db", "update"); code != 0 {
		t.Fatal(out, errOut)
	}
	return environ
}

// docsPortal is a portal of its own for one line.
func docsPortal(t *testing.T, line string, environ []string) (string, []string) {
	t.Helper()
	if strings.HasPrefix(line, "snapshot ") {
		root, own := sqlitePortal(t)
		own = append(own, program.SchemasVar+"="+schemas())
		if !strings.HasPrefix(line, "snapshot create") {
			if code, out, errOut := run0(t, "", own, "snapshot", "create", "-C", root); code != 0 {
				t.Fatal(out, errOut)
			}
		}
		if strings.HasPrefix(line, "snapshot restore") {
			migrate(t, root)
		}
		return root, own
	}
	root := filepath.Join(t.TempDir(), "portal")
	if err := os.CopyFS(root, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(line, "--licenses") {
		if err := os.WriteFile(filepath.Join(root, "licenses.yaml"), []byte("allow: [MIT, Apache-2.0]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	commitAll(t, root)
	repo, err := git.PlainOpen(root)
	if err != nil {
		t.Fatal(err)
	}
	head, err := repo.Head()
	if err == nil {
		err = repo.Storer.SetReference(plumbing.NewHashReference("refs/remotes/origin/main", head.Hash()))
	}
	if err != nil {
		t.Fatal(err)
	}
	return root, environ
}

// publishExample has the registry serve what the example portal's lock has, and
// each @backstage package also in the versions of all releases.
func publishExample(t *testing.T, registry *npmregistry.Registry) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(example, "yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string][]string{}
	manifests, err := filepath.Glob("../../testdata/versions/v1/releases/*/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range manifests {
		var m struct {
			Packages []struct{ Name, Version string }
		}
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Packages {
			versions[p.Name] = append(versions[p.Name], p.Version)
		}
	}
	entry := regexp.MustCompile(`(?m)^  resolution: "(@?[^@"]+)@npm:([^"]+)"\n(?:  dependencies:\n((?:    .*\n)+))?`)
	dep := regexp.MustCompile(`(?m)^    "?([^":]+)"?: "?(?:npm:)?([^"\n]+)"?$`)
	published := 0
	for _, m := range entry.FindAllStringSubmatch(string(src), -1) {
		var deps []string
		for _, d := range dep.FindAllStringSubmatch(m[3], -1) {
			deps = append(deps, d[1]+"@"+d[2])
		}
		list := append(versions[m[1]], m[2])
		slices.Sort(list)
		for _, v := range slices.Compact(list) {
			registry.Publish(m[1]+"@"+v, deps...)
			published++
		}
	}
	if published < 60 {
		t.Fatalf("%d versions published only", published)
	}
}
