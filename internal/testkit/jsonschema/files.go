package jsonschema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// File is the name in docs/schema of the schema that a document names:
// portalctl.check/v1 is in check.v1.json.
func File(name string) string {
	return strings.ReplaceAll(strings.TrimPrefix(name, "portalctl."), "/", ".") + ".json"
}

// Golden compares the schema in dir with the one of the type. With
// PORTALCTL_UPDATE_SCHEMAS=1 it writes it.
func Golden(t *testing.T, dir, name string, typ reflect.Type) {
	t.Helper()
	s, err := schemaOf(name, typ)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, File(name))
	if os.Getenv("PORTALCTL_UPDATE_SCHEMAS") != "" {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("%s is not the schema of %s (%v): run the test with PORTALCTL_UPDATE_SCHEMAS=1, and read the diff: within a version members are only added", file, typ, err)
	}
}

// Check validates a document of portalctl's against the schema that it names.
// Text that is no such document has no name.
func Check(dir string, text []byte) (name string, wrong []string) {
	var doc any
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) || json.Unmarshal(text, &doc) != nil {
		return "", nil
	}
	name, _ = doc.(map[string]any)["schema"].(string)
	if !strings.HasPrefix(name, "portalctl.") {
		return "", nil
	}
	src, err := os.ReadFile(filepath.Join(dir, File(name)))
	if err != nil {
		return name, []string{err.Error()}
	}
	var rule map[string]any
	if err := json.Unmarshal(src, &rule); err != nil {
		return name, []string{fmt.Sprintf("%s: %v", File(name), err)}
	}
	return name, own(rule, doc)
}
