package yarnrc

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/portalctl/portalctl/internal/repofile"
)

// The settings of a commit are its own and the user's: what lies on disk in its
// place, or above the repository, has no part in them.
func TestLoadInState(t *testing.T) {
	outer := tree(t, map[string]string{
		".yarnrc.yml": "enableNetwork: false\n", "repo/.yarnrc.yml": "npmRegistryServer: https://disk.example\n", "repo/ca.pem": "of the disk",
		"repo/.env.yarn": "WHERE=disk", "home/.yarnrc.yml": "httpRetry: 7\n",
	})
	top := filepath.Join(outer, "repo")
	files := fstest.MapFS{
		".yarnrc.yml":       {Data: []byte("npmRegistryServer: https://commit.example\nhttpsCaFilePath: ca.pem\nnetworkSettings:\n  b.example: {httpsCaFilePath: none.pem}\n")},
		"ca.pem":            {Data: []byte("of the commit")},
		"below/.yarnrc.yml": {Data: []byte("httpTimeout: ${WHERE}000\n")},
		"below/.env.yarn":   {Data: []byte("WHERE=5")},
		"below/yarn.lock":   {Data: []byte("# yarn lockfile v1")},
	}
	environ := []string{"HOME=" + filepath.Join(outer, "home"), "USERPROFILE=" + filepath.Join(outer, "home")}
	s, err := LoadIn(repofile.State(top, files), filepath.Join(top, "below"), environ)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Endpoint("x").URL; got != "https://commit.example" || s.EnableNetwork.IsSet || s.HTTPRetry.Value != 7 || s.HTTPTimeout.Value.Seconds() != 5 {
		t.Errorf("%s, %+v, %+v, %+v", got, s.EnableNetwork, s.HTTPRetry, s.HTTPTimeout)
	}
	if n := s.Network("a.example"); string(n.CA) != "of the commit" {
		t.Errorf("%+v", n)
	}
	// A file that the commit does not have is not taken from the disk.
	if err := os.WriteFile(filepath.Join(top, "none.pem"), []byte("of the disk"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := s.Network("b.example"); n.CA == nil || len(n.CA) > 0 {
		t.Errorf("%+v", n)
	}
	if s, err = LoadIn(repofile.State(".", fstest.MapFS{}), ".", environ); err != nil || s.Network("a.example").CA != nil {
		t.Error("without a certificate", s, err)
	}
	if s, err = Load(top, environ); err != nil || s.Endpoint("x").URL != "https://disk.example" || s.Network("a.example").CA != nil {
		t.Error(s, err)
	}
}
