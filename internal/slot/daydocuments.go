package slot

import (
	"time"
)

// What the commands of a deployment print, as far as it goes by it; docs/json.md has
// all of it.

type dayProblem struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Message string `json:"message"`
	Next    string `json:"next"`
}

type daySurvey struct {
	Refusals []dayProblem `json:"refusals"`
	Warnings []dayProblem `json:"warnings"`
}

type dayManifest struct {
	Name      string    `json:"name"`
	Created   time.Time `json:"created"`
	Databases []struct {
		Name       string `json:"name"`
		Schema     string `json:"schema"`
		Path       string `json:"path"`
		Migrations []struct {
			Schema string `json:"schema"`
			Table  string `json:"table"`
			Rows   []struct {
				Name string `json:"name"`
			} `json:"rows"`
		} `json:"migrations"`
		Dump struct {
			Size int64 `json:"size"`
		} `json:"dump"`
	} `json:"databases"`
}

// dayCreated is what snapshot create prints: the snapshot, or, where it refuses, the
// survey alone, in which is what is in the way.
type dayCreated struct {
	head
	Path     string      `json:"path"`
	Survey   daySurvey   `json:"survey"`
	Manifest dayManifest `json:"manifest"`
	daySurvey
}

// The schemas of the two.
const (
	createdSchema = "portalctl.snapshot-created/v1"
	surveySchema  = "portalctl.snapshot-survey/v1"
)

type dayShown struct {
	head
	Path     string      `json:"path"`
	Manifest dayManifest `json:"manifest"`
}

type dayVerified struct {
	head
	Problems  []string `json:"problems"`
	Rehearsal *struct {
		Databases []struct {
			Name    string  `json:"name"`
			Restore float64 `json:"restore"`
			Analyze float64 `json:"analyze"`
			Compare float64 `json:"compare"`
		} `json:"databases"`
	} `json:"rehearsal"`
}

type dayProduction struct {
	head
	Items []struct {
		ID      string `json:"id"`
		Verdict string `json:"verdict"`
		Reason  string `json:"reason"`
		Seconds int    `json:"seconds"`
	} `json:"items"`
}
