package slot

// What the commands print, as far as a run asks for it; docs/json.md has all of it.

type statusDocument struct {
	Current string `json:"current"`
	Main    string `json:"main"`
}

type bumpDocument struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Notes []struct {
		Kind    string `json:"kind"`
		Name    string `json:"name"`
		Message string `json:"message"`
	} `json:"notes"`
	Packages []struct {
		Name string `json:"name"`
		From string `json:"from"`
		To   string `json:"to"`
		Jump string `json:"jump"`
	} `json:"packages"`
	Lockfile struct {
		Mode       string `json:"mode"`
		Added      []any  `json:"added"`
		Removed    []any  `json:"removed"`
		Changed    []any  `json:"changed"`
		OnRelease  int    `json:"onRelease"`
		OfRelease  int    `json:"ofRelease"`
		OffRelease []struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			Release string `json:"release"`
			Reason  string `json:"reason"`
			Asks    []struct {
				Fix string `json:"fix"`
			} `json:"asks"`
		} `json:"offRelease"`
	} `json:"lockfile"`
	Audit *lockAudit `json:"audit"`
}

// lockAudit is versions bump --audit: the lock that the plan would write.
type lockAudit struct {
	Failed  bool       `json:"failed"`
	Unknown string     `json:"unknown"`
	Gone    []advisory `json:"gone"`
	New     []advisory `json:"new"`
	Staying []advisory `json:"staying"`
}

type advisory struct {
	Advisory string `json:"advisory"`
	Summary  string `json:"summary"`
	Severity string `json:"severity"`
	Package  string `json:"package"`
	Version  string `json:"version"`
	Verdict  string `json:"verdict"`
}

type changesDocument struct {
	To     string `json:"to"`
	Counts struct {
		Packages, Changesets, Breaking, Touching, Gone, Deprecated, ThirdParty, Moved int
	} `json:"counts"`
	Gone       []goneName      `json:"gone"`
	Deprecated []goneName      `json:"deprecated"`
	Breaking   []breakingEntry `json:"breaking"`
	ThirdParty []struct {
		Name   string  `json:"name"`
		From   string  `json:"from"`
		To     string  `json:"to"`
		Places []Place `json:"places"`
	} `json:"thirdParty"`
	Unknown []unknownPackage `json:"unknown"`
}

type goneName struct {
	Package string  `json:"package"`
	Name    string  `json:"name"`
	NowIn   string  `json:"nowIn"`
	Reason  string  `json:"reason"`
	Places  []Place `json:"places"`
}

type breakingEntry struct {
	Changeset string           `json:"changeset"`
	Packages  []changedPackage `json:"packages"`
	Rank      string           `json:"rank"`
	Names     []string         `json:"names"`
	Places    []Place          `json:"places"`
	Text      string           `json:"text"`
}

type changedPackage struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type unknownPackage struct {
	Package string `json:"package"`
	Why     string `json:"why"`
}

type templateDocument struct {
	Base struct {
		Used string `json:"used"`
	} `json:"base"`
	To    string `json:"to"`
	Files []struct {
		Path  string `json:"path"`
		State string `json:"state"`
		Hunks []struct {
			Line int `json:"line"`
		} `json:"hunks"`
		Keys []struct {
			Path  []string `json:"path"`
			State string   `json:"state"`
			Line  int      `json:"line"`
		} `json:"keys"`
	} `json:"files"`
	Counts struct {
		Taken, Merged, Deleted, Conflict, Hunks, KeyConflicts int
	} `json:"counts"`
}

type forecastDocument struct {
	Plugins []struct {
		Plugin     string `json:"plugin"`
		Database   string `json:"database"`
		Migrations []struct {
			Name            string   `json:"name"`
			Does            []string `json:"does"`
			Down            string   `json:"down"`
			PointOfNoReturn bool     `json:"pointOfNoReturn"`
		} `json:"migrations"`
	} `json:"plugins"`
	Boot struct {
		Seconds        float64 `json:"seconds"`
		Basis          string  `json:"basis"`
		StartupSeconds float64 `json:"startupSeconds"`
	} `json:"boot"`
	Locks []struct {
		Migration string `json:"migration"`
		Table     string `json:"table"`
		Blocks    string `json:"blocks"`
	} `json:"locks"`
	Beforehand []struct {
		Migration string `json:"migration"`
	} `json:"beforehand"`
	Restore []string         `json:"restore"`
	Unknown []unknownPackage `json:"unknown"`
}

type auditDocument struct {
	Findings []struct {
		Advisory string `json:"advisory"`
		Summary  string `json:"summary"`
		Severity string `json:"severity"`
		Package  string `json:"package"`
		Version  string `json:"version"`
		Verdict  string `json:"verdict"`
		Status   string `json:"status"`
		File     string `json:"file"`
		Line     int    `json:"line"`
		Fixed    string `json:"fixed"`
	} `json:"findings"`
}

type checkDocument struct {
	Findings []struct {
		Severity string `json:"severity"`
	} `json:"findings"`
}

// migrations counts what will run.
func (f *forecastDocument) migrations() int {
	n := 0
	for _, p := range f.Plugins {
		n += len(p.Migrations)
	}
	return n
}
