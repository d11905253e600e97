package audit

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/jsonschema"
)

// sarifSchema is OASIS's schema of SARIF 2.1.0 (errata 01), without its
// descriptions and defaults.
const sarifSchema = "testdata/sarif-schema-2.1.0.json"

// schemaFaults are the faults of a SARIF document. Each object of SARIF but its
// property bags says additionalProperties: false, so that a member which SARIF does not
// know is a fault, too.
func schemaFaults(t *testing.T, text string) []string {
	t.Helper()
	return jsonschema.Faults(t, sarifSchema, text)
}

// TestSchemaRefuses: the test's own reader of the schema finds each kind of
// fault, so that its silence means something.
func TestSchemaRefuses(t *testing.T) {
	const good = `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x","rules":[{"id":"a"}]}},"columnKind":"utf16CodeUnits",` +
		`"results":[{"message":{"text":"m"},"level":"error","ruleIndex":0,"guid":"12345678-1234-1234-8234-123456789012",` +
		`"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20b"},"region":{"startLine":1}}}],"tags":[]}]}]}`
	for name, change := range map[string][2]string{
		"":                {`,"tags":[]`, ``},
		"type":            {`"name":"x"`, `"name":1`},
		"required":        {`"name":"x",`, ``},
		"additional":      {`"level":"error"`, `"levels":"error"`},
		"enum":            {`"level":"error"`, `"level":"bad"`},
		"minimum":         {`"startLine":1`, `"startLine":0`},
		"pattern":         {`-8234-`, `-z234-`},
		"format":          {`a%20b`, `a b`},
		"anyOf":           {`"message":{"text":"m"}`, `"message":{}`},
		"uniqueItems":     {`[{"id":"a"}]`, `[{"id":"a"},{"id":"a"}]`},
		"an enum version": {`2.1.0`, `2.2.0`},
	} {
		text := strings.Replace(strings.Replace(good, `,"tags":[]`, ``, 1), change[0], change[1], 1)
		if faults := schemaFaults(t, text); (len(faults) == 0) != (name == "") {
			t.Errorf("%s: %q", name, faults)
		}
	}
}
