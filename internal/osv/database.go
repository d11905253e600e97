package osv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
)

// Options of OpenDatabase; the zero value is useful.
type Options struct {
	// MaxAge is how old the database may be, see Status.Date. 0 is no limit.
	MaxAge time.Duration
	// Now is the time that ages count from, the zero value the present.
	Now time.Time
	// Update is the command that renews the database, for error messages. ""
	// for a database that is not portalctl's own to renew.
	Update string
}

func (o Options) now() time.Time {
	if o.Now.IsZero() {
		return time.Now()
	}
	return o.Now
}

// next is the next step after an error with the database in dir.
func (o Options) next(dir string) string {
	if o.Update == "" {
		return "Put a new copy of OSV's npm database (npm/all.zip) into " + dir
	}
	return "Run " + o.Update
}

// Status is what is known of a database.
type Status struct {
	// Path is the zip file, or the folder of records.
	Path string
	// Records counts the records about npm packages.
	Records int
	// Newest is the date of the record that was modified last.
	Newest time.Time
	// Checked is when the database was last known to be the server's newest,
	// zero if portalctl did not download it; ETag and URL are those of then.
	Checked   time.Time
	ETag, URL string
	// Index is the state of the name index.
	Index IndexState
	// IndexErr is why the index could not be kept, nil if it is.
	IndexErr error
}

// Date is what the age of a database counts from: the day it was last known to
// be the newest, or that of its newest record. The date of a file says nothing,
// a copy has that of the copying.
func (s Status) Date() time.Time {
	if s.Checked.After(s.Newest) {
		return s.Checked
	}
	return s.Newest
}

// IndexState says where the name index came from.
type IndexState string

const (
	IndexKept    IndexState = "kept"      // read from beside the database
	IndexBuilt   IndexState = "built"     // there was none of this database
	IndexRebuilt IndexState = "rebuilt"   // the one there was did not fit, or was damaged
	IndexMemory  IndexState = "in memory" // built, but could not be kept
)

// Database is OSV's npm database on disk. Close it. It is safe for concurrent
// use.
type Database struct {
	status Status
	index  *index
	source source
}

// source is where records are read from.
type source interface {
	// read is the text of a record and its name, a new slice.
	read(e entry) (text []byte, name string, err error)
	io.Closer
}

// OpenDatabase opens what dir holds: npm/all.zip or all.zip as OSV publishes
// it, osv-scanner/npm/all.zip as osv-scanner keeps it, or a folder of records
// as *.json files, below npm/ or directly. dir may name the zip file itself.
//
// A database that cannot be trusted to be whole is an error: missing, empty,
// cut off, of another ecosystem, or older than MaxAge. The name index of a zip
// file is read from beside it, else built, and kept there if that is possible.
func OpenDatabase(ctx context.Context, dir string, opt Options) (*Database, error) {
	path, zipped, err := locate(dir)
	if err != nil {
		return nil, missing(dir, err, opt)
	}
	d := &Database{status: Status{Path: path}}
	if zipped {
		err = d.openZip(ctx)
	} else {
		err = d.openFolder(ctx)
	}
	if err == nil {
		err = d.preflight(opt)
	}
	if err != nil {
		d.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, unusable(path, err, opt)
	}
	return d, nil
}

// Status is what is known of the database.
func (d *Database) Status() Status { return d.status }

// Close releases the file.
func (d *Database) Close() error {
	d.index.close()
	if d.source == nil {
		return nil
	}
	return d.source.Close()
}

// zipPlaces are where a database may lie in the folder that the user names.
var zipPlaces = []string{"npm/all.zip", "all.zip", "osv-scanner/npm/all.zip"}

// locate finds the database that dir means.
func locate(dir string) (path string, zipped bool, err error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", false, err
	}
	if !info.IsDir() {
		return dir, true, nil
	}
	for _, place := range zipPlaces {
		path := filepath.Join(dir, filepath.FromSlash(place))
		info, err := os.Stat(path)
		if err == nil && info.Mode().IsRegular() {
			return path, true, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", false, err
		}
	}
	for _, place := range []string{"npm", "."} {
		path := filepath.Join(dir, place)
		if list, err := os.ReadDir(path); err == nil && slices.ContainsFunc(list, isRecord) {
			return path, false, nil
		}
	}
	return "", false, fs.ErrNotExist
}

// preflight refuses a database that would answer "nothing found" for no reason.
func (d *Database) preflight(opt Options) error {
	x := d.index
	d.status.Records, d.status.Newest = x.npm, x.newest
	switch {
	case x.npm+x.foreign == 0:
		return errEmpty
	case x.npm < x.foreign:
		return errEcosystem
	}
	// A date to come would keep the database young for ever.
	if x.newest.After(opt.now().Add(48 * time.Hour)) {
		return fmt.Errorf("its newest record is of %s, which is still to come; is the clock of this machine right?", x.newest.Format(time.DateOnly))
	}
	if age := opt.now().Sub(d.status.Date()); opt.MaxAge > 0 && age > opt.MaxAge {
		return staleError{date: d.status.Date(), age: age, limit: opt.MaxAge}
	}
	return nil
}

func missing(dir string, err error, opt Options) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.At(fault.Pos{File: dir}, "there is no OSV database").WithNext("%s", opt.next(dir))
	}
	return fault.Wrap(err, fault.Pos{File: dir}, "the OSV database cannot be read").
		WithNext("Make the folder readable, or name another one with --db")
}
