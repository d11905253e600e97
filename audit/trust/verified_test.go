package trust

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

// The checksum of Yarn 4 is compared with the archive that Yarn makes of what
// the registry has.
func TestChecksum(t *testing.T) {
	tgz, sri := packed("package/index.js", "module.exports = 1\n")
	sum, err := yarnzip.Checksum(context.Background(), tgz, "foo", yarnzip.Stored)
	if err != nil {
		t.Fatal(err)
	}
	reg := func(integrity string) *registry.Client {
		return client(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, ".tgz") {
				_, _ = w.Write(tgz)
				return
			}
			docs(map[string]string{"foo": fmt.Sprintf(`{"name":"foo","versions":{"1.0.0":{"name":"foo","version":"1.0.0","dist":{"integrity":%q,"tarball":"http://%s/foo/-/foo-1.0.0.tgz"}}}}`, integrity, r.Host)})(w, r)
		})
	}
	for _, tt := range []struct{ sum, integrity, want string }{
		{sum, sri, ""},
		{"10c0/HEX(x)", sri, "error new lock-edited yarn.lock:5 foo@1.0.0 has another checksum in yarn.lock than what the registry has gives\n"},
		{"10/HEX(x)", sri, ""}, // compressed: not compared
		{sum, "sha512-" + base64.StdEncoding.EncodeToString(make([]byte, 64)), "unknown lock-edited: the registry does not have, or does not show, foo@1.0.0 (its archive)\n"},
	} {
		in, _ := change(t, txtar.Parse([]byte("-- head/yarn.lock --\n"+lockHead+"\"foo@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"foo@npm:1.0.0\"\n  checksum: "+tt.sum+"\n  languageName: node\n  linkType: hard\n")))
		in.Registry, in.Severities[ruleSigned] = reg(tt.integrity), finding.Off
		r := check(t, in)
		got := ""
		for _, f := range r.Findings {
			got += line(f) + "\n"
		}
		for _, u := range r.Unknown {
			got += "unknown " + u.Rule + ": " + u.Reason + "\n"
		}
		if got != tt.want {
			t.Errorf("%.12s: got %q, want %q", tt.sum, got, tt.want)
		}
	}
}

// packed is a tarball with one file, and its integrity.
func packed(name, text string) (tgz []byte, sri string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	_ = z.Close()
	sum := sha512.Sum512(b.Bytes())
	return b.Bytes(), "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func TestFresh(t *testing.T) {
	text := strings.ReplaceAll(lockHead+"\"foo@npm:^1.0.0\":\n  version: 1.1.0\n  resolution: \"foo@npm:1.1.0\"\n  conditions: os=linux\n  languageName: node\n  linkType: hard\n", "x", "x")
	in, _ := change(t, txtar.Parse([]byte("-- .yarnrc.yml --\n-- head/yarn.lock --\n"+text)))
	in.Registry = client(t, docs(map[string]string{"foo": fooDoc}))
	if r := check(t, in); len(r.Findings) != 0 {
		t.Errorf("without an age: %s", show(r))
	}
	in.MinAge = 72 * time.Hour
	r := check(t, in)
	if len(r.Findings) != 1 || line(r.Findings[0]) != "warning new fresh-release yarn.lock:5 foo@1.1.0 was published on 2026-08-31 10:00 UTC, less than 3d ago" {
		t.Error(show(r))
	}
	if text := strings.Replace(text, "  conditions", "  bin:\n    x: ./x.js\n  conditions", 1); true {
		bins, _ := change(t, txtar.Parse([]byte("-- head/yarn.lock --\n"+text)))
		bins.Registry = in.Registry
		if r := check(t, bins); len(r.Findings) != 0 {
			t.Errorf("commands where the registry shows none: %s", show(r))
		}
	}
	in.Fixes = func(name, version string) bool { return name == "foo" && version == "1.1.0" }
	if r := check(t, in); len(r.Findings) != 0 {
		t.Errorf("a fix: %s", show(r))
	}
	in.Fixes = nil
	in.Base.Files = tree{".yarnrc.yml": []byte("npmPreapprovedPackages: [fo*]\n")}
	if r := check(t, in); len(r.Findings) != 0 {
		t.Errorf("preapproved: %s", show(r))
	}
}

// The code that Yarn runs is compared with what was published.
func TestVerified(t *testing.T) {
	const release, pluginText = "yarn 4.9.1\n", "plugin 1.54.0\n"
	reg := client(t, yarnDist("4.9.1", release))
	fetch := func(_ context.Context, url string) ([]byte, error) {
		if url != "https://versions.backstage.io/v1/releases/1.54.0/yarn-plugin" {
			return nil, errors.New("404")
		}
		return []byte(pluginText), nil
	}
	read := func(name string) Input {
		ar, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		in, _ := change(t, ar)
		in.Registry, in.Fetch = reg, fetch
		return in
	}
	in := read("code_release")
	delete(in.Head.Files, ".yarn/releases/yarn-3.0.0.cjs")
	if r := check(t, in); len(r.Findings) != 1 || line(r.Findings[0]) != "info new yarnrc .yarnrc.yml:1 yarn-4.9.1.cjs is the release of Yarn that the registry has" {
		t.Error(show(r))
	}
	in.Head.Files[".yarn/releases/yarn-4.9.1.cjs"] = []byte("yarn 4.9.1; evil\n")
	if r := check(t, in); len(r.Findings) != 1 || line(r.Findings[0]) != "error new yarnrc .yarnrc.yml:1 every yarn command will run .yarn/releases/yarn-4.9.1.cjs, which this change brings, and it is not the Yarn 4.9.1 that the registry has" {
		t.Error(show(r))
	}
	in = read("code_release_edited") // of a version that the registry does not have
	if r := check(t, in); len(r.Findings) != 1 || r.Findings[0].Severity != "error" || len(r.Unknown) != 1 {
		t.Error(show(r))
	}
	// Yarn 1 has no package of that name: nothing is asked, and nothing promised.
	in = read("code_release")
	in.Head.Files = tree{".yarnrc.yml": []byte("yarnPath: .yarn/releases/yarn-1.22.22.cjs\n"), ".yarn/releases/yarn-1.22.22.cjs": []byte("yarn 1\n")}
	if r := check(t, in); len(r.Findings) != 1 || r.Findings[0].Severity != "error" || len(r.Unknown) != 0 || strings.Contains(r.Findings[0].Next, "--online") {
		t.Error(show(r), r.Findings)
	}
	in = read("code_plugin_bump")
	if r := check(t, in); len(r.Findings) != 1 || line(r.Findings[0]) != "info new yarnrc .yarnrc.yml:2 the plugin plugin-backstage.cjs is the file at https://versions.backstage.io/v1/releases/1.54.0/yarn-plugin" {
		t.Error(show(r))
	}
	in.Fetch = func(context.Context, string) ([]byte, error) { return []byte("another"), nil }
	if r := check(t, in); len(r.Findings) != 1 || r.Findings[0].Severity != "error" {
		t.Error(show(r))
	}
}

// yarnDist serves a release of Yarn as npm has it.
func yarnDist(version, text string) http.HandlerFunc {
	tgz, sri := packed("package/bin/yarn.js", text)
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".tgz") {
			_, _ = w.Write(tgz)
			return
		}
		docs(map[string]string{"@yarnpkg/cli-dist": fmt.Sprintf(`{"name":"@yarnpkg/cli-dist","versions":{%q:{"name":"@yarnpkg/cli-dist","version":%q,"dist":{"integrity":%q,"tarball":"http://%s/cli-dist.tgz"}}}}`,
			version, version, sri, r.Host)})(w, r)
	}
}
