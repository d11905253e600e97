package shipped

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	stepGet, stepCache, stepBuild = "Get portalctl", "Restore Go's cache", "Build portalctl"

	// fakeGo is a Go that makes a binary of whatever it is to build.
	fakeGo = `echo "$*" >> "$RUNNER_TEMP/go"
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then out=$2; fi; shift; done
printf '#!/bin/sh\necho built\n' > "$out"; chmod 755 "$out"
`
)

// actionAt is the checkout that a runner makes for an action at a ref.
func actionAt(t *testing.T, ref string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "_actions", "portalctl", "portalctl", filepath.FromSlash(ref))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"install.sh", "go.mod", "go.sum"} {
		src, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), src, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Where the binary of the action comes from: the release of its own ref, by
// checksum; its source where there is none; nothing where the release is wrong.
func TestActionGet(t *testing.T) {
	t.Parallel()
	commit, other := strings.Repeat("ab", 20), strings.Repeat("cd", 20)
	// As git's servers list refs: a tag object, and the commit that it is of.
	refs := strings.Join([]string{
		other + "\trefs/heads/main",
		strings.Repeat("12", 20) + "\trefs/tags/v1",
		commit + "\trefs/tags/v1^{}",
		strings.Repeat("34", 20) + "\trefs/tags/v1.2.3",
		commit + "\trefs/tags/v1.2.3^{}",
		other + "\trefs/tags/v1.2.2",
		other + "\trefs/tags/nightly",
	}, "\n") + "\n"
	tests := []struct {
		name, ref, install string
		bend               func(t *testing.T, s *releaseServer)
		code               int
		binary             string // what it says
		ran                []string
		says               string
	}{
		{"a release", "v1.2.3", "", nil, 0, "portalctl version v1.2.3", []string{stepGet}, ""},
		{"the commit of a release", commit, "", nil, 0, "portalctl version v1.2.3", []string{stepGet}, ""},
		{"a tag that moves", "v1", "", nil, 0, "portalctl version v1.2.3", []string{stepGet}, ""},
		{"a commit without a release", strings.Repeat("ef", 20), "", nil, 0, "built", []string{stepGet, stepCache, stepBuild}, ""},
		{"a tag whose release is not there", other, "", nil, 0, "built", []string{stepGet, stepCache, stepBuild}, "there is no release v1.2.2"},
		{"a branch", "main", "", nil, 0, "built", []string{stepGet, stepCache, stepBuild}, ""},
		{"a branch with a slash", "feat/x", "", nil, 0, "built", []string{stepGet, stepCache, stepBuild}, ""},
		{"no release", "v9.9.9", "", nil, 0, "built", []string{stepGet, stepCache, stepBuild}, "there is no release v9.9.9"},
		{"source is wanted", "v1.2.3", "source", nil, 0, "built", []string{stepGet, stepCache, stepBuild}, ""},
		{"a wrong checksum", "v1.2.3", "", func(t *testing.T, s *releaseServer) {
			s.files[releases+"/download/v1.2.3/"+archiveName("1.2.3")] = body(packed(t, map[string]string{"portalctl": "#!/bin/sh\necho pwned\n"}))
		}, 2, "", []string{stepGet}, "does not match its checksum"},
		{"a wrong checksum of a commit's release", commit, "", func(t *testing.T, s *releaseServer) {
			s.files[releases+"/download/v1.2.3/"+archiveName("1.2.3")] = body(packed(t, map[string]string{"portalctl": "#!/bin/sh\necho pwned\n"}))
		}, 2, "", []string{stepGet}, "does not match its checksum"},
		{"a list that is a web page", "v1.2.3", "", func(t *testing.T, s *releaseServer) {
			s.files[releases+"/download/v1.2.3/checksums.txt"] = body([]byte("<html>\n"))
		}, 2, "", []string{stepGet}, "is not a list of checksums"},
		{"tags that cannot be read", commit, "", func(t *testing.T, s *releaseServer) { delete(s.files, "/portalctl/portalctl/info/refs") },
			0, "built", []string{stepGet, stepCache, stepBuild}, "::warning::the tags of"},
		{"a wrong input", "v1.2.3", "x; touch pwned", nil, 2, "", []string{stepGet}, "::error::install is release or source"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source := actionAt(t, tt.ref)
			r := newRunner(t, source)
			s := newReleaseServer(t)
			s.release(t, "1.2.3", fakeBinary)
			s.files["/portalctl/portalctl/info/refs"] = body([]byte(refs))
			if tt.bend != nil {
				tt.bend(t, s)
			}
			r.environ = append(r.environ, "GITHUB_SERVER_URL="+s.URL)
			r.program("first", "go", fakeGo)
			with := map[string]string{}
			if tt.install != "" {
				with["install"] = tt.install
			}
			if got := r.run(with, stepGet, stepCache, stepBuild); got != tt.code {
				t.Errorf("exit code %d, want %d", got, tt.code)
			}
			if !slices.Equal(r.ran, tt.ran) {
				t.Errorf("the steps %q ran, want %q", r.ran, tt.ran)
			}
			if !strings.Contains(r.log.String(), tt.says) {
				t.Errorf("the log lacks %q", tt.says)
			}
			binary := r.read("portalctl-bin/portalctl")
			if tt.binary == "" && binary != "" || !strings.Contains(binary, tt.binary) {
				t.Errorf("the binary is %q, want one that says %q", binary, tt.binary)
			}
			if slices.Contains(tt.ran, stepBuild) {
				want := "build -C " + source + " -trimpath -buildvcs=false -o TEMP/portalctl-bin/portalctl ./cmd/portalctl\n"
				if got := r.read("go"); got != want {
					t.Errorf("go %q, want %q", got, want)
				}
				if key := r.context["steps.get.outputs.key"]; len(key) != len("portalctl-go-")+40 {
					t.Errorf("the cache's key is %q", key)
				}
			} else if got := r.read("go"); got != "" {
				t.Errorf("Go ran: %s", got)
			}
			if t.Failed() {
				t.Log(r.log.String())
			}
		})
	}
}

// An action that is not a runner's download (uses: ./) is built.
func TestActionLocal(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := os.WriteFile(filepath.Join(source, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := newRunner(t, source)
	r.program("first", "go", fakeGo)
	if code := r.run(nil, stepGet, stepBuild); code != 0 || !strings.Contains(r.read("portalctl-bin/portalctl"), "built") {
		t.Errorf("exit code %d: %s", code, r.log.String())
	}
	if got := r.read("path"); got != "TEMP/portalctl-bin\n" {
		t.Errorf("later steps get the PATH %q", got)
	}
}

// The action may only bring portalctl, for the steps of a workflow. What is neither yes
// nor no is no audit that passed.
func TestActionOnlyInstalls(t *testing.T) {
	t.Parallel()
	for audit, want := range map[string]struct {
		code int
		ran  []string
	}{"false": {0, []string{stepGet}}, "true": {0, []string{stepGet, "Audit"}}, "False": {2, []string{stepGet}}, "": {2, []string{stepGet}}} {
		r := newRunner(t, actionAt(t, "v1.2.3"))
		s := newReleaseServer(t)
		s.release(t, "1.2.3", fakeBinary)
		r.environ = append(r.environ, "GITHUB_SERVER_URL="+s.URL)
		if code := r.run(map[string]string{"audit": audit}, stepGet, "Audit"); code != want.code || !slices.Equal(r.ran, want.ran) {
			t.Errorf("audit: %q: exit code %d, the steps %q\n%s", audit, code, r.ran, r.log.String())
		}
	}
}

// One run writes all forms, and its verdict is handed on. An input that is none
// of the words that it may be ends the job before anything runs.
func TestActionAudit(t *testing.T) {
	t.Parallel()
	const forms = " --output markdown=TEMP/summary"
	const sarif = forms + " --output sarif=portalctl-audit.sarif"
	type m = map[string]string
	tests := []struct {
		name   string
		with   m
		exits  string // of the calls of portalctl, in order
		code   int
		calls  []string
		output string
	}{
		{"passes", nil, "0", 0, []string{"audit -C . --online" + sarif}, "sarif=portalctl-audit.sarif\nresult=passed\n"},
		{"no SARIF", m{"sarif": "", "online": "false"}, "0", 0, []string{"audit -C ." + forms}, "result=passed\n"},
		{"blocks", m{"base": "abc", "fail-on": "low", "no-score": "block", "strict": "true", "directory": "my portal", "online": "false"}, "1", 1,
			[]string{"audit -C my portal --base abc --fail-on low --no-score block --strict=true" + sarif}, "sarif=portalctl-audit.sarif\nresult=blocked\n"},
		{"leaves out", m{"exclude": "testdata/**\n\n  'e2e'/*\r\n", "prod": "true", "online": "false"}, "0", 0,
			[]string{"audit -C . --prod=true --exclude testdata/** --exclude   'e2e'/*" + sarif}, "sarif=portalctl-audit.sarif\nresult=passed\n"},
		{"says no to policy", m{"prod": "false", "strict": "false", "online": "false"}, "0", 0, []string{"audit -C . --prod=false --strict=false" + sarif}, "sarif=portalctl-audit.sarif\nresult=passed\n"},
		{"incomplete", m{"online": "false"}, "2", 2, []string{"audit -C ." + sarif}, "result=incomplete\n"},
		{"downloads, and asks the registry", m{"database": "download"}, "0 0", 0, []string{"audit db update", "audit -C . --db TEMP/.cache/portalctl/osv --online" + sarif}, "sarif=portalctl-audit.sarif\nresult=passed\n"},
		{"downloads, and asks nobody", m{"database": "download", "online": "false"}, "0 1", 1, []string{"audit db update", "audit -C . --db TEMP/.cache/portalctl/osv" + sarif}, "sarif=portalctl-audit.sarif\nresult=blocked\n"},
		{"no download", m{"database": "download"}, "2", 2, []string{"audit db update"}, "result=incomplete\n"},
		{"killed", m{"online": "false"}, "130", 130, []string{"audit -C ." + sarif}, "result=incomplete\n"},
		{"no code", m{"directory": "$(touch pwned); `touch pwned`", "base": "--full", "online": "false"}, "0", 0,
			[]string{"audit -C $(touch pwned); `touch pwned` --base --full" + sarif}, "sarif=portalctl-audit.sarif\nresult=passed\n"},
		{"a typing error", m{"fail-on": "hihg"}, "0", 2, nil, "result=incomplete\n"},
		{"no score", m{"no-score": "fail"}, "0", 2, nil, "result=incomplete\n"},
		{"yes", m{"strict": "yes"}, "0", 2, nil, "result=incomplete\n"},
		{"prod", m{"prod": "True"}, "0", 2, nil, "result=incomplete\n"},
		{"online", m{"online": ""}, "0", 2, nil, "result=incomplete\n"},
		{"database", m{"database": "offline"}, "0", 2, nil, "result=incomplete\n"},
		{"an output of its own", m{"sarif": "a\nresult=passed"}, "0", 2, nil, "result=incomplete\n"},
		{"two folders", m{"directory": "a\nb"}, "0", 2, nil, "result=incomplete\n"},
		{"two bases", m{"base": "a\r\nb"}, "0", 2, nil, "result=incomplete\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t, t.TempDir())
			r.program("portalctl-bin", "portalctl", "echo \"$*\" >> \"$RUNNER_TEMP/calls\"\nset -- $EXITS\nshift $(($(wc -l < \"$RUNNER_TEMP/calls\") - 1))\nexit \"$1\"\n")
			r.environ = append(r.environ, "EXITS="+tt.exits)
			if got := r.run(tt.with, "Audit"); got != tt.code {
				t.Errorf("exit code %d, want %d: %s", got, tt.code, r.log.String())
			}
			want := strings.Join(append(slices.Clone(tt.calls), ""), "\n")
			if got := r.read("calls"); got != want {
				t.Errorf("calls\n%swant\n%s", got, want)
			}
			if got := r.read("output"); got != tt.output {
				t.Errorf("output %q, want %q", got, tt.output)
			}
			// What portalctl did not say, the step says: that nothing is known.
			audited := len(tt.calls) > 0 && strings.HasPrefix(tt.calls[len(tt.calls)-1], "audit -C")
			if got := r.read("summary"); (got != "") != (audited && tt.code > 1) {
				t.Errorf("summary %q", got)
			}
			if tt.calls == nil && !strings.Contains(r.log.String(), "::error::the input ") {
				t.Errorf("the log does not say which input is wrong: %s", r.log.String())
			}
		})
	}
}
