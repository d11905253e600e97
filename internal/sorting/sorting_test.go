package sorting

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

type pair struct{ key, at int }

func byKey(a, b pair) int { return cmp.Compare(a.key, b.key) }

// The two do what those of slices do, to the order of equal elements.
func TestAsSlices(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		list := make([]pair, n)
		for i := range list {
			list[i] = pair{r.IntN(n/3 + 1), i}
		}
		for name, sorts := range map[string][2]func([]pair, func(a, b pair) int){
			"By":     {By[pair], slices.SortFunc[[]pair]},
			"Stable": {Stable[pair], slices.SortStableFunc[[]pair]},
		} {
			got, want := slices.Clone(list), slices.Clone(list)
			sorts[0](got, byKey)
			sorts[1](want, byKey)
			if !slices.Equal(got, want) {
				t.Errorf("%s of %d: %v, want %v", name, n, got, want)
			}
		}
	}
}
