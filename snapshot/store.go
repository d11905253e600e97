package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/filelock"
	"github.com/portalctl/portalctl/internal/txn"
)

// partial ends the name of a snapshot that is being made.
const partial = ".partial"

const lockName = ".lock"

// Store is the folder that holds a portal's snapshots.
type Store struct{ Dir string }

// errBusy: another portalctl is taking a snapshot into the store, or restoring
// one of it.
var errBusy = errors.New("another portalctl is at work")

var unsafeName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^A-Za-z0-9._-]+`) })

// DefaultDir is where a portal's snapshots are: below the user's state folder
// (XDG base directories; LocalAppData on Windows), by name and place.
func DefaultDir(env func(string) string, name, root string) (string, error) {
	base := txn.StateHome(env)
	if base == "" {
		return "", fault.New("there is no home folder to keep snapshots in").WithNext("Name a folder with --dir")
	}
	sum := sha256.Sum256([]byte(root))
	name = strings.Trim(unsafeName().ReplaceAllString(name, "-"), "-.")
	return filepath.Join(base, "portalctl", "snapshots", strings.TrimPrefix(name+"-"+hex.EncodeToString(sum[:4]), "-")), nil
}

// Lock makes the folder if need be and takes its lock, which lasts until it
// is closed. A second portalctl is refused, not queued.
func (s Store) Lock() (*filelock.Lock, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: s.Dir}, "the folder of snapshots cannot be made").WithNext("Name another with --dir")
	}
	f, err := filelock.Try(filepath.Join(s.Dir, lockName))
	switch {
	case errors.Is(err, filelock.ErrHeld):
		return nil, fault.Wrap(errBusy, fault.Pos{}, "the snapshots in %s are in use", s.Dir).WithNext("Wait until it is done, or use another --dir")
	case err != nil:
		return nil, fault.Wrap(err, fault.Pos{File: s.Dir}, "cannot be locked")
	}
	return f, nil
}

// Clean removes what an interrupted run has left and returns the names. The
// caller holds the lock.
func (s Store) Clean() (removed []string, err error) {
	names, err := s.names(true)
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(s.Dir, name)); err != nil {
			return removed, fault.Wrap(err, fault.Pos{File: filepath.Join(s.Dir, name)}, "an unfinished snapshot cannot be removed")
		}
		removed = append(removed, name)
	}
	return removed, err
}

// names are the snapshots, or those that are not finished; sorted.
func (s Store) names(unfinished bool) ([]string, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: s.Dir}, "cannot be read")
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), partial) == unfinished {
			out = append(out, e.Name())
		}
	}
	sort.Strings(out)
	return out, nil
}

// Snapshot is one snapshot on disk.
type Snapshot struct {
	Dir      string
	Manifest *Manifest
	// ManifestSHA256 is of manifest.json as it is on disk, in hex.
	ManifestSHA256 string
	// Verification is what the last verify found, nil if there was none.
	Verification *Verification
	// Damaged is why the snapshot cannot be trusted, nil if nothing is known.
	Damaged error
}

// Name is the folder's.
func (s *Snapshot) Name() string { return filepath.Base(s.Dir) }

// List reads all snapshots of the store, newest first. One that cannot be read
// is in the list, with Damaged.
func (s Store) List() ([]*Snapshot, error) {
	names, err := s.names(false)
	if err != nil {
		return nil, err
	}
	var out []*Snapshot
	for _, n := range names {
		one, err := Open(filepath.Join(s.Dir, n))
		if err != nil {
			one = &Snapshot{Dir: filepath.Join(s.Dir, n), Damaged: err}
		}
		out = append(out, one)
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i].Manifest, out[j].Manifest
		if a == nil || b == nil {
			return a != nil
		}
		return a.Created.After(b.Created)
	})
	return out, nil
}

// Find opens the snapshot of that name, the newest for "" or "latest", or the
// one at a path.
func (s Store) Find(name string) (*Snapshot, error) {
	if name == "" || name == "latest" {
		all, err := s.List()
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			return nil, fault.New("there is no snapshot in %s", s.Dir).WithNext("Take one with portalctl snapshot create, or name the folder with --dir")
		}
		if all[0].Damaged != nil {
			return nil, all[0].Damaged
		}
		return all[0], nil
	}
	dir := name
	if !strings.ContainsAny(name, `/\`) {
		dir = filepath.Join(s.Dir, name)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New("there is no snapshot %s in %s", name, s.Dir).WithNext("See portalctl snapshot list")
	}
	return Open(dir)
}

// maxManifest limits manifest.json and verify.json, in bytes.
const maxManifest = 64 << 20

// Open reads a snapshot's manifest and checks it against SHA256SUMS. The dumps
// are not looked at; that is Verify's.
func Open(dir string) (*Snapshot, error) {
	s := &Snapshot{Dir: dir}
	name := filepath.Join(dir, ManifestFile)
	src, err := readLimited(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.At(fault.Pos{File: dir}, "this is not a snapshot: it has no %s", ManifestFile).
			WithNext("See which there are with portalctl snapshot list, and name one with --snapshot")
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: name}, "cannot be read")
	}
	s.ManifestSHA256 = SHA256(src)
	sums, err := readSums(filepath.Join(dir, SumsFile))
	if err != nil {
		return nil, err
	}
	if sums[ManifestFile] != s.ManifestSHA256 {
		return nil, damaged(name, "it is not what %s says", SumsFile)
	}
	if err := json.Unmarshal(src, &s.Manifest); err != nil {
		return nil, damaged(name, "it is not JSON")
	}
	if s.Manifest.Schema != Schema {
		return nil, fault.At(fault.Pos{File: name}, "the form %q is not known to this portalctl", s.Manifest.Schema).WithNext("Use the portalctl that made it: %s", s.Manifest.Tool)
	}
	if err := s.Manifest.check(sums); err != nil {
		return nil, damaged(name, "%s", err)
	}
	s.Verification, s.Damaged = readVerification(filepath.Join(dir, VerifyFile), s.ManifestSHA256)
	return s, nil
}

// Files are all files that the manifest names.
func (m *Manifest) Files() []File {
	var out []File
	for _, d := range m.Databases {
		out = append(out, d.Dump)
	}
	for _, s := range m.Servers {
		for _, f := range []*File{s.Globals, s.CA} {
			if f != nil {
				out = append(out, *f)
			}
		}
	}
	return out
}

// check finds what no manifest of ours has: file names that lead out of the
// folder, or sums that SHA256SUMS has otherwise.
func (m *Manifest) check(sums map[string]string) error {
	for _, f := range m.Files() {
		if f.Name == "" || f.Name != filepath.Base(f.Name) || strings.HasPrefix(f.Name, ".") {
			return fault.New("it names a file %q", f.Name)
		}
		if sums[f.Name] != f.SHA256 {
			return fault.New("it and %s do not agree on %s", SumsFile, f.Name)
		}
	}
	return nil
}

func damaged(file, format string, args ...any) *fault.Error {
	return fault.At(fault.Pos{File: file}, "damaged: "+format, args...).
		WithNext("Do not rely on this snapshot: take another, or fetch the file from a copy")
}

func readLimited(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxManifest {
		return nil, fault.New("it is not a file of the snapshot")
	}
	return os.ReadFile(name)
}
