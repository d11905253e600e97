package osv

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folderSource keeps the records of a folder in memory: such folders are small.
type folderSource struct {
	names []string
	texts [][]byte
}

func (s *folderSource) Close() error { return nil }

func (s *folderSource) read(e entry) ([]byte, string, error) {
	return s.texts[e.offset], s.names[e.offset], nil
}

// maxFolder bounds the records of a folder, in bytes: what is larger belongs
// into a zip file, which has an index.
const maxFolder = 256 << 20

// openFolder reads the records of a folder of *.json files.
func (d *Database) openFolder(ctx context.Context) error {
	list, err := os.ReadDir(d.status.Path)
	if err != nil {
		return err
	}
	s, x := &folderSource{}, &index{}
	d.source, d.index, d.status.Index = s, x, IndexMemory
	total, records := 0, recordReader{}
	for _, item := range list {
		if !isRecord(item) {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		text, err := readRecordFile(filepath.Join(d.status.Path, item.Name()))
		if err != nil {
			return err
		}
		r, err := records.scan(text)
		if err == nil {
			err = x.note(uint32(len(s.texts)), r)
		}
		if err != nil {
			return recordError{item.Name(), err}
		}
		if total += len(text); total > maxFolder {
			return fmt.Errorf("it has more than %d MB of single files: pack them into npm/all.zip", maxFolder>>20)
		}
		x.entries = append(x.entries, entry{offset: int64(len(s.texts))})
		s.names, s.texts = append(s.names, item.Name()), append(s.texts, text)
	}
	x.sort()
	return nil
}

// isRecord tells the files of a folder that are records.
func isRecord(item fs.DirEntry) bool { return strings.HasSuffix(item.Name(), ".json") && !item.IsDir() }

func readRecordFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRecord+1))
	if err == nil && len(text) > maxRecord {
		err = errZipEntry
	}
	return slices.Clip(text), err
}
