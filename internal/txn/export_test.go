package txn

import (
	"context"
	"path/filepath"
)

// JournalDir is where the journal of root is.
func JournalDir(root string) string {
	t, err := at(OS(), stateFrom(context.Background()), root)
	if err != nil {
		panic(err)
	}
	return t.dir
}

// Inode is what a journal knows of its root.
func Inode(root string) uint64 {
	info, err := OS().Lstat(filepath.Clean(root))
	if err != nil {
		panic(err)
	}
	return inode(info)
}
