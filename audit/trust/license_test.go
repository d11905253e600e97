package trust

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/license"
)

func licensedDoc(name string, versions ...string) string {
	var list []string
	for _, v := range versions {
		version, says, _ := strings.Cut(v, " ")
		list = append(list, fmt.Sprintf(`%q:{"name":%q,"version":%q%s}`, version, name, version, says))
	}
	return fmt.Sprintf(`{"name":%q,"versions":{%s}}`, name, strings.Join(list, ","))
}

// entries is a lock with these packages, and what others asks for.
func entries(others string, packages ...string) string {
	text := lockHead
	for _, p := range packages {
		i := strings.LastIndexByte(p, '@')
		text += fmt.Sprintf("\"%s@npm:^%s\":\n  version: %s\n  resolution: \"%s@npm:%s\"\n  checksum: 10c0/HEX(%s)\n  languageName: node\n  linkType: hard\n\n",
			p[:i], p[i+1:], p[i+1:], p[:i], p[i+1:], p)
	}
	return strings.TrimSuffix(text+others, "\n")
}

const forkEntry = `"fork@https://github.com/a/fork.git":
  version: 1.0.0
  resolution: "fork@https://github.com/a/fork.git#commit=0123456789012345678901234567890123456789"
  checksum: 10c0/HEX(fork)
  languageName: node
  linkType: hard

`

func TestLicenses(t *testing.T) {
	policy, err := license.ParsePolicy("licenses.yaml", []byte("allow: [MIT]\npackages: [{package: fine, license: Beerware, reason: harmless}]"))
	if err != nil {
		t.Fatal(err)
	}
	reg := client(t, docs(map[string]string{
		"mit":    licensedDoc("mit", `1.0.0 ,"license":"MIT"`, `1.1.0 ,"license":"(ISC OR MIT)"`),
		"gpl":    licensedDoc("gpl", `1.0.0 ,"licenses":[{"type":"GPL-3.0"}]`, `1.1.0 ,"license":{"type":"GPL-3.0"}`, `2.0.0 ,"license":"AGPL-3.0"`),
		"silent": licensedDoc("silent", `1.0.0 `),
		"fine":   licensedDoc("fine", `1.0.0 ,"license":"Beerware"`),
	}))
	tests := []struct {
		name, base, head string
		full, off        bool
		want             []string
	}{
		{"what is allowed", entries("", "mit@1.0.0"), entries("", "mit@1.1.0", "fine@1.0.0"), false, false, nil},
		{"what a change adds", entries("", "silent@1.0.0"), entries("", "gpl@1.0.0", "silent@1.0.0"), false, false,
			[]string{"error new license yarn.lock:5 gpl@1.0.0 has the licence GPL-3.0, which allow does not have"}},
		{"a bump that says the same", entries("", "gpl@1.0.0"), entries("", "gpl@1.1.0"), false, false,
			[]string{"info old license yarn.lock:5 gpl@1.1.0 has the licence GPL-3.0, which allow does not have"}},
		{"a bump to another licence", entries("", "gpl@1.0.0"), entries("", "gpl@2.0.0"), false, false,
			[]string{"error new license yarn.lock:5 gpl@2.0.0 has the licence AGPL-3.0, which allow does not have"}},
		{"nothing is said", entries("", "mit@1.0.0"), entries("", "silent@1.0.0"), false, false,
			[]string{"warning new license yarn.lock:5 silent@1.0.0 does not say which licence it has"}},
		{"what is not known, once", entries("", "mit@1.0.0"), entries(forkEntry, "mit@1.2.0", "other@1.0.0"), false, false,
			[]string{"unknown license: the licences of 3 packages are not known: the registry does not show them, or was not asked (fork, mit@1.2.0, other@1.0.0)"}},
		{"a whole lock", "", entries("", "gpl@1.0.0", "mit@1.0.0", "silent@1.0.0"), true, false,
			[]string{"error old license yarn.lock:5 gpl@1.0.0 has the licence GPL-3.0, which allow does not have",
				"warning old license yarn.lock:19 silent@1.0.0 does not say which licence it has"}},
		{"the rule is off", entries("", "mit@1.0.0"), entries("", "gpl@1.0.0"), false, true, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, _ := change(t, txtar.Parse([]byte("-- base/yarn.lock --\n"+tt.base+"-- head/yarn.lock --\n"+tt.head)))
			in.Licenses, in.Manifests = policy, reg
			if tt.full {
				in.Base = nil
			}
			if tt.off {
				in.Severities[ruleLicense] = "off"
			}
			r := check(t, in)
			var got []string
			for _, f := range r.Findings {
				if f.Rule == ruleLicense {
					got = append(got, line(f))
					if !f.Whole {
						t.Error("it does not count without a base")
					}
				}
			}
			for _, u := range r.Unknown {
				got = append(got, "unknown "+u.Rule+": "+u.Reason)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An inventory wants all licences, whether there are lists of them or not.
func TestAllLicenses(t *testing.T) {
	reg := client(t, docs(map[string]string{"mit": licensedDoc("mit", `1.0.0 ,"license":"MIT"`), "silent": licensedDoc("silent", "1.0.0 ")}))
	lock := entries("", "mit@1.0.0", "silent@1.0.0", "other@1.0.0")
	in, _ := change(t, txtar.Parse([]byte("-- yarn.lock --\n"+lock)))
	in.Manifests, in.AllLicenses = reg, true
	r := check(t, in)
	want := map[PackageVersion]license.Declared{{"mit", "1.0.0"}: license.Read("MIT"), {"silent", "1.0.0"}: {}}
	if diff := cmp.Diff(want, r.Licenses); diff != "" || slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == ruleLicense }) {
		t.Error(diff, show(r))
	}
}
