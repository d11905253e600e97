package bump

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/report"
)

// What was not compared is null in the JSON: 0 of 0 would look like an answer.
func TestNotComparedIsNull(t *testing.T) {
	var l Lockfile
	l.setResult(&relock.Result{})
	for name, v := range map[string]any{"status": &Status{}, "lock": l} {
		var b strings.Builder
		if err := report.JSON(&b, v); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), `"onRelease": null`) {
			t.Errorf("%s:\n%s", name, b.String())
		}
	}
	l.setResult(&relock.Result{OfRelease: 3, OnRelease: 2})
	if *l.OnRelease != 2 || *l.OfRelease != 3 || !strings.Contains((Lockfile{State: "pending", LockChange: l.LockChange}).sentence(), "2 of 3") {
		t.Errorf("%+v", l.LockChange)
	}
}
