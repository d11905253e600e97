package production

import (
	"reflect"
	"testing"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/testkit/jsonschema"
)

// document is the JSON of a report, whose members finding.Report puts together.
type document struct {
	Schema   string            `json:"schema"`
	Profile  Profile           `json:"profile"`
	Maturity maturityJSON      `json:"maturity"`
	Verdicts verdictsJSON      `json:"verdicts"`
	Starts   []startJSON       `json:"starts"`
	Items    []itemJSON        `json:"items"`
	Summary  finding.Counts    `json:"summary"`
	Findings []finding.JSON    `json:"findings"`
	Ignored  []finding.JSON    `json:"ignored"`
	Baseline []finding.JSON    `json:"baseline"`
	Unknown  []finding.Unknown `json:"unknown"`
}

func TestSchemas(t *testing.T) {
	jsonschema.Golden(t, "../../docs/schema", schemaName, reflect.TypeFor[document]())
}
