package slot

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// mostBack is how many commits are looked back for the upgrade.
const mostBack = 200

// sides are the commits of what runs on the databases and of what is rolled out. deployed
// and coming are what the user says, "" to find out: what is checked out is to come, or
// the branch of a run that is not merged yet; before it ran what its history had before
// the release was another.
func (r *Run) sides(ctx context.Context, deployed, coming string) (from, to string, err error) {
	g := r.in.Git
	head, _, err := g.head(ctx)
	if err != nil {
		return "", "", err
	}
	if to = head; coming != "" {
		if to, err = g.resolve(ctx, coming); err != nil {
			return "", "", err
		}
	} else if r.Branch != "" && head == r.Base {
		tip, err := g.tip(ctx, r.Branch)
		if err != nil {
			return "", "", err
		}
		to = cmp.Or(tip, head)
	}
	switch {
	case deployed != "":
		from, err = g.resolve(ctx, deployed)
	case coming == "" && to != head: // the branch is not merged
		from = head
	default:
		from, err = g.before(ctx, to)
	}
	if err != nil {
		return "", "", err
	}
	if from == "" {
		return "", "", fault.New("which commit runs now is not known: in the last %d changes of backstage.json up to %.10s the release is the same", mostBack, to).
			WithNext("Name it with --deployed REF: the commit (tag, branch) that is deployed")
	}
	if from == to {
		return "", "", fault.New("there is nothing to roll out: what runs and what is to come are the same commit, %.10s", to).
			WithNext("Check out what is to come, or name it with --to-ref REF; --deployed REF names what runs")
	}
	return from, to, nil
}

// resolve is the commit of a name.
func (g *Git) resolve(ctx context.Context, ref string) (string, error) {
	commit, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil && ctx.Err() == nil {
		return "", fault.New("there is no commit %s", ref).WithNext("Name a branch, a tag, HEAD~N or a commit hash that this clone has")
	}
	return commit, err
}

// before is the commit that a branch had before the release of backstage.json became
// another, on its first parents; "" where there is none. Commits that a run has made
// before that one, such as the app template's, are of the upgrade, too.
func (g *Git) before(ctx context.Context, tip string) (string, error) {
	list, err := g.run(ctx, "log", "--first-parent", "--format=%H", "--max-count", strconv.Itoa(mostBack), tip, "--", "backstage.json")
	if err != nil {
		return "", err
	}
	for _, commit := range strings.Fields(list) {
		parent, err := g.run(ctx, "rev-parse", "--verify", "--quiet", commit+"^")
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return "", nil // the first commit, or the end of a shallow clone
		}
		was, is := g.release(ctx, parent), g.release(ctx, commit)
		if was == "" || was == is {
			continue
		}
		for range mostBack {
			body, err := g.output(ctx, nil, "log", "--max-count", "1", "--format=%B", parent)
			if err != nil || !strings.Contains(body, "\n"+mark) {
				break
			}
			above, err := g.run(ctx, "rev-parse", "--verify", "--quiet", parent+"^")
			if err != nil {
				break
			}
			parent = above
		}
		return parent, ctx.Err()
	}
	return "", nil
}

// release is what backstage.json of a commit says, "" where it says nothing.
func (g *Git) release(ctx context.Context, commit string) string {
	text, err := g.output(ctx, nil, "show", commit+":./backstage.json")
	var is struct{ Version string }
	if err != nil || json.Unmarshal([]byte(text), &is) != nil {
		return ""
	}
	return is.Version
}
