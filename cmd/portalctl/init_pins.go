package main

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/proc"
	"github.com/portalctl/portalctl/internal/setup"
)

// actionHost is where GitHub's runners get actions from.
const actionHost = "https://github.com/"

// pins has git tell which commits the releases of the workflows' actions are, for --update;
// what it cannot tell stays as it is, and is said.
func (r *initRun) pins(ctx context.Context, f *setup.Facts) error {
	if !f.On(setup.GitHub) || !r.looksAt(setup.Workflows) {
		return ctx.Err()
	}
	if r.Update && !r.offline {
		f.Pins = map[string]setup.Pin{}
		for _, repo := range setup.Actions() {
			tags, why := r.tags(ctx, actionHost+repo)
			if why != "" {
				f.Notes = append(f.Notes, "actions keep the commits that they are named by: git cannot read the tags of "+actionHost+repo+": "+why)
				break // nor those of the others, and each may take its time
			}
			if p, ok := f.Newest(repo, tags); ok {
				f.Pins[repo] = p
			}
		}
	}
	if list := f.Unpinned(); len(list) > 0 {
		f.Notes = append(f.Notes, "workflows name "+english.And(list)+" by what may move: portalctl init --update"+r.at+" makes it a commit, where git reaches "+actionHost)
	}
	return ctx.Err()
}

// tags are those of a repository, as git lists them; or why it does not.
func (r *initRun) tags(ctx context.Context, address string) (tags, why string) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "-c", "credential.helper=", "ls-remote", "--tags", "--", address)
	cmd.Dir, cmd.Env = r.top, append(slices.Clone(r.e.Environ), "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "LC_ALL=C")
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	group, err := proc.Start(cmd, nil)
	if err == nil {
		err = group.Wait()
	}
	switch {
	case ctx.Err() != nil:
		return "", "it did not answer within 20 seconds"
	case err != nil:
		said, _, _ := strings.Cut(strings.TrimSpace(problem.String()), "\n")
		if said == "" {
			said = err.Error()
		}
		return "", english.Short(english.Plain(said), 200)
	}
	return out.String(), ""
}
