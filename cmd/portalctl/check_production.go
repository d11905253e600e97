package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/check/production"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/txn"
)

func checkProductionCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "production",
		Usage: "read the repository as a reviewer would before production",
		Description: "Goes through a checklist of TechDocs, plugins, security, operations and organisation. Each item is passed, failed,\n" +
			"attested (in .portalctl.yaml), unknown or not applicable, with the lines that say so. Runs nothing, contacts no server.\n\n" +
			"Exit codes: 0 nothing that the profile counts has failed; 1 something has; 2 could not run.",
		Flags: append([]cli.Flag{
			choiceFlag("profile", "what counts as failure: `PROFILE` is one of "+strings.Join(production.Profiles(), ", "), production.Profiles()...),
			&cli.StringFlag{Name: "deploy-dir", Usage: "also read the manifests in `DIR`, such as a checkout of the GitOps repository", TakesFile: true},
			&cli.StringFlag{Name: "baseline", Usage: "findings in `FILE` do not count", DefaultText: baselineFile + ", if there is one", TakesFile: true},
			&cli.BoolFlag{Name: "update-baseline", Usage: "write what is found to the baseline; from then on only new findings count"},
		}, reportsFlags(sharedForms()...)...),
		Action: actionOf(e, productionOptionsOf, runProduction),
	}
}

// productionOptions are what the command line says.
type productionOptions struct {
	directory, deploy, baselineFile string
	update                          bool
	outs                            outputs
	rules                           production.Options
}

func productionOptionsOf(c *cli.Context, _ env) (o productionOptions, err error) {
	if err := noArgs(c); err != nil {
		return o, err
	}
	o = productionOptions{directory: c.String("directory"), deploy: c.String("deploy-dir"), baselineFile: c.String("baseline"), update: c.Bool("update-baseline")}
	profile, err := oneOf(c, "profile", production.Profiles()...)
	if err != nil {
		return o, err
	}
	o.rules = production.Options{Profile: production.Profile(profile), At: commandLine(c, "", "directory"), Now: time.Now()}
	o.outs, err = outputsOf(c, sharedForms()...)
	return o, err
}

func runProduction(ctx context.Context, o productionOptions, e env) error {
	dir, err := workDir(o.directory)
	if err != nil {
		return err
	}
	if err := settled(ctx, dir, e); err != nil {
		return err
	}
	co, err := readPortal(repofile.Of(dir), dir, audit.LockName, e)
	if err != nil {
		return err
	}
	root := co.project.Root
	if o.rules.Config, err = production.ReadConfig(co.project, o.rules.Now); err != nil {
		return err
	}
	in, err := co.production(ctx, o, e)
	if err != nil {
		return err
	}
	defer in.Repo.Close()
	file, base, err := readBaseline(o.baselineFile, root, o.update)
	if err != nil {
		return err
	}
	o.rules.Baseline = base
	if o.update {
		o.rules.Baseline = production.NewBaseline(in, o.rules)
		if err := txn.WriteFile(file, o.rules.Baseline.Bytes(), 0o644); err != nil {
			return err
		}
	}
	report := production.NewReport(in, o.rules)
	if err := e.stepSummary(o.outs, report.WriteMarkdown); err != nil {
		return err
	}
	placed := report.Report
	placed.Prefix(e.inRepository(root))
	if err := o.outs.write(e, func(form string, w io.Writer, e env) error { return writeForm(form, w, e, report, &placed, root) }); err != nil {
		return err
	}
	if report.Failed() {
		return errFindings
	}
	return nil
}

// production is what the checklist is computed from.
func (co *checkout) production(ctx context.Context, o productionOptions, e env) (production.Input, error) {
	top := repofile.Top(co.project.Root)
	in := production.Input{Project: co.project, Top: top, Repo: repofile.Of(top)}
	source, err := co.releases(e, true)
	if err != nil {
		return in, err
	}
	judged := co.judged()
	if err := judged.ReadRelease(ctx, source, false); err != nil {
		return in, err
	}
	in.Standing = *judged.Standing
	in.Newest = release.NewestMain()
	if e.get(release.BaseURLEnv) != "" || e.get(release.ManifestFileEnv) != "" {
		in.Newest, in.Current = "", true // a mirror or a file says what there is
	}
	for _, version := range source.Known(ctx) {
		if !strings.Contains(version, "-") && (in.Newest == "" || semrange.CompareText(version, in.Newest) > 0) {
			in.Newest = version
		}
	}
	opts := check.Options{Now: o.rules.Now}
	if opts.Config, err = check.ReadConfig(co.project, o.rules.Now); err != nil {
		return in, err
	}
	if report, err := check.NewReport(judged, opts); err == nil { // a lock that cannot be read is check's to say
		in.Check = &report.Report
	}
	if o.deploy != "" {
		if info, err := os.Stat(o.deploy); err != nil || !info.IsDir() {
			return in, fault.Wrap(fault.Cause(err), fault.Pos{File: o.deploy}, "--deploy-dir does not name a folder").WithNext("Give it the folder that has the manifests")
		}
		in.DeployName = filepath.ToSlash(o.deploy)
		in.Deploy = repofile.Of(o.deploy).FS(o.deploy)
	}
	return in, nil
}
