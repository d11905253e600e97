package squat

import "testing"

func BenchmarkNew(b *testing.B) {
	table()
	for range b.N {
		New(acme)
	}
}

func BenchmarkNear(b *testing.B) {
	x := New(acme)
	for range b.N {
		x.Near("our-own-little-package")
	}
}
