package release

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/httpfetch"
)

func TestYarnPlugin(t *testing.T) {
	files := lines("1.11.0", "1.12.0-next.0")
	host := newFakeHost(t, files)
	for name, cfg := range map[string]Config{
		"http": {BaseURL: host.URL, CacheDir: t.TempDir()},
		"file": {BaseURL: mirror(t, files)},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time from the cache
				code, err := source(t, cfg).YarnPlugin(context.Background(), "v1.11.0")
				if err != nil || string(code) != pluginCode {
					t.Errorf("got %q, %v", code, err)
				}
			}
			s := source(t, cfg)
			_, err := s.YarnPlugin(context.Background(), "1.9.0")
			wantFault(t, err, "there is no Yarn plugin for Backstage release 1.9.0: no such file", "yarn plugin import "+s.host.at(pluginPath("1.9.0")))
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%v is no ErrNotFound", err)
			}
			_, err = s.YarnPlugin(context.Background(), "1.7.0")
			wantFault(t, err, "not a Yarn plugin: an HTML page")
			_, err = s.YarnPlugin(context.Background(), "main")
			wantFault(t, err, "is not a Backstage release")
		})
	}
	if got := strings.Join(host.asked(), " "); strings.Count(got, "1.11.0") != 1 {
		t.Errorf("the plugin was fetched again: %s", got)
	}
}

func TestYarnPluginUnreachable(t *testing.T) {
	_, err := source(t, Config{BaseURL: "https://versions.example", Offline: true}).YarnPlugin(context.Background(), "1.11.0")
	wantFault(t, err, "cannot get the Yarn plugin of release 1.11.0")
	if !errors.Is(err, httpfetch.ErrOffline) {
		t.Errorf("%v is no ErrOffline", err)
	}
}

func TestCheckPlugin(t *testing.T) {
	for code, ok := range map[string]bool{
		pluginCode: true, "": false, "<html>module.exports factory</html>": false, "alert(1)": false,
		"module.exports = {}": false, pluginCode + "\x00": false, pluginCode + "\xff": false,
	} {
		if err := checkPlugin([]byte(code)); (err == nil) != ok {
			t.Errorf("checkPlugin(%.40q) = %v", code, err)
		}
	}
}
