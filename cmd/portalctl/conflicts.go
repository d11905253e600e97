package main

import (
	"cmp"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/workspace"
)

// mayConflict are the files that portalctl reads before anything else: locks,
// manifests, settings, decisions, and the code that Yarn loads.
func mayConflict(name string) bool {
	switch path.Base(name) {
	case pkgjson.FileName, "backstage.json", "lerna.json", ".env.yarn":
		return true
	}
	return audit.IsLock(name) || trust.Wanted(name) || ignore.Wanted(name)
}

// allConflicts is err, or where that is about a file with merge conflicts, one
// error that names every such file of the portal in dir: a merge seldom leaves
// one alone.
func allConflicts(err error, dir string) error {
	if !fault.IsConflict(err) {
		return err
	}
	root, rootErr := workspace.FindRoot(dir)
	if rootErr != nil { // a package.json that would tell has conflicts itself
		abs, err := filepath.Abs(dir)
		if err != nil {
			return rootErr
		}
		root = repofile.Top(abs)
	}
	portal := audit.FilesAt(root, nil, nil)
	files, walkErr := portal.Find(mayConflict)
	if walkErr != nil {
		return err
	}
	var list []*fault.Error
	for _, rel := range files {
		src, err := portal.Repo.Read(filepath.Join(root, filepath.FromSlash(rel)), repofile.MaxLock)
		if err != nil {
			continue // who needs it, says so
		}
		// In JSON and in locks no line starts like a marker.
		lone := audit.IsLock(rel) || path.Ext(rel) == ".json"
		if e := fault.Conflict(rel, src, lone); e != nil {
			list = append(list, e)
		}
	}
	if len(list) < 2 {
		return err
	}
	// Nearest to the root first, and locks last: they follow from the others.
	slices.SortStableFunc(list, func(a, b *fault.Error) int {
		return cmp.Or(order(audit.IsLock(a.Pos.File), audit.IsLock(b.Pos.File)), cmp.Compare(strings.Count(a.Pos.File, "/"), strings.Count(b.Pos.File, "/")))
	})
	all := fault.Conflicts(list)
	if locks := slices.IndexFunc(list, func(e *fault.Error) bool { return path.Base(e.Pos.File) == audit.LockName }); locks >= 0 {
		what := "Resolve the others first, then run yarn install: Yarn resolves the conflicts of yarn.lock by itself"
		if locks == 0 {
			what = "Run yarn install beside each: Yarn resolves the conflicts of its lock by itself"
		}
		all.WithNext("%s; then run the command again. git grep -n '^<<<<<<< ' lists them all, committed ones too.", what)
	}
	var wrapped *fault.Error
	if errors.As(err, &wrapped) && wrapped.Err != nil {
		return fault.Wrap(all, wrapped.Pos, "%s", wrapped.What)
	}
	return all
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
