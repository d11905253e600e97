package release

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

// Every manifest that the public host ever published is accepted.
func TestSharedMirror(t *testing.T) {
	s := source(t, Config{BaseURL: fileURL(testshared.Dir(t, "backstage-versions"))})
	known := s.Known(context.Background())
	packages := 0
	for _, v := range known {
		m := get(t, s, v)
		if m.ReleaseVersion != v {
			t.Errorf("%s: %s", v, m.ReleaseVersion)
		}
		packages += len(m.Packages)
	}
	if len(known) < 555 {
		t.Errorf("%d releases, want 555", len(known))
	}
	t.Logf("%d releases, %d package versions", len(known), packages)

	if m := get(t, s, "1.53.0"); m.Packages["@backstage/cli"] == "" || m.Packages["@backstage/app-defaults"] != "1.7.10" {
		t.Errorf("1.53.0: %v", m.Packages)
	}
	main, next := get(t, s, mainBranch), get(t, s, nextBranch)
	if !semrange.Above(next.ReleaseVersion, main.ReleaseVersion) {
		t.Errorf("main %s, next %s", main.ReleaseVersion, next.ReleaseVersion)
	}
	_, err := s.Get(context.Background(), "1.45.4") // was never published
	wantFault(t, err, "1.45.1, 1.45.2, 1.45.3, 1.45.5, 1.45.6")

	// Behind is what counting the published 1.N.0 gives.
	for _, current := range known {
		if !strings.HasPrefix(current, "1.") {
			continue
		}
		want := 0
		for _, v := range known {
			if strings.HasSuffix(v, ".0") && !strings.Contains(v, "-") && semrange.Above(v, current) && !semrange.Above(v, main.ReleaseVersion) {
				want++
			}
		}
		if got, err := Behind(current, main.ReleaseVersion); err != nil || got != want {
			t.Errorf("Behind(%s, %s) = %d, %v, want %d", current, main.ReleaseVersion, got, err, want)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	body, err := os.ReadFile(filepath.Join(testshared.Dir(b, "backstage-versions"), "v1", "releases", "1.53.0", "manifest.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for range b.N {
		if _, err := parse(body); err != nil {
			b.Fatal(err)
		}
	}
}
