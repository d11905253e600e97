package main

import (
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock/live"
	"github.com/portalctl/portalctl/internal/yarncli"
)

// The modes of --lockfile.
const (
	lockAuto   = "auto"   // native where everything is understood, else yarn
	lockNative = "native" // portalctl writes it
	lockYarn   = "yarn"   // the repo's own Yarn does
	lockSkip   = "skip"   // nobody does
)

// resolveFlag says how new ranges are resolved.
func resolveFlag(value, usage string) cli.Flag {
	other := map[string]string{"highest": "release", "release": "highest"}[value]
	return choiceFlag("resolve", usage, value, other)
}

// nowFlag injects the clock of Yarn's age gate.
func nowFlag() cli.Flag {
	return &cli.StringFlag{Name: "now", Usage: "count npmMinimalAgeGate from `TIME` (RFC 3339) instead of now; also PORTALCTL_NOW"}
}

func offlineFlag() cli.Flag {
	return &cli.BoolFlag{Name: "offline", Usage: "use only what earlier runs have fetched"}
}

// lockJob is what is needed to write a lock without Yarn.
type lockJob struct {
	co     *checkout
	source *live.Source
	opts   bump.LockOptions
}

// resolveOptions say how a lock is written; all commands that write one take
// them.
type resolveOptions struct {
	highest, allowDowngrade, offline bool
	now                              time.Time
	at                               string // the portal, as commands name it: "" or " -C DIR"
}

func resolveOptionsOf(c *cli.Context, e env) (o resolveOptions, err error) {
	resolve, err := oneOf(c, "resolve", "release", "highest")
	if err != nil {
		return o, err
	}
	o = resolveOptions{highest: resolve == "highest", allowDowngrade: c.Bool("allow-downgrade"), offline: c.Bool("offline"), at: commandLine(c, "", "directory")}
	o.now, err = clock(c, e)
	return o, err
}

// newLockJob opens what computing a lock needs. Close the source when done.
func newLockJob(o resolveOptions, e env, co *checkout, reg *registry.Client, progress func(done, total int)) (*lockJob, error) {
	var singleton func(string) bool
	if !o.highest { // the other way nobody asks what must be one copy
		config, err := check.ReadConfig(co.project, time.Time{})
		if err != nil {
			return nil, err
		}
		singleton = check.Singleton(config)
	}
	if err := co.reach(e); err != nil {
		return nil, err
	}
	checksums, err := co.registryCache(e, "checksums")
	if err != nil {
		return nil, err
	}
	version := yarncli.Declared(co.settings, co.packageManager())
	return &lockJob{co: co,
		source: live.New(live.Config{
			Registry:    reg,
			ChecksumDir: checksums,
			TempDir:     e.tempDir(),
			Bundle:      live.Bundle(co.settings.YarnPath, version, e.get),
			BundleText:  co.brought(co.settings.YarnPath),
			Progress:    progress,
		}),
		opts: bump.LockOptions{
			Highest:        o.highest,
			AllowDowngrade: o.allowDowngrade,
			Singleton:      singleton,
			Now:            o.now,
			YarnVersion:    version,
			At:             o.at,
		},
	}, nil
}

// clock is the time that the age gate counts from.
func clock(c *cli.Context, e env) (time.Time, error) {
	text, from := c.String("now"), "--now"
	if text == "" {
		text, from = e.get("PORTALCTL_NOW"), "PORTALCTL_NOW"
	}
	if text == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usagef("%s %q is not a time", from, text).WithNext("Write it as 2026-01-31T12:00:00Z")
	}
	return at, nil
}

// brought is the text that a file will have, nil if it stays as it is.
func (co *checkout) brought(path string) []byte {
	if rel, err := filepath.Rel(co.project.Root, path); err == nil {
		return co.texts[filepath.ToSlash(rel)]
	}
	return nil
}

// packageManager is the field of that name in the root's package.json.
func (co *checkout) packageManager() string {
	return co.project.RootWorkspace().File.PackageManager.Raw
}

// installState is a file of a zero-install or Plug'n'Play repo: a lock alone
// would leave what is in git behind it, and `yarn install --immutable
// --immutable-cache` would fail.
func (co *checkout) installState() (string, error) {
	return gitbase.Tracked(co.project.Root, ".yarn/cache", ".pnp.cjs", ".pnp.js")
}

// alsoCommit is a next step, after yarn install, for a repo with installState.
func (co *checkout) alsoCommit() []string {
	file, err := co.installState()
	if err != nil || file == "" {
		return nil
	}
	return []string{"commit what yarn install changes beside yarn.lock: git tracks " + file}
}

func yarnOptions(co *checkout, e env) yarncli.Options {
	cache, err := e.cacheDir()
	if err != nil {
		cache = "" // which is for those to say who keep something in it
	}
	return yarncli.Options{Settings: co.settings, PackageManager: co.packageManager(), Environ: e.Environ, Files: co.texts, CacheDir: cache}
}
