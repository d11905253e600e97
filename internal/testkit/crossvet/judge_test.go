package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// What only one system's files say is told for that system: by the type checker, by
// vet, by vet's facts of another package of ours, and of tests with what they alone
// export.
const module = `
-- go.mod --
module example.com/m

go 1.26
-- say/say.go --
package say

import "fmt"

// Sayf is a wrapper of printf, which vet knows by looking at it.
func Sayf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
-- a.go --
package m

import "net/http"

func name(r *http.Request) string { return r.Host }
-- a_windows.go --
package m

import "example.com/m/say"

func two() int { return name(nil) }

func three() string { return say.Sayf("%d", "three") }
-- a_darwin.go --
package m

import "example.com/m/say"

func three() string { return say.Sayf("%d", "three") }
-- export_test.go --
package m

var Name = name
-- x_test.go --
package m_test

import "testing"

import "example.com/m"

func TestName(t *testing.T) { m.Name(nil) }
-- x_darwin_test.go --
package m_test

import "example.com/m"

var _ = m.Nothing
-- x_plan9_test.go --
package m_test

import "example.com/m/say"

var _ = say.Sayf("%d", 1.5)
-- y_plan9.go --
package m

import "syscall"

func four() int { return syscall.O_CLOEXEC; panic("never") }
`

func TestJudge(t *testing.T) {
	dir := t.TempDir()
	if err := txtar.Write(txtar.Parse([]byte(module)), dir); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string][]string{
		"linux/arm64":   {},
		"windows/amd64": {"a_windows.go:5:25: cannot use name(nil)"},
		"darwin/arm64":  {"x_darwin_test.go:5:11: undefined: m.Nothing"},
		"plan9/amd64": {
			"x_plan9_test.go:5:19: example.com/m/say.Sayf format %d has arg 1.5 of wrong type float64",
			"y_plan9.go:5:45: unreachable code",
		},
	} {
		got, err := judge(dir, target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
		}
		if len(got) != len(want) {
			t.Errorf("%s: got %q, want %q", target, got, want)
			continue
		}
		for i, w := range want {
			if !strings.HasPrefix(strings.TrimPrefix(got[i], dir+string(filepath.Separator)), w) {
				t.Errorf("%s: got %q, want %q", target, got[i], w)
			}
		}
	}
	if _, err := judge(dir, "windows"); err == nil {
		t.Error("a target without a processor is taken")
	}
}
