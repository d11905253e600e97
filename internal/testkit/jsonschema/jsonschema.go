// Package jsonschema makes the JSON schemas in docs/schema of the Go types that
// the reports are, and validates documents against them: the small part of JSON
// Schema that these need. Tests use it; nothing of it is linked into portalctl.
package jsonschema

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// schema is a JSON schema, or a part of one.
type schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	ID          string             `json:"$id,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Const       string             `json:"const,omitempty"`
	Type        any                `json:"type,omitempty"` // a name, or a list of them
	Format      string             `json:"format,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Values      *schema            `json:"additionalProperties,omitempty"`
}

// schemaOf is the schema of a document: name is what its member "schema" says.
func schemaOf(name string, t reflect.Type) (*schema, error) {
	s, err := of(t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	first, ok := s.Properties["schema"]
	if !ok {
		return nil, fmt.Errorf("%s: %s has no member \"schema\"", name, t)
	}
	first.Const = name
	s.Dialect, s.ID = "https://json-schema.org/draft/2020-12/schema", "urn:"+strings.NewReplacer(".", ":", "/", ":").Replace(name)
	s.Title = name
	s.Description = "Made of portalctl's own types; docs/json.md says what the members mean. Members may be added within a version."
	return s, nil
}

func of(t reflect.Type) (*schema, error) {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &schema{Type: "string", Format: "date-time"}, nil
	case t.Kind() == reflect.Interface:
		return &schema{}, nil // anything
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return &schema{Type: "string"}, nil
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return nil, fmt.Errorf("%s marshals itself: its form is not in its type", t)
	}
	switch t.Kind() {
	case reflect.Bool:
		return &schema{Type: "boolean"}, nil
	case reflect.String:
		return &schema{Type: "string"}, nil
	case reflect.Float32, reflect.Float64:
		return &schema{Type: "number"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &schema{Type: "integer"}, nil
	case reflect.Slice:
		items, err := of(t.Elem())
		return &schema{Type: "array", Items: items}, err
	case reflect.Map:
		values, err := of(t.Elem())
		return &schema{Type: "object", Values: values}, err
	case reflect.Pointer:
		return of(t.Elem())
	case reflect.Struct:
		s := &schema{Type: "object", Properties: map[string]*schema{}}
		err := s.fields(t, true)
		slices.Sort(s.Required)
		return s, err
	}
	return nil, fmt.Errorf("%s has no form in JSON", t)
}

// fields adds the members of a struct; required is false below an embedded
// pointer, which may be nil.
func (s *schema) fields(t reflect.Type, required bool) error {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if f.Anonymous && name == "" {
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if err := s.fields(inner, required && f.Type.Kind() != reflect.Pointer); err != nil {
				return err
			}
			continue
		}
		if name == "" {
			return fmt.Errorf("%s.%s has no name in JSON", t, f.Name)
		}
		m, err := of(f.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if f.Type.Kind() == reflect.Pointer && !optional {
			m.Type = []string{m.Type.(string), "null"}
		}
		s.Properties[name] = m
		if required && !optional {
			s.Required = append(s.Required, name)
		}
	}
	return nil
}

// faults says where doc, as encoding/json decodes it into an any, is not what
// the schema says. It is stricter than the schema: an object has no member that
// is not named, since all are portalctl's own.
func (s *schema) faults(doc any) []string { return s.validate("", doc) }

func (s *schema) validate(at string, v any) []string {
	if s.Type == nil {
		return nil
	}
	if at == "" {
		at = "the document"
	}
	if got := typeOf(v); !s.admits(got) {
		return []string{fmt.Sprintf("%s is %s, not %v", at, got, s.Type)}
	}
	var wrong []string
	switch v := v.(type) {
	case string:
		if s.Const != "" && v != s.Const {
			wrong = append(wrong, fmt.Sprintf("%s is %q, not %q", at, v, s.Const))
		}
		if s.Format == "date-time" {
			if _, err := time.Parse(time.RFC3339, v); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s is %q, not a time", at, v))
			}
		}
	case []any:
		for i, item := range v {
			wrong = append(wrong, s.Items.validate(fmt.Sprintf("%s[%d]", at, i), item)...)
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				wrong = append(wrong, fmt.Sprintf("%s has no %q", at, name))
			}
		}
		for name, member := range v {
			of := cmpOr(s.Properties[name], s.Values)
			if of == nil {
				wrong = append(wrong, fmt.Sprintf("%s has %q, which is not in the schema", at, name))
				continue
			}
			wrong = append(wrong, of.validate(strings.TrimPrefix(at+"."+name, "the document."), member)...)
		}
	}
	slices.Sort(wrong)
	return wrong
}

func cmpOr(a, b *schema) *schema {
	if a != nil {
		return a
	}
	return b
}

func (s *schema) admits(got string) bool {
	names, ok := s.Type.([]string)
	if !ok {
		switch t := s.Type.(type) {
		case string:
			names = []string{t}
		case []any: // decoded
			for _, n := range t {
				names = append(names, n.(string))
			}
		}
	}
	return slices.Contains(names, got) || got == "integer" && slices.Contains(names, "number")
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	}
	return fmt.Sprintf("%T", v)
}
