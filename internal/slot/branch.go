package slot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// A part is what one commit of the branch is made of: a command, and what it changes.
type part struct {
	name string
	// id tells a part from an earlier one of its name on the same branch.
	id      string
	subject string
	body    string
	// args are the command's words, without those that show or write.
	args []string
	// optional says that the branch is of use without it.
	optional bool
}

// mark is how a commit says that it is of the part.
func (p part) mark() string { return strings.TrimSpace(p.name + " " + p.id) }

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
			args: []string{"versions", "bump", "--release", r.To}},
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
		there, err := g.hasBranch(ctx, name)
		if err != nil {
			return err
		}
		// A run that ended between git's work and ours left the branch where it began.
		if there {
			tip, err := g.run(ctx, "rev-parse", "--verify", "refs/heads/"+name)
			if err != nil {
				return err
			}
			if tip != commit {
				return fault.New("there is a branch %s already, which is not of this run", name).
					WithNext("Give the run another one with --branch NAME, or delete it: git branch -D %s", name)
			}
		}
		if branch != name {
			if err := g.goTo(ctx, name, !there); err != nil {
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
	there, err := g.hasBranch(ctx, r.Branch)
	if err != nil {
		return err
	}
	return g.goTo(ctx, r.Branch, !there)
}

// parts makes a commit of what each part changes. A part that has its commit is not
// done again; one that was interrupted is finished first.
func (r *Run) parts(ctx context.Context, step *Step, parts []part) error {
	g := r.in.Git
	for _, p := range parts {
		made, err := g.marked(ctx, r.Base, mark)
		if err != nil {
			return err
		}
		if hash, ok := made[p.mark()]; ok {
			if d := r.kept.Doing; d != nil && d.Part == p.name {
				r.kept.Doing = nil // it ended between the commit and its record
			}
			commit, err := r.describe(ctx, hash)
			if err != nil {
				return err
			}
			step.Commits = append(step.Commits, commit)
			continue
		}
		if d := r.kept.Doing; d != nil && d.Part != p.name {
			continue // it was done before the one that was interrupted
		}
		if err := r.part(ctx, step, p); err != nil {
			if ctx.Err() != nil || !p.optional || r.kept.Doing != nil {
				return err
			}
			// Named in the text: the branch is of use without it.
			left := Printed{Args: p.args, Exit: 2}
			left.Problem = strings.TrimPrefix(err.Error(), left.name()+" could not run: ")
			step.Commands = append(step.Commands, left)
		}
	}
	var err error
	step.Tree, _, err = g.workTree(ctx)
	return err
}

func (r *Run) part(ctx context.Context, step *Step, p part) error {
	g := r.in.Git
	changed, err := g.changed(ctx)
	if err != nil {
		return err
	}
	if d := r.kept.Doing; d != nil {
		// What is there must be of the command that was interrupted.
		for _, f := range changed {
			if !slices.Contains(d.Files, f) {
				return fault.New("%s was changed since the run was interrupted", f).
					WithNext("Commit it on another branch, stash it, or take it back; then run the same command again")
			}
		}
	} else if len(changed) > 0 {
		return r.clean(ctx)
	}
	if r.kept.Doing == nil {
		// What it will write, so that an interrupted run knows its own files.
		p2, err := r.in.Command(ctx, r.network(append(slices.Clone(p.args), "--dry-run", "--diff")...)...)
		if err != nil {
			return err
		}
		if !p2.Ran() {
			return p2.failed()
		}
		files := diffFiles(p2.Out)
		if len(files) == 0 {
			return nil
		}
		for i, f := range files {
			files[i] = g.prefix + f
		}
		r.kept.Doing = &doing{Part: p.name, Files: files}
		if err := r.keep(); err != nil {
			return err
		}
	}
	apply := append(slices.Clone(p.args), "--yes", "--format", "json")
	if p.name == "template" {
		apply = append(apply, "--allow-dirty") // by what it wrote itself
	}
	done, err := r.command(ctx, step, r.network(apply...)...)
	if err != nil {
		return err
	}
	if !done.Ran() {
		if changed, err := g.changed(ctx); err == nil && len(changed) == 0 {
			r.kept.Doing = nil // nothing was written
		}
		return done.failed()
	}
	if err := r.commit(ctx, step, p); err != nil {
		return err
	}
	r.kept.Doing = nil
	return r.keep()
}

// commit commits what a part has changed, if anything.
func (r *Run) commit(ctx context.Context, step *Step, p part) error {
	changed, err := r.in.Git.changed(ctx)
	if err != nil || len(changed) == 0 {
		return err
	}
	hash, err := r.in.Git.commit(ctx, message(p.subject, p.body, p.mark()), changed)
	if err != nil {
		return err
	}
	c, err := r.describe(ctx, hash)
	step.Commits = append(step.Commits, c)
	return err
}

func (r *Run) describe(ctx context.Context, hash string) (c Commit, err error) {
	out, err := r.in.Git.output(ctx, nil, "show", "--format=%s%x00", "--name-only", "-z", hash)
	if err != nil {
		return c, err
	}
	subject, names, _ := strings.Cut(out, "\x00")
	c = Commit{Hash: hash, Subject: subject}
	for _, name := range strings.Split(names, "\x00") {
		if name = strings.TrimSpace(name); name != "" {
			c.Files = append(c.Files, name)
		}
	}
	return c, nil
}

// diffFiles are the files that a unified diff in git's form changes.
func diffFiles(diff string) []string {
	var files []string
	for line := range strings.Lines(diff) {
		rest, ok := strings.CutPrefix(line, "diff --git a/")
		if !ok {
			continue
		}
		// Both names are the same: the half of what is left.
		rest = strings.TrimRight(rest, "\n")
		if n := (len(rest) - len(" b/")) / 2; n > 0 && rest[n:n+3] == " b/" {
			files = append(files, rest[:n])
		}
	}
	return files
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
