package snapshot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/txn"
)

// VerifyOptions say how far a verification goes.
type VerifyOptions struct {
	// PGBin is the folder of the client programs, "" to look for them.
	PGBin string
	// Jobs is how many files are decoded at a time, 0 for 2.
	Jobs int
	// Rehearse restores every database into another server; nil does not.
	Rehearse *RehearseOptions
	Progress func(Progress)
}

// Verify reads every file of the snapshot to its end: its checksum, its
// compression with the checksum of the content, and the structure of the dump,
// by pg_restore where it is installed. What it finds is in Problems and kept in
// verify.json. The error is for what kept it from finding out.
func (s *Snapshot) Verify(ctx context.Context, o VerifyOptions) (*Verification, error) {
	v := &Verification{Schema: "portalctl.snapshot-verification/v1", Manifest: s.ManifestSHA256, Started: time.Now().UTC(), Problems: []string{}}
	start := time.Now()
	if s.Damaged != nil {
		v.Problems = append(v.Problems, s.Damaged.Error())
	}
	problems, err := s.decodeAll(ctx, o)
	if err != nil {
		return nil, err
	}
	v.Problems = append(v.Problems, problems...)
	v.Decoded = len(problems) == 0
	if o.Rehearse != nil && v.Decoded {
		r, err := s.rehearse(ctx, o)
		if err != nil {
			return nil, err
		}
		v.Rehearsal = r
		for _, d := range r.Databases {
			for _, diff := range d.Differences {
				v.Problems = append(v.Problems, d.Name+": "+diff)
			}
		}
	}
	v.Seconds = time.Since(start).Seconds()
	if v.Rehearsal == nil && v.Decoded && s.Verification != nil {
		// An earlier rehearsal of the same files still holds.
		v.Rehearsal = s.Verification.Rehearsal
	}
	full := report.Lists(*v).(Verification)
	v = &full
	v.Sum = v.sum()
	text, err := jsonText(v)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.Verification = v
	return v, txn.WriteFile(filepath.Join(s.Dir, VerifyFile), text, 0o600)
}

// decodeAll checks every file that has a sum.
func (s *Snapshot) decodeAll(ctx context.Context, o VerifyOptions) ([]string, error) {
	sums, err := readSums(filepath.Join(s.Dir, SumsFile))
	if err != nil {
		return []string{err.Error()}, nil
	}
	problems := s.planSums(sums)
	tools, err := s.restoreTools(ctx, o.PGBin)
	if err != nil {
		return nil, err
	}
	files := map[string]File{}
	var total int64
	for _, f := range s.Manifest.Files() {
		files[f.Name] = f
		total += f.RawSize
	}
	names := slices.SortedFunc(maps.Keys(sums), func(a, b string) int {
		return cmp.Or(cmp.Compare(files[b].Size, files[a].Size), cmp.Compare(a, b))
	})
	meter := newMeter(total)
	stop := meter.run(o.Progress)
	defer stop()
	found := make([]string, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, cmp.Or(o.Jobs, 2)))
	for i, name := range names {
		group.Go(func() error {
			err := s.checkFile(ctx, name, sums[name], files[name], tools, &meter.read[0])
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				found[i] = err.Error()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, p := range found {
		if p != "" {
			problems = append(problems, p)
		}
	}
	return problems, nil
}

// planSums adds the sums of the plan's files. A document or script that is in
// the folder without one would be read at night unchecked.
func (s *Snapshot) planSums(sums map[string]string) (problems []string) {
	name := filepath.Join(s.Dir, PlanSumsFile)
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		plan, err := readSums(name)
		if err != nil {
			problems = append(problems, err.Error())
		}
		maps.Copy(sums, plan)
	}
	for _, pattern := range []string{"*.md", "*.sh"} {
		files, _ := filepath.Glob(filepath.Join(s.Dir, pattern))
		for _, f := range files {
			if sums[filepath.Base(f)] == "" {
				problems = append(problems, damaged(f, "%s does not have it", PlanSumsFile).Error())
			}
		}
	}
	return problems
}

// restoreTools are the programs that can read the dumps, nil without any.
func (s *Snapshot) restoreTools(ctx context.Context, dir string) (*pg.Tools, error) {
	major := 0
	if _, err := fmt.Sscanf(s.Manifest.Client, "pg_dump %d", &major); err != nil {
		return nil, nil // SQLite only
	}
	tools, err := pg.FindTools(ctx, dir, major, "pg_restore")
	switch {
	case errors.Is(err, pg.ErrNoTools), errors.Is(err, pg.ErrOldClient):
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	return tools, nil
}

// checkFile reads one file: its sum, and if it is compressed its content.
func (s *Snapshot) checkFile(ctx context.Context, name, want string, f File, tools *pg.Tools, read *atomic.Int64) error {
	path := filepath.Join(s.Dir, name)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return damaged(path, "the file is not there")
	}
	if err != nil {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: path}, "cannot be read")
	}
	defer file.Close()
	hash := sha256.New()
	in := io.TeeReader(Interruptible(ctx, file), hash)
	var bad error
	if strings.HasSuffix(name, ".zst") {
		bad = s.decode(ctx, in, name, f, tools, read)
	}
	// The rest, after an error too: the sum says whether the file or the tool is
	// to blame.
	if _, err := io.Copy(io.Discard, in); err != nil {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: path}, "cannot be read")
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	info, err := file.Stat()
	if err != nil {
		return err
	}
	switch {
	case f.Name != "" && info.Size() != f.Size:
		return damaged(path, "%d bytes instead of %d", info.Size(), f.Size)
	case sum != want:
		return damaged(path, "its SHA-256 is not the one recorded")
	case bad != nil:
		return fault.Wrap(bad, fault.Pos{File: path}, "is as it was written, but cannot be read")
	}
	return nil
}
