package slot

// What the commands print, as far as a run asks for it; docs/json.md has all of it.

// A form is the JSON of one of portalctl's commands: the words that the command begins
// with, and the schema.
type form[T document] struct{ words, schema string }

var (
	statusForm     = form[statusDocument]{"versions status", "portalctl.status/v1"}
	bumpForm       = form[bumpDocument]{"versions bump", "portalctl.bump/v1"}
	changesForm    = form[changesDocument]{"versions changes", "portalctl.changes/v1"}
	templateForm   = form[templateDocument]{"versions template", "portalctl.template/v1"}
	forecastForm   = form[forecastDocument]{"snapshot forecast", "portalctl.forecast/v1"}
	auditForm      = form[auditDocument]{"audit --base", "portalctl.audit/v1"}
	checkForm      = form[checkDocument]{"check --format", "portalctl.check/v1"}
	shownForm      = form[dayShown]{"snapshot show", "portalctl.snapshot-show/v1"}
	verifiedForm   = form[dayVerified]{"snapshot verify", "portalctl.snapshot-verification/v1"}
	productionForm = form[dayProduction]{"check production", "portalctl.production/v1"}
)

// A document has the schema that it was read with.
type document interface{ schema() string }

type head struct {
	Schema string `json:"schema"`
}

func (h head) schema() string { return h.Schema }

type statusDocument struct {
	head
	Current string `json:"current"`
	Main    string `json:"main"`
}

type bumpDocument struct {
	head
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
			Name   string `json:"name"`
			Reason string `json:"reason"`
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
}

type advisory struct {
	Advisory string `json:"advisory"`
	Severity string `json:"severity"`
	Package  string `json:"package"`
	Version  string `json:"version"`
}

type changesDocument struct {
	head
	Counts struct {
		Touching, Gone, ThirdParty int
	} `json:"counts"`
	Gone       []goneName      `json:"gone"`
	Breaking   []breakingEntry `json:"breaking"`
	ThirdParty []struct {
		Name   string  `json:"name"`
		From   string  `json:"from"`
		To     string  `json:"to"`
		Places []place `json:"places"`
	} `json:"thirdParty"`
}

type goneName struct {
	Package string  `json:"package"`
	Name    string  `json:"name"`
	NowIn   string  `json:"nowIn"`
	Reason  string  `json:"reason"`
	Places  []place `json:"places"`
}

type breakingEntry struct {
	Changeset string           `json:"changeset"`
	Packages  []changedPackage `json:"packages"`
	Rank      string           `json:"rank"`
	Names     []string         `json:"names"`
	Places    []place          `json:"places"`
	Text      string           `json:"text"`
}

type changedPackage struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type templateDocument struct {
	head
	Files []struct {
		Path  string `json:"path"`
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
		Hunks, KeyConflicts int
	} `json:"counts"`
}

type forecastDocument struct {
	head
	From    string `json:"from"`
	To      string `json:"to"`
	Plugins []struct {
		Plugin     string `json:"plugin"`
		Database   string `json:"database"`
		Migrations []struct {
			Name            string   `json:"name"`
			Does            []string `json:"does"`
			Down            string   `json:"down"`
			PointOfNoReturn bool     `json:"pointOfNoReturn"`
			Reasons         []string `json:"reasons"`
		} `json:"migrations"`
		Missing []string `json:"missing"`
		Invalid []string `json:"invalid"`
	} `json:"plugins"`
	Boot struct {
		Seconds        float64 `json:"seconds"`
		UpTo           float64 `json:"upTo"`
		Basis          string  `json:"basis"`
		StartupSeconds int     `json:"startupSeconds"`
	} `json:"boot"`
	Locks []struct {
		Database string  `json:"database"`
		Table    string  `json:"table"`
		Blocks   string  `json:"blocks"`
		Seconds  float64 `json:"seconds"`
	} `json:"locks"`
	Beforehand []struct{} `json:"beforehand"` // only their number counts
	Restore    []string   `json:"restore"`
	Unknown    []struct {
		Package string `json:"package"`
		Why     string `json:"why"`
		Near    bool   `json:"near"`
		Settle  string `json:"settle"`
	} `json:"unknown"`
}

type auditDocument struct {
	head
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
	head
	Findings []checkFinding `json:"findings"`
}

type checkFinding struct {
	Rule        string `json:"rule"`
	Severity    string `json:"severity"`
	Fingerprint string `json:"fingerprint"`
}

// migrations counts what will run.
func (f *forecastDocument) migrations() int {
	n := 0
	for _, p := range f.Plugins {
		n += len(p.Migrations)
	}
	return n
}
