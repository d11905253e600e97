package check

import (
	"reflect"
	"testing"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/testkit/jsonschema"
)

// document is the JSON of a report, whose members finding.Report puts together.
// Every document that a test has printed is compared with it (cmd/portalctl).
type document struct {
	Schema   string            `json:"schema"`
	Release  string            `json:"release"`
	Fixed    *fixedJSON        `json:"fixed,omitempty"`
	Summary  finding.Counts    `json:"summary"`
	Findings []finding.JSON    `json:"findings"`
	Ignored  []finding.JSON    `json:"ignored"`
	Baseline []finding.JSON    `json:"baseline"`
	Unknown  []finding.Unknown `json:"unknown"`
}

// docs/schema has the schemas of the documents that check writes.
func TestSchemas(t *testing.T) {
	jsonschema.Golden(t, "../docs/schema", schemaName, reflect.TypeFor[document]())
	jsonschema.Golden(t, "../docs/schema", finding.BaselineSchema, reflect.TypeFor[finding.Baseline]())
}
