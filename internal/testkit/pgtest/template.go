package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
)

// Template is a cluster that is made and filled once. A test gets a copy with a
// server of its own, which it may kill: copying takes a tenth of the time.
type Template struct {
	settings map[string]string
	prepare  func(t testing.TB, c *pg.Cluster)
	once     sync.Once
	made     *pg.Cluster
}

// NewTemplate makes nothing yet. prepare fills the cluster when the first copy
// is asked for. Where templates are used, TestMain runs the tests through Main.
func NewTemplate(settings map[string]string, prepare func(t testing.TB, c *pg.Cluster)) *Template {
	return &Template{settings: settings, prepare: prepare}
}

// Start starts a server on a copy of the template, removed at the end of the test.
func (m *Template) Start(t testing.TB) *pg.Cluster {
	t.Helper()
	tools := Tools(t)
	m.once.Do(func() { m.make(t, tools) })
	if m.made == nil {
		t.Fatal("the cluster that this test copies could not be made: see the first test that wanted it")
	}
	return start(t, tools, pg.ClusterOptions{Settings: m.settings, Fill: func(ctx context.Context, data string) error {
		return copyData(ctx, m.made.Data(), data)
	}})
}

func (m *Template) make(t testing.TB, tools *pg.Tools) {
	t.Helper()
	// Less to copy, and no worker that changes files while they are.
	settings := map[string]string{"min_wal_size": "32MB", "autovacuum": "off"}
	for name, value := range m.settings {
		settings[name] = value
	}
	c, err := pg.StartCluster(t.Context(), tools, pg.ClusterOptions{Listen: true, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	made.Lock()
	made.clusters = append(made.clusters, c)
	made.Unlock()
	m.prepare(t, c)
	// After a checkpoint all is in the files, whatever becomes of the server, and
	// only the log's current segment of 16 MB is needed. The first checkpoint
	// writes, so that nothing is left to move the second on to another segment.
	Exec(t, c, "postgres", "CHECKPOINT", "CHECKPOINT")
	current := Value(t, c, "postgres", "SELECT pg_walfile_name(pg_current_wal_lsn())")
	c.Kill()
	segments, err := filepath.Glob(filepath.Join(c.Data(), "pg_wal", strings.Repeat("[0-9A-F]", 24)))
	if err != nil {
		t.Fatal(err)
	}
	for _, segment := range segments {
		if filepath.Base(segment) == current {
			continue
		}
		if err := os.Remove(segment); err != nil {
			t.Fatal(err)
		}
	}
	m.made = c
}

func copyData(ctx context.Context, from, to string) error {
	out, err := exec.CommandContext(ctx, "cp", "-Rp", from+string(filepath.Separator)+".", to).CombinedOutput()
	if err == nil {
		out, err = exec.CommandContext(ctx, "rm", "-f", filepath.Join(to, "postmaster.pid"), filepath.Join(to, "postmaster.opts")).CombinedOutput()
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

var made struct {
	sync.Mutex
	clusters []*pg.Cluster
}

// Main runs a package's tests and removes its templates.
func Main(m interface{ Run() int }) int {
	code := m.Run()
	made.Lock()
	defer made.Unlock()
	for _, c := range made.clusters {
		if err := c.Stop(); err != nil {
			fmt.Println(err)
			code = 1
		}
	}
	return code
}
