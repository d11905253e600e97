package npmsign

import "testing"

func TestSameSource(t *testing.T) {
	const want = "https://github.com/acme/left"
	for _, same := range []string{"git+https://github.com/acme/left.git", "git://github.com/Acme/Left.git", "git+ssh://git@github.com/acme/left.git", "git@github.com:acme/left.git",
		"github:acme/left", "acme/left", "https://www.github.com/acme/left/", "https://github.com/acme/left/tree/main/x", "https://github.com/acme/left.git#main"} {
		if !SameSource(same, want) {
			t.Errorf("%s is %s", same, repository(same))
		}
	}
	for _, other := range []string{"", "left", "https://github.com/", "https://github.com/acme/left2", "https://github.com/mallory/left", "gitlab:acme/left", "http://[", "https://github.com.evil.example/acme/left",
		"https://evil.example/https://github.com/acme/left", "https://github.com/acme", "https://github.com@evil.example/acme/left"} {
		if SameSource(other, want) {
			t.Errorf("%s is taken for %s", other, want)
		}
	}
	if SameSource("", "") || !SameSource("gitlab:a/b/c", "https://gitlab.com/a/b/c/-/tree/main") {
		t.Error("GitLab's, or nothing at all")
	}
}

func TestRoot(t *testing.T) {
	r := Sigstore()
	if len(r.authorities) < 2 || len(r.logs) < 1 || len(ofNPM()) < 2 {
		t.Errorf("%d authorities, %d logs, %d keys", len(r.authorities), len(r.logs), len(ofNPM()))
	}
}
