package registry

import (
	"strings"
	"testing"
)

func BenchmarkReadPackument(b *testing.B) {
	src := doc("x", 2000)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readPackument(strings.NewReader(src), maxPackument); err != nil {
			b.Fatal(err)
		}
	}
}
