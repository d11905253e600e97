//go:build !linux

package repofile

import "os"

// beneath is for systems that have a short way to read a file below a folder.
type beneath struct{}

func (*Repo) readBeneath(string, int64, []byte) (src []byte, done bool, err error) {
	return nil, false, nil
}

func (*Repo) dirBeneath(string) *os.File { return nil }

func (*Repo) closeBeneath() {}
