//go:build !unix

package parity

import "os"

func maxRSS(*os.ProcessState) int64 { return 0 }
