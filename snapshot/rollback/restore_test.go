package rollback

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The whole way back: what the upgrade migrated is as it was, with owner,
// privileges, settings, extension and statistics; what it did not migrate keeps
// the rows written since; the failed state is kept.
func TestRestoreBringsBackWhatWasMigrated(t *testing.T) {
	for _, schemas := range []bool{false, true} {
		t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas], func(t *testing.T) {
			t.Parallel()
			p := newTakenPortal(t, schemas)
			before := p.States()
			p.Upgrade()
			upgraded := p.States()
			plan := p.plan()
			var names []string
			for _, target := range plan.Targets {
				names = append(names, target.Plugins...)
				if len(target.Changes) != 1 || cmp.Diff(target.Changes[0].Added, []string{"2026_new.js"}) != "" {
					t.Errorf("%s: changes %+v", target.Name(), target.Changes)
				}
				if got := target.LossSummary(); !strings.Contains(got, "things: 7 (") || !strings.Contains(got, "offline: none, the table is new") {
					t.Errorf("%s: loss %q", target.Name(), got)
				}
			}
			if got := strings.Join(names, " "); got != "auth catalog" && got != "catalog auth" {
				t.Fatalf("would restore %s", got)
			}
			result, err := plan.Restore(t.Context(), p.options())
			if err != nil {
				t.Fatal(err)
			}
			p.Is("restored", before, "auth", "catalog")
			p.Is("restored", upgraded, "scaffolder", "search")
			if len(result.Restored) != 2 || result.Restored[0].Failed == "" || len(result.Drop) != 2 {
				t.Errorf("result %+v", result)
			}
			for _, name := range p.Beside() {
				t.Errorf("%s is left", name)
			}
			again := p.plan()
			if len(again.Targets) != 0 || len(again.Kept) != 4 {
				t.Errorf("a second rollback would restore %d", len(again.Targets))
			}
		})
	}
}
