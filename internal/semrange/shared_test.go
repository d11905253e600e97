package semrange

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

var update = flag.Bool("update", false, "write testdata/vectors.json with the answers of node (needs node)")

// vectorFile holds answers of node-semver: one character a version, '1' for
// satisfied. Peer, in the own vectors only, is Yarn's rule.
type vectorFile struct {
	Source   string   `json:"source"`
	Versions []string `json:"versions"`
	Ranges   []struct {
		Range      string `json:"range"`
		Valid      bool   `json:"valid"`
		Default    string `json:"default"`
		Prerelease string `json:"prerelease"`
		Peer       string `json:"peer"`
	} `json:"ranges"`
}

func checkVectors(t *testing.T, path string, wantRanges int) {
	t.Helper()
	vectors := readVectors(t, path)
	if len(vectors.Ranges) < wantRanges {
		t.Fatalf("%s holds %d ranges, want at least %d", path, len(vectors.Ranges), wantRanges)
	}
	checked := 0
	for _, vec := range vectors.Ranges {
		r, err := Parse(vec.Range)
		if (err == nil) != vec.Valid {
			t.Errorf("Parse(%q) = %v, node-semver says valid: %v", vec.Range, err, vec.Valid)
		}
		modes := []struct {
			name string
			want string
			in   func(Range, string) bool
		}{
			{"Satisfies", vec.Default, satisfies(Range.Satisfies)},
			{"SatisfiesPre", vec.Prerelease, satisfies(Range.satisfiesPre)},
			{"SatisfiesPeer", vec.Peer, satisfies(Range.SatisfiesPeer)},
		}
		for _, m := range modes {
			for i := range m.want {
				checked++
				if got := m.in(r, vectors.Versions[i]); got != (m.want[i] == '1') {
					t.Errorf("%s(%q, %q) = %v", m.name, vec.Range, vectors.Versions[i], got)
				}
			}
		}
	}
	t.Logf("%d ranges, %d versions, %d answers", len(vectors.Ranges), len(vectors.Versions), checked)
}

func TestSharedVectors(t *testing.T) {
	checkVectors(t, testshared.Dir(t, "npmrange/vectors.json"), 149)
}

func TestOwnVectors(t *testing.T) {
	const path = "testdata/vectors.json"
	if *update {
		writeVectors(t, path)
	}
	checkVectors(t, path, 100)
}

// writeVectors asks node anew about every range and version in the file; to
// add a range, add {"range": "…"} to it.
func writeVectors(t *testing.T, path string) {
	peer := nodeSemver(t)
	vectors := readVectors(t, path)
	bit := map[bool]string{true: "1", false: "0"}
	for i := range vectors.Ranges {
		vec := &vectors.Ranges[i]
		vec.Default, vec.Prerelease, vec.Peer = "", "", ""
		for _, v := range vectors.Versions {
			a := peer.ask(t, vec.Range, v)
			if vec.Valid = a.Valid; !vec.Valid {
				a.Pre, a.Peer = false, false
			}
			vec.Default += bit[a.Default]
			vec.Prerelease += bit[a.Pre]
			vec.Peer += bit[a.Peer]
		}
	}
	out, err := json.MarshalIndent(vectors, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(out, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readVectors(t *testing.T, path string) (vectors vectorFile) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(src, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}
