package pinning

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/relock"
)

func TestPinning(t *testing.T) {
	for _, c := range pinCases {
		t.Run(c.name, func(t *testing.T) {
			cl, res := c.solve(t, &relock.Release{Versions: c.versions(), AllowDowngrade: c.lower})
			if diff := cmp.Diff(c.want, brief(scan(cl.new))); diff != "" {
				t.Errorf("lock (-want +got):\n%s", diff)
			}
			v := prove(t, cl)
			for _, f := range v.faults {
				t.Error(f)
			}
			var off []string
			for _, o := range v.off {
				off = append(off, o.name+" "+o.version+" "+o.reason)
			}
			if diff := cmp.Diff(c.off, off); diff != "" {
				t.Errorf("off the release, as the proof sees it (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.doubles, v.doubles); diff != "" {
				t.Errorf("several copies (-want +got):\n%s", diff)
			}
			if res.OnRelease != v.on || res.OfRelease != v.of {
				t.Errorf("the result counts %d of %d on the release, the proof %d of %d", res.OnRelease, res.OfRelease, v.on, v.of)
			}
			sameList(t, v, slices.Concat(res.OffRelease, res.Ahead))
		})
	}
}

// sameList checks that the solver's own list of what is off the release is
// that of the proof, and that each line says who asks.
func sameList(t *testing.T, v *verdict, list []relock.Off) {
	t.Helper()
	var want, got []string
	for _, o := range v.off {
		want = append(want, o.name+" "+o.version+" "+o.reason)
	}
	for _, o := range list {
		got = append(got, o.Name+" "+o.Version+" "+string(o.Reason))
		if len(o.Asks) == 0 {
			t.Errorf("%s %s: the list does not say who asks", o.Name, o.Version)
			continue
		}
		if o.Reason != relock.ReasonAhead && o.Asks[0].Fix == "" {
			t.Errorf("%s %s (%s): the list does not say what to do", o.Name, o.Version, o.Reason)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("off the release (-proof +solver):\n%s", diff)
	}
}

// TestProofSeesDrift shows that the proof fails for locks that are not pinned.
func TestProofSeesDrift(t *testing.T) {
	for _, c := range pinCases {
		if !c.drifts {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			cl, _ := c.solve(t, relock.Highest{})
			if v := prove(t, cl); len(v.faults) == 0 {
				t.Errorf("no fault in what Yarn would write:\n%s", brief(scan(cl.new)))
			}
		})
	}
}

// TestAgain holds that a pinned lock is in line: pinning it again, and Yarn's
// own rule, change nothing.
func TestAgain(t *testing.T) {
	for _, c := range pinCases {
		t.Run(c.name, func(t *testing.T) {
			release := &relock.Release{Versions: c.versions(), AllowDowngrade: c.lower}
			cl, _ := c.solve(t, release)
			for _, policy := range []relock.Policy{release, relock.Highest{}} {
				archive, _, _ := strings.Cut(c.text(), "-- yarn.lock --\n")
				in := portal(t, archive+"-- yarn.lock --\n"+cl.new)
				in.Release = c.versions()
				res, err := relock.Solve(t.Context(), in, fakeOf(t, world+c.registry), policy)
				if err != nil {
					t.Fatal(err)
				}
				if string(res.Lock) != cl.new {
					t.Errorf("%T changes it: %s", policy, cmp.Diff(cl.new, string(res.Lock)))
				}
			}
		})
	}
}
