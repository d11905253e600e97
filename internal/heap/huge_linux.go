package heap

import (
	"runtime"
	"syscall"
	"unsafe"
)

// advise asks the kernel to back the next bytes of the heap, a multiple of
// 2 MB, by huge pages. A command's heap is some thousand pages of 4 kB, each of
// which the kernel hands out in a fault of its own, and most distributions
// leave it at that unless asked.
//
// Memory that Go has yet to map cannot be marked, so a block is mapped, marked
// and left to the next collection untouched. What the kernel answers does not
// matter, without huge pages all is as before.
func advise(bytes int) {
	block := make([]byte, bytes)
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(&block[0])), uintptr(bytes), syscall.MADV_HUGEPAGE)
	runtime.KeepAlive(block)
}
