//go:build !linux

package txn

import "os"

func startSync(*os.File) {}
