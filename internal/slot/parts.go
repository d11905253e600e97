package slot

import (
	"context"
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
	// instead is done where the part cannot be, as no lock can be made; nil for nothing.
	instead *part
}

// mark is how a commit says that it is of the part.
func (p part) mark() string { return strings.TrimSpace(p.name + " " + p.id) }

// noLock reports whether a command could not make a lock: as the registry lacks a
// version, or as the repository's own Yarn failed. Elsewhere Yarn may write it, once the
// manifests ask for the versions.
func noLock(err error) bool {
	text := err.Error()
	return strings.Contains(text, "the registry has no version of ") || strings.Contains(text, "could not update the lockfile")
}

// mark is the line of a commit's message that says which part of a run it is.
const mark = "Portalctl-Slot: "

// message is a commit's, with the mark of its part.
func message(subject, body, part string) string {
	text := subject + "\n\n"
	if body != "" {
		text += strings.TrimSpace(body) + "\n\n"
	}
	return text + mark + part + "\n"
}

// parts makes a commit of what each part changes. A part that has its commit is not
// done again; one that was interrupted is finished first.
func (r *Run) parts(ctx context.Context, step *Step, parts []part) error {
	if err := r.before(ctx, step, parts); err != nil {
		return err
	}
	for _, p := range parts {
		if d := r.kept.Doing; d != nil && d.Part != p.name {
			if p.instead == nil || d.Part != p.instead.name {
				continue // it was done before the one that was interrupted
			}
			if err := r.part(ctx, step, *p.instead); err != nil {
				return err
			}
		}
		err := r.part(ctx, step, p)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || r.kept.Doing != nil {
			return err
		}
		if p.instead != nil && noLock(err) {
			if ierr := r.part(ctx, step, *p.instead); ierr != nil {
				return ierr
			}
			return fault.New("%s", err.Error()).WithNext("Where yarn install works for it: switch to the branch, run yarn install, commit yarn.lock, and run the same command again")
		}
		if !p.optional {
			return err
		}
		// Named in the text: the branch is of use without it.
		left := Printed{Args: p.args, Exit: 2}
		left.Problem = strings.TrimPrefix(err.Error(), left.name()+" could not run: ")
		step.Commands = append(step.Commands, left)
	}
	var err error
	step.Tree, _, err = r.in.Git.workTree(ctx)
	return err
}

// before names the commits that earlier runs made for the parts, those of the same
// name among them that were for other files.
func (r *Run) before(ctx context.Context, step *Step, parts []part) error {
	var names []string
	for _, p := range parts {
		if names = append(names, p.name); p.instead != nil {
			names = append(names, p.instead.name)
		}
	}
	made, err := r.in.Git.marked(ctx, r.Base, mark)
	if err != nil {
		return err
	}
	r.made = made
	for _, m := range made {
		if name, _, _ := strings.Cut(m.rest, " "); !slices.Contains(names, name) {
			continue
		}
		commit, err := r.describe(ctx, m.hash)
		if err != nil {
			return err
		}
		step.Commits = append(step.Commits, commit)
	}
	for _, d := range r.kept.Applied {
		if name, _, _ := strings.Cut(d.Part, " "); slices.Contains(names, name) {
			step.Commits = append(step.Commits, branchCommit{Subject: d.Subject, Files: d.Files})
		}
	}
	return nil
}

// done reports whether an earlier run did a part.
func (r *Run) done(p part) bool {
	return slices.ContainsFunc(r.kept.Applied, func(d doing) bool { return d.Part == p.mark() }) ||
		slices.ContainsFunc(r.made, func(m marked) bool { return m.rest == p.mark() })
}

func (r *Run) part(ctx context.Context, step *Step, p part) error {
	if r.done(p) {
		r.kept.Doing = nil // it ended between the commit and its record
		return nil
	}
	changed, err := r.changed(ctx)
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
	} else if begun, err := r.begin(ctx, p); err != nil || !begun {
		return err
	}
	apply := append(slices.Clone(p.args), "--yes", "--format", "json")
	if p.name == "template" {
		apply = append(apply, "--allow-dirty") // by what it wrote itself
	}
	ran, err := r.command(ctx, step, r.network(apply...)...)
	if err != nil {
		return err
	}
	if !ran.Ran() {
		if changed, err := r.changed(ctx); err == nil && len(changed) == 0 {
			r.kept.Doing = nil // nothing was written
		}
		return ran.failed()
	}
	if err := r.commit(ctx, step, p); err != nil {
		return err
	}
	r.kept.Doing = nil
	return r.keep()
}

// begin keeps what a part will write, so that an interrupted run knows its own files;
// begun is false where that is nothing.
func (r *Run) begin(ctx context.Context, p part) (begun bool, err error) {
	plan, err := r.in.Command(ctx, r.network(append(slices.Clone(p.args), "--dry-run", "--diff")...)...)
	if err != nil {
		return false, err
	}
	if !plan.Ran() {
		return false, plan.failed()
	}
	files := diffFiles(plan.Out)
	if len(files) == 0 {
		return false, nil
	}
	for i, f := range files {
		files[i] = r.in.Git.prefix + f
	}
	r.kept.Doing = &doing{Part: p.name, Subject: p.subject, Files: files}
	return true, r.keep()
}

// commit commits what a part has changed, if anything. A run without commits keeps
// that it was done.
func (r *Run) commit(ctx context.Context, step *Step, p part) error {
	if r.kept.Loose {
		r.apply(step, p, r.kept.Doing.Files)
		return nil
	}
	changed, err := r.changed(ctx)
	if err != nil || len(changed) == 0 {
		return err
	}
	return r.record(ctx, step, p, changed)
}

// record makes the commit of a part.
func (r *Run) record(ctx context.Context, step *Step, p part, files []string) error {
	hash, err := r.in.Git.commit(ctx, message(p.subject, p.body, p.mark()), files)
	if err != nil {
		return err
	}
	c, err := r.describe(ctx, hash)
	step.Commits = append(step.Commits, c)
	return err
}

// apply records a part of a run without commits.
func (r *Run) apply(step *Step, p part, files []string) {
	r.kept.Applied = append(r.kept.Applied, doing{Part: p.mark(), Subject: p.subject, Files: files})
	step.Commits = append(step.Commits, branchCommit{Subject: p.subject, Files: files})
}

func (r *Run) describe(ctx context.Context, hash string) (c branchCommit, err error) {
	out, err := r.in.Git.output(ctx, nil, "show", "--format=%s%x00", "--name-only", "-z", hash)
	if err != nil {
		return c, err
	}
	subject, names, _ := strings.Cut(out, "\x00")
	c = branchCommit{Hash: hash, Subject: subject}
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
