package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

func auditCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "audit",
		Usage: "find known vulnerabilities and malware in what the locks install, and what a change adds to them",
		Description: "Compares every yarn.lock with OSV's advisories and looks at where packages come from; runs nothing of the repo.\n" +
			"With a base (--base, or a pull request in CI) only what the change adds fails, and policy, ignores and registry\n" +
			"settings are those of the base: a change does not write its own gate. Malware always fails.\n" +
			"--fix makes the smallest move that ends each finding, and reports what is left.\n\n" +
			"Exit codes: 0 nothing blocks, or nothing that is left after --fix; 1 something does, and with\n" +
			"--dry-run --exit-code a fix that is pending; 2 the audit is incomplete, or was refused.",
		Flags: append([]cli.Flag{
			fixFlag(),
			&cli.BoolFlag{Name: "diff", Usage: "with --fix --dry-run: print a unified diff of every file instead of the report"},
			&cli.StringFlag{Name: "base", Usage: "compare with where the branch left `REF`", DefaultText: "the target of the pull request, in CI"},
			&cli.StringFlag{Name: "base-lockfile", Usage: "compare the lock at the root with `FILE`, without git", TakesFile: true},
			&cli.BoolFlag{Name: "full", Usage: "judge all that the locks install, also on a pull request"},
			choiceOf(&cli.StringFlag{Name: "fail-on", Usage: "fail from this `SEVERITY` on: low, medium, high, critical, none", DefaultText: "high"}, failOnWords()...),
			choiceOf(&cli.StringFlag{Name: "no-score", Usage: "`WHAT` an advisory without a severity does: block, warn, allow", DefaultText: "warn"}, noScoreWords()...),
			&cli.BoolFlag{Name: "fail-on-unfixable", Usage: "without a base, also fail on what no version fixes"},
			&cli.BoolFlag{Name: "fail-on-fixable", Usage: "also fail on what a newer version ends, however bad it is"},
			&cli.BoolFlag{Name: "prod", Usage: "leave out what only development needs, malware apart"},
			&cli.BoolFlag{Name: "strict", Usage: "fail on ignores that are not needed"},
			&cli.StringFlag{Name: "baseline", Usage: "in a full audit, findings in `FILE` do not count", DefaultText: baselineFile + ", if there is one", TakesFile: true},
			&cli.BoolFlag{Name: "update-baseline", Usage: "write what a full audit finds to the baseline; from then on only new findings count"},
			&cli.StringFlag{Name: "db", Usage: "take the advisories from the database in `DIR`, without a network", TakesFile: true},
			&cli.BoolFlag{Name: "offline", Usage: "take them from the database that \"audit db update\" downloaded"},
			&cli.StringFlag{Name: "max-db-age", Usage: "refuse a database older than `AGE`, such as 36h or 7d", DefaultText: "7d; none with --db"},
			&cli.StringSliceFlag{Name: "exclude", Usage: "leave out the locks whose paths match `GLOB`, such as 'testdata/**'; may be repeated"},
			&cli.BoolFlag{Name: "online", Usage: "also ask the registry: whether it contradicts the lock, and which releases admit a fix"},
			formatFlag(auditForms()...),
			outputsFlag(),
			directoryFlag(),
		}, consentFlags()...),
		Action:      func(c *cli.Context) error { return runAudit(c.Context, c, e) },
		Subcommands: []*cli.Command{auditDBCommand(e), auditWhyCommand(e)},
	}
}

// auditRun is one run of audit.
type auditRun struct {
	o   auditOptions
	e   env
	now time.Time

	root  string
	repo  *repofile.Repo // the work tree
	in    audit.Input
	notes []string
	// settings are those that decide where to ask: the base's, if there is one.
	settings *yarnrc.Settings
	// head and base are the sides as the rules about locks and settings see
	// them; base is nil without one.
	head   trust.Side
	base   *trust.Side
	brings []trust.Archive // the archives of the change
	prefix string          // where the root is in its git repository
	// client is the registry that advice comes from, nil if nobody asks it.
	client *registry.Client
	// sources are the files of decisions.
	sources ignore.Sources
	opts    audit.Options
	// baseline is where the baseline is, or will be.
	baseline string
}

func runAudit(ctx context.Context, c *cli.Context, e env) error {
	o, err := auditOptionsOf(c, e)
	if err != nil {
		return err
	}
	r := &auditRun{o: o, e: e, now: time.Now()}
	limited, cancel := context.WithTimeoutCause(ctx, maxAudit, errMaxAudit)
	defer cancel()
	report, err := r.run(limited)
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(limited), errMaxAudit) {
		return fault.New("audit incomplete: it took longer than %s", maxAudit).
			WithNext("Try again later, or audit with a database: %s, then --offline", updateDB)
	}
	if err != nil {
		return err
	}
	if r.o.diff {
		err = r.writeFixDiff(report)
	} else {
		err = r.write(report)
	}
	if err != nil {
		return err
	}
	switch {
	case len(report.Incomplete) > 0:
		return incomplete(ctx, report.Incomplete[0])
	case report.Failed(), r.o.failOnFixable && report.Fixable() > 0, r.o.exitCode && !report.Fixes.Empty():
		return errFindings
	}
	return nil
}

// maxAudit bounds an audit as a whole: a service that answers slowly enough
// keeps every limit of a single request. It is a variable for tests.
var maxAudit = 30 * time.Minute

var errMaxAudit = errors.New("the audit took too long")

// run reads, asks and judges.
func (r *auditRun) run(ctx context.Context) (*audit.Report, error) {
	if err := r.openHead(ctx); err != nil {
		return nil, incomplete(ctx, err)
	}
	if err := r.openBase(); err != nil {
		return nil, incomplete(ctx, err)
	}
	if err := r.openBaseline(); err != nil {
		return nil, incomplete(ctx, err)
	}
	r.sources.Rules, r.sources.Now = audit.Rules(), r.now
	decisions, err := ignore.Load(r.sources)
	if err != nil {
		return nil, incomplete(ctx, err)
	}
	r.in.Decisions = decisions
	r.opts = r.options(decisions.Policy)
	if err := r.match(ctx, decisions.Policy); err != nil {
		return nil, incomplete(ctx, err)
	}
	if err := r.judgeLocks(ctx, decisions.Policy); err != nil {
		return nil, incomplete(ctx, err)
	}
	late := r.registryAdvice(ctx)
	report, err := audit.NewReport(r.in, r.opts)
	if err != nil {
		return nil, incomplete(ctx, err)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if r.o.updateBaseline {
		if report, err = r.updateBaseline(report); err != nil {
			return nil, incomplete(ctx, err)
		}
	}
	if r.o.fixes {
		if report, err = r.fix(ctx, report); err != nil {
			return nil, incomplete(ctx, err)
		}
	}
	report.Notes = append(append(report.Notes, r.notes...), late()...)
	return report, nil
}

// incomplete says that nothing is known, which is not the same as fine.
func incomplete(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return err
	}
	f := fault.Wrap(err, fault.Pos{}, "audit incomplete")
	if fault.NextOf(err) == "" {
		f.WithNext("Nothing was judged: this is not a pass. Fix the error, then run the audit again")
	}
	return f
}

// notEmptied refuses a lock without an entry where a package.json asks for
// something: nothing found in it would look like a pass.
func notEmptied(l *audit.Lock) error {
	if len(l.Lock.Entries) > 0 || l.Project == nil {
		return nil
	}
	for _, ws := range l.Project.Workspaces {
		if len(ws.File.AllDeps()) > 0 {
			return fault.At(fault.Pos{File: l.Path}, "the lock is empty, and %s has dependencies: what is installed is not known", path.Join(ws.Rel, pkgjson.FileName)).
				WithNext("Run yarn install, and commit yarn.lock")
		}
	}
	return nil
}

// openHead reads the work tree.
func (r *auditRun) openHead(ctx context.Context) error {
	dir, err := workDir(r.o.directory)
	if err != nil {
		return err
	}
	if r.o.fixes && !r.o.dryRun {
		if root, err := auditRoot(dir); err == nil {
			if err := recoverAt(ctx, root, r.e); err != nil {
				return err
			}
		}
	}
	if err := settled(ctx, dir, r.e); err != nil {
		return err
	}
	if r.root, err = auditRoot(dir); err != nil {
		return err
	}
	// A folder that is a link would be walked as one file.
	if info, err := os.Lstat(r.root); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if r.root, err = filepath.EvalSymlinks(r.root); err != nil {
			return fault.Wrap(pathCause(err), fault.Pos{File: dir}, "cannot be read")
		}
	}
	r.repo = repofile.Of(repofile.Top(r.root))
	paths, err := findLocks(r.repo, r.root)
	if err != nil {
		return err
	}
	if r.o.baseLockfile != "" {
		paths = []string{lockName} // the one that the file is compared with
	}
	kept := r.kept(paths)
	if left := len(paths) - len(kept); left > 0 {
		defer func() { r.notes = append(r.notes, english.Count(left, "lock")+" left out (--exclude)") }()
	}
	if len(kept) == 0 && len(paths) > 0 {
		return fault.At(fault.Pos{File: r.root}, "--exclude leaves out every yarn.lock here (%d)", len(paths)).
			WithNext("Exclude only locks that are not part of a portal, such as 'testdata/**'")
	}
	if paths = kept; len(paths) == 0 {
		return fault.At(fault.Pos{File: r.root}, "there is no yarn.lock here or in a folder below").
			WithNext("Commit the lock that yarn install writes; or name the folder of your portal with -C")
	}
	for _, path := range paths {
		if err := settled(ctx, filepath.Join(r.root, filepath.Dir(filepath.FromSlash(path))), r.e); err != nil {
			return err
		}
	}
	got, err := loadLocks(r.repo, r.root, paths, r.e.Environ)
	if err != nil {
		return err
	}
	locks := got.locks
	for _, l := range locks {
		if err := notEmptied(l); err != nil {
			return err
		}
	}
	r.in.Head, r.notes = locks, got.notes
	if r.o.baseLockfile == "" {
		if r.in.Unread, err = r.unread(); err != nil {
			return err
		}
		r.in.Unread = append(got.unread, r.in.Unread...)
	}
	if r.settings, err = yarnrc.LoadIn(r.repo, r.root, r.e.Environ); err != nil {
		return err
	}
	if r.o.full {
		// With a base they are the base's anyway.
		var note string
		if r.settings, note, err = r.e.reach(r.root, r.settings); err != nil {
			return err
		}
		if note != "" {
			r.notes = append(r.notes, note)
		}
	}
	if r.head, err = side(r.repo, r.root, locks); err != nil {
		return err
	}
	r.sources.Head = decisionFiles(r.head, locks)
	return nil
}

// openBase reads what the head is compared with, if there is something.
func (r *auditRun) openBase() error {
	if r.o.baseLockfile != "" {
		return r.openBaseLock(r.o.baseLockfile)
	}
	if r.o.full {
		return nil
	}
	var repo *gitbase.Repo
	open := func() (*gitbase.Repo, error) {
		var err error
		if repo == nil {
			repo, err = gitbase.Open(r.root)
		}
		return repo, err
	}
	rev := r.o.base
	name := rev
	if rev == "" {
		var err error
		if rev, name, err = r.e.baseRevision(open); err != nil || rev == "" {
			return err
		}
	}
	if _, err := open(); err != nil {
		return err
	}
	commit, err := repo.MergeBase(rev)
	if err != nil {
		return err
	}
	if err := r.brought(repo, commit); err != nil {
		return err
	}
	r.prefix = strings.Trim(repo.Prefix, "/")
	err = r.readBase(commit, name)
	// What was not read may have been taken for what is not there.
	return cmp.Or(commit.Err(), err)
}
