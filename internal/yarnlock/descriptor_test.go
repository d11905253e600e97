package yarnlock

import "testing"

func TestEntryPackage(t *testing.T) {
	for _, tt := range []struct {
		at            Locator
		name, version string
		ok            bool
	}{
		{Locator{Name: "a", Reference: "npm:1.0.0"}, "a", "1.0.0", true},
		{Locator{Name: "a", Reference: "npm:1.0.0::__archiveUrl=https%3A%2F%2Fh%2Fa.tgz"}, "a", "1.0.0", true},
		{Locator{Name: "a", Reference: "patch:a@npm%3A1.0.0#./x.patch::version=1.0.0&hash=ab"}, "a", "1.0.0", true},
		{Locator{Name: "a", Reference: "patch:a@patch%3Aa@npm%253A1.0.0%23./x.patch#./y.patch::version=1.0.0"}, "a", "1.0.0", true},
		{Locator{Name: "a", Reference: "workspace:packages/a"}, "", "", false},
		{Locator{Name: "a", Reference: "https://h/r.git#commit=1"}, "", "", false},
		{Locator{Name: "a", Reference: "patch:broken"}, "", "", false},
	} {
		e := &Entry{Resolution: tt.at}
		if name, version, ok := e.Package(); name != tt.name || version != tt.version || ok != tt.ok {
			t.Errorf("%s: %q %q %v", tt.at, name, version, ok)
		}
	}
	for name, want := range map[string]string{"cool-width": "string-width", "any-thing": "any-thing", "bare": "bare"} {
		e := fixture(t, "classic.lock").Named(name)[0]
		if got, version, ok := e.Package(); got != want || version != e.Version || !ok {
			t.Errorf("%s: %q %q %v", name, got, version, ok)
		}
	}
}
