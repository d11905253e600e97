package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
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
		config, err := readConfig(co.project.Root, time.Time{})
		if err != nil {
			return nil, err
		}
		singleton = check.Singleton(config)
	}
	if err := co.reach(e); err != nil {
		return nil, err
	}
	address := co.net.Endpoint("@backstage/cli").URL
	cache, err := e.cacheOf(httpConfig(co.net, e, address), address)
	if err != nil {
		return nil, err
	}
	version := yarncli.Declared(co.settings, co.packageManager())
	return &lockJob{co: co,
		source: live.New(live.Config{
			Registry:    reg,
			ChecksumDir: filepath.Join(cache, "checksums"),
			Bundle:      live.Bundle(co.settings.YarnPath, version, e.get),
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

// yarnWriter runs the repo's own Yarn, in a scratch mirror of the repo, on what
// a plan leaves.
type yarnWriter struct {
	co       *checkout
	yarn     *yarncli.Yarn
	releases *release.Source
}

func newYarnWriter(ctx context.Context, co *checkout, e env, releases *release.Source) (*yarnWriter, error) {
	yarn, err := yarncli.Find(ctx, co.project.Root, yarnOptions(co, e))
	if err != nil {
		return nil, err
	}
	return &yarnWriter{co: co, yarn: yarn, releases: releases}, nil
}

func yarnOptions(co *checkout, e env) yarncli.Options {
	return yarncli.Options{Settings: co.settings, PackageManager: co.packageManager(), Environ: e.Environ}
}

// UpdateLock returns the lock that belongs to the repo once plan is applied. It
// writes nothing to the repo.
func (w *yarnWriter) UpdateLock(ctx context.Context, plan *bump.Plan) ([]byte, error) {
	req := yarncli.Request{Root: w.co.project.Root, Files: map[string][]byte{}}
	for _, f := range plan.Files() {
		req.Files[f.Rel] = f.New
	}
	if seed := plan.Seed(); seed != nil {
		req.Files["yarn.lock"] = seed
	}
	for _, ws := range w.co.project.Workspaces {
		req.Workspaces = append(req.Workspaces, ws.Rel)
	}
	if plan.UsesYarnPlugin() {
		remove, err := w.withManifest(ctx, &req, plan.To)
		if err != nil {
			return nil, err
		}
		defer remove()
	}
	return w.yarn.UpdateLock(ctx, req)
}

// withManifest has the Backstage Yarn plugin see a release's manifest as the plan
// does, mirror and cache included: it would ask the public host.
func (w *yarnWriter) withManifest(ctx context.Context, req *yarncli.Request, version string) (remove func(), err error) {
	file, remove, err := w.manifestFile(ctx, version)
	if err == nil {
		req.Env = append(req.Env, release.ManifestFileEnv+"="+file)
	}
	return remove, err
}

// manifestFile writes a release's manifest where Yarn can read it.
func (w *yarnWriter) manifestFile(ctx context.Context, version string) (name string, remove func(), err error) {
	m, err := w.releases.Get(ctx, version)
	if err != nil {
		return "", nil, err
	}
	type pkg struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	doc := struct {
		ReleaseVersion string `json:"releaseVersion"`
		Packages       []pkg  `json:"packages"`
	}{ReleaseVersion: m.ReleaseVersion}
	for name, v := range m.Packages {
		doc.Packages = append(doc.Packages, pkg{name, v})
	}
	sort.Slice(doc.Packages, func(i, j int) bool { return doc.Packages[i].Name < doc.Packages[j].Name })
	text, err := json.Marshal(doc)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "portalctl-manifest-")
	if err == nil {
		name = filepath.Join(dir, "manifest.json")
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Pos{}, "the release manifest could not be handed to Yarn").
			WithNext("Check that the disk has space, or point TMPDIR at another place")
	}
	return name, func() { os.RemoveAll(dir) }, nil
}
