package slot

import (
	"context"
	"fmt"

	"github.com/portalctl/portalctl/internal/fault"
)

// bump makes the branch: one commit for what each command changes, so that a
// reviewer reads them apart. Template comes first, as it may bring dependencies, for
// which the bump then writes the lock.
func (r *Run) bump(ctx context.Context, step *Step) error {
	if err := r.onBranch(ctx); err != nil {
		return err
	}
	parts := []part{
		{name: "template", subject: fmt.Sprintf("Merge the app template of Backstage %s", r.To), optional: true,
			body: "What changed in create-app's template since the one that this portal came from.\nWhat both sides changed is left, and listed in .portalctl.yaml.",
			args: []string{"versions", "template", "--release", r.To}},
		{name: "bump", subject: r.title(),
			args: []string{"versions", "bump", "--release", r.To},
			instead: &part{name: "manifests", subject: r.title() + ", without yarn.lock",
				body: "yarn.lock could not be written here: it is as it was, and does not go with these\nmanifests.",
				args: []string{"versions", "bump", "--release", r.To, "--lockfile", "skip"}}},
		{name: "migrate", subject: "Move packages that live on under another name", optional: true,
			body: "Their dependencies, imports and app-config.",
			args: []string{"versions", "bump", "--release", r.To, "--migrate"}},
	}
	return r.parts(ctx, step, parts)
}

func (r *Run) title() string {
	if r.From == "" || r.From == r.To {
		return "Backstage " + r.To
	}
	return fmt.Sprintf("Backstage %s → %s", r.From, r.To)
}

// onBranch checks the branch out. It is made at the commit that the run starts from.
func (r *Run) onBranch(ctx context.Context) error {
	g := r.in.Git
	commit, branch, err := g.head(ctx)
	if err != nil {
		return err
	}
	if r.Branch == "" {
		if err := r.clean(ctx); err != nil {
			return err
		}
		name := r.branchName()
		tip, err := g.tip(ctx, name)
		if err != nil {
			return err
		}
		// A run that ended between git's work and ours left the branch where it began.
		if tip != "" && tip != commit {
			return fault.New("there is a branch %s already, which is not of this run", name).
				WithNext("Give the run another one with --branch NAME, or delete it: git branch -D %s", name)
		}
		if branch != name {
			if err := g.goTo(ctx, name, tip == ""); err != nil {
				return err
			}
		}
		r.Branch = name
		return r.keep()
	}
	if branch == r.Branch {
		return nil
	}
	if err := r.clean(ctx); err != nil {
		return err
	}
	tip, err := g.tip(ctx, r.Branch)
	if err != nil {
		return err
	}
	return g.goTo(ctx, r.Branch, tip == "")
}

// check applies the fixes that are in the lock alone, and judges the branch against
// its base.
func (r *Run) check(ctx context.Context, step *Step) error {
	if err := r.onBranch(ctx); err != nil {
		return err
	}
	err := r.parts(ctx, step, []part{
		{name: "check", id: step.Key[:12], subject: "Dedupe yarn.lock", optional: true, args: []string{"check", "--fix"}},
		{name: "audit", id: step.Key[:12], subject: "Move to versions without known vulnerabilities", optional: true,
			body: "Within the ranges that ask: yarn.lock alone.", args: r.judged("audit", "--fix=lock", "--base", r.Base[:12])},
	})
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"check", "--format", "json"},
		append(r.judged("audit", "--base", r.Base[:12]), "--format", "json"),
	} {
		if _, err := r.command(ctx, step, args...); err != nil {
			return err
		}
	}
	return nil
}
