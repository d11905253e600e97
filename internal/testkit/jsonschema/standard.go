package jsonschema

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Faults are the faults of a document by the schema of a standard in a file, which may
// refer to others beside it.
func Faults(t testing.TB, file, text string) []string {
	t.Helper()
	s := standard{t: t, dir: filepath.Dir(file), files: map[string]map[string]any{}}
	s.root = s.file(filepath.Base(file))
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	s.check("$", s.root, doc)
	return s.faults
}

// own are the faults of a document of portalctl's by its schema.
func own(rule map[string]any, doc any) []string {
	s := standard{root: rule, strict: true}
	s.check("$", rule, doc)
	slices.Sort(s.faults)
	return s.faults
}

// standard validates by the keywords of JSON Schema, draft 4 to 2020-12, that our own
// schemas and those of SARIF, CycloneDX and SPDX use; one that it does not know is a
// fault.
type standard struct {
	t      testing.TB
	dir    string
	files  map[string]map[string]any
	root   map[string]any // the file that #/definitions are of
	strict bool           // an object has no member that is not named: all are our own
	faults []string
}

// file is a schema beside the first one.
func (s *standard) file(name string) map[string]any {
	if s.files[name] == nil {
		src, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			s.t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(src, &doc); err != nil {
			s.t.Fatal(err)
		}
		s.files[name] = doc
	}
	return s.files[name]
}

// referred is what a $ref names, and the file that it is in.
func (s *standard) referred(ref string) (rule, root map[string]any) {
	root = s.root
	name, pointer, _ := strings.Cut(ref, "#")
	if name != "" {
		root = s.file(name)
	}
	rule = root
	for part := range strings.SplitSeq(strings.Trim(pointer, "/"), "/") {
		if part != "" {
			rule = rule[part].(map[string]any)
		}
	}
	return rule, root
}

func (s *standard) add(path, format string, args ...any) {
	s.faults = append(s.faults, path+": "+fmt.Sprintf(format, args...))
}

// holds reports whether a value fits, without saying why not.
func (s *standard) holds(rule map[string]any, v any) bool {
	trial := standard{t: s.t, dir: s.dir, files: s.files, root: s.root}
	trial.check("", rule, v)
	return len(trial.faults) == 0
}

func (s *standard) check(path string, rule map[string]any, v any) {
	for key, want := range rule {
		switch key {
		case "$schema", "$id", "id", "title", "description", "definitions", "properties", "then", "additionalItems":
		case "$ref":
			rule, root := s.referred(want.(string))
			was := s.root
			s.root = root
			s.check(path, rule, v)
			s.root = was
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
		case "const":
			if !reflect.DeepEqual(want, v) {
				s.add(path, "%v is not %v", v, want)
			}
		case "if":
			if then, ok := rule["then"].(map[string]any); ok && s.holds(want.(map[string]any), v) {
				s.check(path, then, v)
			}
		case "allOf":
			for _, one := range want.([]any) {
				s.check(path, one.(map[string]any), v)
			}
		case "minLength", "maxLength":
			if text, ok := v.(string); ok {
				if n := float64(len([]rune(text))); key == "minLength" && n < want.(float64) || key == "maxLength" && n > want.(float64) {
					s.add(path, "%q, %s is %v", text, key, want)
				}
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
		case "minItems", "maxItems":
			if list, ok := v.([]any); ok && (key == "minItems" && float64(len(list)) < want.(float64) || key == "maxItems" && float64(len(list)) > want.(float64)) {
				s.add(path, "%d elements, %s is %v", len(list), key, want)
			}
		case "uniqueItems":
			list, _ := v.([]any)
			seen := map[string]bool{}
			for i := range list {
				text, _ := json.Marshal(list[i]) // members in order: equal values have equal texts
				if want == true && seen[string(text)] {
					s.add(path, "element %d is there twice", i)
				}
				seen[string(text)] = true
			}
		case "items":
			s.items(path, rule, want, v)
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
	if _, ok := rule["additionalProperties"]; !ok && rule["properties"] != nil {
		s.members(path, rule, !s.strict, v)
	}
}

// items checks the elements of a list: by one rule, or each of the first by its own.
func (s *standard) items(path string, rule map[string]any, want, v any) {
	list, _ := v.([]any)
	for i, e := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch want := want.(type) {
		case map[string]any:
			s.check(at, want, e)
		case []any:
			if i < len(want) {
				s.check(at, want[i].(map[string]any), e)
			} else if rule["additionalItems"] == false {
				s.add(at, "is one too many")
			}
		}
	}
}

// members checks the properties of an object; others says what else it may have.
func (s *standard) members(path string, rule map[string]any, others, v any) {
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
	case "iri-reference":
		_, err := url.Parse(text)
		return err == nil && !strings.ContainsAny(text, " \t\r\n")
	case "idn-email":
		return strings.Contains(text, "@")
	}
	return false
}
