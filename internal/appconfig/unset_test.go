package appconfig

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shownUnset are the unset variables as NAME KEY PLACE.
func shownUnset(t *Tree) []string {
	out := []string{}
	for _, u := range t.Unset {
		out = append(out, fmt.Sprintf("%s %s %s", u.Name, u.Key, u.Pos))
	}
	return out
}

func TestUnset(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		env   []string
		want  []string
	}{
		{name: "set, empty, with a default, escaped: none is missing",
			files: map[string]string{"app-config.yaml": "a: ${SET}\nb: ${EMPTY}\nc: ${NOT:-d}\nd: ${EMPTY:-d}\ne: $${NOT}\nf: NOT\n"}, env: []string{"SET=x", "EMPTY="}},
		{name: "every variable of a text, each once, with its line",
			files: map[string]string{"app-config.yaml": "db:\n  url: postgres://${U}:${P}@${H}/${U}\n"},
			want:  []string{"U db.url app-config.yaml:2:8", "P db.url app-config.yaml:2:8", "H db.url app-config.yaml:2:8"}},
		{name: "one of several is set",
			files: map[string]string{"app-config.yaml": "url: ${U}:${P}\n"}, env: []string{"U=x"}, want: []string{"P url app-config.yaml:1:6"}},
		{name: "an empty default is none, for an empty variable, too",
			files: map[string]string{"app-config.yaml": "a: ${NOT:-}\nb: ${EMPTY:- }\n"}, env: []string{"EMPTY="}, want: []string{"NOT a app-config.yaml:1:4", "EMPTY b app-config.yaml:2:4"}},
		{name: "$env, lists and what is included",
			files: map[string]string{"app-config.yaml": "a: {$env: E}\nl: [x, {y: '${L}'}]\nin: {$include: in.yaml#c}\nt: {$include: in.yaml#t}\n", "in.yaml": "c:\n  d: ${D}\nt: ${T}\n"},
			want:  []string{"E a app-config.yaml:1:11", "L l[1].y app-config.yaml:2:12", "D in.d in.yaml:2:6", "T t in.yaml:3:4"}},
		{name: "a name that a variable gives is a value, and does not show",
			files: map[string]string{"app-config.yaml": "a: {$env: '${WHICH}'}\n"}, env: []string{"WHICH=s3cret"}},
		{name: "a stronger layer has the value",
			files: map[string]string{"app-config.yaml": "a: ${A}\nb: {c: '${C}', d: '${D}'}\ne: {f: '${F}'}\ng: {h: '${G}'}\nl: ['${L}']\n", "app-config.local.yaml": "a: 1\nb: {c: x}\ne: null\ng: text\nl: []\n"},
			want:  []string{"D b.d app-config.yaml:2:19"}},
		{name: "a weaker layer has one: it counts only because the variable is not set",
			files: map[string]string{"app-config.yaml": "a: 1\n", "app-config.local.yaml": "a: ${A}\n"}, want: []string{"A a app-config.local.yaml:1:4"}},
		{name: "of two layers the stronger one's variable decides",
			files: map[string]string{"app-config.yaml": "a: ${WEAK}\nb: ${B}\n", "app-config.local.yaml": "a: ${STRONG}${OTHER}\n"},
			want:  []string{"STRONG a app-config.local.yaml:1:4", "OTHER a app-config.local.yaml:1:4", "B b app-config.yaml:2:4"}},
		{name: "APP_CONFIG_ has the value",
			files: map[string]string{"app-config.yaml": "a: {b: '${B}', c: '${C}'}\n"}, env: []string{"APP_CONFIG_a_b=1"}, want: []string{"C a.c app-config.yaml:1:19"}},
		{name: "keys that are nothing", files: map[string]string{"app-config.yaml": "'': {'': '${A}'}\nb: {'': '${B}'}\n", "app-config.local.yaml": "'': {'': {}}\n"}, want: []string{"B b. app-config.yaml:2:9"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := mustLoad(t, tt.files, tt.env...)
			if tt.want == nil {
				tt.want = []string{}
			}
			if diff := cmp.Diff(tt.want, shownUnset(tree)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Whoever sets what Unset names gets the values, and nothing is unset then.
func TestUnsetIsAllThatIsMissing(t *testing.T) {
	files := map[string]string{"app-config.yaml": "url: ${U}:${P:-${H}}@${H}\nl: ['${L}', '${M:-m}']\ne: {$env: E}\n", "app-config.local.yaml": "url: ${URL}\n"}
	tree := mustLoad(t, files)
	var env []string
	for _, u := range tree.Unset {
		env = append(env, u.Name+"=value-of-"+u.Name)
	}
	tree = mustLoad(t, files, env...)
	if len(tree.Unset) > 0 {
		t.Errorf("still unset: %v", shownUnset(tree))
	}
	for key, want := range map[string]string{"url": "value-of-URL", "e": "value-of-E"} {
		if v, ok, err := tree.Get(key); err != nil || !ok || v.Reveal() != want {
			t.Errorf("%s is %q, %v, %v", key, v.Reveal(), ok, err)
		}
	}
}

func TestSetUnset(t *testing.T) {
	tree := mustLoad(t, map[string]string{"app-config.yaml": "a: ${A}\nb: ${B}\nc: ${C}\nd: ${A}\n"})
	for n, want := range map[int]string{
		0: "",
		1: "Set A (app-config.yaml:1 uses it for a)",
		2: "Set A (app-config.yaml:1 uses it for a) and B (app-config.yaml:2 uses it for b)",
		4: "Set A (app-config.yaml:1 uses it for a; app-config.yaml:4 uses it for d), B (app-config.yaml:2 uses it for b) and C (app-config.yaml:3 uses it for c)",
	} {
		if got := SetUnset(tree.Unset[:n]); got != want {
			t.Errorf("%d:\n got %s\nwant %s", n, got, want)
		}
	}
}

func TestIncludeNamesTheUnsetVariable(t *testing.T) {
	_, err := load(t, map[string]string{"app-config.yaml": "a:\n  $file: ${DIR}/${NAME}\n"})
	if err == nil || !strings.Contains(err.Error(), "app-config.yaml:2:10: $file names a variable that is not set: DIR, NAME") {
		t.Errorf("%v", err)
	}
}
