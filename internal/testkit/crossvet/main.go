// Crossvet says what `go build` and `go vet` would say of this module's packages and
// tests on other systems, such as darwin/arm64, without compiling anything: all that
// a package imports is read from its source, by declarations alone, and only our own
// packages are checked whole. The compiler type-checks by the same code (go/types is
// generated from types2). What only a linker sees, as a function without a body that
// no assembly brings, it does not say; .ci/link does, for every system.
//
//	go run ./internal/testkit/crossvet darwin/arm64 windows/amd64
//
// The exit code is 1 where there is something to say.
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

func main() {
	code := 0
	for _, target := range os.Args[1:] {
		said, err := judge(".", target)
		for _, line := range said {
			fmt.Fprintf(os.Stderr, "%s: %s\n", target, line)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", target, err)
		}
		if err != nil || len(said) > 0 {
			code = 1
			continue
		}
		fmt.Printf("vet ok %s\n", target)
	}
	os.Exit(code)
}

// judge reads the packages of the module in dir as a build for target would and returns
// what the type checker and vet's analyzers say, one place a line.
func judge(dir, target string) ([]string, error) {
	goos, goarch, ok := strings.Cut(target, "/")
	if !ok {
		return nil, fmt.Errorf("%q is not of the form GOOS/GOARCH", target)
	}
	listed, err := list(dir, goos, goarch)
	if err != nil {
		return nil, err
	}
	l := newLoader(goarch)
	for _, p := range listed {
		l.load(p)
	}
	said := l.errors
	if len(said) == 0 {
		if said, err = analyze(l.roots); err != nil {
			return nil, err
		}
	}
	// A file stands in a package and in the variant that its tests are built with.
	slices.Sort(said)
	return slices.Compact(said), nil
}
