package collector

import (
	"runtime"
	"syscall"
	"unsafe"
)

// huge asks the kernel to back the next bytes of the heap, which must be a
// multiple of 2 MB, by huge pages. A command's heap is several thousand pages
// of 4 kB, each of which the kernel hands out in a fault of its own: that is a
// sixth of the time of most commands. Go leaves the choice to the kernel, whose
// default in most distributions is to wait to be asked.
//
// There is no way to ask for memory that Go has yet to map, so a block is
// mapped, marked, and given back unused. What the kernel answers does not
// matter: without huge pages all is as before.
func huge(bytes int) {
	block := make([]byte, bytes)
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(&block[0])), uintptr(bytes), syscall.MADV_HUGEPAGE)
	runtime.KeepAlive(block)
	block = nil
	runtime.GC()
}
