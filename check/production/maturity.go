package production

// maxLevel is the highest level of maturity.
const maxLevel = 5

// reachedMaturity is how far the portal has come by what its repository shows.
type reachedMaturity struct {
	// Level is the highest level up to which every item is passed, attested or not
	// applicable. An unknown one does not count: show it, or attest it.
	Level int
	// Next are the items that the level above lacks, by id; none at the top.
	Next []string
	// Skipped are levels above the next one that would be reached already.
	Skipped []int
	Levels  []maturityLevel
}

// maturityLevel is one level, 1 to maxLevel.
type maturityLevel struct {
	Level int    `json:"level"`
	Title string `json:"title"`
	// Reached are the items of the level that hold, Lacks those that do not, by id.
	Reached []string `json:"reached"`
	Lacks   []string `json:"lacks"`
}

// levelTitles say what a portal of the level is.
var levelTitles = [maxLevel + 1]string{
	"tried out", "safe to show", "usable by teams", "operated", "owned and documented", "run as a product",
}

func maturity(items []itemResult) reachedMaturity {
	var m reachedMaturity
	for n := 1; n <= maxLevel; n++ {
		m.Levels = append(m.Levels, maturityLevel{Level: n, Title: levelTitles[n]})
	}
	for _, it := range items {
		if it.Level == 0 {
			continue
		}
		l := &m.Levels[it.Level-1]
		if in(it.Verdict, verdictPass, verdictAttested, verdictNotApplicable) {
			l.Reached = append(l.Reached, it.ID)
		} else {
			l.Lacks = append(l.Lacks, it.ID)
		}
	}
	for m.Level < maxLevel && len(m.Levels[m.Level].Lacks) == 0 {
		m.Level++
	}
	if m.Level < maxLevel {
		m.Next = m.Levels[m.Level].Lacks
	}
	for n := m.Level + 1; n < maxLevel; n++ {
		if l := m.Levels[n]; len(l.Lacks) == 0 && len(l.Reached) > 0 {
			m.Skipped = append(m.Skipped, l.Level)
		}
	}
	return m
}
