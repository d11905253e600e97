package audit

import (
	"reflect"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/jsonschema"
)

// docs/schema has the schemas of the documents that audit writes.
func TestSchemas(t *testing.T) {
	jsonschema.Golden(t, "../docs/schema", schemaName, reflect.TypeFor[jsonReport]())
	jsonschema.Golden(t, "../docs/schema", whySchemaName, reflect.TypeOf(WhyDocument("", "", nil)))
}
