package release

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/httpfetch"
)

func lines(main, next string) map[string]string {
	return map[string]string{
		"v1/tags/main/manifest.json":              manifest(main),
		"v1/tags/next/manifest.json":              manifest(next),
		"v1/releases/" + main + "/manifest.json":  manifest(main),
		"v1/releases/1.9.0/manifest.json":         manifest("1.9.0"),
		"v1/releases/1.10.0/manifest.json":        manifest("1.10.0"),
		"v1/releases/1.10.1-next.0/manifest.json": manifest("1.10.1-next.0"),
		"v1/releases/" + main + "/yarn-plugin":    pluginCode,
		"v1/releases/not-a-release/manifest.json": manifest("1.0.0"),
		"v1/releases/1.8.0/manifest.json":         manifest("1.8.1"),
		"v1/releases/1.7.0/manifest.json":         `<!DOCTYPE html><title>Sign in</title>`,
		"v1/releases/1.7.0/yarn-plugin":           "\n <html>",
	}
}

func TestGet(t *testing.T) {
	files := lines("1.11.0", "1.12.0-next.0")
	host := newFakeHost(t, files)
	for name, base := range map[string]string{"http": host.URL + "/", "file": mirror(t, files)} {
		t.Run(name, func(t *testing.T) {
			s := source(t, Config{BaseURL: base})
			want := &Manifest{ReleaseVersion: "1.11.0", Packages: map[string]string{"@backstage/core": "1.2.3", "@techdocs/cli": "1.9.0-next.1"}}
			if name == "http" {
				want.FetchedAt = clock
			}
			for _, which := range []string{"main", "1.11.0", "v1.11.0"} {
				if diff := cmp.Diff(want, get(t, s, which)); diff != "" {
					t.Errorf("%s: %s", which, diff)
				}
			}
			if got := get(t, s, "next").ReleaseVersion; got != "1.12.0-next.0" {
				t.Errorf("next is %s", got)
			}
		})
	}
}

func TestNextIsTheHigherLine(t *testing.T) {
	for _, tc := range []struct{ main, next, want string }{
		{"1.11.0", "1.12.0-next.0", "1.12.0-next.0"},
		{"1.12.0", "1.12.0-next.3", "1.12.0"},
		{"1.12.1", "1.12.1", "1.12.1"},
		{"1.9.0", "1.10.0-next.0", "1.10.0-next.0"},
	} {
		s := source(t, Config{BaseURL: newFakeHost(t, lines(tc.main, tc.next)).URL})
		if got := get(t, s, nextBranch).ReleaseVersion; got != tc.want {
			t.Errorf("main %s, next %s: got %s, want %s", tc.main, tc.next, got, tc.want)
		}
	}
}

func TestEachManifestIsFetchedOnce(t *testing.T) {
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	s := source(t, Config{BaseURL: host.URL})
	var wg sync.WaitGroup
	for range 8 {
		for _, which := range []string{"main", "next", "1.9.0"} {
			wg.Go(func() { s.Get(context.Background(), which) })
		}
	}
	wg.Wait()
	if got := host.asked(); len(got) != 3 {
		t.Errorf("%d requests: %q", len(got), got)
	}
}

func TestNotARelease(t *testing.T) {
	s := source(t, Config{BaseURL: mirror(t, nil)})
	for _, which := range []string{"", "latest", "1.53", "^1.0.0", "../../etc", strings.Repeat("9", 500)} {
		_, err := s.Get(context.Background(), which)
		wantFault(t, err, "is not a Backstage release", "main, next")
		if len(err.Error()) > 150 {
			t.Errorf("the name is not cut: %v", err)
		}
	}
}

func TestUnknownRelease(t *testing.T) {
	files := lines("1.11.0", "1.12.0-next.0")
	s := source(t, Config{BaseURL: mirror(t, files)})
	_, err := s.Get(context.Background(), "1.9.5")
	wantFault(t, err, "Backstage 1.9.5: no such release", "1.8.0, 1.9.0, 1.10.0, 1.11.0")
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("%v is no ErrNotFound", err)
	}
	_, err = s.Get(context.Background(), "1.10.1-next.5")
	wantFault(t, err, "1.9.0, 1.10.0, 1.10.1-next.0, 1.11.0")

	// Over http there is no list: cache, main and next must do.
	host := newFakeHost(t, files)
	cfg := Config{BaseURL: host.URL, CacheDir: t.TempDir()}
	get(t, source(t, cfg), "1.9.0")
	_, err = source(t, cfg).Get(context.Background(), "1.99.0")
	wantFault(t, err, host.URL+"/v1/releases/1.99.0/manifest.json", "1.9.0, 1.11.0")
	_, err = source(t, cfg).Get(context.Background(), "1.99.0-next.0")
	wantFault(t, err, "1.9.0, 1.11.0, 1.12.0-next.0")
}

func TestNearest(t *testing.T) {
	known := []string{"1.0.0", "1.1.0", "1.2.0-next.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"}
	for asked, want := range map[string][]string{
		"1.2.1":        {"1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"},
		"9.0.0":        {"1.3.0", "1.4.0", "1.5.0"},
		"0.1.0":        {"1.0.0", "1.1.0"},
		"1.2.0-next.1": {"1.0.0", "1.1.0", "1.2.0-next.0", "1.2.0", "1.3.0"},
		"bad":          nil,
	} {
		if diff := cmp.Diff(want, nearest(known, asked)); diff != "" {
			t.Errorf("%s: %s", asked, diff)
		}
	}
	if got := nearest([]string{"1.0.0-next.0"}, "1.0.0"); len(got) != 1 {
		t.Errorf("only a prerelease is known: %v", got)
	}
}

func TestKnown(t *testing.T) {
	files := lines("1.11.0", "1.12.0-next.0")
	got := source(t, Config{BaseURL: mirror(t, files)}).Known(context.Background())
	want := []string{"1.7.0", "1.8.0", "1.9.0", "1.10.0", "1.10.1-next.0", "1.11.0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLyingHost(t *testing.T) {
	for name, tc := range map[string]struct{ body, text string }{
		"html":          {"\ufeff\n<!doctype html>", "an HTML page"},
		"truncated":     {manifest("1.0.0")[:60], "cut off"},
		"empty":         {"", "cut off"},
		"other release": {manifest("1.0.1"), "should be release 1.0.0, but says that it is 1.0.1"},
		"no release":    {`{"packages": []}`, `releaseVersion "" is not a version`},
		"loose release": {strings.Replace(manifest("1.0.0"), "1.0.0", "v1.0.0", 1), "is not a version"},
		"no packages":   {`{"releaseVersion": "1.0.0"}`, "lists no packages"},
		"array":         {`[]`, "JSON array"},
		"wrong type":    {`{"releaseVersion": 1}`, "releaseVersion is a JSON number"},
		"not JSON":      {`moved`, "invalid character"},
		"trailing":      {manifest("1.0.0") + "{}", "after top-level value"},
		"bad name":      {strings.Replace(manifest("1.0.0"), "@backstage/core", "../core", 1), `"../core" is not a package name`},
		"bad version":   {strings.Replace(manifest("1.0.0"), "1.2.3", "^1.2.3", 1), `"^1.2.3" of @backstage/core`},
		"v version":     {strings.Replace(manifest("1.0.0"), "1.2.3", "v1.2.3", 1), `"v1.2.3" of @backstage/core`},
		"two versions":  {strings.Replace(manifest("1.0.0"), "@techdocs/cli", "@backstage/core", 1), "two versions, 1.2.3 and 1.9.0-next.1"},
		"oversized":     {strings.Repeat(" ", maxManifest+1), "larger than allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			host := newFakeHost(t, map[string]string{"v1/releases/1.0.0/manifest.json": tc.body, "v1/tags/main/manifest.json": tc.body})
			cache := t.TempDir()
			s := source(t, Config{BaseURL: host.URL, CacheDir: cache})
			_, err := s.Get(context.Background(), "1.0.0")
			wantFault(t, err, tc.text, host.URL)
			if name != "other release" {
				_, err = s.Get(context.Background(), mainBranch)
				wantFault(t, err, tc.text)
				if left, _ := filepath.Glob(filepath.Join(cache, "*", "*", "*")); len(left) > 0 {
					t.Errorf("it is in the cache: %s", left)
				}
			}
		})
	}
}

func TestSameNameTwice(t *testing.T) {
	body := strings.Replace(manifest("1.0.0"), "[", `[{"name": "@backstage/core", "version": "1.2.3"},`, 1)
	m, err := parse([]byte(body))
	if err != nil || len(m.Packages) != 2 {
		t.Errorf("a package that is listed twice with one version: %v, %v", m, err)
	}
}

func TestUnreachable(t *testing.T) {
	host := newFakeHost(t, nil)
	host.fail(503)
	s := source(t, Config{BaseURL: strings.Replace(host.URL, "http://", "http://user:s3cret@", 1)})
	for _, which := range []string{"main", "next", "1.777.0"} {
		_, err := s.Get(context.Background(), which)
		wantFault(t, err, "cannot get", "503", BaseURLEnv, ManifestFileEnv)
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the password is in %q", err)
		}
	}
	host.fail(403)
	_, err := s.Get(context.Background(), "1.777.0")
	wantFault(t, err, "403", "credentials")
}

func TestMissingLine(t *testing.T) {
	for _, base := range []string{newFakeHost(t, nil).URL, mirror(t, nil)} {
		_, err := source(t, Config{BaseURL: base}).Get(context.Background(), mainBranch)
		wantFault(t, err, "there is no release line main", BaseURLEnv)
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%v is no ErrNotFound", err)
		}
	}
}

func TestCancel(t *testing.T) {
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	cfg := Config{BaseURL: host.URL, CacheDir: t.TempDir()}
	get(t, source(t, cfg), "next")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := source(t, cfg)
	for _, which := range []string{"main", "next", "1.9.0"} {
		if _, err := s.Get(ctx, which); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", which, err)
		}
	}
	get(t, s, "next") // a failure is not kept

	// A deadline of the caller is not silence of the host.
	late, cancelLate := context.WithDeadline(context.Background(), clock.AddDate(-20, 0, 0))
	defer cancelLate()
	if _, err := source(t, cfg).Get(late, mainBranch); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past the deadline: %v", err)
	}
}

func TestBaseURL(t *testing.T) {
	for _, base := range []string{"ftp://h", "versions.example", "/a/path", "file://host/x", "file:relative", "https://h/?x=1", "http://u:s3cret@h:bad", "https://"} {
		_, err := NewSource(Config{BaseURL: base})
		wantFault(t, err, "not the address of a versions host", BaseURLEnv)
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the password is in %q", err)
		}
	}
	s, err := NewSource(Config{})
	if err != nil || s.host.base != DefaultBaseURL {
		t.Errorf("default: %q, %v", s.host.base, err)
	}
	s = source(t, Config{BaseURL: "https://u:p@h/x/"})
	if got := s.host.at(pluginPath("1.0.0")); got != "https://h/x/v1/releases/1.0.0/yarn-plugin" {
		t.Errorf("PluginURL: %s", got)
	}
}

func TestManifestFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "manifest.json")
	write := func(body string) *Source {
		if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
		return source(t, Config{ManifestFile: file, BaseURL: mirror(t, nil)})
	}
	s := write("\ufeff" + manifest("1.5.0"))
	for _, which := range []string{"main", "next", "1.5.0", "v1.5.0"} {
		if m := get(t, s, which); m.ReleaseVersion != "1.5.0" || m.FromCache {
			t.Errorf("%s: %+v", which, m)
		}
	}
	_, err := s.Get(context.Background(), "1.6.0")
	wantFault(t, err, file, "this is release 1.5.0, not 1.6.0", "unset "+ManifestFileEnv)
	_, err = s.Get(context.Background(), "latest")
	wantFault(t, err, "is not a Backstage release")

	_, err = write("{\n  \"releaseVersion\": \"1.5.0\",\n  \"packages\": 5\n}").Get(context.Background(), mainBranch)
	wantFault(t, err, file+":3:15: ", "packages is a JSON number", ManifestFileEnv)
	_, err = write(manifest("1.5.0")[:40]).Get(context.Background(), mainBranch)
	wantFault(t, err, "cut off")
	_, err = write(strings.Repeat(" ", maxManifest+1)).Get(context.Background(), mainBranch)
	wantFault(t, err, "larger than allowed")
	os.Remove(file)
	_, err = source(t, Config{ManifestFile: file}).Get(context.Background(), mainBranch)
	wantFault(t, err, ManifestFileEnv+" names no readable manifest", file)
}

func TestBadMirrorFile(t *testing.T) {
	s := source(t, Config{BaseURL: mirror(t, map[string]string{"v1/releases/1.0.0/manifest.json": "{\n oops"})})
	_, err := s.Get(context.Background(), "1.0.0")
	wantFault(t, err, "manifest.json:2:2: ", "Restore")
}

func TestOffline(t *testing.T) {
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	offline := client(t, httpfetch.Config{Offline: true})
	for _, cfg := range []Config{{Offline: true}, {HTTP: offline}} {
		cfg.BaseURL, cfg.CacheDir = host.URL, t.TempDir()
		_, err := source(t, cfg).Get(context.Background(), "1.777.0")
		wantFault(t, err, "cannot get release 1.777.0", ManifestFileEnv)
		if !errors.Is(err, httpfetch.ErrOffline) {
			t.Errorf("%v is no ErrOffline", err)
		}
	}
	if got := host.asked(); len(got) > 0 {
		t.Errorf("requests while offline: %q", got)
	}
	if m := get(t, source(t, Config{BaseURL: mirror(t, lines("1.11.0", "1.12.0-next.0")), Offline: true}), mainBranch); m.FromCache {
		t.Error("a file mirror needs no network")
	}
}

// A release that the table has needs no host; a mirror that answers is believed.
func TestKnownReleaseWithoutANetwork(t *testing.T) {
	host := newFakeHost(t, map[string]string{"v1/releases/1.50.0/manifest.json": manifest("1.50.0")})
	if m := get(t, source(t, Config{BaseURL: host.URL}), "1.50.0"); m.Packages["@backstage/core"] != "1.2.3" {
		t.Errorf("the mirror was not asked: %v", m.Packages)
	}
	host.fail(503)
	for name, cfg := range map[string]Config{"down": {BaseURL: host.URL}, "offline": {BaseURL: host.URL, Offline: true}} {
		if m := get(t, source(t, cfg), "1.50.0"); m.Packages["@backstage/app-defaults"] != "1.7.7" {
			t.Errorf("%s: %v", name, m.Packages["@backstage/app-defaults"])
		}
	}
	host.fail(0)
	if m := get(t, source(t, Config{BaseURL: host.URL}), "1.51.0"); len(m.Packages) < 100 {
		t.Errorf("a release that the mirror lacks has %d packages", len(m.Packages))
	}
	// The public host is not asked for what cannot be otherwise.
	if m := get(t, source(t, Config{HTTP: client(t, httpfetch.Config{Offline: true})}), "1.50.0"); len(m.Packages) < 100 {
		t.Errorf("%d packages", len(m.Packages))
	}
}
