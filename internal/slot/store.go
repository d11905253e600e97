package slot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/filelock"
)

// A Store keeps the run of one portal in the user's state folder: what a commit
// brings is never taken for what a run has found.
type Store struct {
	dir string
	// wrote is called when the run is kept; nil outside of tests.
	wrote func()
}

// NewStore is the store of the portal at root, below the folder of the user's state.
func NewStore(state, root string) *Store {
	return &Store{dir: filepath.Join(state, "slots", hash(root)[:16])}
}

// kept is what lies in the store.
type kept struct {
	Schema  string `json:"schema"`
	Root    string `json:"root"`
	Base    string `json:"base"`
	Branch  string `json:"branch"`
	Release string `json:"release"`
	// Loose says that the run makes no commits: Applied has, in their order, what it
	// left in the work tree instead.
	Loose   bool    `json:"loose"`
	Applied []doing `json:"applied"`
	Doing   *doing  `json:"doing"`
	// Proving says that the portal's scripts are at work, or were when the run ended;
	// Left are the files that they left changed, with what git knows of each.
	Proving bool              `json:"proving"`
	Left    map[string]string `json:"left"`
	Steps   []*Step           `json:"steps"`
	// Outs are what the commands of each step printed.
	Outs [][]out `json:"outs"`
}

type out struct {
	JSON     string `json:"json"`
	Markdown string `json:"markdown"`
}

// doing is a part of a step that has begun to write.
type doing struct {
	Part    string   `json:"part"`
	Subject string   `json:"subject"`
	Files   []string `json:"files"`
}

// storeSchema changes with the meaning of what is kept: an older run is begun anew.
const storeSchema = "portalctl.slot-state/v2"

// load is the run that was kept, nil without one.
func (s *Store) load() (*kept, error) {
	text, err := s.read(s.file(), "the state of the run")
	if err != nil || text == nil {
		return nil, err
	}
	var k kept
	if json.Unmarshal(text, &k) != nil || k.Schema != storeSchema {
		return nil, nil
	}
	for i, s := range k.Steps {
		for n := range s.Commands {
			if i < len(k.Outs) && n < len(k.Outs[i]) {
				s.Commands[n].Out, s.Commands[n].Markdown = k.Outs[i][n].JSON, k.Outs[i][n].Markdown
			}
		}
	}
	return &k, nil
}

func (s *Store) save(k *kept) error {
	k.Schema, k.Outs = storeSchema, make([][]out, len(k.Steps))
	for i, s := range k.Steps {
		for _, p := range s.Commands {
			k.Outs[i] = append(k.Outs[i], out{p.Out, p.Markdown})
		}
	}
	err := s.write(s.file(), "the state of the run", k)
	if err == nil && s.wrote != nil {
		s.wrote()
	}
	return err
}

// read is a file of the store, nil where there is none; what names it.
func (s *Store) read(file, what string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "%s cannot be read", what).WithNext("Check that you may read it")
	}
	return text, nil
}

// write puts a value into a file of the store, as JSON.
func (s *Store) write(file, what string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err = os.MkdirAll(s.dir, 0o700); err == nil {
		err = atomicfile.Write(file, text, 0o600)
	}
	if err != nil {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "%s cannot be kept", what).WithNext("Check that you may write there")
	}
	return nil
}

// lock keeps a second run of the same portal out until it is closed.
func (s *Store) lock() (func(), error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: s.dir}, "the state of the run cannot be kept").WithNext("Check that you may write there")
	}
	held, err := filelock.Try(filepath.Join(s.dir, "lock"))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fault.New("another portalctl slot is at work on this portal").WithNext("Wait for it, or end it")
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: s.dir}, "the run cannot be locked")
	}
	old, _ := filepath.Glob(filepath.Join(s.dir, scratchName+"*")) // of a run that was killed
	for _, dir := range old {
		_ = os.RemoveAll(dir)
	}
	return func() { held.Close() }, nil
}

// busy reports whether a run of the portal is at work.
func (s *Store) busy() bool {
	held, err := filelock.Try(filepath.Join(s.dir, "lock"))
	if err == nil {
		held.Close()
	}
	return errors.Is(err, filelock.ErrHeld)
}

func (s *Store) file() string { return filepath.Join(s.dir, "run.json") }

// page is the file that a command is told to write its Markdown to.
func (s *Store) page() string { return filepath.Join(s.dir, "page.md") }

// log is the file that a script's output is kept in.
func (s *Store) log(script string) string {
	return filepath.Join(s.dir, "proof-"+hash(script)[:8]+".log")
}

// hash names texts.
func hash(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}
