package rollback

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/secret"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/snapshot"
)

// helperEnv makes the test binary a restore of its own, which a signal ends.
const helperEnv = "PORTALCTL_ROLLBACK_HELPER"

// helper is what the process restores, and the point at which the signal comes.
type helper struct {
	Dir      string
	Address  string
	Host     string
	Port     int
	User     string
	Password string
	Signal   int
	At       int
}

func TestMain(m *testing.M) {
	if text := os.Getenv(helperEnv); text != "" {
		os.Exit(runHelper(text))
	}
	os.Exit(dbportal.Main(testkit.M{M: m}))
}

// runHelper exits as portalctl does: 0 restored, 2 an error, 130 interrupted.
func runHelper(text string) int {
	var h helper
	var m snapshot.Manifest
	src, err := os.ReadFile(text)
	if err == nil {
		err = json.Unmarshal(src, &h)
	}
	if err == nil {
		src, err = os.ReadFile(filepath.Join(h.Dir, snapshot.ManifestFile))
	}
	if err == nil {
		err = json.Unmarshal(src, &m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	n := 0
	seen := map[string]bool{}
	points := withPoints(ctx, func(point string) error {
		if seen[point] {
			return nil
		}
		seen[point] = true
		n++
		fmt.Println(strconv.Itoa(n), point)
		if n == h.At {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Signal(syscall.Signal(h.Signal))
			// The signal is on its way: what follows must find it there.
			time.Sleep(100 * time.Millisecond)
		}
		return nil
	})
	servers := []pg.Target{{Host: h.Host, Port: h.Port, User: h.User, Password: secret.New(h.Password), SSLMode: "disable"}}
	plan, err := New(&m, nil)
	if err == nil {
		err = plan.Look(ctx, servers, nil)
	}
	if err == nil {
		_, err = plan.Restore(points, Options{Dir: h.Dir, Connections: servers, Began: time.Now()})
	}
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "interrupted:", err)
		return 130
	}
	fmt.Fprintln(os.Stderr, err)
	return 2
}
