package pg

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/scratch"
)

// Cluster is a server of our own, made for one purpose and removed afterwards.
// It ends with us: nothing is left running when portalctl is killed, and its
// folder goes then, too.
type Cluster struct {
	// Dir holds everything; Socket is the folder of its socket.
	Dir, Socket string
	Port        int
	Tools       *Tools
	opts        ClusterOptions
	child       *Child
	folder      *scratch.Dir
	owner       string
}

// ClusterOptions say what cluster to make.
type ClusterOptions struct {
	// Parent is the folder to make it in, "" for the system's temporary one.
	Parent string
	// Listen opens a port on loopback with passwords; otherwise only the socket
	// folder, which nobody else can enter, leads to it.
	Listen bool
	// Settings are added to postgresql.conf.
	Settings map[string]string
	// Fill fills the empty data folder, in place of initdb: nil but in tests,
	// which copy one cluster many times.
	Fill func(ctx context.Context, data string) error
}

// Superuser is the role that owns a cluster of ours.
const Superuser = "postgres"

const (
	clusterPrefix = "portalctl-pg-"
	startTimeout  = 60 * time.Second
)

// StartCluster makes a cluster with initdb and starts it.
func StartCluster(ctx context.Context, tools *Tools, opts ClusterOptions) (_ *Cluster, err error) {
	folder, err := scratch.New(opts.Parent, clusterPrefix)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: folder.Path, Socket: filepath.Join(folder.Path, "s"), Tools: tools, opts: opts, Port: 5432, folder: folder}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if err := c.prepare(); err != nil {
		return nil, err
	}
	fill := opts.Fill
	if fill == nil {
		fill = c.initdb
	}
	if err := fill(ctx, c.Data()); err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "no temporary server could be made")
	}
	if err := c.startFirst(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// startFirst starts the server where nobody listens. Between the look for a
// free port and the server's own bind somebody else may have taken it.
func (c *Cluster) startFirst(ctx context.Context) (err error) {
	const tries = 5
	for range tries {
		if c.opts.Listen {
			if c.Port, err = freePort(); err != nil {
				return err
			}
		}
		if err = c.Start(ctx); err == nil || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
	}
	return err
}

func (c *Cluster) initdb(ctx context.Context, data string) error {
	return Run(ctx, Command{Path: c.Tools.Path("initdb"), AsUser: c.owner, Dir: c.Dir, Args: []string{
		"-D", data, "-U", Superuser, "-E", "UTF8", "--locale=C", "-N", "--auth-local=trust", "--auth-host=scram-sha-256",
	}})
}

// Data is the server's data folder.
func (c *Cluster) Data() string { return filepath.Join(c.Dir, "d") }

// prepare makes the folders. PostgreSQL refuses to run as root: there another
// user gets them.
func (c *Cluster) prepare() error {
	if os.Geteuid() == 0 {
		for _, name := range []string{"postgres", "nobody"} {
			if chown(c.Dir, name) == nil {
				c.owner = name
				break
			}
		}
		if c.owner == "" {
			return fault.New("PostgreSQL refuses to run as root, and there is no user postgres").WithNext("Run portalctl as another user")
		}
	}
	for _, d := range []string{c.Data(), c.Socket} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return fault.Wrap(err, fault.Pos{File: d}, "cannot be made")
		}
		if c.owner != "" {
			if err := chown(d, c.owner); err != nil {
				return err
			}
		}
	}
	return nil
}

// freePort is a port of loopback that nobody listens on. It lies below those
// that systems give to outgoing connections (Linux from 32768, others from
// 49152): a server that is stopped and started again must find its own free.
func freePort() (int, error) {
	const lowest, highest, tries = 15000, 32000, 100
	var err error
	for range tries {
		port := lowest + rand.IntN(highest-lowest)
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, err
}

// Start starts the server and waits until it answers.
func (c *Cluster) Start(ctx context.Context) error {
	listen := ""
	if c.opts.Listen {
		listen = "127.0.0.1"
	}
	// Shared memory in files of the data folder goes with that, also when the
	// server had no time to tidy up.
	args := []string{"-D", c.Data(), "-k", c.Socket, "-p", strconv.Itoa(c.Port), "-c", "listen_addresses=" + listen, "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0",
		"-c", "dynamic_shared_memory_type=mmap", "-c", "shared_buffers=128MB", "-c", "maintenance_work_mem=128MB", "-c", "max_wal_size=2GB"}
	for _, name := range slices.Sorted(maps.Keys(c.opts.Settings)) {
		args = append(args, "-c", name+"="+c.opts.Settings[name])
	}
	child, err := Start(context.WithoutCancel(ctx), Command{Path: c.Tools.Path("postgres"), Args: args, AsUser: c.owner, Dir: c.Dir, quit: sigQuit})
	if err != nil {
		return err
	}
	c.child = child
	limit := time.Now().Add(startTimeout)
	for {
		conn, err := c.Target().Connect(ctx, "postgres")
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-child.Done():
			return fault.Wrap(child.Wait(), fault.Pos{}, "the temporary server did not start")
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(limit) {
			return fault.Wrap(err, fault.Pos{}, "the temporary server does not answer after %s: %s", startTimeout, child.messages())
		}
	}
}

// Target leads to the cluster as its superuser, through the socket.
func (c *Cluster) Target() Target {
	return Target{Host: c.Socket, Port: c.Port, User: Superuser, Maintenance: "postgres"}
}

// Kill ends the server as a crash would.
func (c *Cluster) Kill() {
	if c.child != nil {
		c.child.Kill()
	}
}

// Stop ends the server at once and removes the cluster.
func (c *Cluster) Stop() error {
	if c.child != nil {
		_ = c.child.Quit()
		select {
		case <-c.child.Done():
		case <-time.After(10 * time.Second):
			c.child.Kill()
		}
	}
	return c.folder.Close()
}

// CleanClusters removes what is left of clusters whose maker was killed, and
// returns the folders. parent is as in ClusterOptions.
func CleanClusters(parent string) []string { return scratch.Clean(parent, clusterPrefix) }
