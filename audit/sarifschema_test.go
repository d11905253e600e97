package audit

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// sarifSchema is OASIS's schema of SARIF 2.1.0 (errata 01), without its
// descriptions and defaults.
const sarifSchema = "testdata/sarif-schema-2.1.0.json"

// schema validates by the keywords of JSON Schema, draft 4, that SARIF's schema
// uses. Each object of SARIF but its property bags says additionalProperties:
// false, so that a member which SARIF does not know is a fault, too.
type schema struct {
	root   map[string]any
	faults []string
}

// schemaFaults are the faults of a SARIF document.
func schemaFaults(t *testing.T, text string) []string {
	t.Helper()
	src, err := os.ReadFile(sarifSchema)
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(src, &s.root); err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	s.check("$", s.root, doc)
	return s.faults
}

func (s *schema) add(path, format string, args ...any) {
	s.faults = append(s.faults, path+": "+fmt.Sprintf(format, args...))
}

// holds reports whether a value fits, without saying why not.
func (s *schema) holds(rule map[string]any, v any) bool {
	trial := schema{root: s.root}
	trial.check("", rule, v)
	return len(trial.faults) == 0
}

func (s *schema) check(path string, rule map[string]any, v any) {
	for key, want := range rule {
		switch key {
		case "$schema", "id", "title", "definitions", "properties":
		case "$ref":
			name := strings.TrimPrefix(want.(string), "#/definitions/")
			s.check(path, s.root["definitions"].(map[string]any)[name].(map[string]any), v)
		case "type":
			kinds, ok := want.([]any)
			if !ok {
				kinds = []any{want}
			}
			if !slices.ContainsFunc(kinds, func(kind any) bool { return ofType(kind.(string), v) }) {
				s.add(path, "%v is no %v", v, want)
			}
		case "enum":
			if !slices.ContainsFunc(want.([]any), func(e any) bool { return reflect.DeepEqual(e, v) }) {
				s.add(path, "%v is none of %v", v, want)
			}
		case "minimum", "maximum":
			if n, ok := v.(float64); ok && (key == "minimum" && n < want.(float64) || key == "maximum" && n > want.(float64)) {
				s.add(path, "%v, %s is %v", v, key, want)
			}
		case "pattern":
			if text, ok := v.(string); ok && !regexp.MustCompile(want.(string)).MatchString(text) {
				s.add(path, "%q does not match %v", text, want)
			}
		case "format":
			if text, ok := v.(string); ok && !ofFormat(want.(string), text) {
				s.add(path, "%q is no %v", text, want)
			}
		case "required":
			object, ok := v.(map[string]any)
			for _, name := range want.([]any) {
				if _, has := object[name.(string)]; ok && !has {
					s.add(path, "%v is missing", name)
				}
			}
		case "additionalProperties":
			s.members(path, rule, want, v)
		case "minItems":
			if list, ok := v.([]any); ok && float64(len(list)) < want.(float64) {
				s.add(path, "%d elements, at least %v are asked for", len(list), want)
			}
		case "uniqueItems":
			list, _ := v.([]any)
			for i := range list {
				if want == true && slices.ContainsFunc(list[:i], func(e any) bool { return reflect.DeepEqual(e, list[i]) }) {
					s.add(path, "element %d is there twice", i)
				}
			}
		case "items":
			list, _ := v.([]any)
			for i, e := range list {
				s.check(fmt.Sprintf("%s[%d]", path, i), want.(map[string]any), e)
			}
		case "anyOf", "oneOf":
			fits := 0
			for _, one := range want.([]any) {
				if s.holds(one.(map[string]any), v) {
					fits++
				}
			}
			if fits == 0 || key == "oneOf" && fits > 1 {
				s.add(path, "%d of %s fit", fits, key)
			}
		default:
			s.add(path, "the keyword %q is not understood by this test", key)
		}
	}
	if _, ok := rule["additionalProperties"]; !ok {
		s.members(path, rule, true, v)
	}
}

// members checks the properties of an object; others says what else it may have.
func (s *schema) members(path string, rule map[string]any, others, v any) {
	object, _ := v.(map[string]any)
	known, _ := rule["properties"].(map[string]any)
	for name, value := range object {
		if sub, ok := known[name].(map[string]any); ok {
			s.check(path+"."+name, sub, value)
		} else if others == false {
			s.add(path, "%q is not known", name)
		} else if sub, ok := others.(map[string]any); ok {
			s.check(path+"."+name, sub, value)
		}
	}
}

func ofType(kind string, v any) bool {
	switch x := v.(type) {
	case map[string]any:
		return kind == "object"
	case []any:
		return kind == "array"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && x == math.Trunc(x)
	}
	return kind == "null"
}

func ofFormat(kind, text string) bool {
	switch kind {
	case "date-time":
		_, err := time.Parse(time.RFC3339, text)
		return err == nil
	case "uri", "uri-reference":
		u, err := url.Parse(text)
		return err == nil && !strings.ContainsAny(text, " \t\r\n<>\"") && (kind == "uri-reference" || u.IsAbs())
	}
	return false
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
