package main

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/setup"
)

// baselineFile is the name that a baseline has unless --baseline says
// otherwise. check and audit share it.
const baselineFile = setup.BaselineFile

// readBaseline reads the baseline in named, which --baseline says, else the one
// at root, if there is one. A baseline that is about to be updated may be missing,
// or damaged. root is "" where there is no portal; then, without a name, file is
// "" as well.
func readBaseline(named, root string, update bool) (file string, b *finding.Baseline, err error) {
	optional := update
	if file = named; file == "" {
		if root == "" {
			if update {
				return "", nil, usagef("--update-baseline needs a file to write").WithNext("Name it with --baseline FILE")
			}
			return "", nil, nil
		}
		file, optional = filepath.Join(root, baselineFile), true
	}
	src, err := repofile.ReadIn(repofile.Top(cmp.Or(root, filepath.Dir(file))), file, repofile.MaxManifest)
	if errors.Is(err, fs.ErrNotExist) && optional {
		return file, nil, nil
	}
	if err != nil {
		return "", nil, fault.Wrap(fault.Cause(err), fault.Pos{File: cmp.Or(named, baselineFile)}, "the baseline cannot be read").
			WithNext("Write it with --update-baseline")
	}
	b, err = finding.ParseBaseline(filepath.Base(file), src)
	if err != nil && update {
		return file, nil, nil // it is written anew
	}
	return file, b, err
}
