package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/snapshot"
)

// benchSnapshot measures snapshot create against one pg_dump -Fc after the
// other, and snapshot verify against a restore, on a server of its own.
func benchSnapshot(all *bench, args []string) error {
	entities := all.Int("entities", 100000, "catalog entities; 100,000 make about 1 GB")
	portal := all.String("portal", "", "measure the databases of the portal in this folder instead of making some; its variables and libpq's (PGHOST, PGPORT, PGUSER, PGPASSFILE) are in the environment")
	if err := all.start(args, ""); err != nil {
		return err
	}
	ctx := context.Background()
	tools, err := pg.FindTools(ctx, "", 0, "postgres", "initdb", "pg_dump", "pg_restore", "psql")
	if err != nil {
		return err
	}
	b := &snapshotBench{bench: all, tools: tools, portal: *portal}
	b.env = []string{"PORTALCTL_CACHE_DIR=" + filepath.Join(b.tmp, "cache")}
	if *portal != "" {
		return b.run(ctx)
	}
	cluster, err := pg.StartCluster(ctx, tools, pg.ClusterOptions{Listen: true, Settings: map[string]string{"shared_buffers": "512MB", "max_wal_size": "8GB", "maintenance_work_mem": "256MB"}})
	if err != nil {
		return err
	}
	defer func() { _ = cluster.Stop() }()
	b.cluster = cluster
	if err := b.fill(ctx, cluster, *entities); err != nil {
		return err
	}
	return b.run(ctx)
}

type snapshotBench struct {
	*bench
	portal  string
	tools   *pg.Tools
	cluster *pg.Cluster // nil with -portal
	env     []string
	names   []string // of the databases
	size    int64    // of the databases
}

// measure runs a command in the portal.
func (b *snapshotBench) measure(argv ...string) (sample, error) {
	return measure(b.portal, b.env, argv)
}

// script runs a line of shell for each database.
func (b *snapshotBench) script(line func(database string) string) (sample, error) {
	text := "set -e\n"
	for _, name := range b.names {
		text += line(name) + "\n"
	}
	return b.measure("sh", "-c", text)
}

const benchPassword = "bench"

// fill makes the databases and the portal that has them.
func (b *snapshotBench) fill(ctx context.Context, cluster *pg.Cluster, entities int) error {
	conn, err := cluster.Target().Connect(ctx, "postgres")
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE ROLE backstage LOGIN CREATEDB PASSWORD '"+benchPassword+"'"); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "making the databases of a portal with %d entities\n", entities)
	if err := snapshotData(ctx, cluster, entities); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CHECKPOINT"); err != nil {
		return err
	}
	pass := filepath.Join(b.tmp, "pgpass")
	if err := os.WriteFile(pass, []byte("*:*:*:*:"+benchPassword+"\n"), 0o600); err != nil {
		return err
	}
	b.env = append(b.env, "PGPASSFILE="+pass, "PGHOST=127.0.0.1", fmt.Sprintf("PGPORT=%d", cluster.Port), "PGUSER=backstage", "PGSSLMODE=disable",
		"BENCH_PASSWORD="+benchPassword)
	b.portal = filepath.Join(b.tmp, "portal")
	return snapshotPortal(b.portal, cluster.Port)
}

func (b *snapshotBench) run(ctx context.Context) error {
	var ours, peers, verify, restore series
	var ourSize, peerSize, memory int64
	for i := range b.runs {
		dir := filepath.Join(b.tmp, fmt.Sprintf("ours%d", i))
		peerDir := filepath.Join(b.tmp, fmt.Sprintf("peer%d", i))
		if err := os.Mkdir(peerDir, 0o700); err != nil {
			return err
		}
		create := func() error {
			b.settle()
			peak := watchTree()
			s, err := b.measure(b.bin, "snapshot", "create", "--image", "bench", "--dir", dir, "--name", "one")
			memory = max(memory, peak())
			ours = append(ours, s)
			return err
		}
		dump := func() error {
			b.settle()
			s, err := b.script(func(name string) string {
				return fmt.Sprintf("%s -Fc -w -f %s/%s.dump %s", b.tools.Path("pg_dump"), peerDir, name, name)
			})
			peers = append(peers, s)
			return err
		}
		if i == 0 {
			// Not counted: the names, and the first reader of new rows writes to
			// each page that they are committed.
			if err := b.look(); err != nil {
				return err
			}
		}
		order := []func() error{create, dump}
		if i%2 == 1 {
			order = []func() error{dump, create}
		}
		for _, step := range order {
			if err := step(); err != nil {
				return err
			}
		}
		snap, err := snapshot.Open(filepath.Join(dir, "one"))
		if err != nil {
			return err
		}

		if i == 0 {
			if err := b.compare(ctx, snap, peerDir); err != nil {
				return err
			}
			ourSize, peerSize = dumpSize(snap), folderSize(peerDir)
		}
		b.settle()
		s, err := b.measure(b.bin, "snapshot", "verify", "--dir", dir)
		if err != nil {
			return err
		}
		verify = append(verify, s)
		s, err = b.script(func(name string) string {
			return fmt.Sprintf("%s -X -q -w -d postgres -c 'CREATE DATABASE \"bench_%s\" TEMPLATE template0'\n%s -w -d bench_%s %s/%s.dump",
				b.tools.Path("psql"), name, b.tools.Path("pg_restore"), name, peerDir, name)
		})
		if err != nil {
			return err
		}
		restore = append(restore, s)
		if err := b.drop(); err != nil {
			return err
		}
		for _, d := range []string{dir, peerDir} {
			if err := os.RemoveAll(d); err != nil {
				return err
			}
		}
	}
	ratio := func(a, b series, of func(sample) float64) float64 { return a.median(of) / b.median(of) }
	fmt.Printf("%d databases of %s; PostgreSQL %s; the same rows and schema in both dumps\n\n", len(b.names), snapshot.Bytes(b.size), b.tools.Version)
	fmt.Printf("snapshot create against one pg_dump -Fc after the other (%d runs each, interleaved, medians)\n", b.runs)
	fmt.Printf("  %-24s %12s %12s %8s %8s\n", "", "portalctl", "pg_dump", "ratio", "at most")
	row := func(name string, a, b any, ratio, most float64) {
		fmt.Printf("  %-24s %12v %12v %8.3f %8.2f\n", name, a, b, ratio, most)
	}
	sec := func(s series, of func(sample) float64) string { return fmt.Sprintf("%.2f s", s.median(of)/1000) }
	row("wall", sec(ours, wallMS), sec(peers, wallMS), ratio(ours, peers, wallMS), 0.55)
	row("client CPU", sec(ours, cpuMS), sec(peers, cpuMS), ratio(ours, peers, cpuMS), 0.60)
	row("size", snapshot.Bytes(ourSize), snapshot.Bytes(peerSize), float64(ourSize)/float64(peerSize), 0.85)
	fmt.Printf("  client memory: largest process %.0f MB, all processes together %s (at most 150 MB)\n\n", ours.median(rssMB), snapshot.Bytes(memory))
	fmt.Printf("snapshot verify (decode) against pg_restore of the same dumps\n")
	row("wall", sec(verify, wallMS), sec(restore, wallMS), ratio(verify, restore, wallMS), 0.10)
	fmt.Printf("  all runs: create %s, pg_dump %s, verify %s, pg_restore %s\n", walls(ours), walls(peers), walls(verify), walls(restore))
	return nil
}

// settle lets the disk and the server finish what the step before has left them
// to write: whoever comes next would wait for it.
func (b *snapshotBench) settle() {
	if b.cluster != nil {
		if conn, err := b.cluster.Target().Connect(context.Background(), "postgres"); err == nil {
			_, _ = conn.Exec(context.Background(), "CHECKPOINT")
			_ = conn.Close(context.Background())
		}
	}
	_ = exec.Command("sync").Run()
}

// look takes one snapshot to know the databases by.
func (b *snapshotBench) look() error {
	dir := filepath.Join(b.tmp, "look")
	if _, err := b.measure(b.bin, "snapshot", "create", "--image", "bench", "--dir", dir, "--name", "one"); err != nil {
		return err
	}
	snap, err := snapshot.Open(filepath.Join(dir, "one"))
	if err != nil {
		return err
	}
	for _, d := range snap.Manifest.Databases {
		b.names, b.size = append(b.names, d.Name), b.size+d.Size
	}
	return os.RemoveAll(dir)
}

func walls(s series) string {
	var out []string
	for _, x := range s {
		out = append(out, fmt.Sprintf("%.1f", x.wall.Seconds()))
	}
	return strings.Join(out, " ") + " s"
}

// drop removes what was restored.
func (b *snapshotBench) drop() error {
	_, err := b.script(func(name string) string {
		return b.tools.Path("psql") + ` -X -q -w -d postgres -c 'DROP DATABASE "bench_` + name + `"'`
	})
	return err
}

// compare wants both dumps of each database to be the same SQL, line by line.
func (b *snapshotBench) compare(ctx context.Context, snap *snapshot.Snapshot, peerDir string) error {
	for _, d := range snap.Manifest.Databases {
		temp := filepath.Join(b.tmp, "decoded")
		if err := snapshot.Decompress(ctx, filepath.Join(snap.Dir, d.Dump.Name), temp); err != nil {
			return err
		}
		ours, err := b.sqlHash(temp)
		if err != nil {
			return err
		}
		peer, err := b.sqlHash(filepath.Join(peerDir, d.Name+".dump"))
		if err != nil {
			return err
		}
		if ours != peer {
			return fmt.Errorf("%s: the two dumps differ", d.Name)
		}
		if err := os.Remove(temp); err != nil {
			return err
		}
	}
	return nil
}

// sqlHash is of the SQL that a dump restores, without the random key that
// pg_restore writes around it.
func (b *snapshotBench) sqlHash(dump string) (string, error) {
	cmd := exec.Command(b.tools.Path("pg_restore"), "-f", "-", dump)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	hash := sha256.New()
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := r.ReadString('\n')
		if !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) {
			_, _ = io.WriteString(hash, line)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), cmd.Wait()
}

func dumpSize(s *snapshot.Snapshot) (n int64) {
	for _, d := range s.Manifest.Databases {
		n += d.Dump.Size
	}
	return n
}

func folderSize(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}
