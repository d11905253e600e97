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
