package appconfig

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

func TestGetters(t *testing.T) {
	tree := mustLoad(t, map[string]string{
		"app-config.yaml":       "s: text\nempty: ''\nfrom_env: ${E}\nn: 5\nb: yes\nbn: 0\nbad: maybe\nl: [1]\no: {x: 1, y: {z: 2}}\nscalar: {deep: 1}\n",
		"app-config.local.yaml": "o: {y: null, w: 3}\nscalar: 7\n",
	}, "E=")
	if v, ok, err := tree.Text("s"); v.Reveal() != "text" || !ok || err != nil {
		t.Error(v, ok, err)
	}
	if _, ok, err := tree.Text("none.at.all"); ok || err != nil {
		t.Error(ok, err)
	}
	for key, want := range map[string]string{
		"empty": "app-config.yaml:2:8: empty is an empty text", "n": "n is of the type number, but must be a text",
		"from_env": "from_env is an empty text", "s.deeper": "s is of the type string, but must be an object",
		"scalar.deep": "app-config.local.yaml:2:9: scalar is of the type number", "a b": "cannot be the key",
	} {
		_, _, err := tree.Text(key)
		var f *fault.Error
		if !errors.As(err, &f) || !strings.Contains(err.Error(), want) || f.Next == "" {
			t.Errorf("%s: %v, want %s", key, err, want)
		}
	}
	for key, want := range map[string]bool{"b": true, "bn": false} {
		if got, ok, err := tree.Bool(key); got != want || !ok || err != nil {
			t.Error(key, got, ok, err)
		}
	}
	if _, _, err := tree.Bool("bad"); err == nil {
		t.Error("maybe is a boolean")
	}
	sub, err := tree.Sub("o")
	if err != nil || sub == nil {
		t.Fatal(sub, err)
	}
	if got := fmt.Sprint(sub.Keys()); got != "[w x]" {
		t.Errorf("keys %s", got)
	}
	if _, err := tree.Sub("s"); err == nil {
		t.Error("a text is an object")
	}
	if sub, err := tree.Sub("none"); sub != nil || err != nil {
		t.Error(sub, err)
	}
}
