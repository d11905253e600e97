package check

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// The whole check of a large portal: reading apart, what users wait for.
func BenchmarkReport(b *testing.B) {
	for _, name := range []string{"rhdh", "showcase-v6"} {
		in := openCorpus(b, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustReport(b, in, Options{})
			}
		})
	}
}

// A bare lock, everything: what yarn dedupe --check and yarn-deduplicate --list
// do, parsing included.
func BenchmarkLockfile(b *testing.B) {
	for name, file := range map[string]string{
		"berry":   "corpus/rhdh/yarn.lock",
		"classic": "golden/dedupe/v1-rhdh-758bd902-v1/yarn.lock",
	} {
		src, err := os.ReadFile(filepath.FromSlash(testshared.Dir(b, file)))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lock, err := yarnlock.Parse("yarn.lock", src)
				if err != nil {
					b.Fatal(err)
				}
				mustReport(b, Input{Lock: lock}, Options{All: true, Strategy: dedupe.Highest})
			}
		})
	}
}
