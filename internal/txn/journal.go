package txn

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const schema = "portalctl.txn/v2"

const (
	idBytes = 16
	// A journal of a thousand files is a tenth of this.
	maxJournal = 16 << 20
)

type state string

const (
	statePrepare state = "prepare" // no file has been replaced
	stateCommit  state = "commit"  // all is staged; some or all may be replaced
	stateUndo    state = "undo"    // replacing failed; files are being put back
)

// journal is the content of journal.json: all that Recover needs to know.
type journal struct {
	Schema string `json:"schema"`
	// ID is part of the names of the staged files: a secret that the journal
	// and the tree share, so that neither counts without the other.
	ID string `json:"id"`
	// Root is the project's root without symlinks, Inode its number there, or 0
	// where the system has none.
	Root    string    `json:"root"`
	Inode   uint64    `json:"inode,omitempty"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	State   state     `json:"state"`
	// Dirs are the directories to make, parents first, slash-separated and
	// relative to the root.
	Dirs  []string `json:"dirs,omitempty"`
	Files []entry  `json:"files"`
}

type entry struct {
	// Path is the file as the caller names it, Real where it is after all
	// symlinks: both slash-separated and relative to the root. The names of the
	// staged files follow from Real and the journal's ID, so that a journal can
	// never point elsewhere.
	Path string `json:"path"`
	Real string `json:"real"`
	Old  *sum   `json:"old"` // null: there was no such file
	New  *sum   `json:"new"` // null: there will be no such file
}

type sum struct {
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

func sumOf(b []byte) *sum {
	h := sha256.Sum256(b)
	return &sum{Size: len(b), SHA256: hex.EncodeToString(h[:])}
}

func (s *sum) matches(b []byte) bool { return s != nil && s.Size == len(b) && *s == *sumOf(b) }

func (t *tx) newJournal(files []file, dirs []string) (*journal, error) {
	info, err := t.fs.Lstat(t.realRoot)
	if err != nil {
		return nil, stepFault(t.root, "the project's root could not be looked at", err)
	}
	var id [idBytes]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand, since Go 1.24)
	j := &journal{
		Schema:  schema,
		ID:      hex.EncodeToString(id[:]),
		Root:    t.realRoot,
		Inode:   inode(info),
		PID:     os.Getpid(),
		Started: time.Now().UTC().Truncate(time.Second),
		Dirs:    dirs,
	}
	for _, f := range files {
		j.Files = append(j.Files, f.entry)
	}
	return j, nil
}

// tx is one transaction, of Commit or of Recover.
type tx struct {
	fs        FS
	root      string    // as the caller names it, for messages
	realRoot  string    // with all symlinks resolved
	state     string    // the folder of all journals of this user; "" if there is none
	dir       string    // the journal's folder in it
	lock      io.Closer // nil when it is not held
	journal   *journal
	files     []file // Commit only: what to stage
	made      bool   // the journal's folder is of this transaction
	applying  bool   // the commit point has been passed
	forwarded bool   // every staged file has its place
	undone    bool   // the change is taken back: made directories go too
}

func (t *tx) journalFile() string { return filepath.Join(t.dir, "journal.json") }
func (t *tx) nextJournal() string { return t.journalFile() + ".new" }
func (t *tx) lockFile() string    { return filepath.Join(t.dir, "lock") }

func (t *tx) real(e entry) string { return filepath.Join(t.realRoot, filepath.FromSlash(e.Real)) }

// shown is the file's path for messages.
func (t *tx) shown(e entry) string { return filepath.Join(t.root, filepath.FromSlash(e.Path)) }

func (t *tx) staged(e entry) string { return t.beside(e, "new") }
func (t *tx) backup(e entry) string { return t.beside(e, "old") }

func (t *tx) beside(e entry, kind string) string {
	dir, base := filepath.Split(t.real(e))
	return filepath.Join(dir, "."+base+".portalctl-"+t.journal.ID+"."+kind)
}

// writeJournal replaces the journal durably.
func (t *tx) writeJournal(s state) error {
	if err := t.stageJournal(s); err != nil {
		return err
	}
	return t.placeJournal(s)
}

// stageJournal writes the journal of a state under its second name, synced.
func (t *tx) stageJournal(s state) error {
	next := *t.journal
	next.State = s
	b, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return err
	}
	if err := t.remove(t.nextJournal()); err != nil {
		return err
	}
	f, err := t.fs.Create(t.nextJournal(), 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err == nil {
		err = f.Sync()
	}
	return cmp.Or(err, f.Close())
}

// placeJournal makes the staged journal the one that counts.
func (t *tx) placeJournal(s state) error {
	if err := t.fs.Rename(t.nextJournal(), t.journalFile()); err != nil {
		return err
	}
	t.journal.State = s
	dirs := []string{t.dir}
	if s == statePrepare {
		dirs = append(dirs, t.state) // the folder itself
	}
	_, err := t.syncAll(dirs)
	return err
}

func (t *tx) journalFault(err error) error {
	return stepFault(t.dir, "the journal of changes could not be written", err)
}

// readJournal is nil, nil if there is none: the crash came before anything was
// staged.
func (t *tx) readJournal() (*journal, error) {
	info, err := t.fs.Lstat(t.journalFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxJournal) {
		return nil, damagedFault(t.journalFile(), errors.New("it is not a regular file of a journal's size"))
	}
	var b []byte
	if err == nil {
		b, err = t.fs.ReadFile(t.journalFile())
	}
	if err != nil {
		return nil, stepFault(t.journalFile(), "the journal of an interrupted change could not be read", err)
	}
	var j journal
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&j); err != nil {
		return nil, damagedFault(t.journalFile(), err)
	}
	if j.Schema != schema {
		return nil, damagedFault(t.journalFile(), fmt.Errorf("its schema is %q, this portalctl knows %q", j.Schema, schema))
	}
	if err := t.check(&j); err != nil {
		return nil, damagedFault(t.journalFile(), err)
	}
	return &j, nil
}

// check refuses a journal that could not have come from Commit: it must not
// reach anything outside the root, nor git's own files.
func (t *tx) check(j *journal) error {
	if id, err := hex.DecodeString(j.ID); err != nil || len(id) != idBytes {
		return errors.New("its id is malformed")
	}
	if j.Root != t.realRoot {
		return fmt.Errorf("it is of the project %s", j.Root)
	}
	switch j.State {
	case statePrepare, stateCommit, stateUndo:
	default:
		return fmt.Errorf("its state is %q", j.State)
	}
	for _, e := range j.Files {
		if e.Old == nil && e.New == nil {
			return fmt.Errorf("it has nothing to do for %q", e.Path)
		}
		if err := allowed(e.Path); err != nil {
			return err
		}
		if err := t.checkReal(e.Real); err != nil {
			return err
		}
	}
	for _, d := range j.Dirs {
		if err := t.checkReal(d); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) checkReal(rel string) error {
	if err := allowed(rel); err != nil {
		return err
	}
	// No part of the path may have become a symlink that leads elsewhere.
	for dir := filepath.Dir(filepath.Join(t.realRoot, filepath.FromSlash(rel))); len(dir) > len(t.realRoot); dir = filepath.Dir(dir) {
		info, err := t.fs.Lstat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%s is no longer a plain folder", dir)
		}
	}
	return nil
}

// allowed: a path that a transaction may write, relative to the root.
func allowed(rel string) error {
	local := filepath.FromSlash(rel)
	if !filepath.IsLocal(local) || filepath.Clean(local) == "." {
		return fmt.Errorf("%q is not inside the project", rel)
	}
	for part := range strings.SplitSeq(filepath.ToSlash(local), "/") {
		if strings.EqualFold(part, ".git") || strings.EqualFold(part, Dir) {
			return fmt.Errorf("%q is not portalctl's to write", rel)
		}
	}
	return nil
}
