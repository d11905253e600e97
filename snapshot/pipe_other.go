//go:build !linux

package snapshot

import "os"

func widenPipe(*os.File) (size int) { return 0 }
