package htmlreport

import "slices"

// tally counts items by area and kind.
type tally struct {
	areas, kinds []string // in the order of reports
	tones        map[string]Tone
	n            map[[2]string]int
	byArea       map[string]int
	rules        []string
	byRule       map[string]int
	byKind       map[string]int
}

// general is the area of items that have none.
const general = "General"

func (it Item) area() string {
	if it.Area == "" {
		return general
	}
	return it.Area
}

// count counts the items of p that count, or all.
func (p *Page) count(all bool) tally {
	t := tally{tones: map[string]Tone{}, n: map[[2]string]int{}, byArea: map[string]int{}, byRule: map[string]int{}, byKind: map[string]int{}}
	for _, s := range p.Sections {
		if s.Aside && !all {
			continue
		}
		for _, it := range s.Items {
			area := it.area()
			if t.byArea[area]++; t.byArea[area] == 1 {
				t.areas = append(t.areas, area)
			}
			if t.byKind[it.Kind]++; t.byKind[it.Kind] == 1 {
				t.kinds = append(t.kinds, it.Kind)
				t.tones[it.Kind] = it.Tone
			}
			if it.Rule != "" {
				if t.byRule[it.Rule]++; t.byRule[it.Rule] == 1 {
					t.rules = append(t.rules, it.Rule)
				}
			}
			t.n[[2]string{area, it.Kind}]++
		}
	}
	t.sort()
	return t
}

// sort puts the kinds in the order of what they mean, the worst first.
func (t *tally) sort() {
	slices.SortStableFunc(t.kinds, func(a, b string) int { return int(t.tones[a] - t.tones[b]) })
}
