package codemods

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	list := recipes()
	if len(list) < 35 {
		t.Fatalf("%d recipes: the table is not whole", len(list))
	}
	for _, r := range list {
		if !strings.HasPrefix(r.Name, "@backstage/") || len(r.Imports)+len(r.Texts)+len(r.Config)+len(r.Packages) == 0 {
			t.Errorf("%+v", r)
		}
		for _, i := range r.Imports {
			if !strings.HasPrefix(i.Module, "@backstage/") || i.Name == "" {
				t.Errorf("%s: %+v", r.Name, i)
			}
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	var got []string
	for _, r := range Between("1.48.0", "1.49.0") {
		got = append(got, r.Name)
		if r.Release != "1.49.0" {
			t.Errorf("%+v", r)
		}
	}
	if all := strings.Join(got, " "); !strings.Contains(all, "@backstage/remove-any-extension-data-ref") || strings.Contains(all, "rename-bui-css-tokens-v1-48") {
		t.Error(all)
	}
	if len(Between("1.49.0", "1.49.0"))+len(Between("x", "1.49.0"))+len(Between("1.48.0", "")) != 0 {
		t.Error("nothing lies between")
	}
	if !Concerns("@backstage/ui") || Concerns("react") || Concerns("") {
		t.Error("which packages the recipes are about")
	}
	if c := (Recipe{Name: "@backstage/x"}).Command(); c != "npx codemod @backstage/x" {
		t.Error(c)
	}
}
