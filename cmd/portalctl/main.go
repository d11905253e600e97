// Portalctl keeps a Backstage developer portal alive: it moves the portal from
// release to release, checks its dependencies and guards its data.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/portalctl/portalctl/internal/heap"
	"github.com/portalctl/portalctl/internal/ui"
)

func main() { os.Exit(runWith(ui.System(os.Getenv))) }

func runWith(streams *ui.Streams) int {
	// --version and --help need no memory to speak of.
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		heap.Begin()
	}
	// Never stopped: a signal that comes when the work is done must not turn its
	// exit code into a death by the signal.
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	return Main(ctx, os.Args, env{
		Streams: streams,
		Environ: os.Environ(),
	})
}
