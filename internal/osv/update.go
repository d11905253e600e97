package osv

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

// DefaultDatabaseURL is where OSV publishes the npm database.
const DefaultDatabaseURL = "https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip"

const (
	// maxDatabase bounds a download; the database has 0.25 GB in 2026.
	maxDatabase = 2 << 30
	// maxUpdate bounds an update as a whole: every piece of a slow answer comes
	// in time, and the whole never. What came is kept for the next one.
	maxUpdate = 30 * time.Minute
	// Of a database, at least leastPiece comes in every slowest.
	slowest    = time.Minute
	leastPiece = 256 << 10
	// leastPublic is far below what OSV publishes: fewer records are something else.
	leastPublic = 10_000
	// maxResumes is how often a download that breaks off is taken up again at
	// once, as long as each time some of it came.
	maxResumes = 5
)

// UpdateOptions of Update.
type UpdateOptions struct {
	Client *httpfetch.Client
	// URL of the zip file, "" for DefaultDatabaseURL.
	URL string
	// Progress is told how many bytes are there, of how many (-1 if the server
	// does not say).
	Progress func(done, total int64)
	Now      func() time.Time
}

// Update brings the database below dir, npm/all.zip, up to date. A download
// that breaks off is taken up where it ended, by the next call too. What came
// replaces the database only when it is known to be one: a whole zip file of
// npm records, not far fewer and no older than there were. changed is false if
// the server has nothing newer.
func Update(ctx context.Context, dir string, opt UpdateOptions) (status Status, changed bool, err error) {
	u := &updater{opt: opt, zip: filepath.Join(dir, "npm", "all.zip")}
	if u.opt.URL == "" {
		u.opt.URL = DefaultDatabaseURL
	}
	if u.opt.Now == nil {
		u.opt.Now = time.Now
	}
	if err := os.MkdirAll(filepath.Dir(u.zip), 0o700); err != nil {
		return Status{}, false, unwritable(dir, err)
	}
	outer := ctx
	ctx, cancel := context.WithTimeoutCause(ctx, maxUpdate, errSlow)
	defer cancel()
	defer func() {
		if err != nil && outer.Err() == nil && errors.Is(context.Cause(ctx), errSlow) {
			err = slow(u.opt.URL)
		}
	}()
	// What cannot be used is replaced, whatever it is.
	if old, err := OpenDatabase(ctx, u.zip, Options{}); err == nil {
		u.old = old.Status()
		old.Close()
	} else if ctx.Err() != nil {
		return Status{}, false, ctx.Err()
	}
	switch fresh, err := u.download(ctx); {
	case err != nil:
		return Status{}, false, err
	case !fresh:
		m, _ := readMeta(u.zip)
		m.Checked = u.opt.Now().UTC()
		if err := writeMeta(u.zip, m); err != nil {
			return Status{}, false, unwritable(dir, err)
		}
	default:
		if err := u.accept(ctx); err != nil {
			return Status{}, false, err
		}
		changed = true
	}
	d, err := OpenDatabase(ctx, u.zip, Options{})
	if err != nil {
		return Status{}, false, err
	}
	defer d.Close()
	return d.Status(), changed, nil
}

type updater struct {
	opt UpdateOptions
	zip string
	old Status // zero without a database that can be used
}

func (u *updater) partial() string { return u.zip + ".partial" }

// download fetches into the partial file; false if the server has nothing new.
func (u *updater) download(ctx context.Context) (bool, error) {
	for try := 0; ; try++ {
		before := fileSize(u.partial())
		fresh, err := u.fetch(ctx)
		if err == nil || ctx.Err() != nil {
			return fresh, err
		}
		after := fileSize(u.partial())
		if !httpfetch.Unreachable(err) || after <= before || try == maxResumes {
			if after > 0 && httpfetch.Unreachable(err) {
				return false, fault.Wrap(err, fault.Pos{}, "the OSV database was only partly downloaded, %d MB", after>>20).
					WithNext("Run the command again: it resumes where it stopped")
			}
			return false, err
		}
	}
}

func (u *updater) fetch(ctx context.Context) (bool, error) {
	r := httpfetch.Request{URL: u.opt.URL, MaxBytes: maxDatabase, Header: http.Header{}}
	if u.old.ETag != "" && u.old.URL == u.opt.URL {
		r.Header.Set("If-None-Match", u.old.ETag)
	}
	if m, ok := readMeta(u.partial()); ok && m.URL == u.opt.URL && strong(m.ETag) {
		r.From, r.IfRange = fileSize(u.partial()), m.ETag
	}
	s, err := u.opt.Client.Stream(ctx, r)
	switch {
	case httpfetch.IsStatus(err, http.StatusNotModified) && u.old.Records > 0:
		u.forget()
		return false, nil
	case httpfetch.IsStatus(err, http.StatusRequestedRangeNotSatisfiable):
		// The partial file is whole, or of something else.
		u.forget()
		r.From, r.IfRange = 0, ""
		s, err = u.opt.Client.Stream(ctx, r)
	}
	if err != nil {
		return false, err
	}
	defer s.Body.Close()
	if err := u.keep(s); err != nil {
		return false, err
	}
	return true, nil
}

// keep writes what comes behind what is there.
func (u *updater) keep(s *httpfetch.Stream) (err error) {
	if s.From == 0 {
		// The name of what comes is noted when the old bytes are gone.
		u.forget()
	}
	f, err := os.OpenFile(u.partial(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return unwritable(u.zip, err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = unwritable(u.zip, cerr)
		}
	}()
	if s.From == 0 {
		if err := writeMeta(u.partial(), meta{URL: u.opt.URL, ETag: s.Header.Get("ETag")}); err != nil {
			return unwritable(u.zip, err)
		}
	}
	if _, err := f.Seek(s.From, io.SeekStart); err != nil {
		return unwritable(u.zip, err)
	}
	total := int64(-1)
	if s.Size >= 0 {
		total = s.From + s.Size
	}
	buf := make([]byte, 256<<10)
	since, mark := u.opt.Now(), s.From
	for done := s.From; ; {
		n, err := s.Body.Read(buf)
		if now := u.opt.Now(); err == nil && now.Sub(since) >= slowest {
			if done+int64(n)-mark < leastPiece {
				return slow(u.opt.URL)
			}
			since, mark = now, done+int64(n)
		}
		if n > 0 {
			if _, err := f.Write(buf[:n]); err != nil {
				return unwritable(u.zip, err)
			}
			done += int64(n)
			if u.opt.Progress != nil {
				u.opt.Progress(done, total)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return unwritable(u.zip, err)
	}
	return nil
}

var errSlow = errors.New("the server sends too slowly")

// slow is the error for an answer that would take for ever.
func slow(url string) error {
	return fault.Wrap(errSlow, fault.Pos{File: httpfetch.Redact(url)}, "the OSV database did not arrive in time").
		WithNext("Run the command again: it resumes where it stopped; or name a mirror with PORTALCTL_OSV_DB_URL")
}

func (u *updater) forget() {
	os.Remove(u.partial())
	os.Remove(metaFile(u.partial()))
}

// accept puts what came in the place of the old database, if it is one.
func (u *updater) accept(ctx context.Context) error {
	x, id, err := u.inspect(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		u.forget()
		return fault.Wrap(err, fault.Pos{File: httpfetch.Redact(u.opt.URL)}, "this is not an OSV database for npm; the old one, if any, stays").
			WithNext("Run the command again; if it happens again, check the address, and whether a proxy answers in its place")
	}
	m, _ := readMeta(u.partial())
	m.Digest, m.Checked = hex.EncodeToString(id.digest[:]), u.opt.Now().UTC()
	if err := os.Rename(u.partial(), u.zip); err != nil {
		return unwritable(u.zip, err)
	}
	os.Remove(metaFile(u.partial()))
	_ = atomicfile.SyncDir(filepath.Dir(u.zip))
	if err := writeMeta(u.zip, m); err != nil {
		return unwritable(u.zip, err)
	}
	// Without one the next run builds it.
	_ = writeIndex(indexFile(u.zip), id, x)
	return nil
}

// inspect reads every record of what came.
func (u *updater) inspect(ctx context.Context) (*index, identity, error) {
	d := &Database{status: Status{Path: u.partial()}}
	defer d.Close()
	f, dir, id, err := openZipFile(u.partial())
	if err != nil {
		return nil, id, err
	}
	d.source = &zipSource{File: f}
	if d.index, err = buildIndex(ctx, f, dir); err != nil {
		return nil, id, err
	}
	if err := d.preflight(Options{}); err != nil {
		return nil, id, err
	}
	x := d.index
	switch {
	case u.opt.URL == DefaultDatabaseURL && x.npm < leastPublic:
		return nil, id, fmt.Errorf("it has too few records: %d", x.npm)
	case x.npm*10 < u.old.Records*9:
		return nil, id, fmt.Errorf("it has too few records: %d, the old one has %d", x.npm, u.old.Records)
	case x.newest.Before(u.old.Newest):
		return nil, id, fmt.Errorf("its newest record is of %s, the old one has one of %s",
			x.newest.Format(time.DateOnly), u.old.Newest.Format(time.DateOnly))
	}
	return x, id, nil
}

// strong ETags name bytes; only they allow a download to be taken up.
func strong(etag string) bool { return strings.HasPrefix(etag, `"`) }

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func unwritable(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		path, err = p.Path, p.Err
	}
	return fault.Wrap(err, fault.Pos{File: path}, "the OSV database cannot be kept").
		WithNext("Set PORTALCTL_CACHE_DIR to a folder that can be written and has 500 MB of space, or name a database with --db")
}
