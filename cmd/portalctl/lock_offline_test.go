package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A first run without a network names everything that it lacks, and who asks
// for it; a run after one with a network needs none.
func TestLockOffline(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.reg.Publish("twin@1.0.0")
	p.reg.Publish("lone@1.0.0")
	p.wants("keep@^1.0.0", "gain@^1.0.0", "alias@npm:twin@^1.0.0", "lone@1.0.0")
	first := func(texts ...string) string {
		t.Helper()
		before := p.lockText()
		code, out, errOut := p.run("--offline")
		if code != 2 || out != "" || !strings.Contains(errOut, "\nnext: Run the command once with a network\n") {
			t.Fatalf("exit %d, stdout %q, stderr %q", code, out, errOut)
		}
		for _, want := range texts {
			if !strings.Contains(errOut, want) {
				t.Errorf("stderr lacks %q:\n%s", want, errOut)
			}
		}
		if p.lockText() != before || len(p.reg.Asked("/")) > 0 {
			t.Errorf("the lock changed, or the network was used: %d requests", len(p.reg.Asked("/")))
		}
		return errOut
	}
	first("error: the network is switched off, and 3 things are not in the cache:",
		"\n  gain (asked for by app)", "\n  lone (asked for by app)", "\n  twin (asked for by app)")

	// With the packuments, the tarballs are missing.
	if code, out, errOut := p.run(); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, out, errOut)
	}
	whole := p.lockText()
	p.write("yarn.lock", p.before)
	p.reg.Heal()
	if err := os.RemoveAll(filepath.Join(p.cache, "checksums")); err != nil {
		t.Fatal(err)
	}
	first("4 things are not in the cache", "the tarball of gain@1.2.0 (asked for by app)", "the tarball of inner@2.1.0 (asked for by gain 1.2.0)",
		"the tarball of twin@1.0.0 (asked for by app)", "the tarball of lone@1.0.0 (asked for by app)")

	// A packument and some tarballs at once.
	for name := range readTree(t, filepath.Join(p.cache, "registry")) {
		if strings.Contains(name, "lone") {
			if err := os.Remove(filepath.Join(p.cache, "registry", name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	first("4 things are not in the cache", "\n  lone (asked for by app)", "the tarball of inner@2.1.0 (asked for by gain 1.2.0)")

	// The settings say offline: so does the error.
	p.env = []string{"YARN_ENABLE_NETWORK=false"}
	if code, _, errOut := p.run(); code != 2 || !strings.Contains(errOut, "4 things are not in the cache") {
		t.Errorf("enableNetwork: false: exit %d\n%s", code, errOut)
	}
	p.env = nil

	p.mustLock()
	p.reg.Heal()
	p.write("yarn.lock", p.before)
	if code, out, errOut := p.run("--offline"); code != 0 || p.lockText() != whole {
		t.Errorf("from the cache: exit %d, the same lock is %v\n%s%s", code, p.lockText() == whole, out, errOut)
	}
	if n := len(p.reg.Asked("/")); n > 0 {
		t.Errorf("offline made %d requests", n)
	}
}

// Nobody reads hundreds of names.
func TestLockOfflineCountsTheRest(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	deps := []string{"keep@^1.0.0"}
	for i := range 25 {
		deps = append(deps, fmt.Sprintf("dep%02d@^1.0.0", i))
	}
	p.wants(deps...)
	_, _, errOut := p.run("--offline")
	for _, want := range []string{"25 things are not in the cache", "\n  dep00 (", "\n  dep19 (", "\n  … and 5 more\n"} {
		if !strings.Contains(errOut, want) {
			t.Errorf("stderr lacks %q:\n%s", want, errOut)
		}
	}
	if strings.Contains(errOut, "dep20") {
		t.Errorf("more than 20 names:\n%s", errOut)
	}
}

// A lock that is in line needs neither network nor cache.
func TestLockOfflineInLine(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.write("yarn.lock", p.after)
	if code, out, errOut := p.run("--check", "--offline"); code != 0 {
		t.Errorf("exit %d\n%s%s", code, out, errOut)
	}
	if n := len(p.reg.Asked("/")); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// Whether a lock can be put on the release is for the registry to say: without
// it a lock that is off the release is not called in line.
func TestLockOfflineOffTheRelease(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.releasePortal()
	if code, out, errOut := p.run("--check", "--resolve", "release", "--offline"); code != 0 {
		t.Errorf("on the release: exit %d\n%s%s", code, out, errOut)
	}
	p.write("backstage.json", "{\n  \"version\": \"1.1.0\"\n}\n")
	p.cache = t.TempDir()
	for range 2 {
		code, out, errOut := p.run("--check", "--resolve", "release", "--offline")
		if code != 2 || out != "" || !strings.Contains(errOut, "\n  @backstage/a (asked for by app)") {
			t.Errorf("exit %d, stdout %q, stderr %q", code, out, errOut)
		}
	}
	if code, _, errOut := p.run("--check", "--resolve", "release"); code != 1 {
		t.Errorf("with a network: exit %d, want 1\n%s", code, errOut)
	}
}
