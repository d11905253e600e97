package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// The fixture portal has nothing wrong; each file of testdata/mutations plants
// one mistake in it and says what must be found, and nothing else.
func TestMutations(t *testing.T) {
	files, err := filepath.Glob("testdata/mutations/*.txtar")
	if err != nil || len(files) < 70 {
		t.Fatalf("%d mutations, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := wanted(t, string(ar.Comment))
			dir := copyPortal(t)
			for _, f := range ar.Files {
				if err := mutate(dir, f); err != nil {
					t.Fatalf("%s: %v", f.Name, err)
				}
			}
			r := mustReport(t, openFixture(t, dir), Options{})
			if diff := cmp.Diff(want, lines(r)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
				for _, f := range r.Findings {
					t.Logf("%s %s: %s\n\t%s", f.Pos, f.Rule, f.Message, f.Next)
				}
			}
			for _, f := range r.Findings {
				if f.Message == "" || f.Next == "" || f.Name == "" || len(f.Fixes) == 0 {
					t.Errorf("incomplete: %+v", f)
				}
			}
		})
	}
}

func TestCleanPortal(t *testing.T) {
	r := mustReport(t, openFixture(t, "testdata/portal"), Options{})
	if len(r.Findings) > 0 {
		t.Errorf("found %v", lines(r))
	}
	if r := mustReport(t, openFixture(t, "testdata/portal"), Options{All: true}); len(r.Findings) > 0 {
		t.Errorf("with --all found %v", lines(r))
	}
}

func wanted(t *testing.T, comment string) []string {
	t.Helper()
	list, said := []string{}, false
	for line := range strings.Lines(comment) {
		if want, ok := strings.CutPrefix(line, "want: "); ok {
			said = true
			if want = strings.TrimSpace(want); want != "nothing" {
				list = append(list, want)
			}
		}
	}
	if !said {
		t.Fatal("no want: line")
	}
	return list
}

// mutate applies one section of a mutation; testdata/mutations/README.md
// explains them.
func mutate(dir string, f txtar.File) error {
	verb, name, _ := strings.Cut(f.Name, " ")
	file := filepath.Join(dir, filepath.FromSlash(name))
	switch verb {
	case "delete":
		return os.Remove(file)
	case "new":
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, f.Data, 0o644)
	case "patch":
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text := "\n" + string(src)
		for hunk := range strings.SplitSeq(strings.TrimSuffix(string(f.Data), "\n"), "\n@@\n") {
			var from, to strings.Builder
			for line := range strings.SplitSeq(hunk, "\n") {
				if line == "" {
					line = " "
				}
				if line[0] != '+' {
					from.WriteString("\n" + line[1:])
				}
				if line[0] != '-' {
					to.WriteString("\n" + line[1:])
				}
			}
			from.WriteString("\n")
			to.WriteString("\n")
			if n := strings.Count(text, from.String()); n != 1 {
				return fmt.Errorf("the hunk fits %d places:\n%s", n, hunk)
			}
			text = strings.Replace(text, from.String(), to.String(), 1)
		}
		return os.WriteFile(file, []byte(text[1:]), 0o644)
	}
	return fmt.Errorf("there is no verb %q", verb)
}

// Applied in any order, unrelated mistakes are found side by side.
func TestMutationsTogether(t *testing.T) {
	dir := copyPortal(t)
	var want []string
	for _, name := range []string{"registered_module_never", "structure_files_source", "host_router_peer_excludes", "resolution_unused", "off_release_newer"} {
		ar, err := txtar.ParseFile("testdata/mutations/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, wanted(t, string(ar.Comment))...)
		for _, f := range ar.Files {
			if err := mutate(dir, f); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := lines(mustReport(t, openFixture(t, dir), Options{}))
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
