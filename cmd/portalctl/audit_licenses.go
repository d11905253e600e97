package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/repofile"
)

// openLicenses reads the team's lists of licences. With a base they are the base's, as
// all decisions are. A base that has no such file had no such gate: then the change's
// own is better than none.
func (r *auditRun) openLicenses() error {
	if r.o.licenses == "" {
		return nil
	}
	file, err := filepath.Abs(r.o.licenses)
	if err != nil {
		return fault.Wrap(err, fault.Pos{File: r.o.licenses}, "the file of licences cannot be found").WithNext("Name it by its whole path")
	}
	read := repofile.Read
	if r.base != nil && r.base.Repo != nil && r.base.Repo.Has(file) {
		if _, err := r.base.Repo.Stat(file); err == nil {
			read = r.base.Repo.Read
		} else if errors.Is(err, fs.ErrNotExist) {
			r.notes = append(r.notes, "the licences are judged by "+r.o.licenses+" as the change has it: the base has no such file")
		}
	}
	src, err := read(file, repofile.MaxSettings)
	if err != nil {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: r.o.licenses}, "the file of licences cannot be read").
			WithNext("Name a file with the lists allow and deny; docs/audit.md shows one")
	}
	r.licenses, err = license.ParsePolicy(r.o.licenses, src)
	return err
}
