package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/ui"
)

// TestReportsGrowWithTheLock: twice the lock is about twice the report, whatever
// the lock looks like. A lock of 1.4 MB had a SARIF of 302 MB: each of 2,500
// findings had the steps of all.
func TestReportsGrowWithTheLock(t *testing.T) {
	testkit.SkipRace(t)
	shapes := map[string]func(n int) (head, base map[string]string, list []*osv.Advisory){
		// One action has a line for each.
		"held by ranges": func(n int) (map[string]string, map[string]string, []*osv.Advisory) {
			var lock, deps []string
			for i := range n {
				lock = append(lock, fmt.Sprintf("bad@npm:1.%d.0 = 1.%d.0", i, i), fmt.Sprintf("asks-%04d@npm:* = 1.0.0 > bad npm:1.%d.0", i, i))
				deps = append(deps, fmt.Sprintf("asks-%04d *", i))
			}
			return monorepo(nil, deps, lock...), nil, []*osv.Advisory{advisory(t, "GHSA-1", "bad", high, "0 9.0.0")}
		},
		"a chain": func(n int) (map[string]string, map[string]string, []*osv.Advisory) {
			var lock []string
			var list []*osv.Advisory
			for i := range n {
				lock = append(lock, fmt.Sprintf("link-%04d@npm:* = 1.0.0 > link-%04d npm:*", i, i+1))
				list = append(list, advisory(t, fmt.Sprintf("GHSA-%04d", i), fmt.Sprintf("link-%04d", i), high, "0 9.0.0"))
			}
			lock = append(lock, fmt.Sprintf("link-%04d@npm:* = 1.0.0", n))
			return monorepo(nil, []string{"link-0000 *"}, lock...), nil, list
		},
		"many workspaces": func(n int) (map[string]string, map[string]string, []*osv.Advisory) {
			var deps []string
			lock := []string{"root@workspace:."}
			var list []*osv.Advisory
			files := map[string]string{"package.json": pkg("root", "")}
			for i := range n {
				name := fmt.Sprintf("bad-%04d", i)
				lock = append(lock, name+"@npm:* = 1.0.0", fmt.Sprintf("ws-%04d@workspace:packages/ws-%04d > all npm:*", i, i))
				files[fmt.Sprintf("packages/ws-%04d/package.json", i)] = pkg(fmt.Sprintf("ws-%04d", i), "backend", "all *")
				deps = append(deps, name+" npm:*")
				list = append(list, advisory(t, "GHSA-"+name, name, high, "0 9.0.0"))
			}
			files["yarn.lock"] = berry(append(lock, "all@npm:* = 1.0.0 > "+strings.Join(deps, ", "))...)
			return files, nil, list
		},
		"a base that has all": func(n int) (map[string]string, map[string]string, []*osv.Advisory) {
			side := func(minor int) map[string]string {
				var lock, deps []string
				for i := range n {
					lock = append(lock, fmt.Sprintf("bad@npm:1.%d.%d = 1.%d.%d", minor, i, minor, i), fmt.Sprintf("asks-%04d@npm:* = 1.0.0 > bad npm:1.%d.%d", i, minor, i))
					deps = append(deps, fmt.Sprintf("asks-%04d *", i))
				}
				return monorepo(nil, deps, lock...)
			}
			return side(1), side(0), []*osv.Advisory{advisory(t, "GHSA-1", "bad", high, "0 9.0.0")}
		},
	}
	forms := map[string]func(*Report, io.Writer) error{
		"json":        (*Report).WriteJSON,
		"sarif":       func(r *Report, w io.Writer) error { return r.Shared("").WriteSARIF(w, "1.0.0") },
		"github":      func(r *Report, w io.Writer) error { return r.Shared("").WriteGitHub(w) },
		"codequality": func(r *Report, w io.Writer) error { return r.Shared("").WriteCodeQuality(w) },
		"table":       func(r *Report, w io.Writer) error { return r.WriteTable(w, ui.Style{}) },
		"markdown":    (*Report).WriteMarkdown,
		"osv":         (*Report).WriteOSV,
		"html":        func(r *Report, w io.Writer) error { return r.Page().Write(w) },
	}
	for m := range reflect.TypeFor[*finding.Report]().Methods() {
		if form, ok := strings.CutPrefix(m.Name, "Write"); ok && forms[strings.ToLower(form)] == nil {
			t.Errorf("the form of %s is not measured", m.Name)
		}
	}
	for shape, of := range shapes {
		t.Run(shape, func(t *testing.T) {
			size := map[string][2]int{}
			for i, n := range []int{160, 320} {
				headFiles, baseFiles, list := of(n)
				var base []*Lock
				if baseFiles != nil {
					base = load(t, baseFiles)
				}
				r := audited(t, load(t, headFiles), base, Defaults(), list...)
				if len(r.Findings) < n {
					t.Fatalf("%d findings of %d", len(r.Findings), n)
				}
				for form, write := range forms {
					s := size[form]
					s[i] = len(render(t, func(b *bytes.Buffer) error { return write(r, b) }))
					size[form] = s
				}
			}
			for form, s := range size {
				if s[1] > s[0]*5/2 {
					t.Errorf("%s: %d bytes, and %d for twice the lock", form, s[0], s[1])
				}
			}
		})
	}
}

// TestLeftOutIsCounted: what a report does not show it counts.
func TestLeftOutIsCounted(t *testing.T) {
	testkit.SkipRace(t)
	var lock []string
	for i := range 40 {
		lock = append(lock, fmt.Sprintf("link-%02d@npm:* = 1.0.0 > link-%02d npm:*", i, i+1))
	}
	lock = append(lock, "link-40@npm:* = 1.0.0")
	r := audited(t, load(t, monorepo(nil, []string{"link-00 *"}, lock...)), nil, Defaults(), advisory(t, "GHSA-1", "link-40", high, "0 9.0.0"))
	f := r.Findings[0]
	f.Before = make([]string, maxBefore+7)
	for range share(1) {
		f.Where.Paths = append(f.Where.Paths, f.Where.Paths[0])
	}
	var doc struct {
		Findings []struct {
			Before        []string
			BeforeLeftOut int
			PathsLeftOut  int
			Paths         []struct {
				Steps        []struct{ Name string }
				StepsLeftOut int
			}
		}
	}
	if err := json.Unmarshal([]byte(render(t, func(b *bytes.Buffer) error { return r.WriteJSON(b) })), &doc); err != nil {
		t.Fatal(err)
	}
	got := doc.Findings[0]
	if len(got.Before) != maxBefore || got.BeforeLeftOut != 7 || len(got.Paths) != share(1) || got.PathsLeftOut != 1 {
		t.Errorf("before %d + %d, paths %d + %d", len(got.Before), got.BeforeLeftOut, len(got.Paths), got.PathsLeftOut)
	}
	steps := got.Paths[0].Steps
	if len(steps) != maxSteps || got.Paths[0].StepsLeftOut != 41-maxSteps || steps[0].Name != "link-00" || steps[maxSteps-1].Name != "link-40" {
		t.Errorf("%d steps and %d more: %v", len(steps), got.Paths[0].StepsLeftOut, steps)
	}
	if text := f.Where.Paths[0].String(); !strings.Contains(text, "link-11@1.0.0 → (17 more) → link-29@1.0.0") {
		t.Error(text)
	}
}
