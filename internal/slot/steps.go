package slot

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
)

// command runs one of portalctl's commands and keeps what it printed with the step.
// Whether a command that could not run stops the step is for the step to say.
func (r *Run) command(ctx context.Context, step *Step, args ...string) (*Printed, error) {
	p, err := r.in.Command(ctx, args...)
	if err != nil {
		return nil, err
	}
	step.Commands = append(step.Commands, p)
	return &step.Commands[len(step.Commands)-1], nil
}

// network are the flags of a command that asks servers.
func (r *Run) network(args ...string) []string {
	if r.opts.Offline {
		args = append(args, "--offline")
	}
	return args
}

// judged are the flags of a command that judges by advisories.
func (r *Run) judged(args ...string) []string {
	if r.opts.Database != "" {
		args = append(args, "--db", r.opts.Database)
	}
	if r.opts.FailOn != "" {
		args = append(args, "--fail-on", r.opts.FailOn)
	}
	return args
}

// page runs a command of portalctl that only looks, and keeps its report as JSON and,
// for the text, as Markdown.
func (r *Run) page(ctx context.Context, step *Step, args ...string) error {
	file := r.in.Store.page()
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "a report cannot be kept").WithNext("Check that you may write there")
	}
	args = append(slices.Clone(args), "--format", "json")
	p, err := r.in.Command(ctx, append(slices.Clone(args), "--output", "markdown="+file)...)
	if err != nil {
		return err
	}
	p.Args = args
	if p.Ran() {
		text, err := os.ReadFile(file)
		if err != nil {
			return fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "a report cannot be read").WithNext("Run the same command again")
		}
		p.Markdown = string(text)
		_ = os.Remove(file) // the next command does, too
	}
	step.Commands = append(step.Commands, p)
	return nil
}

func (r *Run) where(ctx context.Context, step *Step) error {
	p, err := r.command(ctx, step, r.network("versions", "status", "--format", "json")...)
	if err != nil {
		return err
	}
	status, err := statusForm.read(p)
	if err != nil {
		return err
	}
	// A step down is refused, as versions bump refuses it.
	if isOlder(r.opts.Release, status.Current) {
		return fault.New("the portal is on %s, which is newer than %s", status.Current, r.opts.Release).
			WithNext("Name a later release. Databases that %s has migrated may not work with older code; if going down is what you want: %s",
				status.Current, r.portalctl("versions bump --allow-downgrade --release "+r.opts.Release))
	}
	// What moves is known without the lock that it leads to, which Coming asks for.
	if err = r.page(ctx, step, r.network("versions", "bump", "--dry-run", "--lockfile", "skip", "--release", r.opts.Release)...); err != nil {
		return err
	}
	p = step.printed("versions bump")
	// Which release next is, only the plan says.
	if !p.Ran() && r.opts.Release == "next" {
		return p.failed()
	}
	return nil
}

// read takes from what Where found which release the run goes to.
func (r *Run) read() {
	if plan := bumpForm.found(r.Step(Where)); plan != nil {
		if r.From, r.To = plan.From, plan.To; isOlder(r.To, r.From) { // as main may be, and never a release by name
			r.To, r.behind = r.From, r.To
		}
		return
	}
	if status := statusForm.found(r.Step(Where)); status != nil {
		if r.From, r.To = status.Current, r.kept.Release; r.To == "main" {
			r.To = status.Main
		}
	}
}

// coming asks what the release brings. What cannot be known here is named in the
// text: it stops nothing.
func (r *Run) coming(ctx context.Context, step *Step) error {
	for _, args := range [][]string{
		r.judged(r.network("versions", "bump", "--dry-run", "--audit", "--release", r.To)...),
		r.network("versions", "changes", "--release", r.To),
		r.network("versions", "template", "--dry-run", "--release", r.To),
		r.network("snapshot", "forecast", "--release", r.To),
	} {
		if err := r.page(ctx, step, args...); err != nil {
			return err
		}
	}
	// What is wrong already is not the upgrade's: Check compares with it.
	_, err := r.command(ctx, step, "check", "--format", "json")
	return err
}

// clean refuses a work tree with changes: whoever reviews the branch could not tell
// them from it.
func (r *Run) clean(ctx context.Context) error {
	changed, err := r.changed(ctx)
	if err != nil || len(changed) == 0 {
		return err
	}
	return fault.New("the work tree has changes that are not committed: %s", english.Some(changed, 4)).
		WithNext("Commit or stash them (git stash --include-untracked), so that the branch has the upgrade alone; or look only: portalctl slot --plan%s", r.opts.At)
}
