package report

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// Lists is v with an empty list for every nil one, however deep it lies: the JSON
// of portalctl has no null where a list is documented, so that jq '.x[]' and every
// loop over it just works. v itself stays as it is. What marshals itself is left
// to it, and so is a list with omitzero, which is absent when it is nil.
func Lists(v any) any {
	if v == nil {
		return nil
	}
	return filled(reflect.ValueOf(v), false).Interface()
}

var (
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func filled(v reflect.Value, absent bool) reflect.Value {
	t := v.Type()
	if t.Kind() != reflect.Interface && (t.Implements(marshaler) || t.Implements(textMarshaler)) {
		return v
	}
	switch t.Kind() {
	case reflect.Slice:
		if v.IsNil() {
			if absent {
				return v
			}
			return reflect.MakeSlice(t, 0, 0)
		}
		if t.Elem().Kind() == reflect.Uint8 {
			return v
		}
		out := reflect.MakeSlice(t, v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(filled(v.Index(i), false))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(t, v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), filled(it.Value(), false))
		}
		return out
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(t.Elem())
		out.Elem().Set(filled(v.Elem(), false))
		return out
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		out := reflect.New(t).Elem()
		out.Set(filled(v.Elem(), false))
		return out
	case reflect.Struct:
		out := reflect.New(t).Elem()
		out.Set(v)
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				out.Field(i).Set(filled(v.Field(i), omitsZero(f)))
			}
		}
		return out
	}
	return v
}

// omitsZero reports whether a field is absent where it is zero.
func omitsZero(f reflect.StructField) bool {
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return slices.Contains(strings.Split(options, ","), "omitzero")
}
