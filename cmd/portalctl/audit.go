package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/registry"
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
		Flags: slices.Concat([]cli.Flag{
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
			&cli.BoolFlag{Name: "online", Usage: "also ask the registry: whether it contradicts the lock, what the packages that a change adds can do, and which releases admit a fix"},
			&cli.StringFlag{Name: "licenses", Usage: "also judge the licences of what a change adds, or of all in a full audit, by the lists in `FILE`", TakesFile: true},
		}, reportsFlags(auditForms()...), consentFlags()),
		Action:      actionOf(e, auditOptionsOf, runAudit),
		Subcommands: []*cli.Command{auditDBCommand(e), auditPluginCommand(e), auditWhyCommand(e)},
	}
}

// auditRun is one run of audit.
type auditRun struct {
	o   auditOptions
	e   env
	now time.Time

	root  string
	in    audit.Input
	notes []string
	// head and base are the two sides; base is nil without one.
	head, base *audit.State
	// settings are those that decide where to ask: the base's, if there is one.
	settings *yarnrc.Settings
	// client is the registry that advice comes from, nil if nobody asks it.
	client *registry.Client
	// licenses are the team's lists, nil for none.
	licenses *license.Policy
	// sources are the files of decisions.
	sources ignore.Sources
	opts    audit.Options
	// baseline is where the baseline is, or will be.
	baseline string
}

func runAudit(ctx context.Context, o auditOptions, e env) error {
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
	if err := r.openLicenses(); err != nil {
		return nil, incomplete(ctx, err)
	}
	r.sources = ignore.Sources{Head: r.head.Decisions, Rules: audit.Rules(), Now: r.now}
	if r.base != nil {
		r.sources.HasBase, r.sources.Base = true, r.base.Decisions
	}
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

// openHead reads the work tree.
func (r *auditRun) openHead(ctx context.Context) error {
	dir, err := workDir(r.o.directory)
	if err != nil {
		return err
	}
	if r.o.fixes && !r.o.dryRun {
		if root, err := audit.FindRoot(dir); err == nil {
			if err := recoverAt(ctx, root, r.e); err != nil {
				return err
			}
		}
	}
	if err := settled(ctx, dir, r.e); err != nil {
		return err
	}
	if r.root, err = audit.FindRoot(dir); err != nil {
		return err
	}
	// A folder that is a link lies elsewhere, in a repository of its own.
	if info, err := os.Lstat(r.root); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if r.root, err = filepath.EvalSymlinks(r.root); err != nil {
			return fault.Wrap(fault.Cause(err), fault.Pos{File: dir}, "cannot be read")
		}
	}
	files := r.files()
	paths, left, err := files.LockPaths(r.o.baseLockfile != "")
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := settled(ctx, filepath.Join(r.root, filepath.Dir(filepath.FromSlash(path))), r.e); err != nil {
			return err
		}
	}
	if r.head, err = files.Read(paths); err != nil {
		return err
	}
	r.in.Head, r.in.Unread, r.notes, r.settings = r.head.Locks, r.head.Unread, r.head.Notes, r.head.Settings
	if r.o.baseLockfile == "" {
		unread, err := files.Unread()
		if err != nil {
			return err
		}
		r.in.Unread = append(r.in.Unread, unread...)
	}
	if r.o.full {
		// With a base they are the base's anyway.
		var note string
		if r.settings, note, err = yarnrc.OfBase(r.root, r.settings, r.e.Environ); err != nil {
			return err
		}
		if note != "" {
			r.notes = append(r.notes, note)
		}
	}
	if left > 0 {
		r.notes = append(r.notes, english.Count(left, "lock")+" left out (--exclude)")
	}
	return nil
}

// files are those of the work tree.
func (r *auditRun) files() audit.Files { return audit.FilesAt(r.root, r.e.Environ, r.o.exclude) }

// openBase reads what the head is compared with, if there is something.
func (r *auditRun) openBase() (err error) {
	if r.o.full {
		return nil
	}
	if r.o.baseLockfile != "" {
		if r.base, err = r.in.ReadBaseLock(r.o.baseLockfile); err == nil {
			// The head does not say how OSV is reached either.
			r.settings, err = r.e.ownSettings()
		}
		return err
	}
	repo, rev, name, err := gitbase.FindBase(r.root, r.o.base, r.e.get)
	if err != nil || repo == nil {
		return err
	}
	if r.base, err = r.in.ReadBase(r.files(), repo, rev, name); err != nil {
		return err
	}
	// Where to ask, and with which credentials, is the base's to say.
	r.settings, r.notes = r.base.Settings, append(r.notes, r.base.Notes...)
	return nil
}
