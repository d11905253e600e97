package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/snapshot"
	"github.com/portalctl/portalctl/snapshot/database"
)

func snapshotCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "snapshot",
		Usage: "copy the portal's databases before an upgrade, prove the copy, and go back to it",
		Subcommands: []*cli.Command{
			snapshotForecastCommand(e),
			snapshotCreateCommand(e),
			snapshotListCommand(e),
			snapshotShowCommand(e),
			snapshotVerifyCommand(e),
			snapshotPlanCommand(e),
			snapshotRestoreCommand(e),
		},
	}
}

func snapshotDirFlag() cli.Flag {
	return &cli.StringFlag{Name: "dir", Usage: "the `DIR` of the snapshots", TakesFile: true, DefaultText: "in the user's state folder"}
}

// connectionFlags say which databases a portal has and how to reach them.
func connectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "config", Usage: "app-config `FILE`, as Backstage takes it; may be repeated", TakesFile: true},
		&cli.StringFlag{Name: "dsn", EnvVars: []string{"PORTALCTL_DSN"}, Usage: "connect by `DSN` instead of app-config's server and login; the password comes from PGPASSWORD or PGPASSFILE"},
		&cli.StringFlag{Name: "admin-dsn", EnvVars: []string{"PORTALCTL_ADMIN_DSN"}, Usage: "`DSN` of a role that may create, own and rename databases"},
	}
}

func jobsFlag() cli.Flag {
	return &cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "work on `N` databases at a time", Value: 2}
}

// snapshotOptions are what all six commands are told: the portal, the snapshots
// and the servers. One set of flags serves a whole upgrade.
type snapshotOptions struct {
	target
	dir      string // --dir; "" is the portal's own
	snapshot string // --snapshot: a name, or a folder
	config   []string
	// nil without the flag.
	dsn, adminDSN *pg.Target
	// passwordOf is adminDSN where PGPASSWORD is its password: nobody else's then.
	passwordOf *pg.Target
	// create is how to take a snapshot where there is none.
	create string
}

func snapshotOptionsOf(c *cli.Context, e env) (snapshotOptions, error) {
	return serverOptionsOf(c, e, "table", "json", "markdown")
}

// serverOptionsOf is snapshotOptionsOf of a command whose report has these forms.
func serverOptionsOf(c *cli.Context, e env, forms ...string) (o snapshotOptions, err error) {
	if o.target, err = targetOf(c, forms...); err != nil {
		return o, err
	}
	o.dir, o.snapshot, o.config = c.String("dir"), c.String("snapshot"), c.StringSlice("config")
	o.create = commandLine(c, "portalctl snapshot create --dry-run", "config", "dir", "directory")
	if o.dsn, err = dsnOf(c, e, "dsn"); err != nil {
		return o, err
	}
	if o.adminDSN, err = dsnOf(c, e, "admin-dsn"); err == nil && e.get("PGPASSWORD") != "" && !pg.DSNHasPassword(c.String("admin-dsn")) {
		o.passwordOf = o.adminDSN
	}
	return o, err
}

// dsnOf reads a flag that holds a connection string; nil when it is not given.
// Everybody on the machine can read a command line, so no password may be there.
func dsnOf(c *cli.Context, e env, flag string) (*pg.Target, error) {
	dsn := c.String(flag)
	if dsn == "" {
		return nil, nil
	}
	variable := "PORTALCTL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
	if pg.DSNHasPassword(dsn) && e.get(variable) != dsn {
		return nil, usagef("--%s holds a password, which everybody on this machine can read", flag).
			WithNext("Leave it out and set PGPASSWORD or PGPASSFILE, or put the whole connection string into %s", variable)
	}
	target, err := pg.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return &target, nil
}

// jobsOf refuses a --jobs that no server is for.
func jobsOf(c *cli.Context) (int, error) {
	n := c.Int("jobs")
	if n < 1 || n > 64 {
		return n, usagef("--jobs %d is not between 1 and 64", n).WithNext("Two is enough for most servers")
	}
	return n, nil
}

// snapshotStore is the folder of the portal's snapshots: --dir, else by the
// portal's name and place in the user's state folder; without a portal that of
// the snapshot that --snapshot names.
func snapshotStore(o snapshotOptions, e env, co *checkout) (snapshot.Store, error) {
	if o.dir != "" {
		abs, err := filepath.Abs(o.dir)
		if err != nil {
			return snapshot.Store{}, fault.Wrap(err, fault.Pos{}, "the current directory")
		}
		return snapshot.Store{Dir: abs}, nil
	}
	if co == nil {
		abs, err := filepath.Abs(o.snapshot)
		if err != nil {
			return snapshot.Store{}, fault.Wrap(err, fault.Pos{}, "the current directory")
		}
		return snapshot.Store{Dir: filepath.Dir(abs)}, nil
	}
	dir, err := snapshot.DefaultDir(e.get, co.project.RootWorkspace().Name(), co.project.Root)
	return snapshot.Store{Dir: dir}, err
}

// byFolder reports whether --snapshot names a folder, which takes neither a
// portal nor --dir to find.
func (o snapshotOptions) byFolder() bool {
	return strings.ContainsAny(o.snapshot, `/\`)
}

// openStore finds the store of a command that needs a portal only to know
// where the snapshots are, and removes what an interrupted run left there.
func openStore(ctx context.Context, o snapshotOptions, e env) (snapshot.Store, error) {
	var co *checkout
	if o.dir == "" && !o.byFolder() {
		var err error
		if co, err = openPortal(ctx, o.target, e); err != nil {
			return snapshot.Store{}, err
		}
	} else if err := checkOutputFile(o.output); err != nil {
		return snapshot.Store{}, err
	}
	store, err := snapshotStore(o, e, co)
	if err != nil {
		return store, err
	}
	if o.dir == "" && o.byFolder() {
		return store, nil // the folder around it may be anything
	}
	if _, err := os.Stat(store.Dir); err != nil {
		return store, nil // nothing was ever taken: nothing is made by looking
	}
	lock, err := store.Lock()
	if err != nil {
		return store, nil // being worked on, or read-only: looking is allowed
	}
	defer lock.Close()
	return store, cleanStore(store, e)
}

// cleanStore removes unfinished snapshots and says so. The lock is held.
func cleanStore(store snapshot.Store, e env) error {
	removed, err := store.Clean()
	for _, name := range removed {
		fmt.Fprintf(e.Err, "portalctl: removed %s, which an interrupted run had left\n", filepath.Join(store.Dir, name))
	}
	for _, dir := range pg.CleanClusters("") {
		fmt.Fprintf(e.Err, "portalctl: removed %s, the temporary server of an interrupted rehearsal\n", dir)
	}
	return err
}

// snapshotLayout works out which databases the portal has.
func snapshotLayout(ctx context.Context, o snapshotOptions, e env, co *checkout, code *snapshot.Code, packages *registry.Client) (*database.Layout, error) {
	dir, err := workDir(o.directory)
	if err != nil {
		return nil, err
	}
	layout, _, err := database.Open(co.project, database.Source{Cwd: dir, Files: o.config, Env: e.Environ, Server: o.dsn, PasswordOf: o.passwordOf, Lock: code.Lock,
		Registry: publishedPlugins(ctx, code.Lock, packages, nil, nil)})
	return layout, err
}

// deployedFiles are the files whose hashes say what was deployed.
var deployedFiles = []string{"package.json", "yarn.lock", "backstage.json"}

// deployedCode finds the commit that runs on the databases: the one that
// --deployed names, or else HEAD, if nothing has changed since. Whether HEAD is
// it the databases' migrations decide: a checkout is often the upgrade already.
func deployedCode(o createOptions, co *checkout, packages *registry.Client) (*snapshot.Code, error) {
	root := co.project.Root
	code := &snapshot.Code{Root: root, Registry: packages, Workspaces: map[string]string{}}
	code.Deployed = snapshot.Deployed{Ref: o.deployed, How: snapshot.Named, Image: o.image, Files: map[string]string{}}
	for _, w := range co.project.Workspaces {
		code.Workspaces[w.Name()] = w.Rel
	}
	if code.Deployed.Ref == "" {
		code.Deployed.Ref, code.Deployed.How = "HEAD", snapshot.Matched
	}
	head, err := gitbase.At(root, code.Deployed.Ref)
	switch {
	case errors.Is(err, gitbase.ErrNoRepository) && code.Deployed.How == snapshot.Matched && code.Deployed.Image != "":
		code.Deployed.Ref = ""
	case errors.Is(err, gitbase.ErrNoRepository):
		return nil, fault.New("%s is not in a git repository, so there is no commit to go back to", root).
			WithNext("Run portalctl in a checkout of the portal, or name the deployed image with --image")
	case err != nil:
		return nil, err
	default:
		code.Head, code.Deployed.Commit = head, head.Hash
	}
	if head != nil && code.Deployed.How == snapshot.Matched {
		changed, err := head.Changed()
		if err != nil {
			return nil, err
		}
		if len(changed) > 0 {
			return nil, fault.New("what is deployed is not known: the work tree differs from HEAD in %s", firstOfMany(changed)).
				WithNext("Name the deployed commit with --deployed, or commit the changes if they are what runs")
		}
	}
	texts := map[string][]byte{}
	for _, name := range deployedFiles {
		src, err := deployedFile(head, root, name)
		if err != nil {
			return nil, err
		}
		if src != nil {
			texts[name], code.Deployed.Files[name] = src, snapshot.SHA256(src)
		}
	}
	if src := texts["yarn.lock"]; src != nil {
		if code.Lock, err = yarnlock.Parse("yarn.lock", src); err != nil {
			return nil, err
		}
	}
	var backstage struct{ Version string }
	if src := texts["backstage.json"]; src != nil && json.Unmarshal(src, &backstage) == nil {
		code.Deployed.Release = backstage.Version
	}
	if on := release.Stand(code.Lock, code.Deployed.Release).Release; on != "" {
		code.Deployed.Release = on
	}
	return code, nil
}

func firstOfMany(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more files", strings.Join(names[:3], ", "), len(names)-3)
}

// deployedFile is a file of the commit, without git of the work tree; nil when
// there is none.
func deployedFile(head *gitbase.Head, root, name string) ([]byte, error) {
	if head != nil {
		src, ok, err := head.File(name)
		if !ok {
			return nil, err
		}
		return src, nil
	}
	src, err := repofile.ReadIn(repofile.Top(root), filepath.Join(root, name), repofile.MaxLock)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return src, err
}
