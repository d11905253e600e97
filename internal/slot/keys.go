package slot

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
)

// key names all that a step depends on; "" is never the same.
func (r *Run) key(ctx context.Context, name StepName) (string, error) {
	if r.in.Git == nil {
		return "", nil
	}
	o := r.opts
	asked := []string{string(name), o.Version, o.Release, fmt.Sprint(o.Offline), o.Database, o.FailOn}
	if o.Release == "main" || o.Release == "next" {
		asked = append(asked, o.Day)
	}
	switch name {
	case Where:
		return hash(append(asked, r.settings)...), nil
	case stepComing:
		return hash(append(asked, r.Step(Where).Key, r.tree)...), nil
	case stepBump:
		return hash(append(asked, r.Step(stepComing).Key, r.Base, r.branchName())...), nil
	case stepCheck:
		tree, err := r.treeNow(ctx)
		return hash(append(asked, r.Step(stepBump).Key, tree)...), err
	case stepProof:
		tree, err := r.treeNow(ctx)
		return hash(append(asked, append(r.scripts(), tree)...)...), err
	}
	var all []string
	for _, s := range r.Steps {
		all = append(all, s.Key, string(s.State), s.Tree)
	}
	return hash(append(asked, all...)...), nil
}

// settings name the files that decide where the portal is: manifests, locks, settings.
func settings(files map[string]string) string {
	var about []string
	for name, content := range files {
		switch path.Base(name) {
		case "package.json", "yarn.lock", "backstage.json", ".yarnrc.yml", ".npmrc", ".portalctl.yaml":
			about = append(about, name+" "+content)
		}
	}
	slices.Sort(about)
	return hash(about...)
}

// treeNow names the files of the work tree as they are now, but for those that the
// portal's own scripts left: these are as they are committed.
func (r *Run) treeNow(ctx context.Context) (string, error) {
	_, files, err := r.in.Git.workTree(ctx)
	if err != nil {
		return "", err
	}
	if len(r.kept.Left) > 0 {
		committed, err := r.in.Git.committed(ctx)
		if err != nil {
			return "", err
		}
		for name, about := range r.kept.Left {
			if was, ok := committed[name]; files[name] != about {
				continue // somebody has changed it since
			} else if ok {
				files[name] = was
			} else {
				delete(files, name)
			}
		}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		all = append(all, name, files[name])
	}
	return hash(all...), nil
}

// interrupted takes what is changed after a run that ended while the portal's scripts
// were at work for what they left: before them nothing was.
func (r *Run) interrupted(ctx context.Context, branch string) error {
	if !r.kept.Proving || branch != r.Branch {
		return nil
	}
	return r.leave(ctx)
}

// leave keeps which files are changed now, as those that the scripts left.
func (r *Run) leave(ctx context.Context) error {
	changed, err := r.in.Git.changed(ctx)
	if err != nil {
		return err
	}
	r.kept.Left = nil
	if changed = slices.DeleteFunc(changed, r.kept.applied); len(changed) == 0 {
		return nil
	}
	_, files, err := r.in.Git.workTree(ctx)
	if err != nil {
		return err
	}
	r.kept.Left = map[string]string{}
	for _, name := range changed {
		r.kept.Left[name] = files[name] // "" for one that is gone
	}
	return nil
}

// applied reports whether a run without commits has changed a file.
func (k *kept) applied(name string) bool {
	return slices.ContainsFunc(k.Applied, func(d doing) bool { return slices.Contains(d.Files, name) })
}

// changed are the files that are not committed, but for those that the run itself or
// the portal's scripts left so.
func (r *Run) changed(ctx context.Context) ([]string, error) {
	changed, err := r.in.Git.changed(ctx)
	if err != nil || len(changed) == 0 {
		return nil, err
	}
	changed = slices.DeleteFunc(changed, r.kept.applied)
	if len(r.kept.Left) == 0 || len(changed) == 0 {
		return changed, nil
	}
	_, files, err := r.in.Git.workTree(ctx)
	return slices.DeleteFunc(changed, func(name string) bool {
		about, ok := r.kept.Left[name]
		return ok && about == files[name]
	}), err
}
