package osv

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"sync"
)

// zipSource reads records from the zip file.
type zipSource struct {
	*os.File
	mu sync.Mutex
	unpacker
}

func (z *zipSource) read(e entry) ([]byte, string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	text, err := z.unpacker.read(z.File, e)
	if err != nil {
		return nil, "", err
	}
	return bytes.Clone(text), entryName(z.raw), nil
}

// entryName is the name in a local header, "" if it is cut off.
func entryName(block []byte) string {
	if len(block) < localLen {
		return ""
	}
	n := int(binary.LittleEndian.Uint16(block[26:]))
	return string(block[localLen:min(localLen+n, len(block))])
}

// openZipFile opens a zip file and finds its directory.
func openZipFile(path string) (f *os.File, dir directory, id identity, err error) {
	if f, err = os.Open(path); err != nil {
		return nil, dir, id, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, dir, id, err
	}
	if info.Size() == 0 {
		return nil, dir, id, errEmpty
	}
	if dir, err = findDirectory(f, info.Size()); err != nil {
		return nil, dir, id, err
	}
	id = identity{size: info.Size(), modTime: info.ModTime().UnixNano()}
	id.digest, err = dir.digest(f)
	return f, dir, id, err
}

// openZip opens the zip file and its index.
func (d *Database) openZip(ctx context.Context) error {
	f, dir, id, err := openZipFile(d.status.Path)
	if err != nil {
		return err
	}
	d.source = &zipSource{File: f}
	if m, ok := readMeta(d.status.Path); ok && m.Digest == hex.EncodeToString(id.digest[:]) {
		d.status.Checked, d.status.ETag, d.status.URL = m.Checked, m.ETag, m.URL
	}
	d.index, err = readIndex(indexFile(d.status.Path), id)
	if err == nil {
		d.status.Index = IndexKept
		return nil
	}
	d.status.Index = IndexBuilt
	if !errors.Is(err, fs.ErrNotExist) {
		d.status.Index = IndexRebuilt
	}
	if d.index, err = buildIndex(ctx, f, dir); err != nil {
		return err
	}
	if d.status.IndexErr = writeIndex(indexFile(d.status.Path), id, d.index); d.status.IndexErr != nil {
		// The next run builds it again: slower, and as right.
		d.status.Index = IndexMemory
		return nil
	}
	// From now on as every other run.
	if x, err := readIndex(indexFile(d.status.Path), id); err == nil {
		d.index = x
	}
	return nil
}

func indexFile(zip string) string { return zip + ".index" }
