package trust

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/capability"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	packages "github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// shelf answers from files of packages, by name@version; an error in the place of
// files is the answer.
type shelf map[string]any

func (s shelf) Read(_ context.Context, name, version string) (*capability.Profile, error) {
	switch is := s[name+"@"+version].(type) {
	case map[string]string:
		files := map[string][]byte{"package.json": []byte("{}")}
		for n, text := range is {
			files[n] = []byte(text)
		}
		return capability.Read(files), nil
	case error:
		return nil, is
	}
	return nil, registry.ErrNotFound
}

// locked is a lock of packages, name@version each.
func locked(t *testing.T, ids ...string) *yarnlock.Lock {
	t.Helper()
	src := lockHead
	for _, id := range ids {
		at := strings.LastIndex(id, "@")
		src += fmt.Sprintf("\"%s@npm:^%s\":\n  version: %s\n  resolution: \"%s@npm:%s\"\n  checksum: 10c0/%0128d\n  languageName: node\n  linkType: hard\n\n",
			id[:at], id[at+1:], id[at+1:], id[:at], id[at+1:], len(id))
	}
	l, err := yarnlock.Parse("yarn.lock", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

type js = map[string]string

func contentsOf(t *testing.T, s shelf, files tree, base, head []string, sev map[string]finding.Severity) (*Result, error) {
	t.Helper()
	return Check(context.Background(), Input{Head: Side{Files: files, Locks: []*yarnlock.Lock{locked(t, head...)}},
		Base: &Side{Files: files, Locks: []*yarnlock.Lock{locked(t, base...)}}, Profiles: s, Severities: sev})
}

// said are the findings of the two rules, a line each, and what is not known.
func said(r *Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		if f.Rule == ruleCapability || f.Rule == ruleScript {
			fmt.Fprintln(&b, f.Severity, f.Rule, f.Name, f.Key, "|", f.Message, "|", strings.Join(f.Lines, "; "))
		}
	}
	for _, u := range r.Unknown {
		fmt.Fprintln(&b, "unknown", u.Rule, u.Reason)
	}
	return b.String()
}

func TestContents(t *testing.T) {
	t.Parallel()
	quiet := js{"a.js": "exports.a = 1"}
	child := js{"a.js": "require('child_process')"}
	install := func(command, code string) js {
		return js{"package.json": fmt.Sprintf(`{"scripts":{"postinstall":%q}}`, command), "s.js": code}
	}
	s := shelf{"a@1.0.0": quiet, "a@1.1.0": child, "a@1.2.0": child, "a@1.3.0": js{"a.js": "require('fs')"},
		"s@1.0.0": install("node s.js", "1"), "s@1.1.0": install("node s.js --x", "1"), "s@1.2.0": install("node s.js", "2"), "s@1.3.0": install("node s.js", "fetch('x')"),
		"p@1.0.0": js{"package.json": `{"backstage":{"role":"frontend-plugin"}}`, "a.js": "require('fs')"},
		"q@1.0.0": js{"package.json": `{"backstage":{"role":"backend-plugin"}}`, "a.js": "require('fs')"},
		"b@1.0.0": fault.Wrap(&packages.Broken{Err: errors.New("cut short")}, fault.Pos{}, "x"), "off@1.0.0": registry.ErrOffline,
		"evil@0.9.0": quiet, "evil@1.0.0": js{"a.js": "eval(atob(x))"}, "dark@1.0.0": js{"a.js": "not ( js"}}
	for _, tc := range []struct {
		name       string
		base, head []string
		want       []string
	}{
		{"nothing changes", []string{"a@1.1.0"}, []string{"a@1.1.0"}, nil},
		{"gained", []string{"a@1.0.0"}, []string{"a@1.1.0"}, []string{"warning capability a gained | a@1.1.0 starts other programs (child_process) now, which 1.0.0 did not | child_process: a.js:1 child_process"}},
		{"it had it", []string{"a@1.1.0"}, []string{"a@1.2.0"}, nil},
		{"one of two had it", []string{"a@1.0.0", "a@1.1.0"}, []string{"a@1.2.0"}, nil},
		{"only files", []string{"a@1.0.0"}, []string{"a@1.3.0"}, []string{"info capability a gained-minor | a@1.3.0 reaches files now, which 1.0.0 did not | filesystem: a.js:1 fs"}},
		{"it was not to be read", []string{"a@0.9.0"}, []string{"a@1.1.0"}, []string{"unknown capability what is new cannot be told, as these could not be read: a@0.9.0"}},
		{"new", nil, []string{"a@1.1.0"}, []string{"info capability yarn.lock new | 1 package that is new in yarn.lock does more than compute | child_process: a@1.1.0"}},
		{"new and quiet", nil, []string{"a@1.0.0"}, nil},
		{"a plugin", nil, []string{"q@1.0.0"}, []string{"info capability q plugin | q@1.0.0, which the change brings, reaches files | filesystem: a.js:1 fs"}},
		{"an unusual one", nil, []string{"p@1.0.0"}, []string{"warning capability p unusual | p@1.0.0, which the change brings, reaches files: a plugin of its role (frontend-plugin) seldom does that | filesystem: a.js:1 fs"}},
		{"hidden", nil, []string{"evil@1.0.0"}, []string{"warning capability evil sign | evil@1.0.0, which the change brings, does what attacks do: hides eval of a text that is decoded first | a.js:1 hides eval of a text that is decoded first; eval: a.js:1 eval"}},
		{"hidden now", []string{"evil@0.9.0"}, []string{"evil@1.0.0"}, []string{"warning capability evil sign | evil@1.0.0, which the change moves, does what attacks do: hides eval of a text that is decoded first | a.js:1 hides eval of a text that is decoded first; eval: a.js:1 eval"}},
		{"dark", nil, []string{"dark@1.0.0"}, []string{"unknown capability not all code could be read: dark@1.0.0 (a.js: it cannot be parsed as JavaScript)"}},
		{"a script that is new", nil, []string{"s@1.0.0"}, []string{"warning install-script s postinstall | s@1.0.0, which the change brings, runs `node s.js` when it is installed (postinstall) | "}},
		{"another command", []string{"s@1.0.0"}, []string{"s@1.1.0"}, []string{"warning install-script s postinstall | s@1.1.0 runs `node s.js --x` when it is installed (postinstall), where 1.0.0 ran `node s.js` | "}},
		{"another text", []string{"s@1.0.0"}, []string{"s@1.2.0"}, []string{"info install-script s postinstall | s@1.2.0 runs `node s.js` when it is installed (postinstall) as 1.0.0 did, and the code of it has changed | "}},
		{"it does more", []string{"s@1.0.0"}, []string{"s@1.3.0"}, []string{"warning capability s gained | s@1.3.0 reaches the network now, which 1.0.0 did not | network: s.js:1 fetch",
			"warning install-script s postinstall | s@1.3.0 runs `node s.js` when it is installed (postinstall) as 1.0.0 did, but that does more now: it reaches the network | "}},
		{"not there", nil, []string{"none@1.0.0", "gone@2.0.0"}, []string{"unknown capability the registry does not have, or does not show, gone@2.0.0, none@1.0.0: what they can do is not known"}},
		{"offline", nil, []string{"off@1.0.0", "a@1.0.0"}, []string{"unknown capability what 1 package of the 2 that the change brings can do was not read before, and the network may not be used"}},
	} {
		r, err := contentsOf(t, s, nil, tc.base, tc.head, nil)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		want := strings.Join(append(tc.want, ""), "\n")
		if got := said(r); got != want {
			t.Errorf("%s:\n%swant\n%s", tc.name, got, want)
		}
	}
	// What cannot be unpacked is no pass; the portal's own versions stop nobody.
	if _, err := contentsOf(t, s, nil, nil, []string{"b@1.0.0"}, nil); err == nil || !strings.Contains(err.Error(), "cannot read b@1.0.0") {
		t.Error(err)
	}
	s["b@1.1.0"] = quiet
	if r, err := contentsOf(t, s, nil, []string{"b@1.0.0"}, []string{"b@1.1.0"}, nil); err != nil || !strings.Contains(said(r), "could not be read: b@1.0.0") {
		t.Error(said(r), err)
	}
	if r, err := contentsOf(t, s, nil, nil, []string{"b@1.0.0"}, map[string]finding.Severity{ruleCapability: finding.Off, ruleScript: finding.Off}); err != nil || said(r) != "" {
		t.Error(err)
	}
	if r, err := contentsOf(t, s, nil, []string{"a@1.0.0"}, []string{"a@1.1.0"}, map[string]finding.Severity{ruleCapability: finding.Error}); err != nil || !strings.HasPrefix(said(r), "error capability a gained") {
		t.Error(said(r), err)
	}
}

// A script that the portal's settings keep from running is only worth a note.
func TestScriptsThatDoNotRun(t *testing.T) {
	t.Parallel()
	s := shelf{"s@1.0.0": js{"package.json": `{"scripts":{"install":"make"}}`}}
	for _, tc := range []struct {
		name, rc, pkg string
		runs          bool
	}{
		{"by default", "", "{}", true},
		{"off", "enableScripts: false\n", "{}", false},
		{"off, and built", "enableScripts: false\n", `{"dependenciesMeta":{"s":{"built":true}}}`, true},
		{"off, and another is built", "enableScripts: false\n", `{"dependenciesMeta":{"t":{"built":true}}}`, false},
		{"a Yarn that runs none", "yarnPath: .yarn/releases/yarn-4.17.0.cjs\n", "{}", false},
	} {
		r, err := contentsOf(t, s, tree{".yarnrc.yml": []byte(tc.rc), "package.json": []byte(tc.pkg)}, nil, []string{"s@1.0.0"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := said(r); strings.HasPrefix(got, "warning install-script") != tc.runs || strings.Contains(got, "keep it from running") == tc.runs {
			t.Errorf("%s: %s", tc.name, got)
		}
	}
}
