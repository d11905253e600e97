//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
)

// attacks are what a change may bring into a portal, by name. Each gets the
// portal's root, and a folder beside it that is none of its business.
func attacks() map[string]func(root, outside string) error {
	out := map[string]func(root, outside string) error{
		"a journal of earlier versions": func(root, _ string) error {
			return plant(root, ".portalctl-txn/journal.json", `{"schema":"portalctl.txn/v1","id":"0123456789ab","state":"commit","dirs":[".env"],"files":[]}`)
		},
		"a folder of staged files": func(root, _ string) error {
			return plant(root, ".yarn.lock.portalctl-0123456789ab.new", "evil")
		},
		"a state folder": func(root, _ string) error {
			return plant(root, ".local/state/portalctl/changes/0/journal.json", "{}")
		},
		"a workspace that is a link out": func(root, outside string) error {
			return errors.Join(plant(outside, "ws/package.json", `{"name":"outside","version":"1.0.0"}`), os.Symlink(filepath.Join(outside, "ws"), filepath.Join(root, "packages", "outside")))
		},
	}
	for _, name := range []string{"yarn.lock", ".yarnrc.yml", ".npmrc", ".portalctl.yaml", ".portalctl-baseline.json", ".env.yarn", "backstage.json",
		"lerna.json", "package.json", "app-config.yaml", "packages/app/package.json", ".yarnrc"} {
		link := func(to string) func(root, outside string) error {
			return func(root, outside string) error {
				path := filepath.Join(root, name)
				_ = os.Remove(path)
				return os.Symlink(strings.Replace(to, "OUTSIDE", outside, 1), path)
			}
		}
		out[name+" is /dev/zero"] = link("/dev/zero")
		out[name+" is /dev/stdin"] = link("/dev/stdin")
		out[name+" is outside"] = link("OUTSIDE/secret")
		out[name+" is itself"] = link(filepath.Base(name))
		out[name+" is a pipe"] = func(root, _ string) error {
			path := filepath.Join(root, name)
			_ = os.Remove(path)
			return syscall.Mkfifo(path, 0o600)
		}
		out[name+" is a folder"] = func(root, _ string) error {
			path := filepath.Join(root, name)
			_ = os.Remove(path)
			return os.Mkdir(path, 0o755)
		}
		out[name+" is no text"] = func(root, _ string) error {
			return os.WriteFile(filepath.Join(root, name), []byte("\xff\x00\x1b]0;x\x07\r\n::error::x\n"), 0o600)
		}
	}
	return out
}

// everything is all of a tree: names, kinds, modes, times, bytes.
func everything(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text := fmt.Sprint(info.Mode(), info.ModTime().UnixNano())
		switch {
		case info.Mode().IsRegular():
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text += "\n" + string(src)
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			text += " -> " + to
		}
		out[path] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every command that only looks, over every tree that a change may bring: it
// ends, it changes nothing, neither in the portal nor beside it, and shows
// nothing of what lies outside.
func TestReadersOverAttackTrees(t *testing.T) {
	testkit.SkipRace(t)
	for name, attack := range attacks() {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			root, outside := filepath.Join(dir, "portal"), filepath.Join(dir, "outside")
			if err := errors.Join(os.Mkdir(root, 0o755), plant(outside, "secret", "token=hunter2-secret\n"), plant(root, ".env", "precious")); err != nil {
				t.Fatal(err)
			}
			copyExample(t, root)
			if err := errors.Join(plant(root, ".git/HEAD", "ref: refs/heads/main\n"), os.MkdirAll(filepath.Join(root, ".git/objects"), 0o755), os.MkdirAll(filepath.Join(root, ".git/refs"), 0o755)); err != nil {
				t.Fatal(err)
			}
			if err := attack(root, outside); err != nil {
				t.Fatal(err)
			}
			environ := exampleEnv(t)
			before := everything(t, dir)
			for _, args := range readers(root) {
				code, out, errOut := run0(t, "", environ, args...)
				if code != 0 && code != 1 && code != 2 || code == 2 && !strings.Contains(errOut, "error: ") {
					t.Errorf("%v: exit %d\n%s%s", args, code, out, errOut)
				}
				if strings.Contains(out+errOut, "hunter2-secret") {
					t.Errorf("%v shows what lies outside:\n%s%s", args, out, errOut)
				}
				if strings.Contains(name, "/dev/") && code == 0 && args[0] == "check" && !strings.Contains(name, "lerna") && !strings.Contains(name, "app-config") && !strings.Contains(name, ".yarnrc ") && !strings.Contains(name, "env.yarn") {
					t.Errorf("%v: exit 0", args)
				}
			}
			if d := cmp.Diff(before, everything(t, dir)); d != "" {
				t.Errorf("the tree changed:\n%s", d)
			}
		})
	}
}
