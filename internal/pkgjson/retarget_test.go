package pkgjson

import (
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

func TestRetarget(t *testing.T) {
	peer, down := Options{Peer: true}, Options{AllowDowngrade: true}
	tests := []struct {
		spec, to string
		opts     Options
		want     string // "" = spec
		verdict  Verdict
	}{
		// Full versions move, and keep operator, prefix and protocol.
		{"^1.2.0", "1.5.0", Options{}, "^1.5.0", Changed},
		{"^1.2.0", "2.0.1", Options{}, "^2.0.1", Changed},
		{"~1.2.0", "1.5.0", Options{}, "~1.5.0", Changed},
		{"~> 1.2.0", "1.5.0", Options{}, "~> 1.5.0", Changed},
		{"1.2.0", "1.5.0", Options{}, "1.5.0", Changed},
		{"=1.2.0", "1.5.0", Options{}, "=1.5.0", Changed},
		{"= v1.2.0", "1.5.0", Options{}, "= v1.5.0", Changed},
		{"v1.2.3", "1.5.0", Options{}, "v1.5.0", Changed},
		{"^v1.2.3", "1.5.0", Options{}, "^v1.5.0", Changed},
		{" ^1.2.0 ", "1.5.0", Options{}, " ^1.5.0 ", Changed},
		{"^1.2.0+build.7", "1.5.0", Options{}, "^1.5.0", Changed},
		{"^1.2.0", "1.5.0+build.7", Options{}, "^1.5.0", Changed},
		{"npm:^1.2.0", "1.5.0", Options{}, "npm:^1.5.0", Changed},
		{"npm:1.2.0", "1.5.0", Options{}, "npm:1.5.0", Changed},
		{"npm:@backstage/x@^1.2.0", "1.5.0", Options{}, "npm:@backstage/x@^1.5.0", Changed},
		{"npm:x@~1.2", "1.5.0", Options{}, "npm:x@~1.5", Changed},
		{"^1.5.0", "1.5.0", Options{}, "", verdictSame},
		{"1.5.0", "1.5.0", Options{}, "", verdictSame},
		{"npm:x@1.5.0", "1.5.0", Options{}, "", verdictSame},
		{"^1.5.0-next.1", "1.5.0-next.1", Options{}, "", verdictSame},

		// Prereleases.
		{"^1.1.0", "1.2.0-next.1", Options{}, "^1.2.0-next.1", Changed},
		{"^1.2.0-next.0", "1.2.0-next.1", Options{}, "^1.2.0-next.1", Changed},
		{"^1.2.0-next.1", "1.2.0", Options{}, "^1.2.0", Changed},
		{"^1", "1.2.0-next.1", Options{}, "^1.2.0-next.1", Changed},
		{"~1.2", "1.5.0-next.1", Options{}, "~1.5.0-next.1", Changed},
		{"1.x", "1.2.0-next.1", Options{}, "^1.2.0-next.1", Changed},
		{"1.2.x", "1.2.1-next.1", Options{}, "~1.2.1-next.1", Changed},
		{"v1", "2.0.0-next.1", Options{}, "^2.0.0-next.1", Changed},
		{">=1", "1.2.0-next.1", Options{}, ">=1.2.0-next.1", Changed},
		{">1.0.0", "1.2.0-next.1", Options{}, ">=1.2.0-next.1", Changed},
		{">=1.0.0 <2.0.0", "1.2.0-next.1", Options{}, ">=1.2.0-next.1 <2.0.0", Changed},
		{">=1.0.0 <2.0.0", "2.0.0-next.1", Options{}, ">=2.0.0-next.1 <3.0.0", Changed},
		{"^1 || ^2", "2.3.0-next.1", Options{}, "^1 || ^2 || ^2.3.0-next.1", Changed},
		{"1.0.0 - 2.0.0", "1.5.0-next.1", Options{}, "1.5.0-next.1 - 2.0.0", Changed},
		{"1 - 2", "1.5.0-next.1", Options{}, "1.5.0-next.1 - 2", Changed},
		{"1.0.0 - 2.0.0", "2.1.0-next.1", Options{}, "1.0.0 - 2.1.0-next.1", Changed},
		{"^1.5.0", "1.5.0-next.1", Options{}, "", Ahead},
		{"^1.5", "1.5.0-next.1", Options{}, "", Ahead},
		{"<2.0.0", "1.5.0-next.1", Options{}, "", Untouched},
		{"*", "1.5.0-next.1", Options{}, "", Untouched},

		// Partial versions move in their precision.
		{"^1.2", "1.5.0", Options{}, "^1.5", Changed},
		{"~1.2", "1.5.3", Options{}, "~1.5", Changed},
		{"^1", "1.5.0", Options{}, "", verdictSatisfied},
		{"^1", "2.5.0", Options{}, "^2", Changed},
		{"^0.5", "0.5.9", Options{}, "", verdictSatisfied},
		{"^0.5", "0.6.1", Options{}, "^0.6", Changed},
		{"1.x", "1.5.0", Options{}, "", verdictSatisfied},
		{"1.x", "2.5.0", Options{}, "2.x", Changed},
		{"1.X.X", "2.5.0", Options{}, "2.X.X", Changed},
		{"1.2.*", "1.5.1", Options{}, "1.5.*", Changed},
		{"^1.x", "2.5.0", Options{}, "^2.x", Changed},
		{"~1.2.x", "1.5.0", Options{}, "~1.5.x", Changed},
		{"1", "1.5.0", Options{}, "", verdictSatisfied},
		{"1", "2.5.0", Options{}, "2", Changed},
		{"1.2", "1.5.0", Options{}, "1.5", Changed},
		{"=1", "2.5.0", Options{}, "=2", Changed},

		// Bounds.
		{">=1.0.0", "2.3.0", Options{}, "", verdictSatisfied},
		{">=1", "2.3.0", Options{}, "", verdictSatisfied},
		{">1", "2.3.0", Options{}, "", verdictSatisfied},
		{"<3", "2.3.0", Options{}, "", verdictSatisfied},
		{"<2.0.0", "2.3.0", Options{}, "<3.0.0", Changed},
		{"<2", "2.3.0", Options{}, "<3", Changed},
		{"<1.5.0", "1.6.2", Options{}, "<1.7.0", Changed},
		{"<1.5", "1.6.2", Options{}, "<1.7", Changed},
		{"<1.5.3", "1.6.2", Options{}, "<1.6.3", Changed},
		{"<0.5.0", "0.6.2", Options{}, "<0.7.0", Changed},
		{"<0.5.0", "1.2.0", Options{}, "<2.0.0", Changed},
		{"<2.0.0-0", "2.3.0", Options{}, "<3.0.0-0", Changed},
		{"<=2.0.0", "2.3.0", Options{}, "<=2.3.0", Changed},
		{"<=1", "2.3.0", Options{}, "<=2", Changed},
		{">=1.0.0 <2.0.0", "1.5.0", Options{}, "", verdictSatisfied},
		{">=1.0.0 <2.0.0", "2.3.0", Options{}, ">=2.3.0 <3.0.0", Changed},
		{">= 1.0.0  < 2", "2.3.0", Options{}, ">= 2.3.0  < 3", Changed},
		{">=1 <2", "2.3.0", Options{}, ">=2 <3", Changed},
		{">1.0.0 <2.0.0", "2.3.0", Options{}, ">=2.3.0 <3.0.0", Changed},
		{">=1.0.0 <=2.0.0", "2.3.0", Options{}, ">=1.0.0 <=2.3.0", Changed},
		{">=1.0.0 <=2.0.0", "1.5.0-next.1", Options{}, ">=1.5.0-next.1 <=2.0.0", Changed},
		{">=2.0.0 <=3.0.0", "1.5.0", down, ">=1.5.0 <=3.0.0", Changed},
		{">=1.2.0 <1.3.0", "1.5.1", Options{}, ">=1.5.1 <1.6.0", Changed},
		{"^1.2.0 <1.3.0", "1.5.1", Options{}, "^1.5.1 <1.6.0", Changed},
		{"1.0.0 - 2.0.0", "1.5.0", Options{}, "", verdictSatisfied},
		{"1.0.0 - 2.0.0", "2.3.0", Options{}, "1.0.0 - 2.3.0", Changed},
		{"1 - 2", "2.9.0", Options{}, "", verdictSatisfied},
		{"1 - 2", "3.1.0", Options{}, "1 - 3", Changed},

		// Alternatives.
		{"^1 || ^2", "2.3.0", Options{}, "", verdictSatisfied},
		{"^1 || ^2", "3.1.4", Options{}, "^1 || ^2 || ^3", Changed},
		{"^1.0.0 || ^2.0.0", "3.1.4", Options{}, "^1.0.0 || ^2.0.0 || ^3.1.4", Changed},
		{"^1.0.0||^2.0.0", "3.1.4", Options{}, "^1.0.0||^2.0.0||^3.1.4", Changed},
		{"1.x || 2.x", "3.1.4", Options{}, "1.x || 2.x || 3.x", Changed},
		{"6.0.0-beta.0 || ^6.3.0", "7.0.0", Options{}, "6.0.0-beta.0 || ^6.3.0 || ^7.0.0", Changed},
		{"^1 || >=2 <3", "3.1.4", Options{}, "^1 || >=2 <3 || >=3 <4", Changed},
		{"^0.5.0 || 1.0.0 - 2.0.0", "3.1.4", Options{}, "^0.5.0 || 1.0.0 - 2.0.0 || ^3.1.4", Changed},
		{"^1 || ^3", "2.0.0", Options{}, "^1 || ^3 || ^2", Changed},
		{"^2 || ^3", "1.5.0", Options{}, "", Ahead},
		{"^2 || ^3", "1.5.0", down, "^2 || ^3 || ^1", Changed},
		{"^1 ||", "3.1.4", Options{}, "", Untouched},
		{"^1 || *", "3.1.4", Options{}, "", Untouched},

		// Nothing goes down by itself.
		{"^1.6.0", "1.5.0", Options{}, "", Ahead},
		{"1.6.0", "1.5.0", Options{}, "", Ahead},
		{"npm:x@^1.6.0", "1.5.0", Options{}, "", Ahead},
		{"^2", "1.5.0", Options{}, "", Ahead},
		{"^1.6", "1.5.0", Options{}, "", Ahead},
		{"2.x", "1.5.0", Options{}, "", Ahead},
		{">=2.0.0", "1.5.0", Options{}, "", Ahead},
		{">1.5.0", "1.5.0", Options{}, "", Ahead},
		{">1", "1.5.0", Options{}, "", Ahead},
		{">=2.0.0 <3.0.0", "1.5.0", Options{}, "", Ahead},
		{"2.0.0 - 3.0.0", "1.5.0", Options{}, "", Ahead},
		{"^1.6.0", "1.5.0", down, "^1.5.0", Changed},
		{"2.x", "1.5.0", down, "1.x", Changed},
		{">=2.0.0", "1.5.0", down, ">=1.5.0", Changed},
		{">1.5.0", "1.5.0", down, ">=1.5.0", Changed},
		{">=2.0.0 <3.0.0", "1.5.0", down, ">=1.5.0 <3.0.0", Changed},
		{"2.0.0 - 3.0.0", "1.5.0", down, "1.5.0 - 3.0.0", Changed},
		{"npm:x@^1.6.0", "1.5.0", down, "npm:x@^1.5.0", Changed},

		// Peers.
		{"^1.2.0", "1.5.0", peer, "^1.5.0", Changed},
		{"~1.2.0", "1.5.0", peer, "~1.5.0", Changed},
		{"^1", "1.5.0", peer, "", verdictSatisfied},
		{"*", "1.5.0", peer, "", Untouched},
		{">=1", "1.5.0", peer, "", verdictSatisfied},
		{">=1", "1.5.0-next.1", peer, "", verdictSatisfied},
		{"^1", "1.5.0-next.1", peer, "", verdictSatisfied},
		{"^1 || ^2", "2.3.0-next.1", peer, "", verdictSatisfied},
		{"^1 || ^2", "3.1.4", peer, "^1 || ^2 || ^3", Changed},

		// Not for us.
		{"", "1.5.0", Options{}, "", Untouched},
		{"x", "1.5.0", Options{}, "", Untouched},
		{"npm:*", "1.5.0", Options{}, "", Untouched},
		{">=0.0.0", "1.5.0", Options{}, "", Untouched},
		{"latest", "1.5.0", Options{}, "", Untouched},
		{"npm:x@latest", "1.5.0", Options{}, "", Untouched},
		{"npm:@s/x", "1.5.0", Options{}, "", Untouched},
		{"npm:^1.2.0::__archiveUrl=https%3A%2F%2Fhost%2Fx.tgz", "1.5.0", Options{}, "", Untouched},
		{"workspace:^1.2.0", "1.5.0", Options{}, "", Untouched},
		{"backstage:^", "1.5.0", Options{}, "", Untouched},
		{"catalog:", "1.5.0", Options{}, "", Untouched},
		{"patch:x@npm%3A^1.2.0#~/x.patch", "1.5.0", Options{}, "", Untouched},
		{"file:../x", "1.5.0", Options{}, "", Untouched},
		{"github:u/r#semver:^1.2.0", "1.5.0", Options{}, "", Untouched},
		{"jsr:^1.2.0", "1.5.0", Options{}, "", Untouched},
	}
	for _, tt := range tests {
		to, err := semrange.ParseVersion(tt.to)
		if err != nil {
			// With build metadata, which a release manifest may have.
			to = semver.MustParse(tt.to)
		}
		got, out := Retarget(spec.Read(tt.spec), to, tt.opts)
		want := tt.want
		if want == "" {
			want = tt.spec
		}
		if got != want || out.Verdict != tt.verdict {
			t.Errorf("Retarget(%q, %s, %+v) = %q, %s %q; want %q, %s", tt.spec, tt.to, tt.opts, got, out.Verdict, out.Reason, want, tt.verdict)
		}
		if (out.Reason != "") != (out.Verdict == Untouched) {
			t.Errorf("Retarget(%q, %s): %s with reason %q", tt.spec, tt.to, out.Verdict, out.Reason)
		}
	}
}

// Whatever the spec: what is written admits the target, a second run changes
// nothing, and no range comes to ask for less than before.
func FuzzRetarget(f *testing.F) {
	for _, s := range []string{"^1.2.0", "1.x || >=2.0.0 <3.0.0-0", "1.0.0 - 2.0.0", "npm:@a/b@~1", "patch:a@npm%3A1.0.0#x", ">= v1.2 <=2", "\t^1\n"} {
		f.Add(s, uint64(1), uint64(5), uint64(0), "")
		f.Add(s, uint64(3), uint64(0), uint64(2), "next.1")
	}
	f.Fuzz(func(t *testing.T, text string, major, minor, patch uint64, pre string) {
		to, err := semrange.ParseVersion(semver.New(major, minor, patch, pre, "").String())
		if err != nil {
			return
		}
		for _, opts := range []Options{{}, {Peer: true}, {AllowDowngrade: true}} {
			got, out := Retarget(spec.Read(text), to, opts)
			if out.Verdict != Changed {
				if got != text {
					t.Fatalf("%q became %q with verdict %s", text, got, out.Verdict)
				}
				continue
			}
			before, after := spec.Read(text), spec.Read(got)
			if after.Kind != before.Kind || after.Name != before.Name || after.Protocol != before.Protocol {
				t.Fatalf("%q became %q, another kind of spec", text, got)
			}
			rng, err := semrange.Parse(after.Range)
			if err != nil || !(rng.Satisfies(to) || opts.Peer && rng.SatisfiesPeer(to)) {
				t.Fatalf("%q became %q, which does not admit %s", text, got, to)
			}
			if again, out := Retarget(spec.Read(got), to, opts); again != got {
				t.Fatalf("%q became %q, then %q (%s)", text, got, again, out.Verdict)
			}
			if strings.Contains(after.Range, "||") && !strings.HasPrefix(after.Range, before.Range) {
				t.Fatalf("%q became %q: an alternative is gone", text, got)
			}
		}
	})
}
