package production

// MaxLevel is the highest level of maturity.
const MaxLevel = 5

// Maturity is how far the portal has come by what its repository shows.
type Maturity struct {
	// Level is the highest level up to which every item is passed, attested or not
	// applicable. An unknown one does not count: show it, or attest it.
	Level int
	// Next are the items that the level above lacks, by id; none at the top.
	Next []string
	// Skipped are levels above the next one that would be reached already.
	Skipped []int
	Levels  []Level
}

// Level is one level, 1 to MaxLevel.
type Level struct {
	Level int
	Title string
	// Reached are the items of the level that hold, Lacks those that do not, by id.
	Reached, Lacks []string
}

// levelTitles say what a portal of the level is.
var levelTitles = [MaxLevel + 1]string{
	"tried out", "safe to show", "usable by teams", "operated", "owned and documented", "run as a product",
}

// LevelTitle says what a portal of a level is.
func LevelTitle(level int) string { return levelTitles[level] }

func maturity(items []Result) Maturity {
	var m Maturity
	for n := 1; n <= MaxLevel; n++ {
		m.Levels = append(m.Levels, Level{Level: n, Title: levelTitles[n]})
	}
	for _, it := range items {
		if it.Level == 0 {
			continue
		}
		l := &m.Levels[it.Level-1]
		if in(it.Verdict, Pass, Attested, NotApplicable) {
			l.Reached = append(l.Reached, it.ID)
		} else {
			l.Lacks = append(l.Lacks, it.ID)
		}
	}
	for m.Level < MaxLevel && len(m.Levels[m.Level].Lacks) == 0 {
		m.Level++
	}
	if m.Level < MaxLevel {
		m.Next = m.Levels[m.Level].Lacks
	}
	for n := m.Level + 1; n < MaxLevel; n++ {
		if l := m.Levels[n]; len(l.Lacks) == 0 && len(l.Reached) > 0 {
			m.Skipped = append(m.Skipped, l.Level)
		}
	}
	return m
}
