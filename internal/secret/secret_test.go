package secret

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingShowsAText(t *testing.T) {
	const text = "s3same"
	s := New(text)
	if s.Reveal() != text || s.IsZero() || !New("").IsZero() || (Text{}).Reveal() != "" {
		t.Fatal("the text is not what was given")
	}
	type holder struct{ inside Text }
	for i, thing := range []any{s, &s, []Text{s}, map[string]Text{"a": s}, holder{s}, &holder{s}, [1]holder{{s}}, struct{ Text }{s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			out := fmt.Sprintf(verb, thing)
			if strings.Contains(out, text) || strings.Contains(strings.ToLower(out), fmt.Sprintf("%x", text)) {
				t.Errorf("thing %d with %s shows it: %s", i, verb, out)
			}
		}
		if out, err := json.Marshal(thing); err == nil && strings.Contains(string(out), text) {
			t.Errorf("thing %d as JSON shows it", i)
		}
		var b strings.Builder
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "thing", thing)
		if strings.Contains(b.String(), text) {
			t.Errorf("thing %d in a log shows it", i)
		}
	}
	if got := fmt.Sprintf("%v %#v %v", s, s, Text{}); got != "*** *** " {
		t.Errorf("it prints as %q", got)
	}
}
