package ignore

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

var (
	today = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	rules = append([]finding.Rule{{ID: "git-source", Severity: finding.Error}, {ID: "yarnrc", Severity: finding.Error}}, Rules()...)
	log4  = Subject{ID: "GHSA-jfh8-c2jp-5v3q", Aliases: []string{"CVE-2021-44228"}, Package: "log4js", Version: "6.0.0", Lock: "yarn.lock", Workspaces: []string{"packages/app", "plugins/a"}}
	evil  = Subject{ID: "MAL-2025-47111", Aliases: []string{"GHSA-aaaa-bbbb-cccc"}, Package: "evil", Version: "1.0.1", Lock: "yarn.lock", Malware: true}
)

func policy(text string) []File { return []File{{policyFile, []byte(text)}} }
func osv(text string) []File    { return []File{{osvFile, []byte(text)}} }

func load(t testing.TB, src Sources) *Decisions {
	t.Helper()
	src.Rules, src.Now = rules, today
	d, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// entry is an ignore of .portalctl.yaml with what each of them needs.
func entry(fields string) string {
	return "audit:\n  ignore:\n    - {" + fields + ", reason: no input from outside, owner: team-portal, expires: 2026-12-01}\n"
}

// A rule's ignore needs no owner, and takes file for path, as check's do.
func TestOneFormOfIgnores(t *testing.T) {
	d := load(t, Sources{Head: policy("audit:\n  ignore:\n    - {rule: git-source, file: plugins/a/package.json, reason: r, expires: 2026-12-01}\n")})
	ig, ok := d.Ignored(Subject{Rule: "git-source", Package: "x", Lock: "plugins/a/package.json"})
	if !ok || ig.Path != "plugins/a/package.json" || ig.Owner != "" {
		t.Errorf("%v %+v", ok, ig)
	}
}

func TestPolicy(t *testing.T) {
	d := load(t, Sources{Head: policy(`
check:
  rules: {duplicate: off}
audit:
  fail-on: medium
  no-score: block
  fail-on-unfixable: false
  prod: true
  strict: true
  max-db-age: 7d
  min-age: 36h
  max-ignore-days: 90
  registries: ["npm.acme.example", "https://npm.acme.example:8443/api/npm/"]
  scopes: {acme: npm.acme.example, "@other": "https://npm.pkg.example/x"}
  rules: {git-source: warning, ignore-unused: off}
`)})
	yes, no := true, false
	want := Policy{FailOn: "medium", NoScore: "block", FailOnUnfixable: &no, Prod: &yes, Strict: &yes, MaxDBAge: 7 * day, MinAge: 36 * time.Hour, Window: 90,
		Registries: []string{"https://npm.acme.example", "https://npm.acme.example:8443/api/npm"},
		Scopes:     map[string]string{"@acme": "https://npm.acme.example", "@other": "https://npm.pkg.example/x"},
		Severities: map[string]finding.Severity{"git-source": finding.Warning, "ignore-unused": finding.Off}}
	if diff := cmp.Diff(want, d.Policy); diff != "" {
		t.Error(diff)
	}
	for _, empty := range []string{"", "audit:\n", "audit: {}\n", "audit: {ignore: , registries: , scopes: , rules: }\n", "check: {}\n"} {
		if d := load(t, Sources{Head: policy(empty)}); d.Policy.FailOn != "" || len(d.ignores) != 0 {
			t.Errorf("%q: %+v", empty, d)
		}
	}
}

func TestIgnored(t *testing.T) {
	with := func(s Subject, f func(*Subject)) Subject { f(&s); return s }
	git := Subject{Rule: "git-source", Package: "fork", Lock: "sub/yarn.lock"}
	tests := []struct {
		name  string
		files []File
		s     Subject
		want  bool
	}{
		{"id", policy(entry("id: GHSA-jfh8-c2jp-5v3q")), log4, true},
		{"alias", policy(entry("id: CVE-2021-44228")), log4, true},
		{"other id", policy(entry("id: GHSA-xxxx-xxxx-xxxx")), log4, false},
		{"id and package", policy(entry("id: GHSA-jfh8-c2jp-5v3q, package: 'log4*'")), log4, true},
		{"id and other package", policy(entry("id: GHSA-jfh8-c2jp-5v3q, package: lodash")), log4, false},
		{"lock", policy(entry("id: GHSA-jfh8-c2jp-5v3q, path: yarn.lock")), log4, true},
		{"other lock", policy(entry("id: GHSA-jfh8-c2jp-5v3q, path: dynamic-plugins/yarn.lock")), log4, false},
		{"all workspaces that ask", policy(entry("id: GHSA-jfh8-c2jp-5v3q, path: '{packages,plugins}/*'")), log4, true},
		{"only one of them", policy(entry("id: GHSA-jfh8-c2jp-5v3q, path: ./plugins/a/")), log4, false},
		{"a rule", policy(entry("rule: git-source, package: fork")), git, true},
		{"a rule and a path", policy(entry("rule: git-source, path: 'sub/**'")), git, true},
		{"a rule elsewhere", policy(entry("rule: git-source, path: 'other/**'")), git, false},
		{"a rule is no advisory", policy(entry("rule: git-source, package: log4js")), log4, false},
		{"malware by its id", policy(entry("id: MAL-2025-47111")), evil, true},
		{"malware by an alias", policy(entry("id: GHSA-aaaa-bbbb-cccc, package: evil")), evil, true},
		{"osv id", osv("[[IgnoredVulns]]\nid = \"GHSA-jfh8-c2jp-5v3q\"\n"), log4, true},
		{"osv alias", osv("[[IgnoredVulns]]\nid = \"CVE-2021-44228\"\nreason = \"x\"\n"), log4, true},
		{"osv case counts", osv("[[IgnoredVulns]]\nid = \"cve-2021-44228\"\n"), log4, false},
		{"osv until", osv("[[IgnoredVulns]]\nid = \"CVE-2021-44228\"\nignoreUntil = 2026-09-02\n"), log4, true},
		{"osv ended", osv("[[IgnoredVulns]]\nid = \"CVE-2021-44228\"\nignoreUntil = 2026-08-31T00:00:00Z\n"), log4, false},
		{"osv: only the first of two", osv("[[IgnoredVulns]]\nid = \"CVE-2021-44228\"\nignoreUntil = 2026-08-01T00:00:00Z\n[[IgnoredVulns]]\nid = \"CVE-2021-44228\"\n"), log4, false},
		{"osv for another folder", []File{{"sub/" + osvFile, []byte("[[IgnoredVulns]]\nid = \"CVE-2021-44228\"\n")}}, log4, false},
		{"osv of the folder", []File{{"sub/" + osvFile, []byte("[[IgnoredVulns]]\nid = \"CVE-2021-44228\"\n")}}, with(log4, func(s *Subject) { s.Lock = "sub/yarn.lock" }), true},
		{"osv package", osv("[[PackageOverrides]]\nname = \"log4js\"\necosystem = \"npm\"\nignore = true\n"), log4, true},
		{"osv package's advisories", osv("[[PackageOverrides]]\nname = \"log4js\"\nversion = \"6.0.0\"\nvulnerability.ignore = true\n"), log4, true},
		{"osv other version", osv("[[PackageOverrides]]\nname = \"log4js\"\nversion = \"6.0.1\"\nvulnerability.ignore = true\n"), log4, false},
		{"osv regex", osv("[[PackageOverrides]]\nname = \"log.*\"\nnameIsRegex = true\nignore = true\n"), log4, true},
		{"osv name is no regex", osv("[[PackageOverrides]]\nname = \"log.*\"\nignore = true\n"), log4, false},
		{"osv: every package", osv("[[PackageOverrides]]\necosystem = \"npm\"\nignore = true\n"), log4, true},
		{"osv other ecosystem", osv("[[PackageOverrides]]\nname = \"log4js\"\necosystem = \"PyPI\"\nignore = true\n"), log4, false},
		{"osv group", osv("[[PackageOverrides]]\nname = \"log4js\"\ngroup = \"dev\"\nignore = true\n"), log4, false},
		{"osv override ended", osv("[[PackageOverrides]]\nname = \"log4js\"\nignore = true\neffectiveUntil = 2026-08-01\n"), log4, false},
		{"osv licence", osv("[[PackageOverrides]]\nname = \"log4js\"\nlicense.override = [\"MIT\"]\n"), log4, false},
		{"osv: malware of a package", osv("[[PackageOverrides]]\nname = \"evil\"\nignore = true\n"), evil, false},
		{"osv: malware by its id", osv("[[IgnoredVulns]]\nid = \"MAL-2025-47111\"\n"), evil, true},
		{"osv is not about rules", osv("[[PackageOverrides]]\nname = \"fork\"\nignore = true\n"), with(git, func(s *Subject) { s.Lock = "yarn.lock" }), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if ig, got := load(t, Sources{Head: tt.files}).Ignored(tt.s); got != tt.want {
				t.Errorf("ignored: %v, %+v", got, ig)
			}
		})
	}
}

// texts are findings as lines.
func texts(list []finding.Finding) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%s %s %s: %s\n", f.Severity, f.Rule, f.Pos, f.Message)
	}
	return b.String()
}

func TestAboutIgnores(t *testing.T) {
	const list = `audit:
  ignore:
    - {id: CVE-2021-44228, reason: used, owner: me, expires: 2026-09-01}
    - {id: GHSA-old1-old1-old1, package: a, path: x/yarn.lock, reason: over, owner: me, expires: 2026-08-31}
    - {id: GHSA-free-free-free, reason: nobody needs it, owner: me, expires: 2026-10-01}
`
	d := load(t, Sources{Head: policy(list)})
	d.Ignored(log4)
	const ended = "error ignore-expired .portalctl.yaml:4:7: the ignore of GHSA-old1-old1-old1 for a in x/yarn.lock expired on 2026-08-31 (over, me)\n"
	const unused = " ignore-unused .portalctl.yaml:5:7: the ignore of GHSA-free-free-free is no longer needed (nobody needs it, me)\n"
	if got, want := texts(d.Findings(false, false)), ended+"info"+unused; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got, want := texts(d.Findings(true, false)), ended+"error"+unused; got != want {
		t.Errorf("strict: got\n%swant\n%s", got, want)
	}
	if got := texts(d.Findings(true, true)); got != ended {
		t.Errorf("partial: got\n%swant\n%s", got, ended)
	}
	d = load(t, Sources{Head: osv("# ours\n[[IgnoredVulns]]\nid = \"GHSA-free-free-free\"\n\n[[PackageOverrides]]\nname = \"x\"\nignore = true\neffectiveUntil = 2026-08-01T00:00:00Z\n\n[[PackageOverrides]]\nname = \"y\"\nlicense.ignore = true\n")})
	want := "info ignore-unused osv-scanner.toml:2:1: the ignore of GHSA-free-free-free is no longer needed\n" +
		"error ignore-expired osv-scanner.toml:5:1: the ignore of all advisories for x expired on 2026-07-31\n"
	if got := texts(d.Findings(false, false)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A change does not write its own gate.
func TestBase(t *testing.T) {
	none := Sources{HasBase: true}
	head := policy("audit:\n  fail-on: none\n" + strings.TrimPrefix(entry("id: GHSA-jfh8-c2jp-5v3q"), "audit:\n"))
	src := none
	src.Head = head
	d := load(t, src)
	if _, ok := d.Ignored(log4); ok || d.Policy.FailOn != "" {
		t.Error("the change's own decisions count")
	}
	if ig, ok := d.Added(log4); !ok || ig.Pos.Line != 4 {
		t.Errorf("the change's ignore is not shown: %+v", ig)
	}
	want := "info ignore-added .portalctl.yaml:4:7: this change adds an ignore of GHSA-jfh8-c2jp-5v3q until 2026-12-01 (no input from outside, team-portal); it does not count for what the change brings\n"
	if got := texts(d.Findings(true, false)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}

	d = load(t, Sources{HasBase: true, Base: head, Head: head})
	if _, ok := d.Ignored(log4); !ok || d.Policy.FailOn != "none" {
		t.Error("the base's decisions do not count")
	}
	if got := texts(d.Findings(true, false)); got != "" {
		t.Error(got)
	}

	// One that is over when it is added will not count after the merge either.
	d = load(t, Sources{HasBase: true, Head: policy("audit:\n  ignore:\n    - {id: CVE-2021-44228, reason: r, owner: o, expires: 2026-08-31}\n")})
	if ig, ok := d.Added(log4); ok {
		t.Errorf("%+v will count", ig)
	}

	// A longer time is another decision.
	longer := policy(strings.Replace(string(head[0].Data), "2026-12-01", "2027-01-01", 1))
	d = load(t, Sources{HasBase: true, Base: head, Head: longer})
	if ig, ok := d.Ignored(log4); !ok || ig.Expires != "2026-12-01" {
		t.Errorf("%+v", ig)
	}
	if got := texts(d.Findings(true, false)); !strings.HasPrefix(got, "info ignore-added") {
		t.Error(got)
	}

	// Malware that the change brings with an ignore of it.
	d = load(t, Sources{HasBase: true, Head: append(policy(entry("id: MAL-2025-47111")), osv("[[IgnoredVulns]]\nid = \"MAL-2025-47111\"\n")...)})
	if _, ok := d.Ignored(evil); ok {
		t.Error("a change ignores its own malware")
	}
	if _, ok := d.Added(evil); !ok {
		t.Error("the ignore of malware is not shown")
	}
}

// What has expired in the base does not stop the change that removes it or
// decides again.
func TestRepair(t *testing.T) {
	old := policy("audit:\n  ignore:\n    - {id: GHSA-old1-old1-old1, reason: over, owner: me, expires: 2026-08-31}\n")
	if got := texts(load(t, Sources{HasBase: true, Base: old, Head: old}).Findings(false, false)); !strings.HasPrefix(got, "error ignore-expired") {
		t.Error(got)
	}
	for _, head := range []string{"", "audit:\n  ignore:\n    - {id: GHSA-old1-old1-old1, reason: again, owner: me, expires: 2026-10-31}\n"} {
		if got := texts(load(t, Sources{HasBase: true, Base: old, Head: policy(head)}).Findings(true, false)); strings.Contains(got, "error") {
			t.Errorf("%q: %s", head, got)
		}
	}
	// Nor does a file that cannot be read.
	bad := policy("audit:\n  fail-on: none\n  ignore: [{id: CVE-2021-44228}]\n")
	d := load(t, Sources{HasBase: true, Base: bad, Head: policy("audit: {}\n")})
	if _, ok := d.Ignored(log4); ok || d.Policy.FailOn != "" || !strings.Contains(d.Note, "the ignore has no reason") {
		t.Errorf("%+v", d)
	}
}

func TestBadFiles(t *testing.T) {
	tests := []struct {
		files []File
		want  string
	}{
		{policy("audit:\n  fail-on: hihg\n"), `.portalctl.yaml:2:12: fail-on is "hihg", which it cannot be`},
		{policy("audit:\n  fial-on: high\n"), `.portalctl.yaml:2:3: there is no setting "fial-on"`},
		{policy("audit:\n  no-score: yes\n"), `.portalctl.yaml:2:13: no-score is "yes", which it cannot be`},
		{policy("audit:\n  prod: often\n"), `.portalctl.yaml:2:9: prod is a text, but must be true or false`},
		{policy("audit:\n  max-db-age: 7\n"), `.portalctl.yaml:2:15: max-db-age is "7", which is not a length of time`},
		{policy("audit:\n  max-db-age: -7d\n"), `.portalctl.yaml:2:15: max-db-age is "-7d", which is not a length of time`},
		{policy("audit:\n  max-ignore-days: 400\n"), `.portalctl.yaml:2:20: max-ignore-days is "400", but must be a number from 1 to 180`},
		{policy("audit:\n  registries: npm.acme.example\n"), `.portalctl.yaml:2:15: registries is a text, but must be a list`},
		{policy("audit:\n  registries: [\"http://npm.acme.example\"]\n"), `.portalctl.yaml:2:16: the address of a registry starts with http:, and only https is allowed`},
		{policy("audit:\n  registries: [\"https://me:secret@npm.acme.example\"]\n"), `.portalctl.yaml:2:16: the address of a registry has more than a host, a port and a path`},
		{policy("audit:\n  registries: [\"*\"]\n"), `.portalctl.yaml:2:16: this is not the address of a registry`},
		{policy("audit:\n  registries: [{a: b}]\n"), `.portalctl.yaml:2:16: this is not the address of a registry`},
		{policy("audit:\n  scopes: {\"@acme/*\": npm.acme.example}\n"), `.portalctl.yaml:2:12: "@acme/*" is not a scope`},
		{policy("audit:\n  rules: {ignore-expired: off}\n"), `.portalctl.yaml:2:11: there is no rule "ignore-expired"`},
		{policy("audit:\n  ignore: {id: x}\n"), `.portalctl.yaml:2:11: ignore is a mapping, but must be a list`},
		{policy("audit:\n  ignore:\n    - GHSA-1\n"), `.portalctl.yaml:3:7: an ignore is a text, but must be a mapping`},
		{policy("audit:\n  ignore:\n    - {id: [a]}\n"), `.portalctl.yaml:3:12: id is a list, but must be a text`},
		{policy(entry("id: 'GHSA-*'")), `.portalctl.yaml:3:12: "GHSA-*" is not the id of an advisory`},
		{policy(entry("id: x, rule: git-source, package: y")), `.portalctl.yaml:3:7: the ignore has both an id and a rule`},
		{policy(entry("package: lodash")), `.portalctl.yaml:3:7: the ignore has no id or rule`},
		{policy(entry("rule: git-source")), `.portalctl.yaml:3:7: the ignore of git-source has no package and no path`},
		{policy(entry("rule: ignore-expired, package: x")), `.portalctl.yaml:3:14: there is no rule "ignore-expired"`},
		{policy(entry("rule: nope, package: x")), `.portalctl.yaml:3:14: there is no rule "nope"`},
		{policy(entry("id: x, package: '['")), `.portalctl.yaml:3:24: "[" is not a valid glob`},
		{policy("audit:\n  ignore:\n    - {id: x, reason: r, owner: o}\n"), `.portalctl.yaml:3:7: the ignore has no expires`},
		{policy("audit:\n  ignore:\n    - {id: x, reason: r, expires: 2026-12-01}\n"), `.portalctl.yaml:3:7: the ignore has no owner`},
		{policy("audit:\n  ignore:\n    - {rule: git-source, package: x, owner: o, expires: 2026-12-01}\n"), `.portalctl.yaml:3:7: the ignore has no reason`},
		{policy("audit:\n  ignore:\n    - {id: x, reason: r, owner: o, expires: soon}\n"), `.portalctl.yaml:3:45: expires is "soon", which is not a date`},
		{policy("audit:\n  ignore:\n    - {id: x, reason: r, owner: o, expires: 2027-03-01}\n"), `.portalctl.yaml:3:45: expires is 2027-03-01, more than 180 days ahead`},
		{policy("audit:\n  ignore:\n    - {id: x, reason: r, owner: o, expires: 2026-11-01}\n  max-ignore-days: 30\n"), `.portalctl.yaml:3:45: expires is 2026-11-01, more than 30 days ahead`},
		{policy("audit: [\n"), `.portalctl.yaml:`},
		{osv("[[IgnoredVulns]]\nid = \n"), `osv-scanner.toml:2:`},
		{osv("[[IgnoredVulns]]\nid = 7\n"), `osv-scanner.toml:2:1: `},
		{osv("[[IgnoredVulns]]\nid = \"a\"\n\n[[IgnoredVulns]]\nid = \"b\"\nignoreUnitl = 2026-01-01\n"), `osv-scanner.toml:6:1: there is no setting "IgnoredVulns.ignoreUnitl"`},
		{osv("[[IgnoredVulns]]\nreason = \"\"\"\n[[IgnoredVulns]]\n\"\"\"\nid = \"a\"\n[[IgnoredVulns]]\nreason = \"x\"\n"), `osv-scanner.toml:6:1: the entry of IgnoredVulns has no id`},
		{osv("[[PackageOverrides]]\nname = \"(\"\nnameIsRegex = true\nignore = true\n"), `osv-scanner.toml:1:1: "(" is not a regular expression`},
		{osv("IgnoredVulns = [{id = \"\"}]\n"), `osv-scanner.toml:1:1: the entry of IgnoredVulns has no id`},
		{osv("x = " + strings.Repeat("[", 100000)), `osv-scanner.toml:`},
		{osv(strings.Repeat("#\n", maxConfig)), `osv-scanner.toml: the file has more than`},
		{[]File{{"other.txt", nil}}, `other.txt: this is not a file of decisions`},
	}
	for _, tt := range tests {
		_, err := Load(Sources{Head: tt.files, Rules: rules, Now: today})
		var f *fault.Error
		if !errors.As(err, &f) || f.Next == "" || !strings.HasPrefix(f.Error(), tt.want) {
			t.Errorf("%.60q:\ngot  %v\nwant %s", tt.files[0].Data, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error()+f.Next, "secret") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

func TestPick(t *testing.T) {
	files := map[string][]byte{policyFile: {1}, "sub/" + policyFile: {2}, osvFile: {3}, "sub/" + osvFile: {4}, "packages/app/" + osvFile: {5}}
	got := ""
	for _, f := range Pick(files, ".", []string{"yarn.lock", "sub/yarn.lock"}) {
		got += f.Path + " "
	}
	if want := ".portalctl.yaml osv-scanner.toml sub/osv-scanner.toml "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("audit:\n  ignore:\n    - {id: x, reason: r, owner: o, expires: 2026-11-01}\n", "[[IgnoredVulns]]\nid = \"a\"\n[[PackageOverrides]]\nname = '''\n[[x]]'''\nvulnerability.ignore = true\n")
	f.Fuzz(func(t *testing.T, yaml, toml string) {
		for _, files := range [][]File{policy(yaml), osv(toml)} {
			d, err := Load(Sources{Head: files, HasBase: true, Base: files, Rules: rules, Now: today})
			if err != nil {
				var e *fault.Error
				if !errors.As(err, &e) || e.Pos.File == "" {
					t.Fatalf("%q: an error without a place: %v", files[0].Data, err)
				}
				continue
			}
			if len(d.added) != 0 {
				t.Fatalf("%q: what is the same on both sides is called added", files[0].Data)
			}
			d.Ignored(log4)
			d.Findings(true, false)
		}
	})
}
