package database

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestOracle asks Backstage itself (testdata/oracle/oracle.js) about every case
// and compares with the recorded answer, and ours with it. It needs node, npm
// and a registry:
//
//	PORTALCTL_ORACLE=1 go test ./snapshot/database -run TestOracle -v
//
// PORTALCTL_ORACLE_DIR keeps what npm installs for the next run. -update
// records the answers.
func TestOracle(t *testing.T) {
	if os.Getenv("PORTALCTL_ORACLE") == "" {
		t.Skip("set PORTALCTL_ORACLE=1 to compare with Backstage's own code; needs npm")
	}
	cases := readCases(t)
	for _, version := range versions {
		answers := ask(t, install(t, version), cases)
		agree, plugins := 0, 0
		for i, c := range cases {
			got := answers[i]
			if *update {
				c.record(t, version, got)
			} else if diff := cmp.Diff(c.recorded(version), got); diff != "" {
				t.Errorf("%s: Backstage answers otherwise than recorded (-recorded +now):\n%s", c.name, diff)
			}
			if t.Run(c.name+"/"+version, func(t *testing.T) { c.check(t, version, got) }) {
				agree++
				plugins += len(got.Plugins)
			}
		}
		t.Logf("%d of %d app-config cases agree with config-loader and backend-defaults %s, %d plugin connections in them", agree, len(cases), version, plugins)
	}
}

// home is where Backstage's packages are: modules has node_modules, defaults is
// one version of backend-defaults, unpacked there without its dependencies (see
// testdata/oracle/package.json).
type home struct{ modules, defaults string }

func install(t *testing.T, version string) home {
	t.Helper()
	dir := os.Getenv("PORTALCTL_ORACLE_DIR")
	if dir == "" {
		dir = oracleDir
	}
	run := func(name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
		}
		return strings.TrimSpace(string(out))
	}
	absent := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err != nil
	}
	if absent("node_modules") {
		manifest, err := os.ReadFile("testdata/oracle/package.json")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "package.json"), manifest, 0o644); err != nil {
			t.Fatal(err)
		}
		run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
	}
	h := home{modules: dir, defaults: filepath.Join(dir, "backend-defaults-"+version)}
	if absent(filepath.Base(h.defaults)) {
		tarball := run("npm", "pack", "--silent", backendDefaults+"@"+version)
		if err := os.MkdirAll(h.defaults, 0o755); err != nil {
			t.Fatal(err)
		}
		run("tar", "xzf", tarball, "-C", h.defaults, "--strip-components=1")
	}
	return h
}

// oracleDir is the folder for one run of the tests.
var oracleDir string

func TestMain(m *testing.M) {
	if os.Getenv("PORTALCTL_ORACLE") != "" && os.Getenv("PORTALCTL_ORACLE_DIR") == "" {
		dir, err := os.MkdirTemp("", "oracle")
		if err != nil {
			panic(err)
		}
		oracleDir = dir
		defer os.RemoveAll(dir)
	}
	m.Run()
}

func ask(t *testing.T, h home, cases []*oneCase) []answer {
	var questions []any
	for _, c := range cases {
		questions = append(questions, map[string]any{"root": c.root, "cwd": c.cwd(), "config": strs(c.Config), "env": strs(c.Env), "plugins": strs(c.Plugins)})
	}
	var answers []answer
	for i, line := range askLines(t, h, questions) {
		// What names the folder of this run is of no use in a record.
		line = strings.ReplaceAll(line, cases[i].root, "$ROOT")
		var a answer
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("%s: %v: %s", cases[i].name, err, line)
		}
		if len(a.Plugins) == 0 {
			a.Plugins = nil
		}
		answers = append(answers, a)
	}
	return answers
}

// askLines puts each question to oracle.js and gives its answers.
func askLines(t *testing.T, h home, questions []any) []string {
	var in bytes.Buffer
	for _, q := range questions {
		line, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	script, err := filepath.Abs("testdata/oracle/oracle.js")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--no-warnings", script, h.modules, h.defaults)
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("oracle.js: %v\n%s", err, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(questions) {
		t.Fatalf("%d answers to %d questions\n%s", len(lines), len(questions), stderr.String())
	}
	return lines
}

func strs(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// record writes an answer into the case; one that is the same as the newest
// version's is left out.
func (c *oneCase) record(t *testing.T, version string, a answer) {
	data, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	files := []txtar.File{}
	for _, f := range c.archive.Files {
		if f.Name != wantFile(version) {
			files = append(files, f)
		}
	}
	if version == versions[0] {
		c.want[wantFile(version)] = a
	}
	if version == versions[0] || !cmp.Equal(a, c.want[wantFile(versions[0])]) {
		files = append(files, txtar.File{Name: wantFile(version), Data: append(data, '\n')})
	}
	c.archive.Files = files
	if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
